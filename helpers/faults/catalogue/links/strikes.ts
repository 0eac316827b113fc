import type { Fault } from "../../fault.ts";
import { isBridged } from "../shell.ts";

/** What needs the way between two containers on the default bridge. */
export const BETWEEN = ["BRIDGE-48", "BRIDGE-49", "DNS-11"] as const;

/** What needs the way between two containers on a network of their own. */
export const BETWEEN_OWN = ["UDN-24", "UDN-25", "DNS-05", "CONNECT-15"] as const;

export const FROM_HOST = ["BRIDGE-50", "PORT-25", "UDN-30"] as const;

/** Done to every container with interfaces of its own; it ends with them. */
export function toContainers(...shell: string[]): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "a container is up", of: isBridged, shell }, undo: [] };
}
