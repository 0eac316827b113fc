import { countNow } from "./connection-count.ts";
import { actionOf } from "./iptables-action.ts";
import { matchOf } from "./iptables-match.ts";
import { optionsOf, textOf } from "./iptables-options.ts";
import type { Step } from "./model.ts";
import { quotaNow } from "./quota.ts";
import { numberOf } from "./values.ts";

/** Options of matches that let a packet through by time or chance. */
const BY_CHANCE = new Set([
  "limit",
  "hashlimit",
  "statistic",
  "quota",
  "recent",
  "connlimit",
  "rateest",
  "nth",
  "random",
  "time",
  "connbytes",
]);

/**
 * The steps of one rule of iptables. What is not known becomes an unknown match, never nothing.
 * @param args the words behind `-A CHAIN`
 * @param chains the table's chains, to which a target may jump
 * @param counted bytes of the packets that it matched; null where nothing counts them
 */
export function iptablesSteps(
  args: readonly string[],
  family: "ip" | "ip6",
  chains: readonly string[],
  counted: number | null = null,
): Step[] {
  const options = optionsOf(args);
  const at = options.findIndex(({ name }) => name === "-j" || name === "-g");
  const conditions = at < 0 ? options : options.slice(0, at);
  const target = at < 0 ? undefined : options[at];
  const steps: Step[] = [];
  const told = new Set<string>();
  for (const option of conditions) {
    if (option.name === "-m" && option.module === "rpfilter") {
      const own = conditions.filter(({ module }) => module === "rpfilter").map(({ name }) => name);
      const path = own.includes("--loose") ? "return path by any device" : "return path";
      steps.push({ kind: "field", fields: [path], not: own.includes("--invert"), any: [[{ word: "kept" }]] });
    }
    if (option.name === "-m" || option.module === "rpfilter") continue;
    if (BY_CHANCE.has(option.module) && option.name.startsWith("--")) {
      // Several options say one thing: limit and its burst.
      if (told.has(option.module)) continue;
      told.add(option.module);
      steps.push({
        kind: "some",
        text: textOf(conditions.filter(({ module }) => module === option.module)),
        drawn: option.module === "statistic",
        ...(option.name === "--connlimit-above" || option.name === "--connlimit-upto"
          ? countNow(
              Number(numberOf(option.values[0] ?? "") ?? 1n),
              (option.name === "--connlimit-above") !== option.not,
            )
          : {}),
        ...(option.name === "--quota" && counted !== null
          ? quotaNow(Number(numberOf(option.values[0] ?? "") ?? 0n), counted, option.not)
          : {}),
      });
    } else steps.push(...matchOf(option, family));
  }
  if (target !== undefined) steps.push(actionOf(target, options.slice(at + 1), chains));
  return steps;
}
