import { type Does, type Layer, PLAIN } from "../audits/bearings.ts";
import type { Deviation } from "../audits/deviation.ts";
import { setAgain } from "../audits/remedies.ts";
import { firewallKey, MISSING_RULES, sysctlKey } from "../cause/keys.ts";
import { type Mend, RESTART_ENGINE } from "../cause/mend.ts";
import type { Rule } from "../expectations/rule-match.ts";
import { openings, placeText } from "../snapshot/firewall/index.ts";
import { placeOfRule } from "../snapshot/firewall/rule-list.ts";

/** What is known of a deviation beside its sentence. */
export interface About {
  /** Same group = the same cause, whatever containers, addresses and counters it is seen at. */
  readonly group?: string;
  readonly act?: string | null;
  readonly evidence?: readonly string[];
  /** What mends it on the host; left out where it goes with the containers that it was seen at. The narrowest first. */
  readonly mends?: readonly Mend[];
  readonly family?: 4 | 6 | null;
}

/** What is read of these is IPv4's alone: its rules, its routes, its sysctls. */
const OF_IPV4: ReadonlySet<Layer> = new Set(["nat", "filter", "routes"]);

/** Puts a deviation together that no requirement about everybody's containers says. Its key is what stays from look to look. */
export function finding(
  kind: Layer,
  does: Does,
  concerns: readonly string[],
  topics: readonly string[],
  what: string,
  { group, act = null, evidence = [], mends = [], family = OF_IPV4.has(kind) ? 4 : null }: About = {},
): Deviation {
  return {
    ...PLAIN,
    kind,
    does,
    concerns,
    topics,
    family,
    key: `${kind} ${what.replaceAll(/\d+ packets?/g, "")}`,
    reason: {
      key: group ?? `${kind} ${does} ${topics.join(" ")}`,
      what,
      act,
      certainty: "seen",
      evidence,
      remedies: mends,
    },
  };
}

/** The same for what many healthy hosts have as well. */
export function weakly(found: Deviation): Deviation {
  return { ...found, weak: true };
}

/**
 * Rules of Docker's that are not there: one act removed them and one remedy brings them back.
 * @param part key of the one rule that is meant, where others may well stand
 */
export function missingRules(table: string, wanted: string, part: string = MISSING_RULES): About {
  return {
    group: part,
    act: `Docker's rules of table ${table} were removed after dockerd had made them: a reload of the firewall, a script that flushes it, a person.`,
    evidence: [`missing: iptables ${wanted}`],
    mends: [RESTART_ENGINE],
  };
}

/** A rule that is to go, and nothing else with it; what a program keeps is changed there. */
export function strayRule(rule: Rule): About {
  const place = placeOfRule(rule);
  const text = placeText(place);
  const check = `${text.replace(/(^|\s)-A /, "$1-C ")} || echo gone`;
  return {
    group: firewallKey(text),
    evidence: [text],
    mends: openings(place).map((opening) => ({ ...opening, check })),
  };
}

/** A value of the kernel's that is to be another. */
export function wrongSysctl(key: string, right: string, seen: string): About {
  return {
    group: sysctlKey(key),
    act: "Somebody set it after dockerd's start: `sysctl --system`, a file in /etc/sysctl.d that a package brought, a hardening script.",
    evidence: [`${key} = ${seen}`],
    mends: setAgain(key, right),
  };
}

/** What one line of shell mends. @param check shows that it did */
export function byHand(what: string, command: string, check: string): About {
  return { mends: [{ what, commands: [command], cost: "", check }] };
}
