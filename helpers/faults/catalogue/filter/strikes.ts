import { type Fault, RESTART } from "../../fault.ts";
import { deleteRules, firstRule, withoutRule } from "../shell.ts";

/** What needs the way back from another machine to a container on the default bridge. */
export const WAY_BACK = ["BRIDGE-52", "PATH-20", "PATH-21"] as const;

/** What needs the way out as well. */
export const WAY_OUT = ["PATH-18", "PATH-19", ...WAY_BACK] as const;

/** What asks a web server between two containers on the default bridge. */
export const SERVED_BETWEEN = ["BRIDGE-48", "BRIDGE-49"] as const;

/** What needs the way between them for anything; DNS-11 pings. */
export const BETWEEN = [...SERVED_BETWEEN, "DNS-11"] as const;

/** The same, for pings that are watched on it. */
export const ECHO_BETWEEN = [
  "PATH-01",
  "PATH-02",
  "PATH-03",
  "PATH-04",
  "PATH-05",
  "PATH-06",
  "PATH-07",
  "PATH-08",
  "PATH-09",
  "PATH-11",
] as const;

/** What needs the way from another machine to a published port. */
export const WAY_IN = [
  "NAT-32",
  "PORT-22",
  "PORT-23",
  "PATH-24",
  "PATH-25",
  "PATH-26",
  "PATH-27",
  "PATH-28",
  "PATH-29",
] as const;

/** What keeps networks apart. */
export const SEPARATION = ["UDN-26", "UDN-27", "UDN-28", "UDN-33", "CONNECT-16"] as const;

/** A rule that stands first in a chain until it is taken away. */
export function first(chain: string, rule: string): Pick<Fault, "strike" | "undo"> {
  return {
    strike: { when: "before the topology", shell: [firstRule("filter", chain, rule)] },
    undo: [withoutRule("filter", chain, rule)],
  };
}

/** Rules of docker0's that dockerd makes only when it starts. */
export function missing(pattern: string): Pick<Fault, "strike" | "undo"> {
  return { strike: { when: "before the topology", shell: [deleteRules("filter", pattern)] }, undo: [RESTART] };
}
