import type { Cause } from "../model/cause.ts";
import { type Firewall, gatherFirewall, type Packet } from "../snapshot/firewall/index.ts";
import type { HostView } from "../vantage/host-view.ts";
import type { Examination } from "./examination.ts";
import { countedBy, diversionCauses, firewallCause, type Suspect, suspectsAt } from "./firewall-cause.ts";
import type { Passage } from "./passages.ts";
import { isOwn } from "./probe-way.ts";
import { inSpace, type Space } from "./spaces.ts";

/** How many packets a counter is confirmed with. */
const BURST = 4;

/** The rules that end a packet at some passages. @param surely the kernel says that a rule did */
export async function filterCauses(
  host: HostView,
  examination: Examination,
  opening: Packet,
  passages: readonly Passage[],
  what: string,
  surely: boolean,
): Promise<Cause[]> {
  const [passage] = passages;
  if (passage === undefined) return [];
  const { space } = passage;
  const read = async (): Promise<Firewall> =>
    await (space === examination.ends.host ? gatherFirewall(host) : gatherFirewall(host, space.pid));
  const firewall = space === examination.ends.host ? examination.firewall : await read();
  const isLocal = passages.some(({ hook }) => hook === "input") && passages.every(({ hook }) => hook !== "forward");
  const packet: Packet = {
    ...opening,
    destinationType: isLocal || isOwn(space, opening.destination) ? "local" : "unicast",
  };
  const { suspects } = suspectsAt(firewall, packet, passages);
  // Without the kernel's word that a rule did it, only what surely ends the packet is told, and what its counter shows.
  if (suspects.length === 0) return [];
  const { counts, sent } = await counted(examination, suspects, space, firewall, read);
  const readers = suspects.some(({ end }) => end.verdict === "queue") ? await queueReaders(host, space) : null;
  const told = suspects.filter((suspect) => {
    const count = counts.get(suspect);
    if (count !== undefined) return count > 0;
    return suspect.certain || surely;
  });
  return told.map((suspect) => {
    const by = counts.get(suspect);
    return firewallCause(
      suspect,
      what,
      by === undefined ? null : { by, sent, some: examination.walk.arrived },
      readers,
      examination.ends.apart,
    );
  });
}

/** The rules that send a packet elsewhere. */
export async function diversions(
  host: HostView,
  { firewall, ends }: Examination,
  packet: Packet,
  passages: readonly Passage[],
  what: string,
): Promise<Cause[]> {
  const [passage] = passages;
  if (passage === undefined) return [];
  const { space } = passage;
  const rules = space === ends.host ? firewall : await gatherFirewall(host, space.pid);
  return diversionCauses(rules, { ...packet, destinationType: "unicast" }, passages, what);
}

/**
 * By how much the counter of each suspect's rule rose while a known number of packets was sent: those of a burst that
 * has been sent already, or a few more. Without those that count nothing.
 */
async function counted(
  { send, probe, ends }: Examination,
  suspects: readonly Suspect[],
  space: Space,
  before: Firewall,
  read: () => Promise<Firewall>,
): Promise<{ readonly counts: ReadonlyMap<Suspect, number>; readonly sent: number }> {
  const counting = suspects.filter((suspect) => countedBy(before, suspect) !== null);
  if (counting.length === 0) return { counts: new Map(), sent: 0 };
  // The host's counters were read before the first probe.
  const already = space === ends.host ? probe.count : 0;
  const more = already >= BURST ? 0 : BURST;
  if (more > 0) {
    if (probe.protocol === "icmp") await send({ ...probe, count: more });
    else
      for (let sent = 0; sent < more; sent += 2)
        await Promise.all([send({ ...probe, count: 1 }), send({ ...probe, count: 1 })]);
  }
  const after = await read();
  const counts = new Map<Suspect, number>();
  for (const suspect of counting) {
    const [from, to] = [countedBy(before, suspect), countedBy(after, suspect)];
    if (from !== null && to !== null) counts.set(suspect, to - from);
  }
  return { counts, sent: already + more };
}

/** Queues that a program reads (proc's first column is the queue's number). */
async function queueReaders(host: HostView, space: Space): Promise<number[]> {
  const text = await inSpace(host, space.pid, "cat /proc/net/netfilter/nfnetlink_queue 2>/dev/null");
  return text.split("\n").flatMap((line) => (/^\s*\d/.test(line) ? [Number(line.trim().split(/\s+/)[0])] : []));
}
