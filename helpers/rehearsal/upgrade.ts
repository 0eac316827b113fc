import { change, type Finding, namesText } from "../configuration/finding.ts";
import { type HostContainer, type HostNetwork, type HostSituation, onDefaultBridge } from "../configuration/step.ts";
import { type LabEngine, versionedEngine } from "../lab/engine-versions.ts";
import { addressPools } from "../model/address-pools.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";

/** Names of what a switch of behaviour concerns on a host: containers with ports, networks, rules, routes. */
type Concern = (host: HostSituation) => readonly string[];

/**
 * Why a switch concerns nothing that a host has:
 * - `answer`: another answer, message or file of the engine's; no packet goes another way
 * - `file`: the reading of `daemon.json` and the disposable engine tell it
 * - `new`: only what is asked for anew can use it
 * - `same`: written otherwise, with the same effect
 */
type Unfelt = "answer" | "file" | "new" | "same";

/** A bridge by the name that the engine gives, which is its own also where the network is not listed. */
const OF_ENGINE = /-[io] (docker0|docker_gwbridge|br-[0-9a-f]{12}) /;

/** What of a host each switch concerns. A switch of the table without an entry here does not compile. */
const CONCERNS: Readonly<Record<SwitchKey, Concern | Unfelt>> = {
  "random-mac": (host) => containersOn(host, ({ driver }) => driver === "macvlan"),
  "mac-of-endpoint": "answer",
  "random-bridge-mac": "same",
  "container-ifindex-2": "same",
  "short-ipv6-in-hosts-file": "answer",
  "hosts-file-follows-ipv6": "answer",
  "generated-resolv-conf": "answer",
  "no-fallback-resolvers-on-user-networks": (host) =>
    host.facts.host?.resolver.nameservers.length === 0 && host.facts.configuration.dns === undefined
      ? containersOn(host, ({ driver, name }) => driver === "bridge" && name !== "bridge")
      : [],
  // A rule that lets containers ask, or keeps them from it, meets the host's own questions then.
  "host-resolvers-asked-from-host": ({ rules }) =>
    rules.filter((rule) => /\b(dport|dports) \S*\b53\b/.test(rule) && !/ DOCKER(_OUTPUT|_POSTROUTING)?\b/.test(rule)),
  "host-bits-refused": ({ networks }) =>
    networks.filter(({ subnets }) => subnets.some(({ subnet }) => hasHostBits(subnet))).map(({ name }) => name),
  "static-address-on-automatic-subnet": "new",
  "message-names-configured-subnet": "answer",
  "message-names-network-namespace": "answer",
  "no-self-masquerade-with-proxy": "same",
  "docker-forward-chain": ({ rules, facts, networks }) => {
    const bridges = [facts.defaultBridge?.device, ...networks.map(({ device }) => device)];
    return rules.filter(
      (rule) =>
        /^ip6?tables -t filter -A FORWARD /.test(rule) &&
        !/ -j DOCKER/.test(rule) &&
        !OF_ENGINE.test(rule) &&
        !bridges.some((bridge) => bridge && rule.includes(` ${bridge} `)),
    );
  },
  "no-isolation-chains": ({ rules }) =>
    rules.filter(
      (rule) =>
        / -j DOCKER-ISOLATION-STAGE-\d/.test(rule) &&
        !/ -A (FORWARD|DOCKER-FORWARD|DOCKER-ISOLATION-STAGE-1) /.test(rule),
    ),
  "isolation-without-gap": "same",
  "no-nat-early-return": "same",
  "no-explicit-isolation-return": "same",
  "no-docker-user-return": ({ rules }) => behindReturn(rules, "DOCKER-USER"),
  // Where the policy denies, strangers are kept off on either version.
  "unpublished-ports-dropped": (host) =>
    host.standing.forwardPolicy === "ACCEPT"
      ? containersOn(host, ({ driver, internal }) => driver === "bridge" && !internal)
      : [],
  "raw-drop-for-published": (host) => published(host, () => true),
  "raw-drop-for-every-container": (host) =>
    containersOn(host, ({ driver, internal }) => driver === "bridge" && !internal),
  "loopback-publication-guarded": (host) => published(host, ({ hostIp }) => /^(127\.|::1$)/.test(hostIp)),
  "no-top-level-network-settings": (host) => onDefaultBridge(host).map(({ name }) => name),
  "private-ipc": "answer",
  "loopback-ipv6-always": "same",
  "internal-networks-fail-fast": (host) => containersOn(host, ({ internal }) => internal),
  "several-networks-at-create": "new",
  "unique-network-names": ({ networks }) => {
    const names = networks.map(({ name }) => name);
    return [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
  },
  "macvlan-parent-sharing": "new",
  "no-implicit-macvlan-gateway": (host) => containersOn(host, ({ driver }) => driver === "macvlan"),
  "conditional-ipv6-forward-drop": (host) => containersOn(host, ({ ipv6 }) => ipv6),
  "ip6tables-by-default": (host) =>
    host.facts.configuration.ip6tables === undefined ? containersOn(host, ({ ipv6 }) => ipv6) : [],
  "ipv6-without-fixed-cidr": "file",
  "bracketed-ipv6-in-ps": "answer",
  "sorted-port-list": "answer",
  "dns-names-field": "answer",
  "no-short-id-in-aliases": "answer",
  "firewall-backend-in-info": "answer",
  "proxyless-hairpin-between-networks": (host) =>
    host.facts.configuration["userland-proxy"] === false ? published(host, () => true) : [],
  "gateway-priority": "new",
  "one-chosen-port-for-both-families": "new",
  "default-network-options": "file",
  "daemon-json-of-28": "file",
  "allow-direct-routing": "file",
  "firewall-backend-choice": "file",
  "fixed-cidr-alone": ({ facts: { configuration } }) =>
    configuration["fixed-cidr"] !== undefined && configuration.bip === undefined ? ["the default bridge"] : [],
  "tolerant-daemon-json": "file",
  "proxy-keys": "file",
  "negative-mtu-refused": "file",
  "no-cluster-store-keys": "file",
  "log-format-and-cdi-keys": "file",
  "dns-decoded-as-addresses": "file",
  "no-oom-score-key": "file",
  "icc-needs-ip6tables": "file",
  "no-cors-header-key": "file",
  "min-api-version-key": "file",
  "nri-key": "file",
  "default-stop-timeout-key": "file",
  "bridge-mtu-set": "same",
  "default-bridge-names-gateway": "answer",
  "enable-ipv4-in-inspect": "answer",
  "validates-daemon-json": "new",
  "pools-in-order-of-addresses": ({ facts: { configuration } }) => {
    const bases = (configuration["default-address-pools"] ?? []).map(({ base }) => base);
    const ordered = bases.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
    return bases.every((base, index) => base === ordered[index]) ? [] : [`new networks (${bases.join(", ")})`];
  },
  "pools-avoid-on-link-routes-only": ({ facts, standing }) => {
    const behind = standing.routes.filter(({ onLink, table }) => !onLink && table === "main");
    const pools = addressPools(facts);
    return behind
      .filter(({ destination }) => pools.some(({ base }) => base.overlaps(cidr(destination))))
      .map(({ destination, device }) => `the route to ${destination} by ${device}`);
  },
};

/** What the sentence about older engines takes for given, which the oldest lack as well. */
const PRESUMES: Partial<Readonly<Record<SwitchKey, SwitchKey>>> = {
  "raw-drop-for-every-container": "raw-drop-for-published",
};

/**
 * What of a host behaves otherwise on another version of the engine, by the table of version differences: one finding
 * for each difference that concerns anything that the host has, which it names.
 */
export function effectsOfVersion(host: HostSituation, engine: LabEngine): Finding[] {
  const target = versionedEngine(engine);
  return (Object.keys(CONCERNS) as SwitchKey[]).flatMap((key) => {
    const concern = CONCERNS[key];
    const isUp = has(target, key);
    if (typeof concern === "string" || has(host.facts, key) === isUp) return [];
    const concerned = concern(host);
    if (concerned.length === 0) return [];
    const { before, after, since } = VERSION_SWITCHES[key];
    const presumed = PRESUMES[key];
    const isOlder = presumed !== undefined && !has(isUp ? host.facts : target, presumed);
    // The way back to an engine that has neither is told by the other.
    if (isOlder && !isUp) return [];
    const [now, then] = isUp ? [before, after] : [after, before];
    return [
      change(
        [],
        `${namesText(concerned)}: ${isOlder ? "" : `so far ${now}; `}on ${engine.version} ${then} (${key}, since ${since})`,
      ),
    ];
  });
}

function networksOf({ networks }: HostSituation, container: HostContainer): HostNetwork[] {
  return networks.filter(({ name }) => container.networks.includes(name));
}

/** Running containers on such a network, each with the networks meant. */
function containersOn(host: HostSituation, isMeant: (network: HostNetwork) => boolean): string[] {
  return host.containers
    .filter(({ running }) => running)
    .flatMap((container) => {
      const meant = networksOf(host, container).filter(isMeant);
      return meant.length === 0 ? [] : [`${container.name} (${meant.map(({ name }) => name).join(", ")})`];
    });
}

/** Running containers with such publications, each with its ports. */
function published(
  { containers }: HostSituation,
  isMeant: (port: HostContainer["ports"][number]) => boolean,
): string[] {
  return containers
    .filter(({ running }) => running)
    .flatMap(({ name, ports }) => {
      const meant = ports.filter(isMeant);
      const texts = meant.map(
        ({ hostIp, hostPort, containerPort }) => `${hostIp === "" ? "" : `${hostIp}:`}${hostPort}→${containerPort}`,
      );
      return meant.length === 0 ? [] : [`${name} (${texts.join(", ")})`];
    });
}

function hasHostBits(subnet: string): boolean {
  return isIpv4Cidr(subnet) && cidr(subnet).toString() !== subnet;
}

/** Rules that stand behind a chain's unconditional RETURN, which they never come past. */
function behindReturn(rules: readonly string[], chain: string): string[] {
  return ["iptables", "ip6tables"].flatMap((program) => {
    const own = rules.filter((rule) => rule.startsWith(`${program} -t filter -A ${chain} `));
    const end = own.indexOf(`${program} -t filter -A ${chain} -j RETURN`);
    return end === -1 ? [] : own.slice(end + 1);
  });
}
