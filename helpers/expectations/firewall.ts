import { beforePort, isUnspecified } from "../model/address.ts";
import { atLeast, type VersionedEngine } from "../model/engine-version.ts";
import type { Facts, HostFacts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { type Conditions, findRule, type Rule, type RuleFinding, type WantedRule } from "./rule-match.ts";

/**
 * The rules of the iptables backend, as matchers over parsed rules: those of iptables, and those of ip6tables, which have
 * the same form with addresses of IPv6.
 * Checked against dumps of 20.10.24, 26.1.5 and 28.5.2 (`captured/`) and against moby's own rule documentation
 * (integration/network/bridge/iptablesdoc) for 28.0, 28.2 and 29.
 */

type Protocol = "tcp" | "udp" | "sctp";

/** What a firewall rule depends on beside the version. */
export type FirewallFacts = Pick<Facts, "configuration" | "engine">;

/** A published container port. */
export interface PublishedPort {
  /** Host address it is published on; absent, empty, 0.0.0.0 or :: = every address. */
  readonly hostIp?: string;
  readonly hostPort: number;
  readonly protocol: Protocol;
  /** Container address and port. */
  readonly to: { readonly address: string; readonly port: number };
  /** Bridge device of the container's network. */
  readonly device: string;
}

/** Whether Docker's rules are nftables' own, in tables named `docker-bridges`, and none of iptables. */
export function usesNftables({ engine, configuration }: Pick<Facts, "engine" | "configuration">): boolean {
  return engine.firewallBackend.startsWith("nftables") || configuration["firewall-backend"] === "nftables";
}

/** Why iptables does not list all of its rules on a host; null where it does. */
export function iptablesUnlisted({
  tools: { iptablesSave, refusedTables = [] },
}: Pick<HostFacts, "tools">): string | null {
  if (!iptablesSave) return "iptables-save is not installed where dockerd runs";
  return refusedTables.length === 0
    ? null
    : `iptables lists not every table (${refusedTables.join(", ")}): somebody added to it with nft what iptables has no words for`;
}

/** Why rules cannot be judged on this engine; null when they can. */
export function firewallUnjudgeable(facts: Facts): string | null {
  if (facts.configuration.iptables === false) return "the engine leaves the firewall alone (iptables: false)";
  if (usesNftables(facts)) return "the engine uses the nftables backend, whose rules are laid out differently";
  if (facts.engine.rootless) return "a rootless engine keeps its rules in a namespace of its own";
  if (facts.host === null) return facts.hostViewMissing || "the host's own view is missing";
  const unlisted = iptablesUnlisted(facts.host);
  if (unlisted !== null) return unlisted;
  if (ruleLayout(facts) === null) return "Engine 28.0.0 laid its rules out with ipset, which 28.0.1 took back";
  return null;
}

/**
 * Where Docker's filter rules stand; null for 28.0.0, whose ipset rules 28.0.1 replaced.
 * - `forward`: in FORWARD itself, before 28.0.
 * - `docker-forward`: in DOCKER-FORWARD, DOCKER-CT and DOCKER-BRIDGE, with isolation chains: 28.0.1 to 28.5.
 * - `docker-forward without isolation`: since 29.0 (moby#49981).
 */
export function ruleLayout(
  engine: VersionedEngine,
): "forward" | "docker-forward" | "docker-forward without isolation" | null {
  if (has(engine, "no-isolation-chains")) return "docker-forward without isolation";
  if (has(engine, "docker-forward-chain")) return "docker-forward";
  return atLeast(engine, "28.0") ? null : "forward";
}

/** Whether the engine runs a docker-proxy per published port (`userland-proxy`, default true). */
export function usesProxy(facts: Pick<Facts, "configuration">): boolean {
  return facts.configuration["userland-proxy"] ?? true;
}

const filter = (chain: string, conditions: Conditions): WantedRule => ({ table: "filter", chain, conditions });
const nat = (chain: string, conditions: Conditions): WantedRule => ({ table: "nat", chain, conditions });

/** nat PREROUTING sends packets for a local address to chain DOCKER (all versions). */
export function jumpsToDockerFromPrerouting(rules: readonly Rule[]): RuleFinding {
  return findRule(rules, nat("PREROUTING", { "--dst-type": "LOCAL", "-j": "DOCKER" }));
}

/** nat OUTPUT does the same, leaving 127.0.0.0/8 to docker-proxy where there is one (measured: 20.10, 26, 28). */
export function jumpsToDockerFromOutput(facts: FirewallFacts, rules: readonly Rule[]): RuleFinding {
  const local: Conditions = { "--dst-type": "LOCAL", "-j": "DOCKER" };
  return findRule(rules, nat("OUTPUT", usesProxy(facts) ? { "-d": { not: "127.0.0.0/8" }, ...local } : local));
}

/** Packets from `subnet` that leave by another device than `device` are masqueraded (all versions). */
export function masquerades(rules: readonly Rule[], subnet: string, device: string): RuleFinding {
  return findRule(rules, nat("POSTROUTING", { "-s": subnet, "-o": { not: device }, "-j": "MASQUERADE" }));
}

/** With the userland proxy off, what the host itself sends to `device` is masqueraded, so that 127.0.0.1 works (measured: 20.10, 26, 28). */
export function masqueradesHost(rules: readonly Rule[], device: string): RuleFinding {
  return findRule(rules, nat("POSTROUTING", { "-o": device, "--src-type": "LOCAL", "-j": "MASQUERADE" }));
}

/** nat DOCKER returns early for packets from `device`: expected before 29.0 with the userland proxy on, see {@link expectsEarlyReturn}. */
export function returnsEarly(rules: readonly Rule[], device: string): RuleFinding {
  return findRule(rules, nat("DOCKER", { "-i": device, "-j": "RETURN" }));
}

/**
 * Whether {@link returnsEarly} is expected (measured: 20.10, 26, 28 with and without proxy; moby#49981). A network
 * without masquerading has no such rule (moby setup_ip_tables.go; measured on 28 with `ip-masq: false`).
 */
export function expectsEarlyReturn(
  facts: FirewallFacts,
  network: { readonly masquerade: boolean } = { masquerade: true },
): boolean {
  return usesProxy(facts) && network.masquerade && !has(facts, "no-nat-early-return");
}

/** The DNAT rule of a published port: with `-d` when it is published on one address, without `! -i` when the userland proxy is off. */
export function dnat(facts: FirewallFacts, rules: readonly Rule[], port: PublishedPort): RuleFinding {
  const everywhere = port.hostIp === undefined || port.hostIp === "" || isUnspecified(port.hostIp);
  const conditions: Conditions = {
    ...(everywhere || port.hostIp === undefined ? {} : { "-d": port.hostIp }),
    ...(usesProxy(facts) ? { "-i": { not: port.device } } : {}),
    "-p": port.protocol,
    "--dport": String(port.hostPort),
    "-j": "DNAT",
    "--to-destination": `${beforePort(port.to.address)}:${port.to.port}`,
  };
  const found = findRule(rules, nat("DOCKER", conditions));
  if (found.present || !port.to.address.includes(":")) return found;
  // What comes from a link's own addresses is left to docker-proxy (measured: 28.5, not 26.1).
  return findRule(rules, nat("DOCKER", { "-s": { not: "fe80::/10" }, ...conditions }));
}

/** The ACCEPT of a published container port in filter DOCKER (all versions). */
export function acceptsPublished(
  rules: readonly Rule[],
  port: Omit<PublishedPort, "hostPort" | "hostIp">,
): RuleFinding {
  return findRule(
    rules,
    filter("DOCKER", {
      "-d": port.to.address,
      "-i": { not: port.device },
      "-o": port.device,
      "-p": port.protocol,
      "--dport": String(port.to.port),
      "-j": "ACCEPT",
    }),
  );
}

/** The masquerade rule from a container to its own published port, see {@link expectsSelfMasquerade}. */
export function selfMasquerade(
  rules: readonly Rule[],
  port: Omit<PublishedPort, "hostPort" | "hostIp" | "device">,
): RuleFinding {
  return findRule(
    rules,
    nat("POSTROUTING", {
      "-s": port.to.address,
      "-d": port.to.address,
      "-p": port.protocol,
      "--dport": String(port.to.port),
      "-j": "MASQUERADE",
    }),
  );
}

/** Whether {@link selfMasquerade} is expected: before 28.0 always, since then only with the userland proxy off (moby#48854). */
export function expectsSelfMasquerade(facts: FirewallFacts): boolean {
  return !usesProxy(facts) || !has(facts, "no-self-masquerade-with-proxy");
}

/** Chain of the rules that let packets of one bridge pass: FORWARD, or DOCKER-FORWARD since 28.0.1. */
function outgoingChain(engine: VersionedEngine): string {
  return has(engine, "docker-forward-chain") ? "DOCKER-FORWARD" : "FORWARD";
}

/** Replies to containers on `device` are accepted by connection state: in FORWARD, since 28.0.1 in DOCKER-CT. */
export function acceptsReplies(engine: VersionedEngine, rules: readonly Rule[], device: string): RuleFinding {
  const chain = has(engine, "docker-forward-chain") ? "DOCKER-CT" : "FORWARD";
  return findRule(rules, filter(chain, { "-o": device, "--ctstate": "RELATED,ESTABLISHED", "-j": "ACCEPT" }));
}

/** Packets forwarded to `device` pass chain DOCKER: from FORWARD, since 28.0.1 from DOCKER-BRIDGE. */
export function filtersIncoming(engine: VersionedEngine, rules: readonly Rule[], device: string): RuleFinding {
  const chain = has(engine, "docker-forward-chain") ? "DOCKER-BRIDGE" : "FORWARD";
  return findRule(rules, filter(chain, { "-o": device, "-j": "DOCKER" }));
}

/** Packets from `device` to other devices are accepted. Since 28.0.1 one rule covers these and the bridge's own, unless its icc is off. */
export function acceptsOutgoing(
  engine: VersionedEngine,
  rules: readonly Rule[],
  device: string,
  network: { readonly icc: boolean } = { icc: true },
): RuleFinding {
  const one = has(engine, "docker-forward-chain") && network.icc;
  return findRule(
    rules,
    filter(outgoingChain(engine), { "-i": device, ...(one ? {} : { "-o": { not: device } }), "-j": "ACCEPT" }),
  );
}

/** What happens between ports of `device`: ACCEPT, or DROP when icc is off. With icc on, 28.0.1 and later use the rule of {@link acceptsOutgoing}. */
export function judgesWithin(
  engine: VersionedEngine,
  rules: readonly Rule[],
  device: string,
  network: { readonly icc: boolean },
): RuleFinding {
  if (network.icc && has(engine, "docker-forward-chain")) return acceptsOutgoing(engine, rules, device, network);
  return findRule(
    rules,
    filter(outgoingChain(engine), { "-i": device, "-o": device, "-j": network.icc ? "ACCEPT" : "DROP" }),
  );
}

/** What keeps `device` apart from other bridges: two rules in the isolation chains, since 29.0 the drop of {@link dropsUnpublished}. All must be present. */
export function isolation(engine: VersionedEngine, rules: readonly Rule[], device: string): readonly RuleFinding[] {
  if (has(engine, "no-isolation-chains")) return [dropsUnpublished(rules, device)];
  const [one, two] = ["DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"] as const;
  return [
    findRule(rules, filter(outgoingChain(engine), { "-j": one })),
    findRule(rules, filter(one, { "-i": device, "-o": { not: device }, "-j": two })),
    findRule(rules, filter(two, { "-o": device, "-j": "DROP" })),
  ];
}

/** The DROP of everything to `device` that was not sent from it and is not published: since 28.0. */
export function dropsUnpublished(rules: readonly Rule[], device: string): RuleFinding {
  return findRule(rules, filter("DOCKER", { "-i": { not: device }, "-o": device, "-j": "DROP" }));
}

/** What {@link dropsDirectAccess} needs to know of a container. */
export interface DirectTarget {
  readonly address: string;
  readonly device: string;
  /** A published container port; needed for 28.0 and 28.1, whose rules name it. */
  readonly published?: { readonly port: number; readonly protocol: Protocol };
}

/**
 * The raw-table DROP of packets that reach a container's address from elsewhere than its bridge. Null when this engine has none:
 * before 28.0, for unpublished ports before 28.2, and with allow-direct-routing.
 */
export function dropsDirectAccess(
  facts: FirewallFacts,
  rules: readonly Rule[],
  target: DirectTarget,
): RuleFinding | null {
  if (!has(facts, "raw-drop-for-published") || facts.configuration["allow-direct-routing"]) return null;
  const every = has(facts, "raw-drop-for-every-container");
  if (!every && target.published === undefined) return null;
  const port: Conditions =
    every || target.published === undefined
      ? {}
      : { "-p": target.published.protocol, "--dport": String(target.published.port) };
  return findRule(rules, {
    table: "raw",
    chain: "PREROUTING",
    conditions: { "-d": target.address, "-i": { not: target.device }, ...port, "-j": "DROP" },
  });
}

/** The raw-table DROP that guards a port published on a loopback address against neighbours: since 28.0 (moby#45610). */
export function guardsLoopback(
  rules: readonly Rule[],
  port: { readonly hostIp: string; readonly hostPort: number; readonly protocol: Protocol },
): RuleFinding {
  return findRule(rules, {
    table: "raw",
    chain: "PREROUTING",
    conditions: {
      "-d": port.hostIp,
      "-i": { not: "lo" },
      "-p": port.protocol,
      "--dport": String(port.hostPort),
      "-j": "DROP",
    },
  });
}
