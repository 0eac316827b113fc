import type { Cause } from "../model/cause.ts";
import { isIpv4 } from "../model/ipv4.ts";
import type { Packet } from "../snapshot/firewall/index.ts";
import type { HostView } from "../vantage/host-view.ts";
import { spacesOf } from "./ends.ts";
import type { Examination } from "./examination.ts";
import { filterCauses } from "./examine-filters.ts";
import { devicesAt, linkCauses, lookAtLink, neighbourCause } from "./link-cause.ts";
import { partOf } from "./part.ts";
import { type Passage, type Place, passagesBehind } from "./passages.ts";
import { allPlaces, isOwn, type Way } from "./probe-way.ts";
import { masterOf, type Space } from "./spaces.ts";

/**
 * What the links around a place, and the neighbour that the packet goes to next, have of it.
 * @param out the device that it is routed to; null where it is not routed there
 * @param chosen the kernel's words about that
 */
export async function linkLooks(
  host: HostView,
  examination: Examination,
  place: Place,
  way: Way,
  out: string | null,
  chosen: string,
): Promise<Cause[]> {
  const spaces = spacesOf(examination.ends);
  const causes: Cause[] = [];
  const looked = new Set<string>();
  const lookAt = async (around: Place, device: string | null): Promise<void> => {
    for (const each of devicesAt(around, spaces, device)) {
      const key = `${each.space.pid} ${each.device}`;
      if (looked.has(key)) continue;
      looked.add(key);
      causes.push(
        ...linkCauses(each.space, await lookAtLink(host, each.space, each.device), way.packet.length ?? null),
      );
    }
  };
  await lookAt(place, out);
  // The kernel says that a link ended it, and this one is in order: it is another one of the way.
  if (causes.length === 0 && partOf(way.leg.end) === "link")
    for (const along of allPlaces(examination, way)) await lookAt(along, null);
  if (causes.length === 0) causes.push(...(await foreignAddress(host, spaces, place)));
  if (out === null) return causes;
  const [, gateway] = / via (\S+)/.exec(chosen) ?? [];
  const nextHop = gateway ?? way.packet.destination ?? "";
  const owner = spaces.find((each) => isOwn(each, nextHop));
  const macs =
    owner?.links
      .filter(({ addresses }) => addresses.some(({ address }) => address === nextHop))
      .flatMap(({ mac }) => mac ?? []) ?? [];
  const cause = neighbourCause(place.space, await lookAtLink(host, place.space, out), nextHop, macs);
  if (cause === null) return causes;
  // Where nobody answers, the question or its answer is lost between here and there: every device of that way is looked at.
  if (cause.unanswered) for (const along of allPlaces(examination, way)) await lookAt(along, null);
  if (cause.unanswered && causes.length === 0) causes.push(...(await unheard(host, examination, way, nextHop)));
  return cause.unanswered && causes.length > 0 ? causes : [...causes, cause.cause];
}

/** What on the way ends the question who has an address, or its answer: rules that see frames, not packets of IP. */
async function unheard(host: HostView, examination: Examination, way: Way, nextHop: string): Promise<Cause[]> {
  if (!isIpv4(nextHop)) return [];
  const arp: Packet = { family: "arp", protocol: "arp" };
  const passages = allPlaces(examination, way)
    .filter(({ space, device }) => space === examination.ends.host && device !== null)
    .flatMap((along) => [
      ...passagesBehind(along, false, undefined).filter(({ layer }) => layer !== "network"),
      ...rulesOfArp(along),
    ]);
  const what = `the question who has ${nextHop} (ARP), or its answer`;
  return await filterCauses(host, examination, arp, passages, what, false);
}

/** The hooks of ARP on a device that is no port of a bridge: of what it takes in and of what it sends. */
function rulesOfArp({ space, device }: Place): Passage[] {
  if (device === null || masterOf(space, device) !== null) return [];
  return [
    { space, hook: "input", layer: "network", inDevice: device, outDevice: null },
    { space, hook: "output", layer: "network", inDevice: null, outDevice: device },
  ];
}

/** Who holds a wrong hardware address for one of this namespace's addresses, and so sends what nobody takes. */
async function foreignAddress(host: HostView, spaces: readonly Space[], { space, device }: Place): Promise<Cause[]> {
  const link = space.links.find(({ name }) => name === device);
  if (link?.mac === undefined) return [];
  const causes: Cause[] = [];
  for (const other of spaces) {
    if (other === space) continue;
    for (const { name } of other.links.filter((each) => each.name !== "lo" && each.master === undefined)) {
      const look = await lookAtLink(host, other, name);
      for (const { address } of link.addresses) {
        const found = neighbourCause(other, look, address, [link.mac]);
        if (found !== null && !found.unanswered) causes.push(found.cause);
      }
    }
  }
  return causes;
}
