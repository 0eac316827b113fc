/** The protocol family of an nftables table; iptables' tables are `ip` and `ip6`, ebtables' are `bridge`. */
export type TableFamily = "ip" | "ip6" | "inet" | "bridge" | "arp" | "netdev";

/** Where in the kernel a base chain is called. */
export type Hook = "ingress" | "prerouting" | "input" | "forward" | "output" | "postrouting" | "egress";

/** What shows a table and changes its rules: `iptables` speaks for nftables or for the legacy tables, as the host has it. */
export type Program =
  | "nft"
  | "iptables"
  | "ip6tables"
  | "iptables-nft"
  | "ip6tables-nft"
  | "iptables-legacy"
  | "ip6tables-legacy";

/** A property of a packet that a rule may ask for. */
export type Field =
  | "family"
  | "protocol"
  | "source address"
  | "destination address"
  | "source port"
  | "destination port"
  /** Of the connection's first packet, before any translation. */
  | "original source"
  | "original destination"
  | "original source port"
  | "original destination port"
  | "in device"
  | "out device"
  | "connection state"
  | "connection status"
  | "mark"
  | "connection mark"
  | "length"
  /** Of TCP: the largest segment that the sender of a SYN takes. */
  | "mss"
  | "tcp flags"
  | "icmp type"
  | "source type"
  | "destination type"
  /** Of the destination on the device by which the packet came in: an address of another device is not local there. */
  | "destination type on its device"
  /** The sender's hardware address. */
  | "source mac"
  | "ttl"
  /** `original` or `reply`, of the connection. */
  | "direction"
  /** Ids of whose program sends it: none where the packet is only passed on. */
  | "owner"
  /** `yes` for what goes from port to port of one bridge. */
  | "bridged"
  /** `kept` where the way back to its source leads by the device that it came in by, `missing` otherwise. */
  | "return path"
  | "return path by any device"
  | "packet type"
  /** Of ARP: `request`, `reply`. */
  | "arp operation"
  | "dscp"
  /** Offset of a fragment; 0 for what is whole. */
  | "fragment"
  | "ipsec";

/**
 * One value that a property is compared with: a range of numbers (addresses and marks too, both ends included), bits
 * under a mask, or a word, where a `*` at the end stands for any rest.
 */
export type Value =
  | { readonly from: bigint; readonly to: bigint }
  | { readonly mask: bigint; readonly bits: bigint }
  /** Any of these bits is set. */
  | { readonly anyOf: bigint }
  | { readonly word: string };

/** What a named set of nftables, or a list in braces, holds: each element has one value for each property compared. */
export type Elements = readonly (readonly Value[])[];

/** Part of a rule that lets a packet go on to the next part, or not. */
export type Match =
  | {
      readonly kind: "field";
      /** More than one where values are joined (`ip saddr . tcp dport`). */
      readonly fields: readonly Field[];
      readonly not: boolean;
      readonly any: Elements;
      /** Its addresses' family: a packet of the other one never matches, negated or not. */
      readonly family?: "ip" | "ip6";
    }
  /** A named set of nftables that may change at any time: what it held is in its table. */
  | {
      readonly kind: "set";
      readonly fields: readonly Field[];
      readonly not: boolean;
      readonly set: string;
      readonly family?: "ip" | "ip6";
    }
  /** A named set of ipset: what its dimensions are is its own. */
  | {
      readonly kind: "ipset";
      readonly set: string;
      /** `src` or `dst`, one for each dimension. */
      readonly sides: readonly string[];
      readonly not: boolean;
      readonly family: "ip" | "ip6";
    }
  /** Lets a part of the packets through by time or chance: limit, hashlimit, statistic, quota, recent, connlimit. */
  | {
      readonly kind: "some";
      readonly text: string;
      /** A number is drawn or counted for each packet, whoever sends it and how often: never a protection. */
      readonly drawn: boolean;
      /** What it does until somebody sets it back: a quota that is used up, or far from it. */
      readonly now?: "matches" | "ends";
    }
  /** What this reader does not know: it may match or not. */
  | { readonly kind: "unknown"; readonly text: string };

/** Part of a rule that does something. */
export type Action =
  | { readonly kind: "accept" | "drop" | "return" | "continue" }
  | { readonly kind: "reject"; readonly how: string }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  | { readonly kind: "queue"; readonly first: number; readonly last: number; readonly bypass: boolean }
  /** `address` and `port` null where the rule leaves them as they are, or takes one of several. */
  | Translation
  | {
      readonly kind: "mark";
      readonly which: "mark" | "connection mark" /** new = (old & ~clear) ^ set */;
      readonly clear: bigint;
      readonly set: bigint;
    }
  /** Taken from the other mark (`--restore-mark`, `--save-mark`): new = (old & ~clear) ^ (other & taken). */
  | {
      readonly kind: "mark copied";
      readonly which: "mark" | "connection mark";
      readonly clear: bigint;
      readonly taken: bigint;
    }
  /** A mark that depends on what is not known here. */
  | { readonly kind: "mark unknown"; readonly which: "mark" | "connection mark" }
  /** The connection is not tracked, and so not translated. */
  | { readonly kind: "untrack" }
  /** Its connection is looked for among those of this zone alone. */
  | { readonly kind: "zone"; readonly zone: number }
  /** Hops that are left: set, or so many more or fewer. */
  | { readonly kind: "ttl"; readonly by: "set" | "add"; readonly value: number }
  /** To a program of this host, or out by another device; `surely` false where a packet that nobody waits for goes on. */
  | {
      readonly kind: "take";
      readonly surely: boolean;
      /** Where that program has to listen; null where none is asked, or it is not known. */
      readonly at: { readonly address: string | null; readonly port: number } | null;
      readonly text: string;
    }
  /** Chooses by a map: the first element that the packet matches says what is done. */
  | {
      readonly kind: "map";
      readonly fields: readonly Field[];
      readonly family?: "ip" | "ip6";
      readonly map: string | VerdictMap;
      readonly text: string;
    }
  /** Counters, logs and what else lets the packet go on as it is. */
  | { readonly kind: "passes on"; readonly text: string }
  /** What this reader does not know: it may end the packet or not. */
  | { readonly kind: "unknown action"; readonly text: string };

/** Gives a packet another source or destination. */
export interface Translation {
  readonly kind: "dnat" | "snat" | "redirect" | "masquerade";
  readonly address: string | null;
  readonly port: number | null;
  /** What of it is one of several (a range). */
  readonly oneOf?: readonly ("address" | "port")[];
}

export type Step = Match | Action;

/** Key → action, as a verdict map of nftables holds it. */
export type VerdictMap = readonly { readonly key: readonly Value[]; readonly action: Action }[];

/** A set of ipset. */
export interface IpSet {
  /** `ip`, `net`, `port`, … */
  readonly dimensions: readonly string[];
  /** null where one can't be read. */
  readonly elements: Elements | null;
}

export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}

export interface Rule {
  /** In the order in which they are done; a match that fails ends the rule. */
  readonly steps: readonly Step[];
  /** As its program prints it, without counters: `-A FORWARD -j DOCKER-USER`, `tcp dport 22 accept`. */
  readonly text: string;
  /** null when the rule counts nothing. */
  readonly counters: Counters | null;
  /** nftables' number of the rule in its table; null for rules of iptables. */
  readonly handle: number | null;
}

/** What makes a chain a base chain. */
export interface Base {
  readonly hook: Hook;
  readonly priority: number;
  readonly type: "filter" | "nat" | "route";
  readonly policy: "accept" | "drop";
  /** Only the packets of these devices; empty for all (hooks of other families than netdev). */
  readonly devices: readonly string[];
  /** Of packets that reached the policy; null where nothing counts them (nftables). */
  readonly policyCounters: Counters | null;
}

export interface Chain {
  readonly name: string;
  /** null for a chain that only others jump to. */
  readonly base: Base | null;
  readonly rules: readonly Rule[];
}

export interface Table {
  readonly program: Program;
  readonly family: TableFamily;
  readonly name: string;
  readonly chains: readonly Chain[];
  /** Named sets; null for one whose elements can't be read. */
  readonly sets: Readonly<Record<string, Elements | null>>;
  readonly maps: Readonly<Record<string, VerdictMap | null>>;
  /** Those of ipset, which rules of iptables ask; missing where nothing was read of them. */
  readonly ipsets?: Readonly<Record<string, IpSet>>;
}

/** Every packet filter of one network namespace. */
export interface Firewall {
  readonly tables: readonly Table[];
  /** Queues that a program reads and decides about; left out where nobody looked. */
  readonly readQueues?: readonly number[];
  /** What was not read, each with the reason: nothing may be concluded about it. */
  readonly unread: readonly string[];
}

/** Where something stands in a firewall. */
export interface Place {
  readonly table: Table;
  readonly chain: Chain;
  /** null for the chain's policy. */
  readonly rule: Rule | null;
}

/** What of a translation is one of several, where anything is. */
export function oneOf(several: { readonly address: boolean; readonly port: boolean }): Pick<Translation, "oneOf"> {
  const parts = (["address", "port"] as const).filter((part) => several[part]);
  return parts.length === 0 ? {} : { oneOf: parts };
}

/** Whether a step is a match. */
export function isMatch(step: Step): step is Match {
  return ["field", "set", "ipset", "some", "unknown"].includes(step.kind);
}
