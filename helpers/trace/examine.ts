import type { Cause } from "../model/cause.ts";
import { evaluate, type Packet } from "../snapshot/firewall/index.ts";
import type { HostView } from "../vantage/host-view.ts";
import { endCauses } from "./end-cause.ts";
import { spacesOf } from "./ends.ts";
import type { Examination } from "./examination.ts";
import { diversions, filterCauses } from "./examine-filters.ts";
import { linkLooks } from "./examine-links.ts";
import { ipsecCauses } from "./ipsec-cause.ts";
import { partOf } from "./part.ts";
import { type Place, passagesBehind, placeBehind } from "./passages.ts";
import { allPlaces, isOwn, translatedAt, type Way, wayBack, wayThere } from "./probe-way.ts";
import { chosenDevice, misrouted, readRouting, routeCauses } from "./route-cause.ts";
import { masterOf } from "./spaces.ts";
import { refusedBeyond, untranslated } from "./unexplained.ts";

/** The causes of a probe that did not come through: nearest to where the packet ended first. */
export async function causesOf(host: HostView, examination: Examination): Promise<Cause[]> {
  const { walk, ends, probe } = examination;
  const there = wayThere(examination);
  const whole = walk.there.end.kind === "arrived" || walk.there.end.kind === "left";
  const causes: Cause[] = [];
  if (walk.followed === "concluded" || !whole || (walk.arrived && walk.burst !== null))
    causes.push(...(await causesOnWay(host, examination, there)));
  if (walk.followed === "concluded" ? causes.length === 0 : whole && !walk.arrived) {
    if (ends.to !== null) {
      const { address, port } = ends.translated;
      causes.push(...(await endCauses(host, ends.to, probe.protocol, port, address)));
      if (causes.length === 0 && walk.outcome !== "refused")
        causes.push(...(await causesOnWay(host, examination, wayBack(examination))));
    } else if (walk.back !== null && walk.back.end.kind !== "arrived")
      causes.push(...(await causesOnWay(host, examination, wayBack(examination))));
  }
  if (causes.length === 0 && walk.outcome === "refused" && ends.to === null && whole)
    causes.push(refusedBeyond(examination));
  if (causes.length === 0) causes.push(...untranslated(examination));
  return causes;
}

/** Asks everything that acts on a packet behind the place that it was last seen at. */
async function causesOnWay(host: HostView, examination: Examination, way: Way): Promise<Cause[]> {
  const { ends, walk } = examination;
  const spaces = spacesOf(ends);
  const part = partOf(way.leg.end);
  const reason = way.leg.end.kind === "dropped" ? way.leg.end.reason : null;
  const lossy = walk.burst !== null && walk.arrived;
  const places =
    walk.followed === "concluded" || lossy ? allPlaces(examination, way) : [placeBehind(way.leg, spaces, way.sender)];
  const causes: Cause[] = [];
  for (const place of places) {
    if (performance.now() > examination.until) break;
    const packet = translatedAt(examination, way, place);
    const inDevice = place.direction === "received" ? place.device : null;
    const isPort = inDevice !== null && masterOf(place.space, inDevice) !== null;
    const entered = enteredAt(examination, way, place, packet);
    const own = isOwn(place.space, entered.destination) || place.space === way.target;
    // A frame on a bridge port is routed only behind the bridge.
    const asks = place.direction !== "sent" && !isPort;
    const translated = entered.destination !== packet.destination;
    const routing = asks ? await readRouting(host, place.space, entered, inDevice, translated) : null;
    const out = routing === null ? null : chosenDevice(routing);
    // A rule that drops what takes a wrong way did its work.
    const astray = routing === null ? [] : misrouted(place.space, routing, entered, inDevice);
    if (part === "filter" && astray.length > 0) {
      causes.push(...astray);
      continue;
    }
    // Where it would be passed on, a packet ends whose hops a rule has used up.
    if (part === "filter" || part === "unknown" || (part === "routing" && reason === "IP_INHDR")) {
      const passages = passagesBehind(place, own, out ?? undefined);
      causes.push(...(await filterCauses(host, examination, packet, passages, way.what, part === "filter")));
    }
    if (routing !== null && (part === "routing" || part === "unknown") && !(own && inDevice === null))
      causes.push(...routeCauses(place.space, routing, entered, inDevice, inDevice !== null && !own, reason));
    if (asks && (part === "ipsec" || part === "unknown"))
      causes.push(...(await ipsecCauses(host, place.space, entered, part === "ipsec")));
    if (part === "link" || part === "unknown")
      causes.push(...(await linkLooks(host, examination, place, way, out, routing?.chosen ?? "")));
    // It came to somebody whose it is not: who listens there has nothing to do with it.
    if (part === "end" && !own)
      causes.push(...(await diversions(host, examination, packet, passagesBehind(place, true, undefined), way.what)));
    else if (part === "end")
      causes.push(
        ...(await endCauses(
          host,
          place.space,
          examination.probe.protocol,
          examination.ends.translated.port,
          examination.ends.translated.address,
        )),
      );
  }
  return unique(causes);
}

/** The packet as the host's routes see it: marked, and sent elsewhere, by the rules that stand before them. */
function enteredAt(
  { ends, firewall }: Examination,
  way: Way,
  { space, device, direction }: Place,
  packet: Packet,
): Packet {
  if (space !== ends.host || direction === "sent") return packet;
  const inDevice = direction === "received" && device !== null ? (masterOf(space, device) ?? device) : null;
  const destinationType = isOwn(space, packet.destination) ? "local" : "unicast";
  const { packet: after } = evaluate(
    firewall,
    { ...packet, inDevice, outDevice: null, destinationType },
    inDevice === null ? "output" : "prerouting",
  );
  const isThere = way.sender === ends.from;
  return {
    ...packet,
    ...(after.mark === undefined ? {} : { mark: after.mark }),
    ...(isThere && after.destination !== undefined ? { destination: after.destination } : {}),
    ...(isThere && after.destinationPort != null ? { destinationPort: after.destinationPort } : {}),
  };
}

function unique(causes: readonly Cause[]): Cause[] {
  const once = [...new Map(causes.map((cause) => [cause.key, cause])).values()];
  // A port of a bridge that is down does not forward: one fault, not two.
  const isDown = ({ key }: Cause): boolean => / down$/.test(key) && key.startsWith("link ");
  return once.some(isDown) ? once.filter((cause) => isDown(cause) || !/^link .* state$/.test(cause.key)) : once;
}
