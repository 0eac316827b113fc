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

/**
 * By which device what is meant for the world leaves: by the kernel's own word, for policy rules and routes that are
 * narrower than the default one (a VPN's) have a say.
 */
export function wayOutOf(host: LivingHost, family: 4 | 6): string | null {
  const told = host.ways[SOMEBODY[family]];
  const isDevice = host.links.some(({ name }) => name === told && name !== "lo");
  return told !== undefined && isDevice ? told : (uplinkOf(host, family)?.device ?? null);
}

const uplinksOf = once((host: LivingHost) => ({ 4: findUplink(host, 4), 6: findUplink(host, 6) }));

function isOfOwnTable({ table = "main" }: IpRoute): boolean {
  return table !== "main";
}

function findUplink(host: LivingHost, family: 4 | 6): Uplink | null {
  // A policy rule may lead some packets to a table of its own, where a default route is theirs alone.
  const byDefault = host.routes
    .filter(
      ({ destination, gateway, interface: device }) =>
        destination === "default" && device !== undefined && (gateway?.includes(":") ?? false) === (family === 6),
    )
    .toSorted((one, other) => Number(isOfOwnTable(one)) - Number(isOfOwnTable(other)));
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
