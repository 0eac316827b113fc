import type { Layer } from "../audits/bearings.ts";
import type { Deviation } from "../audits/deviation.ts";
import { isMissingRules, MISSING_RULES } from "../cause/keys.ts";
import { RESTART_ENGINE } from "../cause/mend.ts";
import { networkNotSetUp } from "../expectations/refusals.ts";
import type { Way } from "../model/way.ts";
import { finding } from "./finding.ts";

/** What an engine's words speak of, and the deviations that may make it say so. */
const SPEAKS_OF: readonly (readonly [RegExp, readonly Layer[]])[] = [
  [/ip6?tables|ip tables|nftables|\bnft\b|\bchain\b/i, ["nat", "filter"]],
  [/proxy|\bbind\b|\blisten\b/i, ["ports"]],
  [/bridge|veth|\blink\b|interface|sandbox/i, ["links", "routes"]],
];
/** Words about a chain that is not there: another one than dockerd made it took it away. */
const NO_CHAIN =
  /No chain\/target\/match by that name|No such file or directory.*\b(chain|table)\b|\b(chain|table)\b.*does not exist/i;

/**
 * Why the engine refuses what it has to do: a deviation of the host that its own words speak of, else these words alone.
 * @param words as it answered, with status 500
 * @param found what deviates on the host
 */
export function refusedBy(words: string, found: readonly Deviation[]): Deviation[] {
  const [, kinds = []] = SPEAKS_OF.find(([pattern]) => pattern.test(words)) ?? [];
  const fitting = found.filter(
    ({ kind, does, weak, reason }) =>
      kinds.includes(kind) &&
      does === "blocks" &&
      !weak &&
      // A rule that stops packets stops no rule from being written.
      (kind === "links" || kind === "routes" || kind === "ports" || isMissingRules(reason.key)),
  );
  // Of rules that are missing, those that all others hang on are told first.
  const [first] = fitting.toSorted(
    (a, b) => Number(b.reason.key === MISSING_RULES) - Number(a.reason.key === MISSING_RULES),
  );
  if (first !== undefined) return [first];
  const gone = NO_CHAIN.test(words);
  const reason = reasonIn(words);
  return [
    finding("engine", "blocks", [], [], `dockerd does not do what it is asked, and says why: "${reason}".`, {
      group: gone ? MISSING_RULES : `refused ${reason}`,
      act: gone
        ? "A chain that dockerd had made was removed while it ran: a reload of the firewall, a script that flushes it."
        : null,
      evidence: [words],
      mends: gone ? [RESTART_ENGINE] : [],
    }),
  ];
}

/** What the engine does not do, for the effect. */
export function waysOfRefusal(words: string): Way[] {
  const to = networkNotSetUp(words) ? "containers with a network" : "networks";
  return SPEAKS_OF.some(([pattern]) => pattern.test(words))
    ? [{ direction: "blocked", from: "the engine", to, by: "API" }]
    : [];
}

/**
 * The innermost of what dockerd wraps, which is the same whatever it was about to do:
 * `fork/exec /usr/sbin/iptables: no such file or directory`.
 */
function reasonIn(words: string): string {
  const bare = withoutNames(words)
    .replace(/\s*\(exit status \d+\)\)*/g, "")
    .replaceAll(/[()]/g, "");
  return bare.split(": ").slice(-2).join(": ").trim();
}

/** The same words whatever network or container they are about. */
function withoutNames(words: string): string {
  return words
    .replaceAll(/\bdnc-[\w-]+/g, "…")
    .replaceAll(/\b(br-|veth)?[0-9a-f]{7,64}\b/g, "…")
    .replaceAll(/\d+(\.\d+){3}(\/\d+|:\d+)?/g, "…")
    .replaceAll(/\s+/g, " ")
    .trim();
}
