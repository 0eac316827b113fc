import type { Cause } from "./cause.ts";

/** Where a device is. `beyond`: not in the namespaces that were looked at. */
export type Where =
  | { readonly kind: "host" }
  | { readonly kind: "container"; readonly name: string }
  | { readonly kind: "beyond" };

/** One device that the packet passed. */
export interface Hop {
  /** Empty where a conclusion does not name it. */
  readonly device: string;
  readonly where: Where;
  readonly direction: "sent" | "received";
  /** As the device counts: with the Ethernet header where it is sent, without where it is received. */
  readonly length: number;
  /** Milliseconds since the first hop. */
  readonly ms: number;
}

/** How a way ends. */
export type LegEnd =
  /** Its target took it. */
  | { readonly kind: "arrived" }
  /** It left the host for another machine, by its last hop. */
  | { readonly kind: "left" }
  /** The kernel freed it: in this function, for this reason (null where this kernel tells none). */
  | { readonly kind: "dropped"; readonly at: string; readonly reason: string | null }
  /** No further hop and no end within the time that was waited: it waits somewhere (a neighbour, a queue) or was taken. */
  | { readonly kind: "vanished" }
  /** Concluded: what ends it, in words, empty where nothing that was read says it; there where the way ends, or somewhere on it. */
  | { readonly kind: "stopped"; readonly by: string; readonly here: boolean }
  /** No packet was sent at all. */
  | { readonly kind: "not sent" };

/** One way of one packet. */
export interface Leg {
  readonly hops: readonly Hop[];
  readonly end: LegEnd;
}

/** A packet followed there, and its answer back. */
export interface Walk {
  readonly from: string;
  readonly to: string;
  /** ARP is never followed: its way is concluded. */
  readonly protocol: Protocol | "arp";
  readonly port: number | null;
  /** Bytes of payload that were sent; null where the protocol's opening packet has its own. */
  readonly size: number | null;
  /** What the probe itself saw, now: it may differ from what an earlier probe saw. */
  readonly outcome: string;
  readonly arrived: boolean;
  /** Of a burst; `received` counts answers. */
  readonly burst: { readonly sent: number; readonly received: number } | null;
  readonly there: Leg;
  /** null when nothing answered, or where answers are not followed. */
  readonly back: Leg | null;
  /** Where docker-proxy took the connection on the host: its own one to the container. */
  readonly relay: Walk | null;
  /**
   * `events`: the kernel's own. `concluded`: none of its was seen, all of it follows from rules, routes and links. Then no
   * hop has a length or a time, and there are none where the kernel's events could not be read.
   */
  readonly followed: "events" | "concluded";
  /** Translations on the way there, as `10.0.0.1:8080 → 172.17.0.2:80`, with the rule. */
  readonly translations: readonly { readonly what: string; readonly by: string }[];
  /** What could not be read, each with the reason. */
  readonly unread: readonly string[];
}

export type Protocol = "icmp" | "tcp" | "udp";

/** What is asked of {@link explainReach}. */
export interface ReachRequest {
  /** `host`, or a container's name or id. */
  readonly from: string;
  /** A container's name or id (its address that the sender shares a network with), or an address. */
  readonly to: string;
  readonly protocol: Protocol;
  /** For TCP and UDP. */
  readonly port?: number;
  /** Bytes of payload of an ICMP echo. */
  readonly size?: number;
  /** Answers expected of a burst; 1 when left out. */
  readonly count?: number;
  /** Milliseconds for all of it. Default 15,000. */
  readonly deadline?: number;
}

export interface Explained {
  readonly walk: Walk;
  /** Nearest to the packet's end first; empty when it arrived. */
  readonly causes: readonly Cause[];
  /** The place alone, as the kernel told it, where nothing that was looked at says what ended the packet there. */
  readonly place: readonly Cause[];
}
