/** A place where something was asked. */
export interface Place {
  readonly kind: "container" | "host" | "engine" | "docker command" | "other machine";
  /** A container's name, another machine's; empty where there is one of the kind. */
  readonly name: string;
}

/** The engine's own host. */
export const HOST: Place = { kind: "host", name: "" };

/** What carried a question about reach. */
export type ReachProtocol = "icmp" | "tcp" | "udp" | "arp";

/** What is read, as far as a cause is chosen by it. */
export type ReadThing =
  | "links"
  | "addresses"
  | "routes"
  | "firewall"
  | "sockets"
  | "namespaces"
  | "sysctl"
  | "resolv.conf"
  | "hosts file"
  | "container"
  | "network"
  | "networks"
  | "file";

/** A question as data, as it was asked. */
export type AskedQuestion =
  | {
      readonly kind: "reach";
      readonly from: Place;
      /** Address or name. */
      readonly to: string;
      readonly protocol: ReachProtocol;
      /** Null where the protocol has none. */
      readonly port: number | null;
      /** Bytes of payload; null for the asking program's own. */
      readonly size: number | null;
    }
  | { readonly kind: "resolve"; readonly from: Place; readonly name: string; readonly server: string | null }
  | { readonly kind: "read"; readonly from: Place; readonly what: ReadThing; readonly of: string | null };

/**
 * How what was observed misses what was expected: nothing arrived that had to, something arrived that must not, or a
 * value is another.
 */
export type Direction = "blocked" | "leaked" | "differs";
