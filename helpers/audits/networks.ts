import { bridgeKey, policyRuleKey, routeKey } from "../cause/keys.ts";
import { listed, RESTART_ENGINE } from "../cause/mend.ts";
import { sameAddress } from "../model/address.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import { routeWords } from "../probes/route-words.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { holds, prefixOf } from "./addresses.ts";
import { attachmentsOf, type Bridge, bridgesOf } from "./bridges.ts";
import { type ClaimId, deviates, type Findings, type Found, NOTHING, together } from "./deviation.ts";
import { byHand } from "./remedies.ts";

/** Each bridge network's device, addresses and way, and the parents of macvlan networks. */
export function auditNetworks(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together([
    ...bridgesOf(snapshot).map((bridge) => auditDevice(snapshot, host, bridge)),
    ...bridgesOf(snapshot).map((bridge) => auditWay(snapshot, host, bridge)),
    auditParents(snapshot, host),
  ]);
}

function about(name: string, claim: ClaimId, parts: Omit<Found, "claim" | "subject" | "concerns">): Found {
  return { claim, subject: { kind: "network", name }, concerns: [name], ...parts };
}

/** Names of the running containers on a network. */
function membersOf(snapshot: LivingSnapshot, { name }: Bridge): string[] {
  return attachmentsOf(snapshot)
    .filter(({ bridge }) => bridge.name === name)
    .map(({ container }) => container.name);
}

function cutOff(snapshot: LivingSnapshot, bridge: Bridge, what: string): string {
  const members = membersOf(snapshot, bridge);
  return members.length === 0
    ? `Containers that are started on it ${what}.`
    : `Its containers (${listed(members)}) ${what}.`;
}

function auditDevice(snapshot: LivingSnapshot, host: LivingHost, bridge: Bridge): Findings {
  const { name, device } = bridge;
  const link = host.links.find((one) => one.name === device);
  if (link === undefined)
    return deviates(
      about(name, "LIVE-05", {
        expected: `a bridge ${device}`,
        observed: "no such interface",
        effect: cutOff(snapshot, bridge, "reach nobody, and are reached by nobody"),
        reason: {
          key: bridgeKey(device, "missing"),
          what: `The bridge ${device} of network ${name} does not exist: it was deleted.`,
          act: "ip link delete, or a network manager that cleans up",
          certainty: "seen",
          evidence: [`${device}: no such interface`],
          remedies: [RESTART_ENGINE],
        },
      }),
    );
  const lost = lostAddresses(bridge, host);
  if (!link.up) {
    // Who flushed it as well as switched it off has taken the gateway along: switched on alone, it would serve nobody.
    const gone = lost.filter(({ family, gateway }) => family === 4 && gateway !== "").map(({ gateway }) => gateway);
    return deviates(
      about(name, "LIVE-05", {
        expected: `${device} up`,
        observed: `${device} is down`,
        effect: cutOff(snapshot, bridge, "reach nobody, and are reached by nobody"),
        reason: {
          key: bridgeKey(device, "down"),
          what: `The bridge ${device} of network ${name} is down${gone.length === 0 ? "" : `, and its gateway address ${gone.join(" and ")} is gone`}.`,
          act: "ip link set down, or a network manager (systemd-networkd, NetworkManager) that took it over",
          certainty: "seen",
          evidence: [`${device}: down`],
          // Going down alone takes an interface's IPv6 addresses and leaves the IPv4 ones.
          remedies: [
            byHand(
              gone.length === 0 ? "switch the bridge on" : "switch the bridge on and put its address back",
              [`ip link set ${device} up`, ...lost.flatMap((range) => addressBack(bridge, range))],
              `ip addr show dev ${device}`,
            ),
            RESTART_ENGINE,
          ],
        },
      }),
    );
  }
  const has = host.addresses.find((one) => one.name === device)?.addresses ?? [];
  if (lost.length === 0) return NOTHING;
  const wanted = lost.map(({ gateway, subnet }) => gateway || `an address of ${subnet}`);
  const isTold = lost.every(({ gateway }) => gateway !== "");
  const shown = has.map(({ address, prefix }) => `${address}/${prefix}`).join(", ") || "no address";
  return deviates(
    about(name, "LIVE-05", {
      expected: `${wanted.join(" and ")} on ${device}`,
      observed: `${device} has ${shown}`,
      effect: cutOff(
        snapshot,
        bridge,
        "have no gateway: they reach nothing beyond the network, and their ports are not served",
      ),
      reason: {
        key: bridgeKey(device, "gateway"),
        what: isTold
          ? `The gateway address ${wanted.join(" and ")} of network ${name} is gone from its bridge ${device}, which has ${shown}.`
          : `The bridge ${device} of network ${name} has ${shown}, and lacks ${wanted.join(" and ")}, its containers' gateway.`,
        act: "ip addr del or flush, or a network manager that took the bridge over",
        certainty: "seen",
        evidence: [`${device} has ${shown}`],
        remedies: [
          ...(isTold
            ? [
                byHand(
                  "put the address back",
                  lost.flatMap((range) => addressBack(bridge, range)),
                  `ip addr show dev ${device}`,
                ),
              ]
            : []),
          RESTART_ENGINE,
        ],
      },
    }),
  );
}

/** The ranges whose gateway, or any address, the bridge has to have and has not. */
function lostAddresses({ device, ranges, network }: Bridge, host: LivingHost): Bridge["ranges"] {
  const has = host.addresses.find((one) => one.name === device)?.addresses ?? [];
  // A bridge that an operator gave the engine may have its addresses elsewhere, and no gateway may be wanted.
  const inhibited = network.Options?.["com.docker.network.bridge.inhibit_ipv4"] === "true";
  return ranges.filter(
    ({ family, mode, gateway, subnet }) =>
      mode !== "isolated" &&
      !(inhibited && family === 4) &&
      (gateway === ""
        ? !has.some(({ address }) => holds(subnet, address))
        : !has.some(({ address }) => sameAddress(address, gateway))),
  );
}

function addressBack({ device }: Bridge, { gateway, subnet, family }: Bridge["ranges"][number]): string[] {
  if (gateway === "") return [];
  return [`ip ${family === 6 ? "-6 " : ""}addr add ${gateway}/${prefixOf(subnet)} dev ${device}`];
}

function auditWay(snapshot: LivingSnapshot, host: LivingHost, bridge: Bridge): Findings {
  const { name, device, ranges } = bridge;
  const link = host.links.find((one) => one.name === device);
  // Where the bridge or its address is gone, so is its route.
  if (link === undefined || !link.up) return NOTHING;
  const members = attachmentsOf(snapshot).filter((one) => one.bridge.name === name);
  const asked = members.map(({ endpoint }) => endpoint.address).find((address) => host.ways[address] !== undefined);
  const way = asked === undefined ? undefined : host.ways[asked];
  const rivals = host.routes.filter(
    (route) =>
      route.interface !== device &&
      (route.table === undefined || route.table === "main") &&
      members.some(({ endpoint }) => beats(route, ranges, endpoint.address) || beats(route, ranges, endpoint.address6)),
  );
  if ((way === undefined || way === device) && rivals.length === 0) return NOTHING;
  const gatewayThere = ranges
    .filter(({ family }) => family === 4)
    .every(({ subnet }) =>
      host.addresses.some((one) => one.name === device && one.addresses.some(({ address }) => holds(subnet, address))),
    );
  if (rivals.length === 0 && !gatewayThere) return NOTHING;
  const hit = members
    .filter(
      ({ endpoint }) =>
        endpoint.address === asked ||
        rivals.some((route) => beats(route, ranges, endpoint.address) || beats(route, ranges, endpoint.address6)),
    )
    .map(({ container }) => container.name);
  const shown = rivals.map(routeWords);
  const byRule = rivals.length === 0 ? leadingElsewhere(host.rules, asked ?? "") : [];
  const elsewhere = way === undefined || way === device ? (rivals[0]?.interface ?? "nowhere") : way;
  const { subnet = "", gateway = "" } = ranges.find(({ family }) => family === 4) ?? {};
  const own = host.routes.some((route) => route.interface === device && route.destination === subnet);
  const lostRoute = rivals.length === 0 && !own;
  const ownBack = `ip route add ${subnet} dev ${device}${gateway === "" ? "" : ` src ${gateway}`}`;
  return deviates(
    about(name, "LIVE-06", {
      expected: `${asked ?? subnet} by ${device}`,
      observed: `by ${elsewhere}`,
      effect: `${listed(hit)} get no answer from this host and from beyond it: packets for them leave by ${elsewhere}.`,
      reason: {
        key: keyOfWay(name, byRule, shown),
        what: lostRoute
          ? `The route to ${subnet} by ${device} (network ${name}) is gone.`
          : byRule.length > 0
            ? `A policy rule leads packets for containers away by ${elsewhere}: ${byRule.join("; ")}.`
            : `The host sends packets for network ${name} (${subnet}) by ${elsewhere} instead of its bridge ${device}${shown.length > 0 ? `: a route overlaps it (${shown.join("; ")})` : ""}.`,
        act: lostRoute ? null : "a VPN or another network with an overlapping range was connected",
        certainty: "seen",
        evidence: [...shown, ...byRule, ...(asked === undefined ? [] : [`ip route get ${asked}: dev ${way ?? ""}`])],
        remedies: [
          ...(lostRoute ? [byHand("put the route back", [ownBack], `ip route show ${subnet}`)] : []),
          ...byRule.slice(0, 1).map((rule) => ({
            what: "have the main table asked first for these networks",
            commands: [`ip rule add to ${subnet} lookup main pref ${Math.max(1, Number.parseInt(rule, 10) - 1)}`],
            cost: "It lasts until the next reboot: have what made the other rule (a VPN?) leave these ranges out.",
            check: `ip route get ${asked ?? ""}`,
          })),
          ...rivals.map((route) => ({
            what: `take the route away${own ? "" : ", and put Docker's back"}`,
            commands: [
              `ip ${route.destination.includes(":") ? "-6 " : ""}route del ${routeWords(route)}`,
              ...(own || route.destination.includes(":") ? [] : [ownBack]),
            ],
            cost: "What made it (a VPN?) no longer reaches those addresses, and may put it back: give the network another subnet then.",
            check: `ip route get ${asked ?? subnet.split("/")[0]}`,
          })),
        ],
      },
    }),
  );
}

/** One policy rule, or one route, takes many networks' packets away: that is one cause. */
function keyOfWay(network: string, [rule]: readonly string[], [route]: readonly string[]): string {
  if (rule !== undefined) return policyRuleKey(rule);
  return route === undefined ? `elsewhere ${network}` : routeKey(route);
}

/** The policy rules that may lead packets to an address to another table. */
function leadingElsewhere(rules: readonly string[], address: string): string[] {
  return rules.filter((rule) => {
    const to = /\bto (\S+)/.exec(rule)?.[1];
    const covers = to === undefined || to === address || holds(to, address);
    return (
      covers &&
      !/lookup (main|local|default)\b/.test(rule) &&
      !/\bfwmark\b/.test(rule.replace(/not from all fwmark/, ""))
    );
  });
}

/** Whether a route takes an address away from a network's own. */
function beats(route: IpRoute, ranges: Bridge["ranges"], address: string): boolean {
  if (address === "" || route.destination === "default" || !holds(route.destination, address)) return false;
  const own = ranges.find(({ subnet }) => holds(subnet, address));
  return own !== undefined && prefixOf(route.destination) > prefixOf(own.subnet);
}

/** macvlan and ipvlan networks hang on an interface of the host's. */
function auditParents(snapshot: LivingSnapshot, host: LivingHost): Findings {
  return together(
    snapshot.networks
      .filter(({ Driver }) => Driver === "macvlan" || Driver === "ipvlan")
      .map((network) => {
        const parent = network.Options?.parent;
        const used = snapshot.containers.some(
          ({ pid, endpoints }) => pid > 0 && endpoints.some(({ networkId }) => networkId === network.Id),
        );
        if (parent === undefined || parent === "" || !used) return NOTHING;
        const link = host.links.find(({ name }) => name === parent);
        if (link?.up === true) return NOTHING;
        return deviates(
          about(network.Name, "LIVE-18", {
            expected: `${parent} up`,
            observed: link === undefined ? "no such interface" : "down",
            effect: `The containers of network ${network.Name} reach nothing.`,
            reason: {
              key: `parent ${network.Name}`,
              what: `The parent interface ${parent} of network ${network.Name} ${link === undefined ? "does not exist" : "is down"}.`,
              act: null,
              certainty: "seen",
              evidence: [`${parent}: ${link === undefined ? "no such interface" : "down"}`],
              remedies:
                link === undefined
                  ? []
                  : [byHand("switch it on", [`ip link set ${parent} up`], `ip link show dev ${parent}`)],
            },
          }),
        );
      }),
  );
}
