import type { Leg } from "../model/walk.ts";
import type { Hook, Layer, Packet } from "../snapshot/firewall/index.ts";
import { masterOf, type Space } from "./spaces.ts";

/** One hook of the packet filter that a packet meets behind a certain hop. */
export interface Passage {
  readonly space: Space;
  readonly hook: Hook;
  readonly layer: Layer;
  readonly inDevice: string | null | undefined;
  readonly outDevice: string | null | undefined;
}

/** Where a packet may have been ended: behind its last hop. */
export interface Place {
  readonly space: Space;
  /** null when it never came to a device. */
  readonly device: string | null;
  readonly direction: "sent" | "received" | null;
}

/** The place behind a leg's last hop. */
export function placeBehind(leg: Leg, spaces: readonly Space[], sender: Space): Place {
  const hop = leg.hops.at(-1);
  if (hop === undefined) return { space: sender, device: null, direction: null };
  const space = spaces.find(({ where }) => sameWhere(where, hop.where)) ?? sender;
  return { space, device: hop.device, direction: hop.direction };
}

function sameWhere(one: Space["where"], other: Space["where"]): boolean {
  return one.kind === other.kind && (one.kind !== "container" || other.kind !== "container" || one.name === other.name);
}

/**
 * The hooks behind a place, in the kernel's order.
 * @param isLocal whether the packet is for the namespace itself
 * @param out the device that the namespace's routes send it to; null when there is no route, undefined when not known
 */
export function passagesBehind(
  { space, device, direction }: Place,
  isLocal: boolean,
  out: string | null | undefined,
): Passage[] {
  if (device === null) return network(space, ["output", "postrouting"], null, out);
  if (direction === "sent") {
    const isBridge = space.links.some(({ master }) => master === device);
    const layerTwo: Passage[] = isBridge ? bridge(space, ["output", "postrouting"], undefined, undefined) : [];
    return [{ space, hook: "egress", layer: "device", inDevice: undefined, outDevice: device }, ...layerTwo];
  }
  const ingress: Passage = { space, hook: "ingress", layer: "device", inDevice: device, outDevice: null };
  const master = masterOf(space, device);
  if (master !== null)
    return [
      ingress,
      ...bridge(space, ["prerouting", "forward", "input"], device, undefined),
      // br_netfilter shows bridged packets to the IP layer's rules as well, as if from the bridge to itself.
      ...network(space, ["prerouting", "forward", "postrouting"], master, master),
    ];
  return [
    ingress,
    ...network(space, isLocal ? ["prerouting", "input"] : ["prerouting", "forward", "postrouting"], device, out),
  ];
}

function network(
  space: Space,
  hooks: readonly Hook[],
  inDevice: string | null,
  out: string | null | undefined,
): Passage[] {
  return hooks.map((hook) => ({
    space,
    hook,
    layer: "network",
    inDevice: hook === "postrouting" ? null : inDevice,
    outDevice: hook === "prerouting" || hook === "input" ? null : out,
  }));
}

function bridge(
  space: Space,
  hooks: readonly Hook[],
  inDevice: string | undefined,
  outDevice: string | undefined,
): Passage[] {
  return hooks.map((hook) => ({ space, hook, layer: "bridge", inDevice, outDevice }));
}

/** The packet as a passage's rules see it. */
export function packetAt(packet: Packet, { inDevice, outDevice, layer }: Passage): Packet {
  const { inDevice: _in, outDevice: _out, ...rest } = packet;
  return {
    ...rest,
    bridged: layer === "network" && inDevice != null && inDevice === outDevice,
    ...(inDevice === undefined ? {} : { inDevice }),
    ...(outDevice === undefined ? {} : { outDevice }),
  };
}
