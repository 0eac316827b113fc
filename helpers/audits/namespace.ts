import { firewallKey, keyOfEach, sysctlKey } from "../cause/keys.ts";
import { NO_ANSWER } from "../expectations/kernel-values.ts";
import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { KernelRoute } from "../probes/parse/parse-proc-net-route.ts";
import type { Firewall } from "../snapshot/firewall/model.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, together, unlessMeant } from "./deviation.ts";
import { stands } from "./endpoint.ts";
import { ipFamily, pass } from "./passage.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** What somebody put into a container's network namespace, and what stops or diverts its packets there. */
export function auditNamespace(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  if (container.endpoints.length === 0) return NOTHING;
  return together([
    auditFilter(snapshot, container, inside),
    auditDeadRoutes(snapshot, container, inside),
    auditWaysOut(snapshot, container, inside),
    auditNeighbours(snapshot, container, inside),
    auditSilence(snapshot, container, inside),
  ]);
}

/** A command that mends it, and how one sees that it helped. */
interface Found {
  readonly key: string;
  readonly expected: string;
  readonly observed: string;
  readonly effect: string;
  readonly what: string;
  readonly mend: { readonly what: string; readonly command: string; readonly check: string };
}

function say(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { mend, key, what, ...told }: Found,
  byOthers = false,
): Findings {
  const { name, administersNetwork } = container;
  const enter = inNamespaceOf(name);
  return unlessMeant(
    {
      claim: "LIVE-20",
      subject: { kind: "container", name },
      concerns: [name],
      ...told,
      reason: {
        key: keyOfEach(key, name),
        what,
        act: "a script or a person that entered the container's network namespace",
        certainty: "seen",
        evidence: [told.observed],
        remedies: ofContainer(snapshot, container, [
          byHand(mend.what, [`${enter} ${mend.command}`], `${enter} ${mend.check}`),
        ]),
      },
    },
    administersNetwork,
    byOthers,
  );
}

/** A port that no rule is likely to be about in particular. */
const SOME_PORT = 65_123;

/** What it sends to somebody, and what a new caller sends to its published or any other port, by each family. */
function auditFilter(snapshot: LivingSnapshot, container: LivingContainer, { tables }: LivingInside): Findings {
  if (tables === null || tables.length === 0) return NOTHING;
  const firewall = { tables, unread: [] };
  return together(
    ([4, 6] as const).map((family) => {
      // By Swarm's ingress network come published ports alone: the engine itself shuts the others there.
      const own = container.endpoints
        .filter(({ networkId }) => !snapshot.networks.some(({ Id, Ingress }) => Id === networkId && Ingress))
        .map(({ address, address6 }) => (family === 4 ? address : address6))
        .find((address) => address !== "");
      return own === undefined ? NOTHING : auditFamily(snapshot, container, firewall, family, own);
    }),
  );
}

function auditFamily(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  firewall: Firewall,
  family: 4 | 6,
  own: string,
): Findings {
  const common = {
    family: ipFamily(family),
    protocol: "tcp",
    sourcePort: 50_000,
    state: "new",
    status: [],
    mark: 0,
    tcpFlags: ["syn"],
  } as const;
  const out = pass(
    firewall,
    {
      ...common,
      source: own,
      sourceType: "local",
      destination: SOMEBODY[family],
      destinationType: "unicast",
      destinationPort: 443,
      inDevice: null,
      outDevice: "eth0",
    },
    ["output", "postrouting"],
  );
  const into = pass(
    firewall,
    {
      ...common,
      source: SOMEBODY[family],
      sourceType: "unicast",
      destination: own,
      destinationType: "local",
      destinationPort: container.ports[0]?.containerPort ?? SOME_PORT,
      inDevice: "eth0",
      outDevice: null,
    },
    ["prerouting", "input"],
  );
  const datagram = { ...common, protocol: "udp", tcpFlags: [] } as const;
  const server = { source: own, destination: SOMEBODY[family], destinationType: "unicast" } as const;
  const asks = pass(
    firewall,
    { ...datagram, ...server, sourceType: "local", destinationPort: 53, inDevice: null, outDevice: "eth0" },
    ["output", "postrouting"],
  );
  const answered = pass(
    firewall,
    {
      ...datagram,
      state: "established",
      source: SOMEBODY[family],
      sourceType: "unicast",
      sourcePort: 53,
      destination: own,
      destinationType: "local",
      destinationPort: 50_000,
      inDevice: "eth0",
      outDevice: null,
    },
    ["prerouting", "input"],
  );
  const by = family === 4 ? "" : " by IPv6";
  const told = new Set<string>();
  const nameless = `No name server beyond this host hears or answers ${container.name}${by}, nor the engine's resolver in it.`;
  return together(
    [
      { passage: out, effect: `${container.name} reaches nobody${by}.` },
      { passage: into, effect: `Nobody reaches ${container.name}${by}.` },
      { passage: asks, effect: nameless },
      { passage: answered, effect: nameless },
    ].map(({ passage, effect }) => {
      if (passage.outcome !== "shut" || passage.place === null) return NOTHING;
      const text = placeText(passage.place);
      // What stops everything stops what is asked of name servers as well.
      if (told.has(text)) return NOTHING;
      told.add(text);
      const command = removal(passage.place);
      if (command === null) return NOTHING;
      return say(snapshot, container, {
        key: firewallKey(text),
        expected: "the packet passes",
        observed: `stopped by ${text} in its network namespace`,
        effect,
        what: `A rule in the network namespace of container ${container.name} stops its packets: \`${text}\`.`,
        mend: {
          what: "take the rule away",
          command,
          check: passage.place.table.program === "ip6tables" ? "ip6tables-save" : "iptables-save",
        },
      });
    }),
  );
}

/** Routes of a container that lead nowhere. */
function auditDeadRoutes(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { mainRoutes, routes6 }: LivingInside,
): Findings {
  return together(
    [...mainRoutes, ...routes6]
      .filter((route) => route.interface === "*" || route.flags.reject || leadsBack(route))
      .map(({ destination, prefix, interface: device }) => {
        const range = isUnspecified(destination) && prefix === 0 ? "default" : `${destination}/${prefix}`;
        return say(snapshot, container, {
          key: `dead-route ${range}`,
          expected: "routes by its interfaces",
          observed: `${range} leads nowhere`,
          effect: `${container.name} reaches none of ${range}, and none of these gets an answer from it.`,
          what: `A route in the network namespace of container ${container.name} leads nowhere: ${range}.`,
          mend: {
            what: "take the route away",
            command: `${ipFor(destination)} route del ${range}${device === "lo" ? " dev lo" : ""}`,
            check: `${ipFor(destination)} route`,
          },
        });
      }),
  );
}

/** By its loopback, what is for others comes back to itself and ends. Addresses of its own that are there have the full length. */
function leadsBack({ interface: device, destination, prefix }: KernelRoute): boolean {
  return device === "lo" && !isLoopback(destination) && prefix < (isIpv6(destination) ? 128 : 32);
}

/** BusyBox and iproute2 take an address of IPv6 for what it is, and `default` for one of IPv4. */
function ipFor(address: string): string {
  return isIpv6(address) ? "ip -6" : "ip";
}

/**
 * Where the kernel sends what a container sends to the world. Its default routes are judged by themselves: this is about what
 * comes before them, policy rules and routes of a part of the world.
 */
function auditWaysOut(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  return together(
    inside.waysOut.map(({ family, way }) => {
      const defaults = inside.defaults.filter((route) => route.family === family);
      const standing = container.endpoints.some((endpoint) => stands(inside, endpoint, family));
      if (defaults.length === 0 || !standing) return NOTHING;
      const isDefault = defaults.some(
        ({ gateway, interface: device }) =>
          device === way?.interface &&
          (gateway === null ? way.gateway === null : way.gateway !== null && sameAddress(gateway, way.gateway)),
      );
      const routes = family === 4 ? inside.mainRoutes : inside.routes6;
      const half = isDefault ? routes.find((route) => isHalf(route, defaults)) : undefined;
      if (isDefault && half === undefined) return NOTHING;
      const ip = family === 6 ? "ip -6" : "ip";
      const rules = (family === 4 ? inside.rules : inside.rules6).filter((rule) => !/ lookup main$/.test(rule));
      const [rule] = rules;
      const rival =
        half ??
        routes.find(({ destination, prefix }) => prefix > 0 && holds(`${destination}/${prefix}`, SOMEBODY[family]));
      const shown = rival === undefined ? (rule ?? "") : `${rival.destination}/${rival.prefix} dev ${rival.interface}`;
      // A way that ends is told of the route that ends it.
      if (shown === "" || rival?.interface === "*" || (rival !== undefined && leadsBack(rival))) return NOTHING;
      const leads =
        half !== undefined
          ? `a part by ${half.gateway ?? "the link"} dev ${half.interface}`
          : way === null
            ? "nowhere"
            : `by ${way.gateway ?? "the link"} dev ${way.interface}`;
      const told = {
        key: `way-out ${family} ${shown}`,
        expected: `what it sends to the world by ${defaults.map((route) => `${route.gateway ?? "the link"} dev ${route.interface}`).join(" or ")}`,
        observed: `${leads} (${shown})`,
        effect: `${container.name} sends what is for the world ${leads}${way === null ? ": it reaches nobody beyond its networks" : ""} by IPv${family}.`,
        what: `In the network namespace of container ${container.name} ${rival === undefined ? "a policy rule" : "a route"} comes before its default route for IPv${family}: \`${shown}\`.`,
        mend: {
          what: rival === undefined ? "take the rule away" : "take the route away",
          command:
            rival === undefined
              ? `${ip} rule del pref ${Number.parseInt(shown, 10)}`
              : `${ip} route del ${rival.destination}/${rival.prefix}`,
          check: `${ip} route get ${SOMEBODY[family]}`,
        },
      };
      // One that leads elsewhere takes somebody who has made a way there: of a run's own nobody meant it.
      const meant = way !== null && snapshot.whose === "everybody";
      return say(snapshot, container, told, meant);
    }),
  );
}

/** So short is the prefix of a route for a part of the whole world, and not for networks that somebody has. */
const PART_OF_WORLD = 2;

/** A part of the world that is led elsewhere than the rest. */
function isHalf({ prefix, gateway, interface: device, destination }: KernelRoute, defaults: LivingInside["defaults"]) {
  return (
    prefix > 0 &&
    prefix <= PART_OF_WORLD &&
    device !== "*" &&
    // Of IPv6 so short a range is that of all addresses that are given out, or of multicast.
    !destination.includes(":") &&
    !defaults.some((one) => one.interface === device && one.gateway === gateway)
  );
}

/** Whether its kernel answers who asks for its hardware address. Who gave the container that value himself meant it. */
function auditSilence(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { arpIgnore, addresses }: LivingInside,
): Findings {
  const devices = ["all", ...addresses.map(({ name }) => name).filter((name) => name !== "lo")];
  const device = devices.find((name) => (arpIgnore?.[name] ?? 0) >= NO_ANSWER);
  if (device === undefined || !container.endpoints.some(({ address }) => address !== "")) return NOTHING;
  const sysctl = `net.ipv4.conf.${device}.arp_ignore`;
  return say(
    snapshot,
    container,
    {
      key: sysctlKey(sysctl),
      expected: `${sysctl} below ${NO_ANSWER}`,
      observed: `${sysctl} = ${arpIgnore?.[device] ?? ""}`,
      effect: `Nobody reaches ${container.name}, for it answers nobody who asks for its hardware address.`,
      what: `In the network namespace of container ${container.name} ${sysctl} is ${arpIgnore?.[device] ?? ""}: it answers no ARP.`,
      mend: { what: "set the value back", command: `sysctl -w ${sysctl}=0`, check: `sysctl ${sysctl}` },
    },
    Object.keys(container.sysctls ?? {}).some((name) => name.endsWith(".arp_ignore")),
  );
}

/** Hardware addresses of its neighbours that were written by hand, and that are not theirs. */
function auditNeighbours(snapshot: LivingSnapshot, container: LivingContainer, { neighbours }: LivingInside): Findings {
  return together(
    neighbours.map(({ address, mac, device }) => {
      const endpoint = container.endpoints.find(
        (one) =>
          (one.address !== "" && holds(`${one.address}/${one.prefix}`, address)) ||
          (one.address6 !== "" && holds(`${one.address6}/${one.prefix6}`, address)),
      );
      const right = endpoint === undefined ? null : macAt(snapshot, endpoint.networkId, address);
      if (right === null || right === mac) return NOTHING;
      return say(snapshot, container, {
        key: `neighbour ${address}`,
        expected: `${address} at ${right}`,
        observed: `${address} at ${mac}, written by hand`,
        effect: `What ${container.name} sends to or by ${address} arrives nowhere.`,
        what: `In the network namespace of container ${container.name} somebody wrote the hardware address ${mac} for ${address}, which is at ${right}.`,
        mend: { what: "forget the entry", command: `ip neigh del ${address} dev ${device}`, check: "ip neigh" },
      });
    }),
  );
}

/** The hardware address of a network's container, or of its gateway; null where nobody known is there. */
function macAt({ containers, networks, host }: LivingSnapshot, networkId: string, address: string): string | null {
  const found = containers
    .flatMap(({ pid, endpoints }) => (pid > 0 ? endpoints : []))
    .find(
      (one) =>
        one.networkId === networkId &&
        [one.address, one.address6].some((own) => own !== "" && sameAddress(own, address)),
    );
  if (found !== undefined) return found.mac === "" ? null : found.mac.toLowerCase();
  if (!networks.some(({ Id, Driver }) => Id === networkId && Driver === "bridge")) return null;
  const device = host?.addresses.find(({ addresses }) =>
    addresses.some((one) => sameAddress(one.address, address)),
  )?.name;
  return host?.links.find(({ name }) => name === device)?.mac?.toLowerCase() || null;
}
