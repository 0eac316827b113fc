import { policyRuleKey, routeKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { mainTableFirst, mainTableUnasked, ruleAway } from "../cause/policy-rules.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import { routeWords } from "../probes/route-words.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { holds, prefixOf } from "./addresses.ts";
import { type Attachment, attachmentsOf, type Bridge } from "./bridges.ts";
import { deviates, type Findings, NOTHING, notes, together } from "./deviation.ts";
import { aboutNetwork, addressOf } from "./network-view.ts";
import { byHand } from "./remedies.ts";

/** The way by which the host sends what is for a bridge network's containers: its own answer, routes and policy rules. */
export function auditWay(snapshot: LivingSnapshot, host: LivingHost, bridge: Bridge): Findings {
  // Where the bridge or its address is gone, so is its route.
  if (host.links.find((one) => one.name === bridge.device)?.up !== true) return NOTHING;
  const families = ([4, 6] as const).filter((family) => bridge.ranges.some((range) => range.family === family));
  return together(families.map((family) => auditFamily(snapshot, host, bridge, family)));
}

function auditFamily(snapshot: LivingSnapshot, host: LivingHost, bridge: Bridge, family: 4 | 6): Findings {
  const { name, device } = bridge;
  const ip = family === 6 ? "ip -6" : "ip";
  const ranges = bridge.ranges.filter((range) => range.family === family);
  const members = attachmentsOf(snapshot).filter((one) => one.bridge.name === name && addressOf(one, family) !== "");
  const known = members.filter((member) => host.ways[addressOf(member, family)] !== undefined);
  const isAstray = (member: Attachment): boolean => host.ways[addressOf(member, family)] !== device;
  const astray = known.find(isAstray);
  const takes = (route: IpRoute, member: Attachment): boolean =>
    beats(route, ranges, addressOf(member, family), astray !== undefined);
  const rivals = host.routes.filter(
    (route) => route.interface !== device && isAskedOfAll(route) && members.some((member) => takes(route, member)),
  );
  if (astray === undefined && rivals.length === 0) return auditFreeAddresses(host, bridge, ranges, ip);
  const gatewayThere = ranges.every(({ subnet }) =>
    host.addresses.some((one) => one.name === device && one.addresses.some(({ address }) => holds(subnet, address))),
  );
  if (rivals.length === 0 && !gatewayThere) return NOTHING;
  // What ends one of them without a route that is narrower ends all.
  const hit = members.filter((one) => rivals.length === 0 || rivals.some((route) => takes(route, one)));
  const [asking = astray] = rivals.length === 0 ? [] : hit;
  const asked = asking === undefined ? undefined : addressOf(asking, family);
  const way = asked === undefined ? undefined : host.ways[asked];
  const names = [...new Set(hit.map(({ container }) => container.name))];
  const shown = rivals.map(routeWords);
  const byRule = rivals.length === 0 ? leadingElsewhere(host, family, asked ?? "") : [];
  const unasked = astray !== undefined && (family === 6 ? host.unasked6 : host.unasked).includes("main");
  const elsewhere = way === undefined || way === device ? (rivals[0]?.interface ?? "nowhere") : way;
  const { subnet = "", gateway = "" } = ranges[0] ?? {};
  const own = host.routes.some((route) => route.interface === device && route.destination === subnet);
  const lostRoute = rivals.length === 0 && byRule.length === 0 && !own;
  const ownBack = `${ip} route add ${subnet} dev ${device}${gateway === "" || family === 6 ? "" : ` src ${gateway}`}`;
  // Where no way leads on, the kernel has an error in the place of a device.
  const isDevice = [...host.links.map((link) => link.name), rivals[0]?.interface].includes(elsewhere);
  const by = isDevice ? `by ${elsewhere}` : "nowhere";
  const leaves = isDevice ? `packets for them leave by ${elsewhere}` : "the kernel has no way to them";
  return deviates(
    aboutNetwork(name, "LIVE-06", {
      concerns: [name, ...names],
      family,
      expected: `${asked ?? subnet} by ${device}`,
      observed: by,
      effect: `${listed(names)} ${names.length === 1 ? "gets" : "get"} no answer from this host and from beyond it${family === 6 ? " by IPv6" : ""}: ${leaves}.`,
      reason: unasked
        ? { ...mainTableUnasked(ip), certainty: "seen" }
        : {
            key: keyOfWay(`${name}${family === 6 ? " IPv6" : ""}`, byRule, shown),
            what: `${
              lostRoute
                ? `The route to ${subnet} by ${device} (network ${name}) is gone.`
                : byRule.length > 0
                  ? `A policy rule leads packets for containers ${isDevice ? `away ${by}` : by}: ${byRule.join("; ")}.`
                  : `The host sends packets for network ${name} (${subnet}) ${by} instead of its bridge ${device}${shown.length > 0 ? `: a route overlaps it (${shown.join("; ")})` : ""}.`
            }${lostRoute || family === 6 ? "" : droppedToo(host, device)}`,
            act: lostRoute ? null : "a VPN or another network with an overlapping range was connected",
            certainty: "seen",
            evidence: [
              ...shown,
              ...byRule,
              ...(way === undefined ? [] : [`${ip} route get ${asked}: ${isDevice ? "dev " : ""}${way}`]),
            ],
            remedies: [
              ...(lostRoute ? [byHand("put the route back", [ownBack], `${ip} route show ${subnet}`)] : []),
              ...byRule.slice(0, 1).map((rule) =>
                // The run's own networks are gone when a remedy is typed.
                snapshot.whose === "run" && name !== "bridge"
                  ? ruleAway(rule, ip)
                  : mainTableFirst("to", [subnet], rule, { ip, check: `${ip} route get ${asked ?? ""}` }),
              ),
              ...rivals.map((route) => ({
                what: `take the route away${own ? "" : ", and put Docker's back"}`,
                commands: [`${ip} route del ${routeWords(route)}`, ...(own ? [] : [ownBack])],
                cost: "What made it (a VPN?) no longer reaches those addresses, and may put it back: give the network another subnet then.",
                check: `${ip} route get ${asked ?? subnet.split("/")[0]}`,
              })),
            ],
          },
    }),
  );
}

/** A route that takes addresses of a network that no container has yet: nobody is hit, and the next one may be. */
function auditFreeAddresses(
  host: LivingHost,
  { name, device }: Bridge,
  ranges: Bridge["ranges"],
  ip: string,
): Findings {
  const inner = host.routes.filter(
    (route) =>
      route.interface !== device &&
      isAskedOfAll(route) &&
      route.destination !== "default" &&
      ranges.some(
        ({ subnet }) =>
          prefixOf(route.destination) > prefixOf(subnet) && holds(subnet, route.destination.split("/")[0] ?? ""),
      ),
  );
  if (inner.length === 0) return NOTHING;
  const shown = inner.map(routeWords);
  return notes({
    key: `route-within ${name} ${shown.join()}`,
    what: `The host has a route for a part of network ${name}, whose addresses no container has yet: \`${shown.join("`, `")}\`. One that gets such an address reaches neither this host nor anything beyond it.`,
    todo: `If that is not meant: \`${ip} route del ${shown[0] ?? ""}\`. Else keep the engine from those addresses (\`docker network create --ip-range\`).`,
    subjects: [{ kind: "network", name }],
  });
}

/** One policy rule, or one route, takes many networks' packets away: that is one cause. */
function keyOfWay(network: string, [rule]: readonly string[], [route]: readonly string[]): string {
  if (rule !== undefined) return policyRuleKey(rule);
  return route === undefined ? `elsewhere ${network}` : routeKey(route);
}

/** The policy rules that may lead what the host sends to an address to another table that has routes, or end it. */
function leadingElsewhere({ rules, rules6, routes }: LivingHost, family: 4 | 6, address: string): string[] {
  return (family === 6 ? rules6 : rules).filter((rule) => {
    const to = /\bto (\S+)/.exec(rule)?.[1];
    const table = /\blookup (\S+)/.exec(rule)?.[1];
    return (
      (to === undefined || to === address || holds(to, address)) &&
      !/\biif (?!lo\b)/.test(rule) &&
      // What the host asked its routes for is of no protocol, port, user or urgency.
      !/ (ipproto|sport|dport|uidrange|tos|dsfield|dscp) /.test(rule) &&
      !/\bfwmark\b/.test(rule.replace(/not from all fwmark/, "")) &&
      !["main", "local", "default"].includes(table ?? "") &&
      (table === undefined || routes.some((route) => route.table === table))
    );
  });
}

/** Of the tables that are asked about every packet: that of the host's own addresses, and the main one. */
function isAskedOfAll({ table, type }: IpRoute): boolean {
  return table === undefined || table === "main" || type === "local";
}

/** Whether a route takes an address away from a network's own. @param equal one of just that range does so too */
function beats(route: IpRoute, ranges: Bridge["ranges"], address: string, equal: boolean): boolean {
  if (address === "" || route.destination === "default" || !holds(route.destination, address)) return false;
  const own = ranges.find(({ subnet }) => holds(subnet, address));
  if (own === undefined) return false;
  // The kernel asks the table of its own addresses first.
  if (route.type === "local") return true;
  const longer = prefixOf(route.destination) - prefixOf(own.subnet);
  return longer > 0 || (longer === 0 && equal);
}

/** What strict filtering does where the way back is another device's; empty where it is not strict. The kernel takes the larger value. */
function droppedToo({ sysctls }: LivingHost, device: string): string {
  const values = [device, "all"].map((where) => Number(sysctls[`ipv4/conf/${where}/rp_filter`] ?? 0));
  return Math.max(...values) === 1
    ? ` The reverse path filter at ${device} is strict (rp_filter 1), so the host also drops what these containers send.`
    : "";
}
