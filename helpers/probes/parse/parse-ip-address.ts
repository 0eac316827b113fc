import { addressIn, type Family, familyOf, isMac, prefixedAddressIn } from "./address-text.ts";
import { type LinkName, splitLinkName } from "./link-name.ts";
import { UnreadableOutput } from "./unreadable-output.ts";
import { Words } from "./words.ts";

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: string;
  /** Prefix length in bits; with a `peer`, that of the peer's network. */
  readonly prefix: number;
  /** The other side of a point-to-point address. */
  readonly peer?: string;
  readonly broadcast?: string;
  /** `global`, `link`, `host`, `site` or a number from rt_scopes. */
  readonly scope: string;
  /** IPv4 only: the interface, or an alias of it such as `eth0:1`. */
  readonly label?: string;
}

/** One link as `ip addr` and `ip link` show it. What the program did not print is absent. */
export interface IpLink extends LinkName {
  readonly index: number;
  /**
   * As printed. Beware of `M-DOWN`: it means that the link named after `@` is down, and BusyBox looks that one up in
   * the wrong namespace, so in a container every `eth0` has it. It says nothing about this link.
   */
  readonly flags: readonly string[];
  /** Bytes. */
  readonly mtu: number;
  readonly qdisc?: string;
  /** Operational state (`UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN`); BusyBox doesn't print it. */
  readonly state?: string;
  /** Packets; not printed where it is 0 (except by iproute2 7). */
  readonly queueLength?: number;
  /** The bridge (or bond, VRF) that this is a port of. */
  readonly master?: string;
  /** Number of the namespace that the other end is in, as this namespace counts them; BusyBox doesn't print it. */
  readonly linkNetnsId?: number;
  /** Its name, where `ip netns` knows one. */
  readonly linkNetns?: string;
  readonly mac?: string;
  readonly broadcastMac?: string;
  readonly altNames?: readonly string[];
  readonly alias?: string;
  readonly addresses: readonly InterfaceAddress[];
}

const PARSER = "ip addr";

/** Words after an address that say something about its state and take no value. */
const ADDRESS_FLAGS = new Set(
  "secondary temporary nodad optimistic dadfailed home deprecated tentative permanent mngtmpaddr noprefixroute autojoin dynamic stable-privacy".split(
    " ",
  ),
);

type Draft = { -readonly [Key in keyof IpLink]: IpLink[Key] } & { addresses: InterfaceAddress[] };

/**
 * Reads `ip addr` and `ip link` of BusyBox (1.35 to 1.38) and of iproute2 (6.1 to 7.3), as text or as `-j`; without
 * `-d`, `-s` and `-o`. Text without links gives an empty list (`ip link show master x` prints none).
 * @throws UnreadableOutput
 */
export function parseIpAddress(text: string): IpLink[] {
  if (text.trimStart().startsWith("[")) return parseJson(text);
  const links: Draft[] = [];
  for (const line of text.split("\n").filter((candidate) => candidate.trim() !== "")) {
    if (/^\d/.test(line)) {
      links.push(readHeader(line));
      continue;
    }
    const link = links.at(-1);
    if (link === undefined || !line.startsWith("    "))
      throw new UnreadableOutput(PARSER, line, "neither a link nor a detail of one");
    readDetail(line, link);
  }
  return links;
}

function readHeader(line: string): Draft {
  const match = /^(\d+): (\S+): <([^<>\s]*)>(.*)$/.exec(line);
  if (match === null) throw new UnreadableOutput(PARSER, line, "no line of a link");
  const [, index = "", name = "", flags = "", rest = ""] = match;
  const words = new Words(PARSER, line, rest);
  let mtu: number | undefined;
  const link: Partial<Draft> = {};
  while (!words.done) {
    const key = words.take("attribute");
    if (key === "mtu") mtu = words.integer(key);
    else if (key === "qlen") link.queueLength = words.integer(key);
    else if (key === "qdisc" || key === "master" || key === "state") link[key] = words.take(key);
    else if (key === "group" || key === "mode" || key === "protodown") words.take(key);
    else words.fail(`unknown attribute ${key}`);
  }
  if (mtu === undefined) return words.fail("no mtu");
  return {
    index: words.toInteger(index, "index"),
    ...splitLinkName(name),
    flags: flags === "" ? [] : flags.split(","),
    mtu,
    ...link,
    addresses: [],
  };
}

function readDetail(line: string, link: Draft): void {
  const words = new Words(PARSER, line);
  const key = words.take("detail");
  if (key.startsWith("link/")) readHardware(words, link);
  else if (key === "inet" || key === "inet6") link.addresses.push(readAddress(words, key));
  else if (key === "altname") link.altNames = [...(link.altNames ?? []), words.take(key)];
  else if (key === "alias") link.alias = line.trim().slice("alias ".length);
  else if (key === "valid_lft") {
    if (!/^\s+valid_lft (forever|\d+sec) preferred_lft (forever|\d+sec)\s*$/.test(line)) words.fail("no lifetimes");
  } else words.fail(`unknown detail ${key}`);
}

/** `link/ether <mac> brd <mac> link-netnsid 0`, `link/none`, `link/[65534]`; of tunnels it names the endpoints instead. */
function readHardware(words: Words, link: Draft): void {
  const keys = new Set(["brd", "peer", "link-netnsid", "link-netns", "permaddr"]);
  const first = words.peek();
  if (first !== undefined && !keys.has(first)) {
    words.take("hardware address");
    if (isMac(first)) link.mac = first;
  }
  while (!words.done) {
    const key = words.take("attribute");
    if (!keys.has(key)) words.fail(`unknown attribute ${key}`);
    else if (key === "link-netnsid") {
      // The other end's namespace is going away at this moment.
      if (words.peek() === "unknown") words.take(key);
      else link.linkNetnsId = words.integer(key);
    } else {
      const value = words.take(key);
      if (key === "link-netns") link.linkNetns = value;
      if (key === "brd" && isMac(value)) link.broadcastMac = value;
    }
  }
}

function readAddress(words: Words, key: "inet" | "inet6"): InterfaceAddress {
  const own = words.take("address");
  let peer: string | undefined;
  if (words.peek() === "peer") {
    words.take("peer");
    peer = words.take("address of the peer");
  }
  const { prefix, family, address: ofPrefix } = prefixedAddressIn(words, peer ?? own);
  const { address } = peer === undefined ? { address: ofPrefix } : addressIn(words, own);
  if (familyOf(address) !== (key === "inet" ? 4 : 6) || familyOf(address) !== family)
    words.fail(`not of the family ${key}`);
  let broadcast: string | undefined;
  let scope: string | undefined;
  let label: string | undefined;
  while (!words.done) {
    const word = words.take("attribute");
    if (word === "brd") broadcast = addressIn(words, words.take(word)).address;
    else if (word === "scope") scope = words.take(word);
    else if (word === "any" || word === "metric" || word === "proto" || word === "flags") words.take(word);
    else if (!ADDRESS_FLAGS.has(word)) {
      if (family === 6 || label !== undefined || !words.done) words.fail(`unknown attribute ${word}`);
      label = word;
    }
  }
  if (scope === undefined) return words.fail("no scope");
  return {
    family,
    address,
    prefix,
    ...(peer && { peer: ofPrefix }),
    ...(broadcast && { broadcast }),
    scope,
    ...(label && { label }),
  };
}

function parseJson(text: string): IpLink[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new UnreadableOutput(PARSER, text, "no JSON");
  }
  if (!Array.isArray(parsed)) throw new UnreadableOutput(PARSER, text, "no list");
  // `ip -j addr show` prints {} in the place of a link that its filter leaves out.
  return parsed
    .map((entry) => new JsonObject(entry))
    .filter((link) => !link.empty)
    .map(readJsonLink);
}

function readJsonLink(link: JsonObject): IpLink {
  const mac = link.optionalText("address");
  const broadcastMac = link.optionalText("broadcast");
  return withoutUndefined({
    index: link.number("ifindex"),
    name: link.text("ifname"),
    peerIndex: link.optionalNumber("link_index"),
    peerName: link.optionalText("link"),
    flags: link.list("flags").map(String),
    mtu: link.number("mtu"),
    qdisc: link.optionalText("qdisc"),
    state: link.optionalText("operstate"),
    queueLength: link.optionalNumber("txqlen"),
    master: link.optionalText("master"),
    // -1: the other end's namespace is going away at this moment.
    linkNetnsId: link.is("link_netnsid", -1) ? undefined : link.optionalNumber("link_netnsid"),
    mac: mac !== undefined && isMac(mac) ? mac : undefined,
    broadcastMac: broadcastMac !== undefined && isMac(broadcastMac) ? broadcastMac : undefined,
    altNames: link.has("altnames") ? link.list("altnames").map(String) : undefined,
    alias: link.optionalText("ifalias"),
    addresses: link.has("addr_info")
      ? link
          .list("addr_info")
          .map((entry) => new JsonObject(entry))
          .filter((entry) => !entry.empty)
          .map(readJsonAddress)
      : [],
  });
}

function readJsonAddress(entry: JsonObject): InterfaceAddress {
  const address = entry.text("local");
  const prefix = entry.number("prefixlen");
  const family = familyOf(address);
  if (family === null || prefix > (family === 4 ? 32 : 128)) return entry.fail("no address with prefix");
  return withoutUndefined({
    family,
    address,
    prefix,
    peer: entry.optionalText("address"),
    broadcast: entry.optionalText("broadcast"),
    scope: entry.text("scope"),
    label: entry.optionalText("label"),
  });
}

/** Drops the keys whose value is undefined, so that absent means absent in text and JSON alike. */
function withoutUndefined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}

/** Typed access to one object of the JSON output. */
class JsonObject {
  readonly #fields: ReadonlyMap<string, unknown>;
  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new UnreadableOutput(PARSER, JSON.stringify(value), "no object");
    this.#fields = new Map(Object.entries(value));
  }
  get empty(): boolean {
    return this.#fields.size === 0;
  }
  has(key: string): boolean {
    return this.#fields.has(key);
  }
  is(key: string, value: unknown): boolean {
    return this.#fields.get(key) === value;
  }
  optionalText(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }
  text(key: string): string {
    const value = this.#fields.get(key);
    return typeof value === "string" ? value : this.fail(`no text in ${key}`);
  }
  optionalNumber(key: string): number | undefined {
    return this.has(key) ? this.number(key) : undefined;
  }
  number(key: string): number {
    const value = this.#fields.get(key);
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.fail(`no number in ${key}`);
  }
  list(key: string): unknown[] {
    const value = this.#fields.get(key);
    return Array.isArray(value) ? value : this.fail(`no list in ${key}`);
  }
  fail(why: string): never {
    throw new UnreadableOutput(PARSER, JSON.stringify(Object.fromEntries(this.#fields)), why);
  }
}
