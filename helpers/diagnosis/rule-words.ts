import type { Rule } from "../expectations/rule-match.ts";

const LONG: Readonly<Record<string, string>> = {
  "--source": "-s",
  "--destination": "-d",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--protocol": "-p",
  "--jump": "-j",
};

/** The value of one option of a rule, `! ` before a negated one, /32 left out; null when the rule does not say it. */
export function said(rule: Rule, option: string): string | null {
  const at = rule.args.findIndex((word) => (LONG[word] ?? word) === option);
  const value = at < 0 ? undefined : rule.args[at + 1];
  if (value === undefined) return null;
  return `${rule.args[at - 1] === "!" ? "! " : ""}${value.replace(/\/32$/, "")}`;
}
