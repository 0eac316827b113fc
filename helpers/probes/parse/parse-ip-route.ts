import { addressIn, prefixedAddressIn } from "./address-text.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

export interface NextHop {
  readonly gateway?: string;
  readonly interface?: string;
  readonly weight?: number;
  /** `onlink`, `linkdown`, `dead`… */
  readonly flags: readonly string[];
}

/** One route as `ip route` shows it. What the program did not print is absent. */
export interface IpRoute {
  readonly type:
    | "unicast"
    | "local"
    | "broadcast"
    | "multicast"
    | "anycast"
    | "throw"
    | "unreachable"
    | "prohibit"
    | "blackhole";
  /** `default`, or a network always with its prefix length: `10.0.0.0/24`, `198.51.100.7/32`. */
  readonly destination: string;
  readonly gateway?: string;
  readonly interface?: string;
  /** Who made the route (`kernel`, `dhcp`, `static`); BusyBox doesn't print it. */
  readonly protocol?: string;
  readonly scope?: string;
  /** Source address that packets get. */
  readonly source?: string;
  readonly metric?: number;
  /** Absent for the main table. */
  readonly table?: string;
  /** Bytes. */
  readonly mtu?: number;
  /** `onlink`, `linkdown`, `dead`…; BusyBox prints `onlink` only. */
  readonly flags: readonly string[];
  /** Of a multipath route; BusyBox leaves them out, so that such a route has neither gateway nor interface nor hops. */
  readonly nextHops: readonly NextHop[];
}

const PARSER = "ip route";
const TYPES: ReadonlySet<string> = new Set([
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "anycast",
  "throw",
  "unreachable",
  "prohibit",
  "blackhole",
]);
const FLAGS = new Set(
  "onlink linkdown dead pervasive offload trap notify unresolved rt_offload rt_trap rt_offload_failed cache".split(" "),
);
/** Attributes with one value that nothing here needs. */
const OTHERS = new Set(
  "pref advmss expires error hoplimit initcwnd initrwnd rtt rttvar rto_min window cwnd ssthresh reordering realm realms nhid quickack congctl features fastopen_no_cookie".split(
    " ",
  ),
);

/**
 * Reads `ip route` and `ip -6 route`, with or without `show table …`, of BusyBox (1.35 to 1.38) and iproute2 (6.1 to
 * 7.3). No routes give an empty list.
 * @throws UnreadableOutput
 */
export function parseIpRoute(text: string): IpRoute[] {
  const routes: (IpRoute & { nextHops: NextHop[] })[] = [];
  for (const line of text.split("\n").filter((candidate) => candidate.trim() !== "")) {
    if (!/^\s/.test(line)) {
      routes.push(readRoute(line));
      continue;
    }
    const route = routes.at(-1);
    if (route === undefined) throw new UnreadableOutput(PARSER, line, "a next hop without a route");
    route.nextHops.push(readNextHop(line));
  }
  return routes;
}

function readRoute(line: string): IpRoute & { nextHops: NextHop[] } {
  const words = new Words(PARSER, line);
  const type = TYPES.has(words.peek() ?? "") ? (words.take("type") as IpRoute["type"]) : "unicast";
  const text = words.take("destination");
  let destination = text;
  if (text !== "default") {
    const { address, prefix } = prefixedAddressIn(words, text);
    destination = `${address}/${prefix}`;
  }
  const route: { -readonly [Key in keyof IpRoute]?: IpRoute[Key] } = {};
  const flags: string[] = [];
  while (!words.done) {
    const key = words.take("attribute");
    if (key === "via") route.gateway = readGateway(words);
    else if (key === "dev") route.interface = words.take(key);
    else if (key === "proto") route.protocol = words.take(key);
    else if (key === "scope" || key === "table") route[key] = words.take(key);
    else if (key === "src") route.source = addressIn(words, words.take(key)).address;
    else if (key === "metric") route.metric = words.integer(key);
    else if (key === "mtu") {
      if (words.peek() === "lock") words.take("lock");
      route.mtu = words.integer(key);
    } else if (FLAGS.has(key)) flags.push(key);
    else if (OTHERS.has(key)) words.take(key);
    else words.fail(`unknown attribute ${key}`);
  }
  return { type, destination, ...route, flags, nextHops: [] };
}

function readNextHop(line: string): NextHop {
  const words = new Words(PARSER, line);
  if (words.take("nexthop") !== "nexthop") words.fail("no next hop");
  const hop: { gateway?: string; interface?: string; weight?: number } = {};
  const flags: string[] = [];
  while (!words.done) {
    const key = words.take("attribute");
    if (key === "via") hop.gateway = readGateway(words);
    else if (key === "dev") hop.interface = words.take(key);
    else if (key === "weight") hop.weight = words.integer(key);
    else if (FLAGS.has(key)) flags.push(key);
    else words.fail(`unknown attribute ${key}`);
  }
  return { ...hop, flags };
}

/** `via 10.0.0.1`, and `via inet6 fe80::1` for an IPv4 route over an IPv6 neighbour. */
function readGateway(words: Words): string {
  const first = words.take("gateway");
  return addressIn(words, first === "inet" || first === "inet6" ? words.take("gateway") : first).address;
}
