import type { Deviation } from "../../audits/deviation.ts";
import { type Published, portText, usualPorts } from "../../audits/published.ts";
import { translated, translations } from "../../audits/written-rules.ts";
import { expectsEarlyReturn, expectsSelfMasquerade } from "../../expectations/firewall.ts";
import { formatRule } from "../../expectations/rule-match.ts";
import { said } from "../../expectations/rule-words.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { isIpv4 } from "../../model/ipv4.ts";
import type { CountedRule } from "../../snapshot/firewall/rule-list.ts";
import { bridgesOf, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding, strayRule } from "../finding.ts";
import { judgedRules } from "./judged-rules.ts";

/** Where programs and people have their rules; Docker names no container in them. */
const OF_OTHERS = ["INPUT", "OUTPUT", "FORWARD", "DOCKER-USER"];

/**
 * Rules that stand where they must not, whether packets pass them or not: that name a container which is gone or which
 * they don't belong to, and that this engine in its configuration does not make.
 */
export function checkStrayRules(snapshot: Snapshot): Deviation[] {
  const { facts } = snapshot;
  const judged = judgedRules(snapshot);
  if (judged === null) return [];
  const owners = ownersOf(snapshot);
  const ofRules = judged.rules.flatMap((rule) => [
    ...translatingUnpublished(snapshot, rule, owners),
    ...namingInChainsOfOthers(rule, owners),
    ...namingTheGone(snapshot, rule, owners),
    ...(expectsSelfMasquerade(facts) ? [] : masqueradingToItself(rule, owners)),
    ...(expectsEarlyReturn(facts) ? [] : returningEarly(snapshot, rule)),
    ...masqueradingAll(snapshot, rule),
  ]);
  return [
    ...ofRules,
    ...usualPorts(snapshot).flatMap((published) => translatingElsewhere(snapshot, judged.rules, published)),
  ];
}

/** A translation of a published port in Docker's chain that is not the one which Docker makes. */
function translatingElsewhere(snapshot: Snapshot, rules: readonly CountedRule[], published: Published): Deviation[] {
  const { container, port, ends } = published;
  const wanted = translations(snapshot.facts, rules, published);
  const [other] = translated(rules, published);
  if (wanted.some(({ present }) => present) || other === undefined) return [];
  const to = said(other, "--to-destination") ?? said(other, "-j");
  const right = ends.map(({ address }) => `${address}:${port.containerPort}`).join(" or ");
  const rule = `DNAT rule of published port ${portText(container, port)}`;
  return [
    finding(
      "nat",
      "blocks",
      [container.name],
      ["nat", "dnat", "publish", "port"],
      to !== null && right.includes(to)
        ? `The ${rule} is not Docker's: \`${formatRule(other)}\` instead of \`${wanted[0]?.wanted ?? ""}\`. Somebody changed it.`
        : `The ${rule} leads to ${to} instead of ${right}: \`${formatRule(other)}\`. Somebody changed it, or it outlived another container.`,
      strayRule(other),
    ),
  ];
}

/** A network's masquerade rule that also takes what stays on its bridge, beside Docker's own or instead of it. */
function masqueradingAll(snapshot: Snapshot, rule: CountedRule): Deviation[] {
  if (rule.table !== "nat" || rule.chain !== "POSTROUTING" || said(rule, "-j") !== "MASQUERADE") return [];
  return bridgesOf(snapshot)
    .filter(
      ({ subnet, usual, internal, masquerade }) => usual && !internal && masquerade && subnet === said(rule, "-s"),
    )
    .filter(() => said(rule, "-o") === null && said(rule, "-d") === null)
    .map(({ name, device }) =>
      finding(
        "nat",
        "differs",
        [name],
        ["masquerade", "nat", "source"],
        `\`${formatRule(rule)}\` masquerades all that network ${name} sends: it lacks \`! -o ${device}\`, so packets that stay on the bridge get the gateway's address too.`,
        strayRule(rule),
      ),
    );
}

/** Own containers' names by their addresses on networks. */
function ownersOf({ containers }: Snapshot): ReadonlyMap<string, string> {
  return new Map(
    containers.flatMap((container) =>
      endpointsOf(container).flatMap(({ settings }) =>
        settings.IPAddress === "" ? [] : [[settings.IPAddress, container.name] as const],
      ),
    ),
  );
}

/** A DNAT among Docker's to a container that does not publish the port. */
function translatingUnpublished(
  snapshot: Snapshot,
  rule: CountedRule,
  owners: ReadonlyMap<string, string>,
): Deviation[] {
  if (rule.table !== "nat" || rule.chain !== "DOCKER" || said(rule, "-j") !== "DNAT") return [];
  const owner = owners.get(said(rule, "--to-destination")?.split(":")[0] ?? "");
  if (owner === undefined) return [];
  const publishes = usualPorts(snapshot).some(
    ({ container, port }) =>
      container.name === owner && said(rule, "--dport") === String(port.hostPort) && said(rule, "-p") === port.protocol,
  );
  // Of a network with a gateway mode of its own, published ports are not looked at.
  if (publishes || !isUsual(snapshot, owner)) return [];
  return [
    finding(
      "nat",
      "differs",
      [owner],
      ["nat", "dnat", "publish", "unpublished"],
      `nat chain DOCKER holds a DNAT rule to ${owner}, which does not publish that port: \`${formatRule(rule)}\`. It was left behind by another container, or somebody added it.`,
      strayRule(rule),
    ),
  ];
}

function isUsual(snapshot: Snapshot, container: string): boolean {
  const found = snapshot.containers.find(({ name }) => name === container);
  const networks = found === undefined ? [] : endpointsOf(found).map(({ name }) => name);
  return bridgesOf(snapshot).every(({ name, usual }) => usual || !networks.includes(name));
}

function namingInChainsOfOthers(rule: CountedRule, owners: ReadonlyMap<string, string>): Deviation[] {
  if (rule.table !== "filter" || !OF_OTHERS.includes(rule.chain)) return [];
  const named = addressesIn(rule).flatMap((address) => owners.get(address) ?? []);
  if (named.length === 0) return [];
  return [
    finding(
      "filter",
      "differs",
      named,
      ["rule", rule.chain.toLowerCase()],
      `A rule of ${rule.chain} that is not Docker's names ${named.join(" and ")} by its address: \`${formatRule(rule)}\`. A script or a person made it, and it stays when the container goes.`,
      strayRule(rule),
    ),
  ];
}

/** A rule about an address of an own network that nobody on it has. The default bridge is everybody's. */
function namingTheGone(snapshot: Snapshot, rule: CountedRule, owners: ReadonlyMap<string, string>): Deviation[] {
  return bridgesOf(snapshot).flatMap(({ network, name, subnet, gateway }) => {
    if (name === "bridge" || !isIpv4Cidr(subnet)) return [];
    const taken = new Set(Object.values(network.Containers ?? {}).map(({ IPv4Address }) => IPv4Address.split("/")[0]));
    const gone = addressesIn(rule).filter(
      (address) => cidr(subnet).contains(address) && address !== gateway && !owners.has(address) && !taken.has(address),
    );
    if (gone.length === 0) return [];
    return [
      finding(
        rule.table === "nat" ? "nat" : "filter",
        "differs",
        [],
        ["rules", "disappear", "gone"],
        `A rule of ${rule.chain} (table ${rule.table}) still names ${gone.join(" and ")}, an address of network ${name} that no container has: \`${formatRule(rule)}\`. It was left behind by a container that is gone, or a script made it.`,
        strayRule(rule),
      ),
    ];
  });
}

/** Since docker-proxy serves a container's own port, no engine makes this. */
function masqueradingToItself(rule: CountedRule, owners: ReadonlyMap<string, string>): Deviation[] {
  const source = said(rule, "-s");
  if (rule.table !== "nat" || rule.chain !== "POSTROUTING" || said(rule, "-j") !== "MASQUERADE") return [];
  const owner = owners.get(source ?? "");
  if (owner === undefined || source !== said(rule, "-d")) return [];
  return [
    finding(
      "nat",
      "differs",
      [owner],
      ["masquerad", "nat", "itself"],
      `nat POSTROUTING masquerades what ${owner} sends to itself, though docker-proxy serves its published ports: \`${formatRule(rule)}\`. An older engine left it behind, or somebody added it.`,
      strayRule(rule),
    ),
  ];
}

function returningEarly(snapshot: Snapshot, rule: CountedRule): Deviation[] {
  if (rule.table !== "nat" || rule.chain !== "DOCKER" || said(rule, "-j") !== "RETURN") return [];
  const bridge = bridgesOf(snapshot).find(({ device }) => device === said(rule, "-i"));
  if (bridge === undefined) return [];
  return [
    finding(
      "nat",
      "blocks",
      [bridge.name],
      ["nat", "return", "publish", "port"],
      `nat chain DOCKER returns early for what comes from ${bridge.device} (\`${formatRule(rule)}\`), which this engine in its configuration does not: containers on ${bridge.name} don't reach published ports. It was restored from before a change of the configuration.`,
      strayRule(rule),
    ),
  ];
}

/** Single addresses that a rule is about: where packets come from, go to, and are sent. */
function addressesIn(rule: CountedRule): string[] {
  return ["-s", "-d", "--to-destination"].flatMap((option) => {
    const value = said(rule, option)?.split(":")[0];
    return value !== undefined && isIpv4(value) ? [value] : [];
  });
}
