import { readFileSync } from "node:fs";
import type { Rule } from "../rule-match.ts";

/** The rules of a dump, for the tests of the matchers; enough for dumps whose comments hold no blanks. */
export function rulesOf(dump: string): Rule[] {
  let table = "";
  return dump.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    if (!line.startsWith("-A ")) return [];
    const [chain = "", ...args] = line.slice(3).split(" ");
    return [{ table, chain, args }];
  });
}

/** The rules of a dump in this folder: taken on a fresh engine with two networks and three published ports. */
export function capturedRules(name: string): Rule[] {
  return rulesOf(readFileSync(new URL(`${name}.iptables-save`, import.meta.url), "utf8"));
}
