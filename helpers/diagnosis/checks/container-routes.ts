import type { Does } from "../../audits/bearings.ts";
import { isClosed } from "../../audits/default-routes.ts";
import type { Deviation } from "../../audits/deviation.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { has } from "../../model/version-switches.ts";
import type { IpRoute } from "../../probes/parse/parse-ip-route.ts";
import { sharesNetwork } from "../../snapshot/nic.ts";
import { type ContainerState, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";
import { covers, routeText } from "./route-words.ts";

/** Whether a container was to have IPv6: by a network, or by an option of its own. */
function wantsIpv6({ networks }: Snapshot, container: ContainerState): boolean {
  const own = endpointsOf(container).map(({ name }) => name);
  return (
    networks.some(({ Name, EnableIPv6 }) => EnableIPv6 && own.includes(Name)) ||
    Object.keys(container.inspected.HostConfig.Sysctls ?? {}).some((key) => key.endsWith(".disable_ipv6"))
  );
}

/** The routes inside a container: one default route, via a gateway that the engine names. */
export function routesInside(snapshot: Snapshot, container: ContainerState): Deviation[] {
  const { inside, name } = container;
  const { facts } = snapshot;
  if (inside === null || sharesNetwork(container)) return [];
  const found: Deviation[] = [];
  const say = (effect: Does, topics: readonly string[], what: string): void => {
    found.push(finding("routes", effect, [name], topics, what, topics.includes("ipv6") ? { family: 6 } : {}));
  };
  if (inside.sysctls["ipv4/icmp_echo_ignore_all"] === "1")
    say("blocks", ["ping", "icmp"], `net.ipv4.icmp_echo_ignore_all is 1 inside ${name}: it answers no ping.`);
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
  const defaults = inside.routes
    .filter(
      ({ destination, table }) => (destination === "default" || destination === "0.0.0.0/0") && table === undefined,
    )
    .filter(({ gateway }) => gateway?.includes(":") !== true);
  const [route] = defaults;
  const addresses = endpoints.map(({ settings }) => settings.IPAddress);
  if (route?.source !== undefined && addresses.some((address) => address !== "") && !addresses.includes(route.source))
    // It keeps answers from coming, and shows in what was captured beyond.
    say(
      "any",
      ["route", "source", "masquerad", "address"],
      `The default route of ${name} makes it send from the source address ${route.source}, which is none that the engine gave it (${addresses.filter((address) => address !== "").join(", ")}): no masquerade rule is for it. A VPN client or a person set it inside the container (\`src\`); restart it.`,
    );
  const networks = endpoints.map(({ name: network }) => snapshot.networks.find(({ Name }) => Name === network));
  const bridged = networks.every((network) => network?.Driver === "bridge");
  // The engine may tell a gateway of a closed network, and gives no route to it; older ones gave one.
  const closed = new Set(
    has(facts, "internal-networks-fail-fast")
      ? networks.filter((network) => network !== undefined && isClosed(network))
      : [],
  );
  for (const family of [4, 6] as const) {
    const own = inside.defaults.find((candidate) => candidate.family === family);
    const told = endpoints.some(
      ({ settings: { Gateway, IPv6Gateway } }, index) =>
        (family === 4 ? Gateway : IPv6Gateway) !== "" && !closed.has(networks[index]),
    );
    if (own === undefined || told || endpoints.length === 0 || !bridged) continue;
    say(
      "opens",
      ["default route", "route", "internal", ...(family === 6 ? ["ipv6"] : [])],
      `${name} has a default route for IPv${family} via ${own.gateway ?? own.interface} inside, though the engine names no gateway: somebody added it.`,
    );
  }
  for (const { name: network, settings } of endpoints) {
    const range = `${settings.IPAddress}/${settings.IPPrefixLen}`;
    if (!isIpv4Cidr(range) || settings.IPPrefixLen === 0) continue;
    const own = cidr(range);
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
            isIpv4Cidr(`${IPAddress}/${IPPrefixLen}`) &&
            cidr(`${IPAddress}/${IPPrefixLen}`).equals(cidr(other.destination)),
        )
      )
        say(
          "blocks",
          ["route", "subnet"],
          `A route inside ${name} covers addresses of its own network ${network}: ${routeText(other)}. Somebody added it.`,
        );
  }
  const foreign = inside.routes.filter((candidate) => covers(candidate) && !ofEndpoints(candidate));
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
    return [...ends, ...networks].filter(isIpv4Cidr).some((range) => cidr(range).overlaps(cidr(candidate.destination)));
  }
}
