import { isNetworkKey, NETWORK_KEYS } from "../configuration/keys/index.ts";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { Consulted } from "../model/consulted.ts";
import type { HostAspect } from "../model/host-state.ts";
import type { Results } from "../model/results.ts";
import type { ChangeExplanation } from "../model/run-diff.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";
import type { ComparedRequirement, ComparedRun } from "./compared-run.ts";
import type { ObservedValue } from "./observed-values.ts";
import { type FactName, moversOf, SUBNET_KEYS } from "./run-facts.ts";

const UNEXPLAINED: ChangeExplanation = { by: "nothing", names: [] };

/** What differs between two runs and may explain the rest. */
export interface Causes {
  /** Networking keys of `daemon.json` or flags that have another value, or came into force by a restart. */
  readonly keys: readonly NetworkKeyName[];
  /** Switches of behaviour that lie between the two engine versions. */
  readonly switches: readonly SwitchKey[];
  /** Names of facts of the host that changed. */
  readonly facts: readonly string[];
  /** What of the host's links, addresses, routes, rules and sysctls is another, but for rules of single containers. */
  readonly host: readonly HostAspect[];
  /** The same with the rules of single containers. */
  readonly hostOfContainers: readonly HostAspect[];
}

/** They judge the file itself, so that any key of it shows there. */
const SUITE_OF_THE_FILE = "configuration";
/** It judges the containers of others, one by one. */
const SUITE_OF_CONTAINERS = "workloads";
const EVERY_MTU = ["mtu", "default-network-opts"] as const;

/** The keys and the host's facts that move what containers see. */
const MOVERS: Readonly<Record<ObservedValue, { keys: readonly NetworkKeyName[]; facts: readonly FactName[] }>> = {
  nameservers: { keys: ["dns"], facts: ["host nameservers"] },
  "search domains": { keys: ["dns-search"], facts: ["host search domains"] },
  "resolver options": { keys: ["dns-opts"], facts: ["host resolver options"] },
  MTU: { keys: EVERY_MTU, facts: ["default bridge MTU"] },
  gateway: { keys: [...SUBNET_KEYS, "default-gateway"], facts: ["default bridge gateway"] },
  subnet: { keys: SUBNET_KEYS, facts: ["default bridge subnet"] },
};

/** The switches of behaviour that one of two engines has and the other has not. */
export function switchesBetween(before: Results["engine"], after: Results["engine"]): SwitchKey[] {
  if (before === null || after === null) return [];
  return (Object.keys(VERSION_SWITCHES) as SwitchKey[]).filter(
    (key) => has({ engine: before }, key) !== has({ engine: after }, key),
  );
}

/** Why a fact of the run is another one. */
export function explainFact(name: string, causes: Causes): ChangeExplanation {
  const { keys, switches } = moversOf(name);
  return byKeys(keys, causes) ?? bySwitches(switches, causes) ?? UNEXPLAINED;
}

/** Why containers saw another value, although the verdict is the same. */
export function explainObserved(value: ObservedValue, causes: Causes): ChangeExplanation {
  const { keys, facts } = MOVERS[value];
  const moved = facts.filter((fact) => causes.facts.includes(fact));
  return byKeys(keys, causes) ?? (moved.length > 0 ? { by: "host", names: moved } : UNEXPLAINED);
}

/**
 * Why a verdict is another one: a changed key that one of the two judgements asked for, a switch of behaviour or a fact
 * of the host by which it went, else a changed key that can influence the requirement. That a key *can* have done it is
 * a lead for whoever looks, no acquittal: what fails has failed.
 */
export function explainVerdict(
  before: ComparedRequirement,
  after: ComparedRequirement,
  causes: Causes,
): ChangeExplanation {
  const consulted = (kind: keyof Consulted, name: string) =>
    [before, after].some((result) => result.consulted?.[kind].includes(name) === true);
  const able = causes.keys.filter((key) => influences(key, after));
  const asked = causes.keys.filter((key) => consulted("keys", key));
  const facts = causes.facts.filter((fact) => consulted("facts", fact));
  const byHost: ChangeExplanation | null = facts.length === 0 ? null : { by: "host", names: facts };
  return (
    byKeys(asked, causes) ??
    bySwitches(
      causes.switches.filter((key) => consulted("switches", key)),
      causes,
    ) ??
    byHost ??
    byKeys(able, causes) ??
    byHostState(after, causes) ??
    UNEXPLAINED
  );
}

/** What a run found to be the cause of a failure; a guess is none. */
export function explainByCause(id: string, { causes = [] }: Pick<ComparedRun, "causes">): ChangeExplanation {
  const found = causes.filter(({ certainty, explains }) => certainty !== "guessed" && explains.includes(id));
  return found.length === 0 ? UNEXPLAINED : { by: "cause", names: found.map(({ what }) => what) };
}

/** The host itself has other rules, routes or links. */
function byHostState({ suite }: ComparedRequirement, { host, hostOfContainers }: Causes): ChangeExplanation | null {
  const names = suite === SUITE_OF_CONTAINERS ? hostOfContainers : host;
  return names.length > 0 ? { by: "host", names } : null;
}

function influences(key: NetworkKeyName, { id, suite, tags }: ComparedRequirement): boolean {
  if (suite === SUITE_OF_THE_FILE) return true;
  const words: readonly string[] = NETWORK_KEYS[key].influences;
  return words.some((word) => word === suite || word === id || tags.includes(word));
}

function byKeys(keys: readonly NetworkKeyName[], causes: Causes): ChangeExplanation | null {
  const names = causes.keys.filter((key) => keys.includes(key));
  return names.length === 0 ? null : { by: "key", names };
}

function bySwitches(switches: readonly SwitchKey[], causes: Causes): ChangeExplanation | null {
  const names = causes.switches.filter((key) => switches.includes(key));
  return names.length === 0 ? null : { by: "version", names };
}

/** The changed keys of a configuration that this project knows. */
export function networkKeysAmong(keys: readonly string[]): NetworkKeyName[] {
  return keys.filter(isNetworkKey);
}
