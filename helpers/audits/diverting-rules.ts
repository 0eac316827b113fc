import { sameAddress } from "../model/address.ts";
import { formatIpv4 } from "../model/ipv4.ts";
import { formatIpv6 } from "../model/ipv6.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { evaluate } from "../snapshot/firewall/evaluate.ts";
import type { Evaluation } from "../snapshot/firewall/evaluation.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import { answer } from "../snapshot/firewall/matching.ts";
import type { Action, Rule, Value } from "../snapshot/firewall/model.ts";
import { meets, type Packet } from "../snapshot/firewall/packet.ts";
import { valuesAsked, type WayTo, waysTo } from "../snapshot/firewall/ways-to.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { upstreamsOf } from "../snapshot/upstreams.ts";
import { holds } from "./addresses.ts";
import { type Attachment, bridgesOf } from "./bridges.ts";
import { addressOf, packetOf, senderOf, type View } from "./network-view.ts";
import { once } from "./once.ts";

/** Every way to a rule that may lead what containers send to this host or to a container. */
export const diversionsOf = once((snapshot: LivingSnapshot): readonly WayTo[] => {
  const { host } = snapshot;
  if (host?.filters == null) return [];
  return waysTo(host.filters, "prerouting", (action) => leadsHere(snapshot, host, action));
});

function leadsHere(snapshot: LivingSnapshot, { addresses }: LivingHost, action: Action): boolean {
  if (action.kind === "redirect") return true;
  if (action.kind === "take") return action.surely && action.at !== null;
  if (action.kind !== "dnat" || action.address === null) return false;
  const { address: to } = action;
  return (
    /^127\.|^::1$/.test(to) ||
    addresses.some((one) => one.addresses.some(({ address }) => sameAddress(address, to))) ||
    bridgesOf(snapshot).some(({ ranges }) => ranges.some(({ subnet }) => holds(subnet, to)))
  );
}

/** What a container asks, and what has become of it. */
export interface Asked {
  readonly protocol: string;
  readonly port: number;
  /** `the world`: anybody beyond this host. `a server`: a name server of the container's. `named`: the rule alone tells of it. */
  readonly of: "the world" | "a server" | "named";
  readonly address: string;
  /** As the rule leaves it. */
  readonly packet: Packet;
  /** Whether it keeps its destination, and is handed over as it is (TPROXY). */
  readonly asItIs: boolean;
}

/** What people ask for where the rule leaves it open. */
const USUAL: Readonly<Record<string, readonly number[]>> = { tcp: [443, 80, 53], udp: [53, 443] };
/** So many values of a rule are tried. */
const TRIED = 8;

/** The first of what a container may ask that this rule diverts. */
export function findDiversion(view: View, way: WayTo, member: Attachment): Asked | null {
  const { snapshot, host, firewall, family, bridge } = view;
  const protocols = valuesAsked(way, "protocol").flatMap((value) => ("word" in value ? [value.word] : []));
  const servers = upstreamsOf(member.container, snapshot.facts).filter((one) => one.includes(":") === (family === 6));
  // What a program keeps for services of its own is asked by those that know of them.
  const kept = managerOf(way.place)?.byHand === false;
  const named = kept ? [] : valuesAsked(way, "destination address").flatMap((value) => addressText(value, family));
  for (const protocol of protocols.length === 0 ? ["tcp"] : new Set(protocols)) {
    for (const port of portsOf(way, protocol)) {
      const destinations = [
        { of: "the world" as const, address: SOMEBODY[family] },
        ...(port === 53 ? servers.map((address) => ({ of: "a server" as const, address })) : []),
        ...named.map((address) => ({ of: "named" as const, address })),
      ];
      for (const { of, address } of destinations) {
        const isOwn = host.addresses.some((one) => one.addresses.some((each) => sameAddress(each.address, address)));
        // What is this host's own is asked of a published port, or of nobody.
        if (isOwn && of === "named") continue;
        const packet = packetOf(view, {
          protocol,
          source: addressOf(member, family),
          ...senderOf(member),
          destination: address,
          destinationType: isOwn ? "local" : "unicast",
          destinationPort: port,
          ...(protocol === "tcp" ? {} : { tcpFlags: [] }),
          inDevice: bridge.device,
          outDevice: null,
        });
        if (way.asked.some((match) => answer(match, packet, way.place.table) === "no")) continue;
        const led = leadTo(way.place.rule, evaluate(firewall.all, packet, "prerouting"));
        if (led !== null) return { protocol, port, of, address, ...led };
      }
    }
  }
  return null;
}

/** The packet as a rule has surely led it somewhere; null where it may not have. */
function leadTo(rule: Rule, { ends, changes, packet }: Evaluation): Pick<Asked, "packet" | "asItIs"> | null {
  const [end, ...others] = ends;
  if (end === undefined || others.length > 0) return null;
  if (end.verdict === "accept")
    return changes.some(({ place }) => place.rule === rule) ? { packet, asItIs: false } : null;
  const { action, place } = end;
  if (place?.rule !== rule || action?.kind !== "take" || action.at === null) return null;
  const { destination: _, ...rest } = packet;
  const { address, port } = action.at;
  return {
    packet: { ...rest, ...(address === null ? {} : { destination: address }), destinationPort: port },
    asItIs: true,
  };
}

function portsOf(way: WayTo, protocol: string): number[] {
  const asked = valuesAsked(way, "destination port");
  const usual = USUAL[protocol] ?? [];
  if (asked.length === 0) return [...usual];
  return [
    ...usual.filter((port) => asked.some((value) => meets(BigInt(port), value))),
    ...asked.flatMap((value) => ("from" in value ? [Number(value.from)] : [])).slice(0, TRIED),
  ];
}

function addressText(value: Value, family: 4 | 6): string[] {
  if (!("from" in value)) return [];
  return [family === 4 ? formatIpv4(Number(value.from)) : formatIpv6(value.from)];
}
