import type { Deviation } from "../../audits/deviation.ts";
import { portText, usualPorts } from "../../audits/published.ts";
import { formatRule } from "../../expectations/rule-match.ts";
import { isOfARun, said } from "../../expectations/rule-words.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { isIpv4 } from "../../model/ipv4.ts";
import { type CountedRule, ruleList } from "../../snapshot/firewall/rule-list.ts";
import { sharesNetwork } from "../../snapshot/nic.ts";
import { bridgesOf, type ContainerState, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding, strayRule } from "../finding.ts";
import { judgedRules } from "./judged-rules.ts";

/** Devices that engines make. */
const OF_DOCKER = /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/;
const OWN_CHAIN = /^(DOCKER(-(?!USER).*)?|DOCKER_(OUTPUT|POSTROUTING))$/;
const BLOCKING = ["DROP", "REJECT"];

/**
 * Rules that are not Docker's and take part in what happens to containers' packets: drops and rejects that have counted
 * packets, accepts before Docker's, and translations of ports that Docker published. A rule that has counted nothing, or
 * that names addresses and devices of others only, is nobody's business.
 */
export function checkForeignRules(snapshot: Snapshot): Deviation[] {
  const inside = snapshot.containers.flatMap(insideContainer);
  const judged = judgedRules(snapshot);
  if (judged === null) return inside;
  const leadsToDocker = judged.rules.some(
    (rule) => rule.chain === "FORWARD" && said(rule, "-j")?.startsWith("DOCKER") === true,
  );
  const devices = new Set(bridgesOf(snapshot).map(({ device }) => device));
  const isDockers = (name: string): boolean => OF_DOCKER.test(name) || devices.has(name);
  return [
    ...inside,
    ...judged.rules
      .filter((rule) => !isOfARun(rule))
      // Of a chain that ends whatever comes, those who send packets there are told: by what becomes of them. What Docker
      // sends to a chain of its own was not meant to end there.
      .filter((rule) => !isUnconditional(rule) || OWN_CHAIN.test(rule.chain) || !isLedTo(rule.chain, judged.rules))
      // Behind Docker's rules it would do no harm: that they are gone is told by what becomes of the packets.
      .filter((rule) => leadsToDocker || rule.chain !== "FORWARD" || !isUnconditional(rule))
      .flatMap((rule) => [
        ...blocking(snapshot, rule, isDockers),
        ...opening(snapshot, rule, isDockers),
        ...translating(snapshot, rule, isDockers),
        ...untracking(snapshot, rule),
        ...altering(snapshot, rule),
      ]),
  ];
}

/** Whether a rule says what is done, and not to which packets. */
function isUnconditional({ args }: CountedRule): boolean {
  return args.filter((word) => word.startsWith("-")).every((option) => ["-j", "-g", "--reject-with"].includes(option));
}

/** Whether rules lead to a chain, and all of them choose what they lead there. */
function isLedTo(chain: string, rules: readonly CountedRule[]): boolean {
  const jumps = rules.filter((rule) => [said(rule, "-j"), said(rule, "-g")].includes(chain));
  return jumps.length > 0 && !jumps.some(isUnconditional);
}

/** Docker drops nothing inside of a container's own namespace, and what becomes of packets on the host says nothing of it. */
function insideContainer(container: ContainerState): Deviation[] {
  if (sharesNetwork(container)) return [];
  return ruleList(container.inside?.tables ?? [])
    .rules.filter((rule) => BLOCKING.includes(said(rule, "-j") ?? "") && rule.packets > 0)
    .map((rule) =>
      finding(
        "namespaces",
        "blocks",
        [container.name],
        ["drop", "reject", "firewall"],
        `A rule inside the network namespace of ${container.name} drops packets and has counted packets: \`${formatRule(rule)}\`.`,
        { family: 4 },
      ),
    );
}

function blocking(snapshot: Snapshot, rule: CountedRule, isDockers: (device: string) => boolean): Deviation[] {
  const target = said(rule, "-j") ?? "";
  if (!BLOCKING.includes(target) || isDockersDrop(rule, isDockers)) return [];
  // In a chain of Docker's own no such rule without a condition is ever right; everywhere else only what counted matters.
  const unconditional = rule.table === "filter" && OWN_CHAIN.test(rule.chain) && rule.args.length === 2;
  if (rule.packets === 0 && !unconditional) return [];
  const concerns = concernedBy(snapshot, rule);
  if (concerns === null) return [];
  const doing = target === "DROP" ? "drops" : "rejects";
  return [
    finding(
      "filter",
      "blocks",
      concerns,
      ["drop", "reject", "firewall", rule.chain.toLowerCase(), ...(/ISOLATION/.test(rule.chain) ? ["isolation"] : [])],
      `A rule of ${rule.chain} (table ${rule.table}) that is not Docker's ${doing} such packets and has counted packets: \`${formatRule(rule)}\`.`,
      strayRule(rule),
    ),
  ];
}

/** An accept at the host's own chains that comes before what keeps networks apart. */
function opening(snapshot: Snapshot, rule: CountedRule, isDockers: (device: string) => boolean): Deviation[] {
  if (rule.table !== "filter" || said(rule, "-j") !== "ACCEPT" || rule.packets === 0) return [];
  if (rule.chain !== "DOCKER-USER" && rule.chain !== "FORWARD" && !OWN_CHAIN.test(rule.chain)) return [];
  if (said(rule, "--ctstate") !== null) return [];
  const [from, to] = [said(rule, "-i"), said(rule, "-o")];
  // Docker's own accepts name a device of its own; nobody opens anything with one that names none of both.
  const plain = (device: string | null): boolean => device !== null && isDockers(device.replace(/^! /, ""));
  if (rule.chain !== "DOCKER-USER" && (plain(from) || plain(to))) return [];
  const concerns = concernedBy(snapshot, rule);
  if (concerns === null) return [];
  return [
    finding(
      "filter",
      "opens",
      concerns,
      ["isolation", "unpublished", "accept"],
      `A rule of ${rule.chain} that is not Docker's accepts packets before Docker's rules can stop them and has counted packets: \`${formatRule(rule)}\`.`,
      strayRule(rule),
    ),
  ];
}

/** Translations that are not Docker's: of a published port, or of what containers send out. */
function translating(snapshot: Snapshot, rule: CountedRule, isDockers: (device: string) => boolean): Deviation[] {
  if (rule.table !== "nat") return [];
  const target = said(rule, "-j") ?? "";
  if (["REDIRECT", "DNAT"].includes(target) && !OWN_CHAIN.test(rule.chain)) {
    const port = said(rule, "--dport") ?? said(rule, "--dports");
    const protocol = said(rule, "-p");
    const hit = usualPorts(snapshot)
      .filter((published) => protocol === null || protocol === published.port.protocol)
      .filter(({ port: { hostPort, containerPort } }) =>
        port === null
          ? rule.packets > 0
          : port.split(",").includes(String(hostPort)) ||
            ((covers(port, hostPort) || port === String(containerPort)) && rule.packets > 0),
      );
    if (hit.length === 0) {
      const end = containerAt(snapshot, said(rule, "--to-destination")?.split(":")[0] ?? "");
      if (end !== undefined && port !== "53")
        return [
          finding(
            "nat",
            "opens",
            [],
            ["port", "publish", "dnat", "nat"],
            `A rule of nat ${rule.chain} that is not Docker's translates ports of the host to ${end.name}, which does not publish them (DNAT): \`${formatRule(rule)}\`.`,
            strayRule(rule),
          ),
        ];
      // Lookups of containers are what else is redirected on purpose.
      if (port !== "53" || rule.packets === 0) return [];
      return [
        finding(
          "names",
          "differs",
          concernedBy(snapshot, rule) ?? [],
          ["dns", "name", "resolve", "lookup"],
          `A rule of nat ${rule.chain} that is not Docker's sends DNS packets elsewhere and has counted packets: \`${formatRule(rule)}\`.`,
          strayRule(rule),
        ),
      ];
    }
    return hit.map((published) =>
      finding(
        "nat",
        "blocks",
        [published.container.name],
        ["port", "publish", "dnat", "nat"],
        `A rule of nat ${rule.chain} that is not Docker's takes the packets of published port ${portText(published.container, published.port)} before Docker's does: \`${formatRule(rule)}\`.`,
        strayRule(rule),
      ),
    );
  }
  if (rule.chain !== "POSTROUTING" || rule.packets === 0) return [];
  if (!["SNAT", "MASQUERADE", "ACCEPT", "RETURN", "NETMAP"].includes(target)) return [];
  const out = said(rule, "-o")?.replace(/^! /, "") ?? "";
  const source = said(rule, "-s") ?? "";
  if (target === "MASQUERADE" && (isDockers(out) || (source !== "" && source === said(rule, "-d")))) return [];
  const concerns = concernedBy(snapshot, rule);
  // The widened masquerade of a network is told by the check that knows the right rule.
  if (concerns === null || (target === "MASQUERADE" && bridgesOf(snapshot).some(({ subnet }) => subnet === source)))
    return [];
  return [
    finding(
      "nat",
      "differs",
      concerns,
      ["masquerade", "nat", "source", "snat"],
      `A rule of nat POSTROUTING that is not Docker's changes the source of packets, or keeps Docker's from doing it, and has counted packets: \`${formatRule(rule)}\`.`,
      strayRule(rule),
    ),
  ];
}

/** Connections that are not tracked are not translated either, neither DNAT nor masquerading. */
function untracking(snapshot: Snapshot, rule: CountedRule): Deviation[] {
  if (rule.table !== "raw" || rule.packets === 0) return [];
  if (said(rule, "-j") !== "NOTRACK" && !rule.args.includes("--notrack")) return [];
  const concerns = concernedBy(snapshot, rule);
  if (concerns === null) return [];
  return [
    finding(
      "nat",
      "blocks",
      concerns,
      ["nat", "dnat", "masquerade", "publish", "port", "translat"],
      `A rule of ${rule.chain} (table raw) exempts packets from connection tracking (NOTRACK) and has counted packets: \`${formatRule(rule)}\`. What is not tracked is not translated: neither DNAT nor masquerading works for it.`,
      strayRule(rule),
    ),
  ];
}

/** What the mangle table does to containers' packets. */
function altering(snapshot: Snapshot, rule: CountedRule): Deviation[] {
  const target = said(rule, "-j") ?? "";
  if (!["TTL", "TCPMSS", "TPROXY", "DSCP", "MARK", "TEE"].includes(target) || rule.packets === 0) return [];
  // Marks of VPNs and proxies, and clamping, are ordinary; they matter where a rule names what is Docker's.
  const concerns = concernedBy(snapshot, rule);
  if (concerns === null || (concerns.length === 0 && target !== "TTL" && target !== "TPROXY")) return [];
  return [
    finding(
      "filter",
      "differs",
      concerns,
      ["mangle", "ttl", "mark"],
      `A rule of ${rule.chain} (table ${rule.table}) changes packets (${target}) and has counted packets: \`${formatRule(rule)}\`.`,
      strayRule(rule),
    ),
  ];
}

function isDockersDrop(rule: CountedRule, isDockers: (device: string) => boolean): boolean {
  // Docker never answers with an error.
  if (said(rule, "-j") === "REJECT") return false;
  const [from, to] = ["-i", "-o"].map((option) => said(rule, option)?.replace(/^! /, ""));
  if (rule.table === "raw")
    return (
      rule.chain === "PREROUTING" &&
      said(rule, "-i")?.startsWith("! ") === true &&
      (from === "lo" || isDockers(from ?? ""))
    );
  if (rule.table !== "filter") return false;
  if (rule.chain !== "FORWARD" && !OWN_CHAIN.test(rule.chain)) return false;
  // In FORWARD before 28.0 only icc's drop is Docker's: from a bridge to itself.
  if (rule.chain === "FORWARD") return from !== undefined && from === to && isDockers(from);
  return isDockers(from ?? "") || isDockers(to ?? "");
}

/**
 * Names of networks and containers that a rule names by device or address; empty when it names none and so is about
 * everything; null when it names only what is not ours.
 */
function concernedBy(snapshot: Snapshot, rule: CountedRule): string[] | null {
  const bridges = bridgesOf(snapshot);
  const found = new Set<string>();
  let foreign = false;
  for (const option of ["-i", "-o"]) {
    const device = said(rule, option);
    if (device === null || device.startsWith("! ")) continue;
    const wild = device.endsWith("+");
    const matching = bridges.filter((bridge) =>
      wild ? bridge.device.startsWith(device.slice(0, -1)) : bridge.device === device,
    );
    for (const { name } of matching) found.add(name);
    // The uplink is everybody's: packets of containers leave and come by it.
    if (matching.length === 0 && (device === "lo" || OF_DOCKER.test(device))) foreign = true;
  }
  for (const option of ["-s", "-d"]) {
    const value = said(rule, option);
    if (value === null || value.startsWith("! ")) continue;
    const range = isIpv4(value) ? `${value}/32` : value;
    if (!isIpv4Cidr(range)) continue;
    const asked = cidr(range);
    const containers = snapshot.containers.filter((container) =>
      endpointsOf(container).some(({ settings }) => settings.IPAddress !== "" && asked.contains(settings.IPAddress)),
    );
    const networks = bridges.filter(({ subnet }) => isIpv4Cidr(subnet) && asked.overlaps(cidr(subnet)));
    for (const { name } of asked.prefix < 32 ? networks : containers) found.add(name);
    for (const { name, gateway } of networks) if (value === gateway) found.add(name);
    const local = snapshot.host?.addresses.some(({ addresses }) =>
      addresses.some(({ address }) => asked.contains(address)),
    );
    if (networks.length === 0 && containers.length === 0 && local !== true && option === "-s") foreign = true;
  }
  if (found.size > 0) return [...found];
  return foreign ? null : [];
}

/** Whether a list of ports and ranges, as iptables writes them (`80,8000:8100`), holds a port. */
function covers(ports: string, port: number): boolean {
  return ports.split(",").some((range) => {
    const [from, to] = range.split(":").map(Number);
    return from !== undefined && from <= port && port <= (to ?? from);
  });
}

/** The own container that has an address on a network. */
function containerAt({ containers }: Snapshot, address: string): ContainerState | undefined {
  return containers.find((container) =>
    endpointsOf(container).some(({ settings }) => address !== "" && settings.IPAddress === address),
  );
}
