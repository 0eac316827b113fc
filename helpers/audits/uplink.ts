import { SOMEBODY } from "../model/somebody.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import type { LivingHost } from "../snapshot/living.ts";
import { once } from "./once.ts";

interface Uplink {
  readonly device: string;
  readonly address: string;
}

/** By which device and with which address this host is reached by others; null where it is not. */
export function uplinkOf(host: LivingHost, family: 4 | 6): Uplink | null {
  return uplinksOf(host)[family];
}

/** This host's own address on a device; null where it has none of the family. */
export function addressAt({ addresses }: LivingHost, device: string, family: 4 | 6): string | null {
  const carried = addresses.find(({ name }) => name === device)?.addresses ?? [];
  return carried.find((one) => one.family === family)?.address ?? null;
}

/**
 * By which device what is meant for the world leaves: by the kernel's own word, for policy rules and routes that are
 * narrower than the default one (a VPN's) have a say.
 */
export function wayOutOf(host: LivingHost, family: 4 | 6): string | null {
  const told = host.ways[SOMEBODY[family]];
  const isDevice = host.links.some(({ name }) => name === told && name !== "lo") && !isInward(host, told ?? "");
  return told !== undefined && isDevice ? told : (uplinkOf(host, family)?.device ?? null);
}

/**
 * The default route by which the kernel sends what is for the world to the engine's own interfaces, with no container
 * named that would pass it on; null where it leads beyond this host.
 */
export function inwardDefault(host: LivingHost, family: 4 | 6): IpRoute | null {
  const told = host.ways[SOMEBODY[family]];
  return defaultsOf(host, family).find((route) => route.interface === told && isInward(host, told ?? "")) ?? null;
}

/** Containers alone are at a device: at a container's end of the engine's, or at a bridge that has no other ports. */
function isInward(host: LivingHost, device: string): boolean {
  const ports = host.links.filter(({ master }) => master === device).map(({ name }) => name);
  const ends = ports.length > 0 ? ports : [device];
  // A container that is a router is named as the gateway.
  const isNamed = host.routes.some(
    ({ destination, gateway, interface: by }) => destination === "default" && by === device && gateway !== undefined,
  );
  return !isNamed && ends.every((name) => OF_ENGINE.test(name));
}

/** As the engine names the host's ends of veth pairs. */
const OF_ENGINE = /^veth[0-9a-f]{7}$/;

/** Those of the main table first: a policy rule may lead some packets to a table of its own, where one is theirs alone. */
function defaultsOf(host: LivingHost, family: 4 | 6): IpRoute[] {
  return host.routes
    .filter(
      ({ destination, gateway, interface: device }) =>
        destination === "default" && device !== undefined && (gateway?.includes(":") ?? false) === (family === 6),
    )
    .toSorted((one, other) => Number(isOfOwnTable(one)) - Number(isOfOwnTable(other)));
}

function isOfOwnTable({ table = "main" }: IpRoute): boolean {
  return table !== "main";
}

const uplinksOf = once((host: LivingHost) => ({ 4: findUplink(host, 4), 6: findUplink(host, 6) }));

function findUplink(host: LivingHost, family: 4 | 6): Uplink | null {
  const byDefault = defaultsOf(host, family).filter((route) => !isInward(host, route.interface ?? ""));
  // A bridge that is the way to the world is the host's own; others are engines'.
  const others = host.links.filter(({ name, bridge }) => name !== "lo" && bridge === null).map(({ name }) => name);
  const devices = [...byDefault.map((route) => route.interface), ...others];
  for (const device of devices) {
    const link = host.links.find(({ name }) => name === device);
    if (device === undefined || link === undefined || !link.up) continue;
    const address = host.addresses
      .find(({ name }) => name === device)
      ?.addresses.find((one) => one.family === family && one.scope === "global")?.address;
    if (address !== undefined) return { device, address };
  }
  return null;
}
