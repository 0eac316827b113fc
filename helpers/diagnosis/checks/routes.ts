import { policyRuleKey, routeKey } from "../../cause/keys.ts";
import type { Mend } from "../../cause/mend.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { has } from "../../model/version-switches.ts";
import type { IpRoute } from "../../probes/parse/parse-ip-route.ts";
import { nicOf, sharesNetwork } from "../../snapshot/nic.ts";
import {
  type BridgeNetwork,
  bridgesOf,
  type ContainerState,
  endpointsOf,
  type HostState,
  type Snapshot,
} from "../../snapshot/snapshot.ts";
import { type About, type Finding, finding, weakly, wrongSysctl } from "../finding.ts";

/** The kernel's default, as net.ipv4.ip_default_ttl. */
const USUAL_TTL = 64;
/** No way across the Internet has more routers, none of a site this many. */
const FEWEST_HOPS = 32;

/** From this value of arp_ignore on the kernel answers nobody (its ip-sysctl documentation). */
const NO_ANSWER = 8;

/** Routes, policy rules and network sysctls of the host and of the containers. */
export function checkRoutes(snapshot: Snapshot): Finding[] {
  const { host, containers, facts } = snapshot;
  return [
    ...(host === null
      ? []
      : [
          ...sysctlsOfHost(host, facts.configuration["ip-forward"] !== false),
          ...bridgesOf(snapshot).flatMap((bridge) => [
            ...ofSubnet(host, bridge),
            ...sysctlsOfBridge(snapshot, host, bridge),
          ]),
          ...waysTo(snapshot, host),
          ...policyOf(snapshot, host),
        ]),
    ...containers.flatMap((container) => ofContainer(snapshot, container)),
  ];
}

function sysctlsOfHost({ sysctls }: HostState, forwards: boolean): Finding[] {
  const found: Finding[] = [];
  if (forwards && sysctls["ipv4/ip_forward"] === "0")
    found.push(
      finding(
        "routes",
        "blocks",
        [],
        ["forward", "ip_forward", "sysctl"],
        "net.ipv4.ip_forward is 0 on the host: the kernel forwards nothing between containers, bridges and the uplink.",
        wrongSysctl("net.ipv4.ip_forward", "1", "0"),
      ),
    );
  if (sysctls["ipv4/icmp_echo_ignore_all"] === "1")
    found.push(
      finding(
        "routes",
        "blocks",
        [],
        ["ping", "icmp"],
        "net.ipv4.icmp_echo_ignore_all is 1 on the host: it answers no ping, so gateways seem dead.",
        wrongSysctl("net.ipv4.icmp_echo_ignore_all", "0", "1"),
      ),
    );
  const [count, most] = ["netfilter/nf_conntrack_count", "netfilter/nf_conntrack_max"].map((path) =>
    Number(sysctls[path]),
  );
  if (count !== undefined && most !== undefined && most > 0 && count >= most)
    found.push(
      finding(
        "routes",
        "blocks",
        [],
        ["conntrack"],
        `The host's connection table is full (nf_conntrack_count ${count} of ${most}): new connections are dropped.`,
        {
          ...wrongSysctl("net.netfilter.nf_conntrack_max", String(most * 2), String(most)),
          act: "More connections were open at once than the table holds.",
        },
      ),
    );
  return found;
}

function sysctlsOfBridge(
  { facts }: Snapshot,
  { sysctls }: HostState,
  { name, device, internal, icc }: BridgeNetwork,
): Finding[] {
  const found: Finding[] = [];
  const say = (effect: Finding["effect"], topics: readonly string[], what: string, about?: About): void => {
    const one = finding("routes", effect, [name], topics, what, about);
    found.push(topics.includes("rp_filter") || topics.includes("route_localnet") ? weakly(one) : one);
  };
  const value = (key: string): string | undefined => sysctls[`ipv4/conf/${device}/${key}`];
  const all = (key: string): number => Number(sysctls[`ipv4/conf/all/${key}`] ?? 0);
  if (value("forwarding") === "0" && sysctls["ipv4/ip_forward"] === "1" && !internal)
    say(
      "blocks",
      ["forward", "sysctl"],
      `net.ipv4.conf.${device}.forwarding is 0: what comes from the containers of network ${name} is not forwarded, though ip_forward is on.`,
      wrongSysctl(`net.ipv4.conf.${device}.forwarding`, "1", "0"),
    );
  if (strictAt(sysctls, device))
    say(
      "differs",
      ["rp_filter", "reverse path"],
      `The reverse path filter is strict (1) at ${device} of network ${name} (net.ipv4.conf.${device}.rp_filter ${value("rp_filter")}, all ${all("rp_filter")}): packets whose answer would leave by another device are dropped silently.`,
      wrongSysctl(
        all("rp_filter") === 1 ? "net.ipv4.conf.all.rp_filter" : `net.ipv4.conf.${device}.rp_filter`,
        "2",
        "1",
      ),
    );
  if (facts.configuration["userland-proxy"] === false && value("route_localnet") === "0" && all("route_localnet") === 0)
    say(
      "blocks",
      ["127.0.0.1", "route_localnet", "loopback"],
      `net.ipv4.conf.${device}.route_localnet is 0, though the userland proxy is off: 127.0.0.1 does not lead to the published ports of network ${name}.`,
      wrongSysctl(`net.ipv4.conf.${device}.route_localnet`, "1", "0"),
    );
  if (
    facts.configuration["userland-proxy"] !== false &&
    (value("route_localnet") === "1" || all("route_localnet") === 1)
  )
    say(
      "opens",
      ["127.0.0.1", "route_localnet", "loopback"],
      `route_localnet is 1 at ${device} of network ${name} or everywhere, though docker-proxy needs none: neighbours may reach what listens on 127.0.0.1 only. Set it to 0.`,
    );
  if (!icc && sysctls["bridge/bridge-nf-call-iptables"] === "0")
    say(
      "opens",
      ["icc", "bridge-nf"],
      `net.bridge.bridge-nf-call-iptables is 0: packets between containers of one bridge don't pass iptables, so the DROP of icc=false on network ${name} does nothing.`,
      wrongSysctl("net.bridge.bridge-nf-call-iptables", "1", "0"),
    );
  // The kernel takes the larger of both.
  const silent = [device, "all"].filter((where) => Number(sysctls[`ipv4/conf/${where}/arp_ignore`] ?? 0) >= NO_ANSWER);
  for (const where of silent)
    say(
      "blocks",
      ["arp"],
      `net.ipv4.conf.${where}.arp_ignore is ${sysctls[`ipv4/conf/${where}/arp_ignore`]}: the gateway of network ${name} answers no ARP.`,
      wrongSysctl(`net.ipv4.conf.${where}.arp_ignore`, "0", sysctls[`ipv4/conf/${where}/arp_ignore`] ?? ""),
    );
  return found;
}

/** The kernel takes the larger of both. Strict is many distributions' default and harmless while routes are symmetric. */
function strictAt(sysctls: HostState["sysctls"], device: string): boolean {
  return Math.max(...[device, "all"].map((where) => Number(sysctls[`ipv4/conf/${where}/rp_filter`] ?? 0))) === 1;
}

/** What strict filtering does where the way back is another device's; empty where it is not strict. */
function droppedToo({ sysctls }: HostState, device: string): string {
  return strictAt(sysctls, device)
    ? ` The reverse path filter at ${device} is strict (rp_filter 1), so the host also drops what these containers send.`
    : "";
}

/** The host's route to a network's subnet, and others that cover it. */
function ofSubnet(host: HostState, { name, device, subnet }: BridgeNetwork): Finding[] {
  if (!isIpv4Cidr(subnet)) return [];
  const own = cidr(subnet);
  const found: Finding[] = [];
  const link = host.links.find((candidate) => candidate.name === device);
  const leads = host.routes.some(
    (route) => covers(route) && route.interface === device && cidr(route.destination).equals(own),
  );
  const others = host.routes.filter((candidate) => covers(candidate) && candidate.interface !== device);
  // One of just this range keeps Docker's from being put back: that one is the cause.
  const isTaken = others.some((route) => cidr(route.destination).equals(own));
  if (!leads && !isTaken && link?.up === true)
    found.push(
      finding(
        "routes",
        "blocks",
        [name],
        ["route", "subnet"],
        `The host has no route to subnet ${subnet} of network ${name} over ${device}: somebody deleted it or the address of the bridge.`,
        {
          mends: [
            {
              how: "shell",
              what: "put the route back",
              commands: [`ip route add ${subnet} dev ${device}`],
              check: `ip route get ${own.firstHost}`,
            },
            { how: "restart the engine" },
          ],
        },
      ),
    );
  for (const route of others) {
    const range = cidr(route.destination);
    if (!own.overlaps(range) || range.prefix < own.prefix) continue;
    found.push(
      finding(
        "routes",
        "blocks",
        [name],
        ["route", "subnet", "overlap", "vpn"],
        `The host's route ${routeText(route)} covers addresses of subnet ${subnet} of network ${name}, which belong to ${device} (a VPN, another network?): packets to its containers leave by ${route.interface ?? "nowhere"}.${droppedToo(host, device)} The two can't both have these addresses.`,
        {
          group: routeKey(routeText(route)),
          evidence: [routeText(route).replaceAll("`", "")],
          act: "A VPN or another network that came up after dockerd brought the route.",
          mends: [
            {
              how: "shell",
              what: `delete that route (whoever made it loses its way there)${leads ? "" : ", and put Docker's back"}`,
              commands: [
                `ip route del ${routeWords(route)}`,
                ...(leads ? [] : [`ip route add ${subnet} dev ${device}`]),
              ],
              check: `ip route show ${subnet}`,
            },
          ],
        },
      ),
    );
  }
  for (const { name: other, addresses } of host.addresses.filter((candidate) => candidate.name !== device)) {
    const clash = addresses.find(({ family, address }) => family === 4 && own.contains(address));
    if (clash !== undefined)
      found.push(
        finding(
          "routes",
          "blocks",
          [name],
          ["address", "overlap", "subnet", "conflict"],
          `The host's device ${other} has the address ${clash.address}/${clash.prefix}, which lies in subnet ${subnet} of network ${name} (${device}): both claim the same addresses. Move one of them.`,
        ),
      );
  }
  return found;
}

function covers(route: IpRoute): boolean {
  return isIpv4Cidr(route.destination) && route.destination !== "0.0.0.0/0";
}

/** The kernel's own answer to where it sends what is meant for a container. */
function waysTo(snapshot: Snapshot, host: HostState): Finding[] {
  const bridges = bridgesOf(snapshot);
  return snapshot.containers.flatMap((container) =>
    endpointsOf(container).flatMap(({ name, settings }) => {
      const bridge = bridges.find((candidate) => candidate.name === name);
      const way = host.ways[settings.IPAddress];
      if (bridge === undefined || way === undefined || way === bridge.device) return [];
      // Without the bridge, or with the bridge down, no way leads there: that is told of the bridge.
      if (host.links.find((link) => link.name === bridge.device)?.up !== true) return [];
      const isDevice = host.links.some((link) => link.name === way);
      const rule = ruleAway(host, settings.IPAddress);
      if (rule !== undefined)
        return [
          finding(
            "routes",
            "blocks",
            [container.name, name],
            ["route", "policy", "rule", "reach"],
            `A policy rule of the host takes what is meant for containers past the main routing table, ${isDevice ? `to ${way} instead of their bridges` : `where it ends ("${way}")`}: \`${rule}\`.`,
            {
              group: policyRuleKey(rule),
              act: "A VPN, or a host with several uplinks, routes by source or by mark.",
              evidence: [`ip rule: ${rule}`, `ip route get ${settings.IPAddress}: ${way}`],
              mends: [mainFirst(rule)],
            },
          ),
        ];
      return [
        finding(
          "routes",
          "blocks",
          [container.name],
          ["route", "reach"],
          isDevice
            ? `The host sends packets for ${container.name} (${settings.IPAddress}) to ${way} instead of ${bridge.device}, the bridge of its network ${name}${why(host, settings.IPAddress)}.${droppedToo(host, bridge.device)}`
            : `The host has no way to ${container.name} (${settings.IPAddress}, network ${name}): the kernel says "${way}"${why(host, settings.IPAddress)}.`,
        ),
      ];
    }),
  );
}

/** Before a policy rule: the main table's own networks, without its default route. */
function mainFirst(rule: string): Mend {
  const priority = Math.max(1, Number.parseInt(rule, 10) - 1);
  return {
    how: "shell",
    what: "let the main table's own networks, all but its default route, be asked before that rule",
    commands: [`ip rule add lookup main suppress_prefixlength 0 priority ${priority}`],
    check: "ip rule",
  };
}

/** The policy rule that takes what the host sends to an address to a table that has routes, past the main one. */
function ruleAway({ rules, routes }: HostState, address: string): string | undefined {
  return rules.find((rule) => {
    const table = /\blookup (\S+)/.exec(rule)?.[1];
    return leadsTo(rule, address) && (table === undefined || routes.some((route) => route.table === table));
  });
}

/** The route that explains where packets for an address go, in words. */
function why({ routes }: HostState, address: string): string {
  const longest = routes
    .filter((route) => covers(route) && cidr(route.destination).contains(address))
    .toSorted((a, b) => cidr(b.destination).prefix - cidr(a.destination).prefix)[0];
  return longest === undefined ? "" : `; see the route ${routeText(longest)}`;
}

/** Whether a policy rule leads what the host sends to an address to another table than the main one. */
function leadsTo(rule: string, address: string): boolean {
  if (/\blookup main\b/.test(rule)) return false;
  const to = /\bto (\d[\d./]*)/.exec(rule)?.[1];
  if (to === undefined) return !/\biif (?!lo\b)/.test(rule);
  const range = to.includes("/") ? to : `${to}/32`;
  return isIpv4Cidr(range) && cidr(range).contains(address);
}

/**
 * Policy rules of the host that take packets of containers away from the main table. Not one that leads to it, nor one to
 * a table without a route, from which the kernel goes on to the next rule.
 */
function policyOf(snapshot: Snapshot, { rules, routes }: HostState): Finding[] {
  const settled = new Set<string>();
  return rules.flatMap((rule) => {
    const concerned = bridgesOf(snapshot).filter(({ subnet, device }) => {
      if (rule.includes(` iif ${device}`) || rule.includes(` oif ${device}`)) return true;
      const ends = [...rule.matchAll(/\b(from|to) (\d[\d./]*)/g)].map(([, , range]) =>
        range?.includes("/") ? range : `${range}/32`,
      );
      return isIpv4Cidr(subnet) && ends.some((range) => isIpv4Cidr(range) && cidr(range).overlaps(cidr(subnet)));
    });
    const table = /\blookup (\S+)/.exec(rule)?.[1];
    // What a rule before has led to the main table comes to no later one.
    const diverted = concerned.filter(({ name }) => !settled.has(name));
    if (table === "main") for (const { name } of concerned) settled.add(name);
    const leads = routes.filter((route) => route.table === table).map(routeText);
    const decides = table === undefined ? /\b(blackhole|unreachable|prohibit)\b/.test(rule) : leads.length > 0;
    if (diverted.length === 0 || table === "main" || !decides) return [];
    return [
      finding(
        "routes",
        "blocks",
        diverted.map(({ name }) => name),
        ["route", "policy", "rule"],
        `A policy rule of the host takes packets of network ${diverted.map(({ name }) => name).join(", ")} away from the main routing table: \`${rule}\`${leads.length === 0 ? "" : ` (table ${table}: ${leads.slice(0, 2).join(", ")})`}.`,
        {
          group: policyRuleKey(rule),
          evidence: [`ip rule: ${rule}`, ...leads.map((lead) => `table ${table}: ${lead.replaceAll("`", "")}`)],
          act: "A VPN, or a host with several uplinks, routes by source.",
          mends: [
            {
              how: "shell",
              what: "let what is for containers' networks go by the main table first",
              commands: diverted.map(
                ({ subnet }) =>
                  `ip rule add to ${subnet} lookup main priority ${Math.max(1, Number.parseInt(rule, 10) - 1)}`,
              ),
              check: "ip rule",
            },
            {
              how: "shell",
              what: "delete the rule (whoever made it loses what it is for)",
              commands: [`ip rule del ${rule.replace(/^\d+: /, "").replace(/^from all /, "")}`],
              check: "ip rule",
            },
          ],
        },
      ),
    ];
  });
}

/** Whether a container was to have IPv6: by a network, or by an option of its own. */
function wantsIpv6({ networks }: Snapshot, container: ContainerState): boolean {
  const own = endpointsOf(container).map(({ name }) => name);
  return (
    networks.some(({ Name, EnableIPv6 }) => EnableIPv6 && own.includes(Name)) ||
    Object.keys(container.inspected.HostConfig.Sysctls ?? {}).some((key) => key.endsWith(".disable_ipv6"))
  );
}

/** The routes inside a container: one default route, via a gateway that the engine names. */
function ofContainer(snapshot: Snapshot, container: ContainerState): Finding[] {
  const { inside, name, inspected } = container;
  const { facts } = snapshot;
  if (inside === null || sharesNetwork(container)) return [];
  const found: Finding[] = [];
  const say = (effect: Finding["effect"], topics: readonly string[], what: string): void => {
    found.push(finding("routes", effect, [name], topics, what, topics.includes("ipv6") ? { family: 6 } : {}));
  };
  if (inside.sysctls["ipv4/icmp_echo_ignore_all"] === "1")
    say("blocks", ["ping", "icmp"], `net.ipv4.icmp_echo_ignore_all is 1 inside ${name}: it answers no ping.`);
  const hops = Number(inside.sysctls["ipv4/ip_default_ttl"] ?? USUAL_TTL);
  if (hops < FEWEST_HOPS && inspected.HostConfig.Sysctls?.["net.ipv4.ip_default_ttl"] === undefined)
    say(
      "blocks",
      ["ttl", "time to live"],
      `net.ipv4.ip_default_ttl is ${hops} inside ${name}: what it sends dies after ${hops} hop${hops === 1 ? "" : "s"}, so no router passes it on (time to live; the kernel's own is ${USUAL_TTL}). \`sysctl -w net.ipv4.ip_default_ttl=${USUAL_TTL}\` there, or restart it.`,
    );
  if (has(facts, "loopback-ipv6-always") && inside.sysctls["ipv6/conf/lo/disable_ipv6"] === "1")
    say(
      "differs",
      ["ipv6", "::1"],
      `IPv6 is off on the loopback of ${name} (net.ipv6.conf.lo.disable_ipv6 is 1): a hook, an entry point or an option --sysctl switched it off. Set it to 0 there.`,
    );
  if (
    !has(facts, "loopback-ipv6-always") &&
    inside.sysctls["ipv6/conf/lo/disable_ipv6"] === "0" &&
    !wantsIpv6(snapshot, container)
  )
    say(
      "differs",
      ["ipv6", "::1"],
      `IPv6 is on at the loopback of ${name} (net.ipv6.conf.lo.disable_ipv6 is 0), which this engine's version switches off in a container without an IPv6 network: a hook or an entry point switched it on. Set it to 1 there.`,
    );
  for (const rule of inside.rules)
    say(
      "blocks",
      ["route", "policy", "rule"],
      `A policy rule inside ${name} takes packets away from its main routing table: \`${rule}\`.`,
    );
  const endpoints = endpointsOf(container).filter(({ settings }) => settings.EndpointID !== "");
  const gateways = endpoints.flatMap(({ name: network, settings }) => {
    const record = snapshot.networks.find((candidate) => candidate.Name === network);
    // A macvlan network without a parent of its own (the engine makes a dummy device) has no way out.
    const leads = record?.Driver === "macvlan" && /^(?!dm-)./.test(record.Options?.parent ?? "");
    return record === undefined || record.Internal || !(record.Driver === "bridge" || leads) || settings.Gateway === ""
      ? []
      : [settings.Gateway];
  });
  const defaults = inside.routes
    .filter(
      ({ destination, table }) => (destination === "default" || destination === "0.0.0.0/0") && table === undefined,
    )
    .filter(({ gateway }) => gateway?.includes(":") !== true);
  const [route] = defaults;
  const addresses = endpoints.map(({ settings }) => settings.IPAddress);
  if (route?.source !== undefined && addresses.some((address) => address !== "") && !addresses.includes(route.source))
    say(
      "blocks",
      ["route", "source", "masquerad", "address"],
      `The default route of ${name} makes it send from the source address ${route.source}, which is none that the engine gave it (${addresses.filter((address) => address !== "").join(", ")}): no masquerade rule is for it. A VPN client or a person set it inside the container (\`src\`); restart it.`,
    );
  // With its interface down each route is gone: that is told of the interface.
  const down = endpoints.some(({ settings }) => nicOf(container, settings)?.up === false);
  if (gateways.length > 0 && !down) {
    if (route === undefined)
      say(
        "blocks",
        ["default route", "route", "gateway", "unreachable"],
        `${name} has no default route inside; it should go via ${gateways.join(" or ")}, as the engine's inspect says: it was deleted in the container's namespace. \`ip route add default via ${gateways[0]}\` there, or restart it.`,
      );
    else if (!defaults.some(({ gateway }) => gateway !== undefined && gateways.includes(gateway)))
      say(
        "blocks",
        ["default route", "route", "gateway"],
        `The default route of ${name} goes via ${route.gateway ?? route.interface ?? "nothing"}; the engine's inspect says the gateway is ${gateways.join(" or ")}. It was changed inside the container, or the engine's answer is wrong.`,
      );
  } else if (
    gateways.length === 0 &&
    route !== undefined &&
    endpoints.length > 0 &&
    endpoints.every(
      ({ name: network }) => snapshot.networks.find((candidate) => candidate.Name === network)?.Driver === "bridge",
    ) &&
    endpoints.every(({ settings }) => settings.Gateway === "")
  )
    say(
      "opens",
      ["default route", "route", "internal"],
      `${name} has a default route via ${route.gateway ?? route.interface} inside, though the engine names no gateway: somebody added it.`,
    );
  for (const { name: network, settings } of endpoints) {
    if (settings.IPAddress === "" || settings.IPPrefixLen === 0) continue;
    const own = cidr(`${settings.IPAddress}/${settings.IPPrefixLen}`);
    const carried = inside.addresses.some(({ addresses }) =>
      addresses.some(({ address }) => address === settings.IPAddress),
    );
    const connected = inside.routes.some(
      (candidate) => covers(candidate) && candidate.gateway === undefined && cidr(candidate.destination).equals(own),
    );
    if (carried && !connected && !down && own.prefix < 32)
      say(
        "blocks",
        ["route", "connected", "subnet"],
        `${name} has no connected route to ${own} of network ${network} inside, though it has the address ${settings.IPAddress}: its interface is down or the route was deleted.`,
      );
    for (const other of inside.routes.filter(
      (candidate) =>
        covers(candidate) &&
        !cidr(candidate.destination).equals(own) &&
        cidr(candidate.destination).prefix > own.prefix &&
        own.contains(cidr(candidate.destination)),
    ))
      if (
        !endpoints.some(
          ({ settings: { IPAddress, IPPrefixLen } }) =>
            IPAddress !== "" && cidr(`${IPAddress}/${IPPrefixLen}`).equals(cidr(other.destination)),
        )
      )
        say(
          "blocks",
          ["route", "subnet"],
          `A route inside ${name} covers addresses of its own network ${network}: ${routeText(other)}. Somebody added it.`,
        );
  }
  const foreign = inside.routes.filter((candidate) => covers(candidate) && !ofEndpoints(candidate));
  const bridged = endpoints.every(
    ({ name: network }) => snapshot.networks.find((candidate) => candidate.Name === network)?.Driver === "bridge",
  );
  if (foreign.length > 0 && endpoints.length > 0 && bridged)
    say(
      "differs",
      ["route"],
      `${name} has a route inside that no network of its own accounts for: ${foreign.slice(0, 2).map(routeText).join(", ")}. A VPN client or a person added it there.`,
    );
  return found;

  /** Within a range or an address of the container's own. */
  function ofEndpoints(candidate: IpRoute): boolean {
    const ends = (inside?.addresses ?? []).flatMap(({ addresses }) =>
      addresses.filter(({ family }) => family === 4).map(({ address, prefix }) => `${address}/${prefix}`),
    );
    const networks = endpoints.flatMap(({ settings: { IPAddress, IPPrefixLen } }) =>
      IPAddress === "" || IPPrefixLen === 0 ? [] : [`${IPAddress}/${IPPrefixLen}`],
    );
    return [...ends, ...networks].some((range) => cidr(range).overlaps(cidr(candidate.destination)));
  }
}

/** A route as `ip route del` takes it. */
function routeWords({ type, destination, gateway, interface: device, table }: IpRoute): string {
  return [
    type === "unicast" ? "" : type,
    destination,
    gateway === undefined ? "" : `via ${gateway}`,
    device === undefined ? "" : `dev ${device}`,
    table === undefined ? "" : `table ${table}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** `10.8.0.0/24 via 10.8.0.1 dev tun0 (table 100)` */
function routeText({ type, destination, gateway, interface: device, table }: IpRoute): string {
  return `\`${[type === "unicast" ? "" : type, destination, gateway === undefined ? "" : `via ${gateway}`, device === undefined ? "" : `dev ${device}`].filter((word) => word !== "").join(" ")}\`${table === undefined ? "" : ` (table ${table})`}`;
}
