import {
  acceptsOutgoing,
  acceptsPublished,
  acceptsReplies,
  dnat,
  dropsDirectAccess,
  dropsUnpublished,
  expectsEarlyReturn,
  expectsSelfMasquerade,
  filtersIncoming,
  guardsLoopback,
  isolation,
  judgesWithin,
  masquerades,
  masqueradesHost,
  type PublishedPort,
  returnsEarly,
  selfMasquerade,
  usesProxy,
} from "../expectations/firewall.ts";
import type { Rule, RuleFinding } from "../expectations/rule-match.ts";
import { said } from "../expectations/rule-words.ts";
import { isLoopback } from "../model/address.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { type CountedRule, ruleList } from "../snapshot/firewall/rule-list.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf, type Bridge, bridgesOf } from "./bridges.ts";
import { firewallOf } from "./engine-rules.ts";
import { once } from "./once.ts";
import { type Published, usualPorts } from "./published.ts";
import type { Gone } from "./rules-gone.ts";

/** IPv4 rules of one kind that this engine writes, in its configuration, for one network or container. */
interface Written {
  readonly gone: Gone;
  /** All of them are there. */
  readonly present: boolean;
  /** The ones that are not, in the syntax of `iptables`. */
  readonly missing: readonly string[];
}

/** Everything that this engine writes beside what all networks share. @param rules of the host's iptables */
export function writtenRules(snapshot: LivingSnapshot, rules: readonly CountedRule[]): Written[] {
  const bridges = bridgesOf(snapshot).filter(({ usual }) => usual);
  return [
    ...usualPorts(snapshot).flatMap((port) => ofPort(snapshot.facts, rules, port)),
    ...bridges.flatMap((bridge) => ofBridge(snapshot.facts, rules, bridge)),
    ...ofAddresses(snapshot, rules),
  ];
}

/** The rules of one kind that are not there; null where this engine's rules are not known one by one. */
export function missingOf(snapshot: LivingSnapshot, family: 4 | 6, gone: Gone): readonly string[] | null {
  return family === 6 ? null : (missingByKind(snapshot).get(nameOf(gone)) ?? null);
}

/** By the name of what they are for. */
const missingByKind = once((snapshot: LivingSnapshot): ReadonlyMap<string, readonly string[]> => {
  const firewall = snapshot.host === null ? null : firewallOf(snapshot, snapshot.host, 4);
  if (firewall === null || firewall.layout === null) return new Map();
  const all = writtenRules(snapshot, ruleList(firewall.all.tables, firewall.program).rules);
  const byName = Map.groupBy(all, ({ gone }) => nameOf(gone));
  return new Map([...byName].map(([name, same]) => [name, same.flatMap(({ missing }) => missing)]));
});

function nameOf(gone: Gone): string {
  return `${gone.part} ${"network" in gone ? gone.network : gone.container.name}`;
}

function written(gone: Gone, findings: readonly RuleFinding[]): Written {
  const missing = findings.filter(({ present }) => !present).map(({ wanted }) => wanted);
  return { gone, present: missing.length === 0, missing };
}

/** A container on several networks has its rule for one of them. */
function anyOf(gone: Gone, findings: readonly RuleFinding[]): Written {
  return written(gone, findings.some(({ present }) => present) ? [] : findings.slice(0, 1));
}

function ofPort(facts: Facts, rules: readonly CountedRule[], published: Published): Written[] {
  const { container, port, ends } = published;
  const ports = ends.map((end) => publishedPort(published, end));
  return [
    // One that leads elsewhere is there, and told as what it is.
    anyOf(
      { part: "translation", container },
      translated(rules, published).length > 0 ? [] : translations(facts, rules, published),
    ),
    anyOf(
      { part: "accept", container },
      ports.map((one) => acceptsPublished(rules, one)),
    ),
    ...(expectsSelfMasquerade(facts)
      ? [
          anyOf(
            { part: "hairpin", container },
            ports.map((one) => selfMasquerade(rules, one)),
          ),
        ]
      : []),
    ...(has(facts, "loopback-publication-guarded") && isLoopback(port.hostAddress)
      ? [
          written({ part: "guarded loopback", container }, [
            guardsLoopback(rules, { hostIp: port.hostAddress, hostPort: port.hostPort, protocol: port.protocol }),
          ]),
        ]
      : []),
  ];
}

/** A published port at one of the container's addresses, as its rules name it. */
export function publishedPort(
  { port }: Pick<Published, "port">,
  { attachment, address }: Published["ends"][number],
): PublishedPort {
  return {
    hostIp: port.hostAddress,
    hostPort: port.hostPort,
    protocol: port.protocol,
    to: { address, port: port.containerPort },
    device: attachment.bridge.device,
  };
}

/** The DNAT rule of a published port, for each address that it may lead to. */
export function translations(facts: Facts, rules: readonly Rule[], published: Published): RuleFinding[] {
  return published.ends.map((end) => dnat(facts, rules, publishedPort(published, end)));
}

/** What translates a published port in Docker's own chain, wherever it leads. */
export function translated(rules: readonly CountedRule[], { port }: Pick<Published, "port">): CountedRule[] {
  return rules.filter(
    (rule) =>
      rule.table === "nat" &&
      rule.chain === "DOCKER" &&
      ["DNAT", "REDIRECT"].includes(said(rule, "-j") ?? "") &&
      said(rule, "--dport") === String(port.hostPort) &&
      said(rule, "-p") === port.protocol,
  );
}

function ofBridge(
  facts: Facts,
  rules: readonly CountedRule[],
  { name, device, ranges, internal, icc }: Bridge,
): Written[] {
  const range = ranges.find(({ family }) => family === 4);
  const of = (part: Extract<Gone, { network: string }>["part"], ...findings: readonly RuleFinding[]): Written =>
    written({ part, network: name }, findings);
  if (internal) return range === undefined ? [] : [of("internal", ...closing(rules, range.subnet, device))];
  const masquerade = range?.masquerade ?? false;
  return [
    ...(masquerade && range !== undefined ? [of("masquerade", masquerades(rules, range.subnet, device))] : []),
    ...(range === undefined || usesProxy(facts) ? [] : [of("loopback", masqueradesHost(rules, device))]),
    ...(expectsEarlyReturn(facts, { masquerade }) ? [of("early return", returnsEarly(rules, device))] : []),
    of("replies", acceptsReplies(facts, rules, device)),
    of("incoming", filtersIncoming(facts, rules, device)),
    of("outgoing", acceptsOutgoing(facts, rules, device, { icc })),
    ...(icc && has(facts, "docker-forward-chain")
      ? []
      : [of(icc ? "within" : "icc", judgesWithin(facts, rules, device, { icc }))]),
    of("isolation", ...isolation(facts, rules, device)),
    ...(has(facts, "unpublished-ports-dropped") ? [of("unpublished", dropsUnpublished(rules, device))] : []),
  ];
}

/** What keeps an internal network inside: a DROP of what comes from elsewhere, and one of what goes there. */
function closing(rules: readonly CountedRule[], subnet: string, device: string): RuleFinding[] {
  const drops = rules.filter((rule) => rule.table === "filter" && said(rule, "-j") === "DROP");
  return (
    [
      ["-s", "-o"],
      ["-d", "-i"],
    ] as const
  ).map(([address, by]) => ({
    present: drops.some((rule) => said(rule, address) === `! ${subnet}` && said(rule, by) === device),
    wanted: `! ${address} ${subnet} ${by} ${device} -j DROP`,
    nearest: [],
  }));
}

/** What guards containers' own addresses, at each of their networks. */
function ofAddresses(snapshot: LivingSnapshot, rules: readonly CountedRule[]): Written[] {
  const ports = usualPorts(snapshot);
  return attachmentsOf(snapshot).flatMap(
    ({ container, endpoint: { address }, bridge: { usual, internal, device } }) => {
      if (!usual || internal || address === "") return [];
      const own = ports.find((one) => one.container === container && one.ends.length === 1)?.port;
      const rule = dropsDirectAccess(snapshot.facts, rules, {
        address,
        device,
        ...(own === undefined ? {} : { published: { port: own.containerPort, protocol: own.protocol } }),
      });
      return rule === null ? [] : [written({ part: "direct", container }, [rule])];
    },
  );
}
