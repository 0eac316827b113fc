import type { Layer } from "./evaluation.ts";
import type { Base, Chain, Firewall, Hook, Table } from "./model.ts";
import type { Packet } from "./packet.ts";

/** The base chains that a packet passes at a hook, in the kernel's order: every family and every table together. */
export function baseChains(firewall: Firewall, packet: Packet, hook: Hook, layer: Layer = "network"): readonly Based[] {
  return based(firewall).filter(
    ({ table, base }) => base.hook === hook && familySees(table, packet, layer) && deviceSees(base, packet),
  );
}

interface Based {
  readonly table: Table;
  readonly chain: Chain;
  readonly base: Base;
}

/** Of each packet filter that was read: thousands of packets ask the same, and a host has hundreds of chains. */
const KNOWN = new WeakMap<Firewall["tables"], readonly Based[]>();

/** Every base chain, in the order of priorities. */
function based({ tables }: Firewall): readonly Based[] {
  const known = KNOWN.get(tables);
  if (known !== undefined) return known;
  const read = tables
    .flatMap((table) =>
      table.chains.flatMap((chain) => (chain.base === null ? [] : [{ table, chain, base: chain.base }])),
    )
    .toSorted((one, other) => one.base.priority - other.base.priority);
  KNOWN.set(tables, read);
  return read;
}

function familySees({ family }: Table, packet: Packet, layer: Layer): boolean {
  if (layer === "bridge") return family === "bridge";
  if (layer === "device") return family === "netdev" || family === "inet";
  return family === packet.family || (family === "inet" && packet.family !== "arp");
}

function deviceSees({ devices, hook }: Base, packet: Packet): boolean {
  if (devices.length === 0) return true;
  const device = hook === "egress" ? packet.outDevice : packet.inDevice;
  return device === undefined || (device !== null && devices.includes(device));
}
