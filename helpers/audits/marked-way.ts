import { policyRuleKey } from "../cause/keys.ts";
import { mainTableFirst } from "../cause/policy-rules.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import { routeWords } from "../probes/route-words.ts";
import { decidingRoute, type Routes } from "../snapshot/deciding-route.ts";
import { answerTo } from "../snapshot/firewall/answer.ts";
import { evaluate } from "../snapshot/firewall/evaluate.ts";
import type { Change, Evaluation } from "../snapshot/firewall/evaluation.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingHost } from "../snapshot/living.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { about, addressOf, packetOf, senderOf, type View, whoOn } from "./network-view.ts";
import { publishedPorts } from "./published.ts";
import { addressAt, wayOutOf } from "./uplink.ts";

/** A packet for a container as it is routed, with what marked it. */
interface Marked {
  readonly packet: Packet;
  readonly inDevice: string | null;
  readonly changes: readonly Change[];
  readonly effect: string;
}

/**
 * Where a rule marks what is for a network's containers, and a policy rule leads what is so marked elsewhere than to
 * their bridge: a router with several ways out marks everything, and its tables know no network of the engine's.
 */
export function auditMarkedWay(view: View): Findings {
  const { host, bridge, family } = view;
  if (family === 6 || bridge.internal || !host.rules.some((rule) => rule.includes("fwmark"))) return NOTHING;
  const routes = routesOf(host, family);
  for (const { packet, inDevice, changes, effect } of markedOf(view)) {
    if (!packet.mark || deviceOf(decidingRoute(routes, { ...packet, mark: 0 }, inDevice)) !== bridge.device) continue;
    const decided = decidingRoute(routes, packet, inDevice);
    const way = deviceOf(decided);
    if (decided === null || way === bridge.device) continue;
    const marks = changes.filter(({ action }) => action.kind.startsWith("mark")).map(({ place }) => placeText(place));
    const { subnet = "" } = bridge.ranges.find((range) => range.family === family) ?? {};
    const where = way === null ? "nowhere" : `by ${way}`;
    return about(view, "LIVE-06", {
      expected: `${packet.destination} by ${bridge.device}`,
      observed: where,
      effect,
      reason: {
        key: policyRuleKey(decided.rule),
        what: `A policy rule leads packets for containers ${where === "nowhere" ? where : `away ${where}`}, since a rule of the packet filter has marked them: \`${decided.rule}\`.`,
        act: "a program for several ways out (mwan3, a VPN) marks everything, and its routing table lacks the engine's networks",
        certainty: "seen",
        evidence: [
          ...marks,
          `ip rule: ${decided.rule}`,
          ...(decided.route === null ? [] : [`ip route: ${decided.route}`]),
        ],
        // A run's own networks are gone when it is typed.
        remedies:
          view.snapshot.whose === "run" && bridge.name !== "bridge"
            ? []
            : [mainTableFirst("to", [subnet], decided.rule)],
      },
    });
  }
  return NOTHING;
}

/** What outsiders send to published ports, what they answer to containers, and what this host sends itself. */
function markedOf(view: View): Marked[] {
  const { snapshot, host, firewall, family, bridge, member } = view;
  const address = addressOf(member, family);
  const way = wayOutOf(host, family);
  const from = way === null ? null : addressAt(host, way, family);
  const entering = (parts: Partial<Packet>, inDevice: string): Evaluation =>
    evaluate(firewall.all, packetOf(view, { ...parts, inDevice, outDevice: null }), "prerouting");
  const found: Marked[] = [];
  const add = (
    { packet, changes }: Evaluation,
    inDevice: string | null,
    effect: string,
    parts: Partial<Packet>,
  ): void => {
    found.push({ packet: { ...packet, ...parts }, inDevice, changes, effect });
  };
  if (way !== null && from !== null) {
    const out = entering({ source: address, ...senderOf(member), destination: SOMEBODY[family] }, bridge.device);
    const { connectionMark = 0 } = out.packet;
    const answer = entering(
      {
        ...answerTo(out.packet),
        destination: from,
        sourceType: "unicast",
        destinationType: "local",
        status: ["snat"],
        connectionMark,
      },
      way,
    );
    add(answer, way, `${whoOn(view)} get no answers from beyond this host.`, { destination: address });
    for (const { port, container, ends } of publishedPorts(snapshot)) {
      const end = ends.find(({ attachment }) => attachment.bridge === bridge);
      if (end === undefined || port.hostAddress.includes(":")) continue;
      const asked = {
        source: SOMEBODY[family],
        destination: from,
        destinationType: "local",
        destinationPort: port.hostPort,
      };
      add(
        entering({ ...asked, protocol: port.protocol }, way),
        way,
        `Ports of container ${container.name} are not reached by other machines.`,
        { destination: end.address },
      );
    }
  }
  return found;
}

/** What the host routes a family by. */
export function routesOf(host: LivingHost, family: 4 | 6): Routes {
  const [rules, unasked] = family === 4 ? [host.rules, host.unasked] : [host.rules6, host.unasked6];
  // A default route of IPv6 is told from one of IPv4 by its gateway alone.
  const isOther = ({ destination, gateway }: IpRoute): boolean =>
    destination === "default"
      ? gateway !== undefined && gateway.includes(":") !== (family === 6)
      : destination.includes(":") !== (family === 6);
  return {
    // Those behind it are asked last.
    rules: [...rules, ...(unasked.includes("main") ? [] : ["32766: from all lookup main"])].toSorted(
      (one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10),
    ),
    routes: host.routes.filter((route) => !isOther(route)).map(routeWords),
  };
}

/** The device of what decides on a packet; null where it leads nowhere, or nothing decides. */
export function deviceOf(decided: ReturnType<typeof decidingRoute>): string | null {
  return /\bdev (\S+)/.exec(decided?.route ?? "")?.[1] ?? null;
}
