import { type Cidr, cidr, isIpv4Cidr } from "../model/cidr.ts";
import { isIpv4 } from "../model/ipv4.ts";
import { LONG_NAMES, type Rule } from "./rule-match.ts";

/** The states that conntrack gives a packet and rules name. */
export type ConnectionState = "NEW" | "ESTABLISHED" | "RELATED" | "INVALID" | "UNTRACKED";

/** What all packets of one kind have in common; what is left out differs among them. */
export interface PacketKind {
  readonly from?: { readonly device?: string; readonly addresses?: Cidr };
  readonly to?: { readonly device?: string; readonly addresses?: Cidr; readonly host?: true };
  readonly protocol?: "tcp" | "udp";
  readonly port?: number;
  readonly state?: ConnectionState;
}

/**
 * How much of a kind a rule takes: `ports` = it asks for nothing else but a protocol's ports or flags beside what the
 * kind has; `some` = for a peer, a mark, a rate or whatever else can't be told from the kind.
 */
export type Share = "all" | "ports" | "some" | "none";

/** What became of packets of one kind in a table's rules, as far as the rules alone tell. */
export type WalkEnd =
  /** They come to a rule that was looked for. */
  | { readonly kind: "met"; readonly rule: Rule }
  /** All of them are decided before. */
  | { readonly kind: "decided"; readonly rule: Rule; readonly target: string }
  /** They leave the first chain without having come there: its policy decides, or its caller goes on. */
  | { readonly kind: "passed by"; readonly rule: Rule | null };

/** Where a walk begins, and what it looks for. */
export interface Walk {
  readonly table: string;
  readonly chain: string;
  readonly packets: PacketKind;
  /** Whether this rule, which takes such a share of the packets, is the one that they have to come to. */
  readonly until: (rule: Rule, share: Share) => boolean;
  /** Is told of each rule on the way that decides about a part of the packets, with its target. */
  readonly aside?: (rule: Rule, share: Share, target: string) => void;
}

/** Targets that end a packet's way through a table. Any other one is a chain of somebody's, or lets the packet go on. */
const DECIDING = new Set([
  "ACCEPT",
  "DROP",
  "REJECT",
  "DNAT",
  "SNAT",
  "MASQUERADE",
  "REDIRECT",
  "NETMAP",
  "TPROXY",
  "QUEUE",
  "NFQUEUE",
]);

/**
 * Follows packets of one kind through the rules of one table in the order in which the kernel asks them, into chains
 * and back. A rule decides only where it takes all of them; one that takes a part is told to `aside`.
 */
export function walkRules(rules: readonly Rule[], { table, chain, packets, until, aside }: Walk): WalkEnd {
  const chains = Map.groupBy(
    rules.filter((rule) => rule.table === table),
    (rule) => rule.chain,
  );
  let returned: Rule | null = null;
  const through = (name: string, share: Share, open: readonly string[]): WalkEnd | null => {
    for (const rule of chains.get(name) ?? []) {
      const own = lesser(share, shareOf(rule, packets));
      if (own === "none") continue;
      if (until(rule, own)) return { kind: "met", rule };
      const target = targetOf(rule);
      if (target === null) continue;
      if (target.name === "RETURN") {
        if (own !== share) continue;
        returned = rule;
        return null;
      }
      if (DECIDING.has(target.name)) {
        if (own === "all") return { kind: "decided", rule, target: target.name };
        aside?.(rule, own, target.name);
        continue;
      }
      // The kernel takes no rules that go in a circle; a text may.
      const end = open.includes(target.name) ? null : through(target.name, own, [...open, target.name]);
      if (end !== null) return end;
      if (target.goes && own === share) return null;
    }
    return null;
  };
  return through(chain, "all", [chain]) ?? { kind: "passed by", rule: returned };
}

/** Where a rule sends what it takes: a chain or a target, by a jump or for good (`-g`). Null for a rule that only counts. */
function targetOf({ args }: Rule): { name: string; goes: boolean } | null {
  const at = args.findIndex((word) => word === "-j" || word === "--jump" || word === "-g" || word === "--goto");
  const name = args[at + 1];
  return at < 0 || name === undefined ? null : { name, goes: args[at] === "-g" || args[at] === "--goto" };
}

const ORDER: readonly Share[] = ["none", "some", "ports", "all"];

function lesser(one: Share, other: Share): Share {
  return ORDER[Math.min(ORDER.indexOf(one), ORDER.indexOf(other))] ?? "some";
}

/** Which share of packets of a kind a rule takes, by all that it asks for before its target. */
export function shareOf({ args }: Rule, packets: PacketKind): Share {
  let share: Share = "all";
  let negated = false;
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "!") {
      negated = true;
      continue;
    }
    if (word === "-j" || word === "-g" || word === "--jump" || word === "--goto") break;
    const values: string[] = [];
    while (index + 1 < args.length && args[index + 1] !== "!" && !/^--?[a-z]/i.test(args[index + 1] ?? "")) {
      index++;
      values.push(args[index] ?? "");
    }
    const taken = conditionShare(LONG_NAMES[word] ?? word, values.join(" "), packets);
    share = lesser(share, negated ? opposite(taken) : taken);
    negated = false;
  }
  return share;
}

/** What a negated condition takes: what it does not take when it is not. */
function opposite(share: Share): Share {
  if (share === "all") return "none";
  return share === "none" ? "all" : share;
}

function conditionShare(option: string, value: string, { from, to, protocol, port, state }: PacketKind): Share {
  switch (option) {
    case "-m":
    case "--match":
    case "--comment":
    case "-c":
      return "all";
    case "-i":
      return ofDevice(value, from?.device);
    case "-o":
      return ofDevice(value, to?.device);
    case "-s":
      return ofAddresses(value, from?.addresses);
    case "-d":
      return ofAddresses(value, to?.addresses);
    case "-p":
      return ofProtocol(value, protocol);
    case "--dport":
    case "--dports":
      return port === undefined ? "ports" : ofPort(value, port);
    case "--sport":
    case "--sports":
    case "--ports":
    case "--tcp-flags":
    case "--syn":
    case "--icmp-type":
      return "ports";
    case "--ctstate":
    case "--state":
      return ofState(value, state);
    case "--dst-type":
      return to?.host === true && value === "LOCAL" ? "all" : "some";
    default:
      return "some";
  }
}

/** `br-+` stands for every device whose name begins so. */
function ofDevice(pattern: string, device: string | undefined): Share {
  if (pattern === "+") return "all";
  if (device === undefined) return "some";
  const is = pattern.endsWith("+") ? device.startsWith(pattern.slice(0, -1)) : device === pattern;
  return is ? "all" : "none";
}

function ofAddresses(text: string, addresses: Cidr | undefined): Share {
  const wanted = isIpv4(text) ? cidr(`${text}/32`) : isIpv4Cidr(text) ? cidr(text) : null;
  if (wanted === null) return "some";
  if (wanted.prefix === 0) return "all";
  if (addresses === undefined) return "some";
  if (wanted.contains(addresses)) return "all";
  return wanted.overlaps(addresses) ? "some" : "none";
}

function ofProtocol(value: string, protocol: "tcp" | "udp" | undefined): Share {
  const name = { "6": "tcp", "17": "udp" }[value] ?? value;
  if (name === "all" || name === "0") return "all";
  if (protocol === undefined) return "ports";
  return name === protocol ? "all" : "none";
}

/** `80`, `8000:8080`, `1024:`, or several with commas. */
function ofPort(value: string, port: number): Share {
  const within = value.split(",").some((part) => {
    const [first = "", last = first] = part.split(":");
    return port >= Number(first || 0) && port <= Number(last || 65_535);
  });
  return within ? "all" : "none";
}

const STATES: readonly string[] = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"];

function ofState(value: string, state: ConnectionState | undefined): Share {
  if (state === undefined) return "some";
  const named = value.split(",");
  if (named.includes(state)) return "all";
  // DNAT and SNAT tell of translation, which packets of any state may have met.
  return named.some((one) => !STATES.includes(one)) ? "some" : "none";
}
