import type { Facts } from "../model/facts.ts";
import type { ParentInterface } from "../probes/parent-interface.ts";

/** Where the user names the interface that macvlan networks are tried on. */
export const PARENT_VARIABLE = "DNC_MACVLAN_PARENT";

/** The parent of a run's macvlan network: the user's choice, else the interface of the host's default route; null without either. */
export function macvlanParent(facts: Facts, env: NodeJS.ProcessEnv = process.env): string | null {
  const chosen = env[PARENT_VARIABLE]?.trim();
  return chosen === undefined || chosen === "" ? (facts.host?.uplink?.interface ?? null) : chosen;
}

/**
 * Machines whose network knows one hardware address per interface: frames from others are dropped at best; at worst
 * the provider takes the port down or complains (Hetzner does). VMware's switch may drop them too, which harms nobody:
 * what is judged here stays on one host.
 */
const CLOUDS =
  /amazon ec2|google|microsoft corporation|digitalocean|hetzner|alibaba cloud|oraclecloud|openstack|scaleway|vultr|linode|akamai/i;

/** Interfaces that hang on another one already: their children hang on that one, or can't be made. */
const STACKED = new Set(["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "wlan", "wwan", "ppp", "wireguard"]);

const ETHERNET = 1;

/** Why an interface that nobody chose is left alone; null when a macvlan network on it is possible and harmless. */
export function unfitMacvlanParent(parent: ParentInterface): string | null {
  const { name } = parent;
  const why = reason(parent);
  return why === null
    ? null
    : `${name} is not tried as the parent of a macvlan network: ${why} (${PARENT_VARIABLE} names another one)`;
}

function reason({ exists, hardwareType, wireless, master, kind, machine }: ParentInterface): string | null {
  if (!exists) return "there is no such interface";
  if (wireless) return "it is wireless, and access points take frames from one hardware address per station only";
  if (hardwareType !== ETHERNET) return "it is no Ethernet interface";
  if (master !== null) return `it is a port of ${master}`;
  if (kind !== null && STACKED.has(kind)) return `it is a ${kind} interface itself`;
  const cloud = CLOUDS.exec(machine)?.[0];
  if (cloud !== undefined)
    return `the machine is one of ${cloud}, where the network expects one hardware address per interface`;
  return null;
}

/** The engine's words for a parent that can't be had here and now, with what they mean; null for every other failure. */
export function macvlanImpossible(message: string): string | null {
  const known: readonly (readonly [RegExp, string])[] = [
    [
      /already using parent interface/i,
      "before Engine 27.0 one parent carries one macvlan network, and another network has this one",
    ],
    [/operation not supported|minimum macvlan kernel requirement/i, "the kernel has no macvlan"],
    [
      /failed to create the macvlan port: device or resource busy/i,
      "something else (a bridge, ipvlan, a capture) holds the parent",
    ],
  ];
  const match = known.find(([words]) => words.test(message));
  return match === undefined ? null : `${match[1]}: ${message}`;
}
