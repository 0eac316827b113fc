import { isNetworkKey, NETWORK_KEYS } from "../configuration/keys/index.ts";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { Consulted } from "../model/consulted.ts";
import type { HostAspect } from "../model/host-state.ts";
import type { Results } from "../model/results.ts";
import type { ChangeExplanation } from "../model/run-diff.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";
import type { ComparedRequirement } from "./compared-run.ts";
import type { ObservedValue } from "./observed-values.ts";
import { FILE } from "./run-facts.ts";

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
const ALL_KEYS = Object.keys(NETWORK_KEYS).filter(isNetworkKey);
const DEFAULT_SUBNET = ["bip", "bridge", "fixed-cidr", "default-address-pools", "live-restore"] as const;
const EVERY_MTU = ["mtu", "default-network-opts"] as const;

/** The keys that move a fact of a run. A fact that is not here is the host's own: no key of the engine moves it. */
const KEYS_OF_FACTS: Readonly<Record<string, readonly NetworkKeyName[]>> = {
  [FILE]: ALL_KEYS,
  "default bridge": ["bridge"],
  "default bridge subnet": DEFAULT_SUBNET,
  "default bridge gateway": [...DEFAULT_SUBNET, "default-gateway"],
  "default bridge IPv6": ["ipv6", "fixed-cidr-v6", "bip6", "bridge"],
  "default bridge inter-container traffic": ["icc", "bridge"],
  "default bridge masquerading": ["ip-masq", "iptables", "bridge"],
  "default bridge publishes on": ["ip", "bridge"],
  "default bridge MTU": ["mtu", "bridge"],
  "addresses of the bridge device": [...DEFAULT_SUBNET, "bip6", "fixed-cidr-v6", "ipv6"],
  "MTU of the bridge device": ["mtu", "bridge"],
  "address pools": ["default-address-pools"],
  "firewall backend": ["firewall-backend", "iptables"],
  "host IPv4 forwarding": ["ip-forward"],
  "host FORWARD policy": ["iptables", "ip-forward", "ip-forward-no-drop", "firewall-backend"],
  "host bridge-nf-call-iptables": ["icc", "userland-proxy"],
};

/** The switches of behaviour by which an engine's upgrade alone moves a fact. */
const SWITCHES_OF_FACTS: Readonly<Record<string, readonly SwitchKey[]>> = {
  "default bridge gateway": ["default-bridge-names-gateway"],
  "MTU of the bridge device": ["bridge-mtu-set"],
  "firewall backend": ["firewall-backend-in-info"],
};

/** The keys and the host's facts that move what containers see. */
const MOVERS: Readonly<Record<ObservedValue, { keys: readonly NetworkKeyName[]; facts: readonly string[] }>> = {
  nameservers: { keys: ["dns"], facts: ["host nameservers"] },
  "search domains": { keys: ["dns-search"], facts: ["host search domains"] },
  "resolver options": { keys: ["dns-opts"], facts: ["host resolver options"] },
  MTU: { keys: EVERY_MTU, facts: ["default bridge MTU"] },
  gateway: { keys: [...DEFAULT_SUBNET, "default-gateway"], facts: ["default bridge gateway"] },
  subnet: { keys: DEFAULT_SUBNET, facts: ["default bridge subnet"] },
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
  return byKeys(KEYS_OF_FACTS[name] ?? [], causes) ?? bySwitches(SWITCHES_OF_FACTS[name] ?? [], causes) ?? UNEXPLAINED;
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
