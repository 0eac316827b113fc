import { answer } from "../snapshot/firewall/matching.ts";
import type { Hook, Match } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { addressValue } from "../snapshot/firewall/values.ts";
import { type WayTo, waysTo } from "../snapshot/firewall/ways-to.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, bridgesOf } from "./bridges.ts";
import { addressOf, membersOf, senderOf, type View } from "./network-view.ts";
import { once } from "./once.ts";
import { ipFamily } from "./passage.ts";

/**
 * The members of a network in groups that no rule of the packet filter tells apart by their addresses, the largest first:
 * one of a group stands for all of it. A ban, or a rule that outlived the container which it was made for, is about one.
 */
export function toldApart(view: View): Attachment[][] {
  const ways = waysByAddress(view.snapshot);
  const members = membersOf(view);
  if (ways.length === 0) return [members];
  const groups = Map.groupBy(members, (member) =>
    ways
      .flatMap(({ hook, way }, index) => [
        mayTake(way, sentBy(view, member)) ? `${index} from` : [],
        mayTake(way, gotBy(view, member, hook)) ? `${index} to` : [],
      ])
      .flat()
      .join(),
  );
  return [...groups.values()].toSorted((one, other) => other.length - one.length);
}

/** What is known of everything that a container sends. Its ports are not. */
function sentBy({ family, bridge }: View, member: Attachment): Packet {
  return {
    family: ipFamily(family),
    protocol: "tcp",
    source: addressOf(member, family),
    ...senderOf(member),
    inDevice: bridge.device,
  };
}

/** What is known of everything that is sent to it: before the hook that forwards, only its neighbours know its address. */
function gotBy({ family, bridge }: View, member: Attachment, hook: Hook): Packet {
  const devices = hook === "prerouting" ? { inDevice: bridge.device } : { outDevice: bridge.device };
  return { family: ipFamily(family), protocol: "tcp", destination: addressOf(member, family), ...devices };
}

/** Every way to something that a rule does with packets from, or to, some addresses. */
const waysByAddress = once((snapshot: LivingSnapshot): readonly { readonly hook: Hook; readonly way: WayTo }[] => {
  const { filters } = snapshot.host ?? {};
  if (filters == null) return [];
  const own = bridgesOf(snapshot).flatMap(({ ranges }) =>
    ranges.flatMap(({ subnet }) => {
      const value = addressValue(subnet)?.value;
      return value !== undefined && "from" in value ? [value] : [];
    }),
  );
  return (["prerouting", "forward", "postrouting"] as const).flatMap((hook) =>
    // Who masquerades what one container sends itself, as the engine does, stops nothing.
    waysTo(filters, hook, ({ kind }) => !["jump", "goto", "masquerade"].includes(kind))
      .filter(({ asked }) => asked.some((match) => asksFor(match, ENDS)) && !asked.some((match) => isFar(match, own)))
      .map((way) => ({ hook, way })),
  );
});

/** Between more groups there are too many ways. */
const TOGETHER = 8;

/** A sender and a receiver, each of whom stands for a group. */
export interface Pair {
  readonly from: readonly Attachment[];
  readonly to: readonly Attachment[];
}

/** Who sends to whom on a network: in each group one member to another, and each group to each other one. */
export function pairsOf(groups: readonly Attachment[][]): Pair[] {
  const within = groups.flatMap(([first, ...rest]): Pair[] =>
    first === undefined || rest.length === 0 ? [] : [{ from: [first, ...rest], to: [...rest, first] }],
  );
  if (groups.length > TOGETHER) return within;
  return [...within, ...groups.flatMap((from) => groups.flatMap((to): Pair[] => (from === to ? [] : [{ from, to }])))];
}

const ENDS: readonly string[] = ["source address", "destination address", "source mac"];
const DEVICES: readonly string[] = ["in device", "out device"];

function asksFor(match: Match, fields: readonly string[]): boolean {
  if (match.kind === "ipset") return fields === ENDS;
  return (match.kind === "field" || match.kind === "set") && match.fields.some((field) => fields.includes(field));
}

/** Whether a match is about one address beyond all networks: of bans there may be thousands. */
function isFar(match: Match, own: readonly { readonly from: bigint; readonly to: bigint }[]): boolean {
  if (match.kind !== "field" || match.not || match.fields.length !== 1) return false;
  if (match.fields[0] !== "source address" && match.fields[0] !== "destination address") return false;
  return match.any.every(
    ([value]) =>
      value !== undefined && "from" in value && own.every(({ from, to }) => value.to < from || value.from > to),
  );
}

/** Whether the addresses and devices that a way asks for leave it open to a packet. */
function mayTake({ place, asked }: WayTo, packet: Packet): boolean {
  return !asked.some(
    (match) => (asksFor(match, ENDS) || asksFor(match, DEVICES)) && answer(match, packet, place.table) === "no",
  );
}
