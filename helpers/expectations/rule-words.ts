import { LONG_NAMES, type Rule } from "./rule-match.ts";

/** The value of one option of a rule, `! ` before a negated one, /32 left out; null when the rule does not say it. */
export function said(rule: Rule, option: string): string | null {
  const at = rule.args.findIndex((word) => (LONG_NAMES[word] ?? word) === option);
  const value = at < 0 ? undefined : rule.args[at + 1];
  if (value === undefined) return null;
  return `${rule.args[at - 1] === "!" ? "! " : ""}${value.replace(/\/32$/, "")}`;
}

/** What runs of the suites build by hand, by the names of its devices and the comments of its rules. */
const OF_A_RUN = /^(dnc-|d)r[0-9a-f]{7}/;

/** Whether a rule is of the suites' own making: it says so by a device or a comment of theirs. */
export function isOfARun({ args }: Rule): boolean {
  return args.some((word) => OF_A_RUN.test(word));
}
