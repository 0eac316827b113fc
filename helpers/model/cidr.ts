import { formatIpv4, isIpv4, parseIpv4 } from "./ipv4.ts";

/** An IPv4 network: `cidr("10.1.2.0/24").host(5)` is `10.1.2.5`. Immutable; equal networks have equal texts. */
export class Cidr {
  /** Prefix length, 0 … 32. */
  readonly prefix: number;
  readonly #first: number;

  constructor(network: number, prefix: number) {
    this.prefix = prefix;
    this.#first = network;
  }

  get #size(): number {
    return 2 ** (32 - this.prefix);
  }

  /** The network address, all host bits zero. */
  get network(): string {
    return formatIpv4(this.#first);
  }

  /** The address with all host bits one, which Docker sets as `brd` on eth0. */
  get broadcast(): string {
    return formatIpv4(this.#first + this.#size - 1);
  }

  /** Number of addresses a host may have: without network and broadcast address, except in /31 and /32 (RFC 3021). */
  get hostCount(): number {
    return this.prefix >= 31 ? this.#size : this.#size - 2;
  }

  get firstHost(): string {
    return this.host(1);
  }

  get lastHost(): string {
    return this.host(this.hostCount);
  }

  /** The nth host address, counted from 1. Throws a RangeError outside 1 … hostCount. */
  host(n: number): string {
    if (!Number.isInteger(n) || n < 1 || n > this.hostCount) {
      throw new RangeError(`${this} has the hosts 1 to ${this.hostCount}, there is no host ${n}`);
    }
    return formatIpv4(this.#first + n - (this.prefix >= 31 ? 1 : 0));
  }

  /** True when the address, or the whole of the other network, lies within this one. An IPv6 address never does. */
  contains(other: string | Cidr): boolean {
    if (other instanceof Cidr) {
      return other.prefix >= this.prefix && other.#first >= this.#first && other.#first < this.#first + this.#size;
    }
    if (!isIpv4(other)) return false;
    const address = parseIpv4(other);
    return address >= this.#first && address < this.#first + this.#size;
  }

  /** True when the two networks have an address in common. */
  overlaps(other: Cidr): boolean {
    return this.contains(other) || other.contains(this);
  }

  equals(other: Cidr): boolean {
    return this.prefix === other.prefix && this.#first === other.#first;
  }

  /** `10.1.2.0/24` */
  toString(): string {
    return `${this.network}/${this.prefix}`;
  }
}

/** Splits `10.1.2.5/24` into address and prefix length; null when it is not IPv4 CIDR text. */
function split(text: string): { address: number; prefix: number } | null {
  const [address, prefix, ...rest] = text.split("/");
  if (address === undefined || prefix === undefined || rest.length > 0) return null;
  if (!isIpv4(address) || !/^(0|[1-9]\d?)$/.test(prefix) || Number(prefix) > 32) return null;
  return { address: parseIpv4(address), prefix: Number(prefix) };
}

/** True for IPv4 CIDR text, host bits or not. */
export function isIpv4Cidr(text: string): boolean {
  return split(text) !== null;
}

/**
 * The network that `text` (`10.1.2.0/24`, or an interface address such as `10.1.2.5/24`) belongs to.
 * With `strict`, host bits are refused, as Engine 25 and later refuse them in `--subnet`. Throws a RangeError that quotes the text.
 */
export function cidr(text: string, options: { readonly strict?: boolean } = {}): Cidr {
  const parts = split(text);
  if (parts === null) throw new RangeError(`not an IPv4 network: ${JSON.stringify(text)}`);
  const size = 2 ** (32 - parts.prefix);
  const network = parts.address - (parts.address % size);
  if (options.strict && network !== parts.address) {
    throw new RangeError(`${text} has host bits set: it should be ${formatIpv4(network)}/${parts.prefix}`);
  }
  return new Cidr(network, parts.prefix);
}

/** The address part of `10.1.2.5/24`. Throws a RangeError on anything else. */
export function addressOf(text: string): string {
  const parts = split(text);
  if (parts === null) throw new RangeError(`not an IPv4 address with prefix: ${JSON.stringify(text)}`);
  return formatIpv4(parts.address);
}

/**
 * The address the engine gives next: the lowest of `range` (default: the subnet) that is not taken and is neither the
 * subnet's network nor its broadcast address; the first address of a narrower range does count (measured: 20.10, 26, 28).
 * `taken` must hold the gateway and auxiliary addresses; entries may carry a prefix. Throws a RangeError when none is free.
 */
export function lowestFreeHost(subnet: Cidr, taken: Iterable<string>, range: Cidr = subnet): string {
  const used = new Set([...taken].map((address) => parseIpv4(address.split("/")[0] ?? "")));
  const first = Math.max(parseIpv4(range.network), parseIpv4(subnet.firstHost));
  const last = Math.min(parseIpv4(range.broadcast), parseIpv4(subnet.lastHost));
  for (let address = first; address <= last; address++) {
    if (!used.has(address)) return formatIpv4(address);
  }
  throw new RangeError(`no free address in ${range} of ${subnet}`);
}
