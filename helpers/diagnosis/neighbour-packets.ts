import { filtersBridged } from "../expectations/kernel-values.ts";
import { DISCOVERY } from "../snapshot/firewall/discovery.ts";
import { evaluate, type Firewall, type Hook, type Packet } from "../snapshot/firewall/index.ts";
import { bridgesOf, type Snapshot } from "../snapshot/snapshot.ts";
import { type Ending, stopOf } from "./ending.ts";
import { isBridged, type Sent, senderOf } from "./packets.ts";

/** Whether what a bridge carries passes the filters of IP. */
export function bridgedIsFiltered({ host }: Snapshot, family: Packet["family"]): boolean {
  return host !== null && filtersBridged(host.sysctls, family === "ip6" ? 6 : 4);
}

/**
 * What ends the question who has an address, or its answer (ARP, neighbour discovery): without these nothing is sent to
 * that address.
 */
export function unasked(snapshot: Snapshot, filters: Firewall, sent: Sent): Ending | null {
  return sent.packet.family === "ip6" ? undiscovered(snapshot, filters, sent) : unresolved(snapshot, filters, sent);
}

const ON_BRIDGE = {
  through: ["prerouting", "forward", "postrouting"],
  toHost: ["prerouting", "input"],
  ofHost: ["output", "postrouting"],
} as const satisfies Readonly<Record<string, readonly Hook[]>>;

function unresolved(snapshot: Snapshot, filters: Firewall, { from, to }: Sent): Ending | null {
  const arp: Packet = { family: "arp", protocol: "arp" };
  const over = (hooks: readonly Hook[], frame: Packet): Ending | null =>
    first(
      hooks.map((hook) => [frame, hook, "bridge"]),
      filters,
    );
  // Of two on one bridge one asks, and the other one answers.
  const asks: Packet = { ...arp, ...senderOf(from) };
  const tells: Packet = { ...arp, ...senderOf(to) };
  if (isBridged(from, to)) return over(ON_BRIDGE.through, asks) ?? over(ON_BRIDGE.through, tells);
  const bridges = new Set(bridgesOf(snapshot).map(({ device }) => device));
  for (const [device, frame] of [
    [from.device, asks],
    [to.device, tells],
  ] as const) {
    if (device === null) continue;
    const ends =
      first(
        [
          [{ ...arp, inDevice: device, outDevice: null }, "input", "network"],
          [{ ...arp, inDevice: null, outDevice: device }, "output", "network"],
        ],
        filters,
      ) ?? (bridges.has(device) ? (over(ON_BRIDGE.toHost, frame) ?? over(ON_BRIDGE.ofHost, arp)) : null);
    if (ends !== null) return ends;
  }
  return null;
}

function undiscovered(snapshot: Snapshot, filters: Firewall, { from, to }: Sent): Ending | null {
  if (isBridged(from, to)) {
    if (!bridgedIsFiltered(snapshot, "ip6")) return null;
    const through = { bridged: true, inDevice: from.device, outDevice: to.device };
    return first(
      DISCOVERY.map((one) => [{ ...one, ...through }, "forward", "network"]),
      filters,
    );
  }
  for (const device of [from.device, to.device]) {
    if (device === null) continue;
    const ends = first(
      DISCOVERY.flatMap((one) => [
        [{ ...one, inDevice: device, outDevice: null }, "prerouting", "network"] as const,
        [{ ...one, inDevice: device, outDevice: null }, "input", "network"] as const,
        [{ ...one, inDevice: null, outDevice: device }, "output", "network"] as const,
      ]),
      filters,
    );
    if (ends !== null) return ends;
  }
  return null;
}

/** The first of these that does not pass. */
function first(asked: readonly (readonly [Packet, Hook, "network" | "bridge"])[], filters: Firewall): Ending | null {
  for (const [packet, hook, layer] of asked) {
    const stop = stopOf(evaluate(filters, packet, hook, layer));
    if (stop !== null) return stop;
  }
  return null;
}
