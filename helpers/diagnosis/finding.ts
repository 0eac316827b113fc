import { firewallKey, MISSING_RULES, sysctlKey } from "../cause/keys.ts";
import type { Mend } from "../cause/mend.ts";
import type { Place } from "../model/question.ts";

/** The part of a host's networking that a deviation lies in. */
export type FindingKind = "nat" | "filter" | "links" | "routes" | "names" | "ports" | "namespaces" | "engine";

/**
 * What a deviation does to packets: `blocks` keeps them from arriving, `opens` lets through what must stay out. `any`: what
 * stands there is another thing than was asked for, and whatever fails at it is explained.
 */
export type FindingEffect = "blocks" | "opens" | "differs" | "any";

/** One deviation of the host from what its engine says, or from what Docker makes, as it was seen. */
export interface Finding {
  readonly kind: FindingKind;
  readonly effect: FindingEffect;
  /** One or two sentences for an operator: what was seen, what should be there, what to do. */
  readonly what: string;
  /** Names of the containers and networks that it is about; empty when it is the whole host's. */
  readonly concerns: readonly string[];
  /** What a question has to be about for this to explain it, where the kind alone does not tell: `mtu`, `masquerade`. */
  readonly topics: readonly string[];
  /** True for what many healthy hosts have as well: told only where it explains the failure and nothing better does. */
  readonly weak: boolean;
  /** The one family of addresses that it is about; null for both, or where it is about none. */
  readonly family: 4 | 6 | null;
  /** The kind of place that it is about: it explains only what was asked from there. Null for every other deviation. */
  readonly vantage: Place["kind"] | null;
  /** The program of the host's that it is about: it explains only what was done with that. Null for every other deviation. */
  readonly program: string | null;
  /** Same key = the same deviation in a later look, whatever counters and times say by then. */
  readonly key: string;
  /** Same group = the same cause, whatever containers, addresses and counters it is seen at. */
  readonly group: string;
  /** What likely did it, one sentence; null when nothing tells. */
  readonly act: string | null;
  /** What was read that shows it, as it stands. */
  readonly evidence: readonly string[];
  /** What mends it on the host; empty where it goes with the containers that it was seen at. The narrowest first. */
  readonly mends: readonly Mend[];
}

/** What is known of a deviation beside its sentence. */
export type About = Partial<Pick<Finding, "group" | "act" | "evidence" | "mends" | "family">>;

/** What is read of these is IPv4's alone: its rules, its routes, its sysctls. */
const OF_IPV4: ReadonlySet<FindingKind> = new Set(["nat", "filter", "routes"]);

/** Puts a finding together; its key is made of what doesn't change from look to look. */
export function finding(
  kind: FindingKind,
  effect: FindingEffect,
  concerns: readonly string[],
  topics: readonly string[],
  what: string,
  about: About = {},
): Finding {
  return {
    kind,
    effect,
    concerns,
    topics,
    what,
    weak: false,
    family: OF_IPV4.has(kind) ? 4 : null,
    vantage: null,
    program: null,
    key: `${kind} ${what.replaceAll(/\d+ packets?/g, "")}`,
    group: `${kind} ${effect} ${topics.join(" ")}`,
    act: null,
    evidence: [],
    mends: [],
    ...about,
  };
}

/** The same for what many healthy hosts have as well. */
export function weakly(found: Finding): Finding {
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
    mends: [{ how: "restart the engine" }],
  };
}

/** The cause that an IPv4 rule of the host's is, however it is looked at. @param rule as `formatRule` writes it */
export function ruleKey(rule: string): string {
  return firewallKey(`iptables ${withTable(rule)}`);
}

/** One rule is written in one way: the same command told twice would be two remedies. */
function withTable(rule: string): string {
  return rule.startsWith("-t ") ? rule : `-t filter ${rule}`;
}

/** A rule that is to go, and nothing else with it. @param rule as `formatRule` writes it */
export function strayRule(rule: string): About {
  const whole = withTable(rule);
  return {
    group: ruleKey(rule),
    evidence: [`iptables ${whole}`],
    mends: [
      {
        how: "shell",
        what: "delete this rule alone",
        commands: [`iptables ${whole.replace(/(^|\s)-A /, "$1-D ")}`],
        check: `iptables ${whole.replace(/(^|\s)-A /, "$1-C ")} || echo gone`,
      },
    ],
  };
}

/** A value of the kernel's that is to be another. */
export function wrongSysctl(key: string, right: string, seen: string): About {
  return {
    group: sysctlKey(key),
    act: "Somebody set it after dockerd's start: `sysctl --system`, a file in /etc/sysctl.d that a package brought, a hardening script.",
    evidence: [`${key} = ${seen}`],
    mends: [
      {
        how: "shell",
        what: "set it again, until the next boot or reload",
        commands: [`sysctl -w ${key}=${right}`],
        check: `sysctl ${key}`,
      },
      {
        how: "shell",
        what: "set it for good",
        commands: [`echo '${key} = ${right}' > /etc/sysctl.d/99-docker-networking.conf`, "sysctl --system"],
        check: `grep -rs '${key.replaceAll(".", "[./]")}' /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d`,
      },
    ],
  };
}

/** What one line of shell mends. @param check shows that it did */
export function byHand(what: string, command: string, check: string): About {
  return { mends: [{ how: "shell", what, commands: [command], check }] };
}
