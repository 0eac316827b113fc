import type { Asking } from "../audits/opening.ts";
import type { Published } from "../audits/published.ts";
import { uplinkOf } from "../audits/uplink.ts";
import { isLoopback, isUnspecified } from "../model/address.ts";
import type { LivingHost } from "../snapshot/living.ts";
import type { Caller } from "./callers.ts";

/** From where a published port is asked for; the order is that of the grid's columns. */
export const PLACES = ["host's loopback", "host's own address", "same network", "another network"] as const;

export type ReachPlace = (typeof PLACES)[number];

/** One connection that is to be tried. */
export interface Attempt extends Asking {
  readonly place: ReachPlace;
  /** The container of ours that asks; null where the host itself does. */
  readonly caller: Caller | null;
}

/**
 * The connections by which a published port is asked for: by the host at its loopback and its own address, by a
 * container of ours on the port's network and by one on another. What can't be is left out: another's loopback, and
 * IPv6 from a network without it.
 */
export function attemptsOf(host: LivingHost, { container, port, family, ends }: Published, callers: readonly Caller[]) {
  const { hostAddress } = port;
  const anywhere = isUnspecified(hostAddress);
  const loopback = isLoopback(hostAddress) ? hostAddress : anywhere ? (family === 4 ? "127.0.0.1" : "::1") : null;
  const own = isLoopback(hostAddress) ? null : anywhere ? (uplinkOf(host, family)?.address ?? null) : hostAddress;
  const attempts: Attempt[] = [];
  if (loopback !== null)
    attempts.push({ place: "host's loopback", caller: null, device: null, from: loopback, to: loopback });
  if (own === null) return attempts;
  attempts.push({ place: "host's own address", caller: null, device: null, from: own, to: own });
  const networks = container.endpoints.map(({ network }) => network);
  const able = callers.filter((caller) => addressOf(caller, family) !== "");
  const same = able.find(({ bridge }) => ends.some(({ attachment }) => attachment.bridge.name === bridge.name));
  const other = able.find(({ bridge }) => !bridge.internal && !networks.includes(bridge.name));
  for (const [place, caller] of [["same network", same] as const, ["another network", other] as const])
    if (caller !== undefined)
      attempts.push({ place, caller, device: caller.bridge.device, from: addressOf(caller, family), to: own });
  return attempts;
}

function addressOf({ address, address6 }: Caller, family: 4 | 6): string {
  return family === 4 ? address : address6;
}
