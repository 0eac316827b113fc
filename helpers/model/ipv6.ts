import { isIpv4, parseIpv4 } from "./ipv4.ts";

const GROUP = /^[0-9a-f]{1,4}$/i;

/** The 16-bit groups of one side of `::`, or null when a group is unreadable. A final dotted quad counts as two groups. */
function groupsOf(side: string): number[] | null {
  if (side === "") return [];
  const parts = side.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && isIpv4(part)) {
      const value = parseIpv4(part);
      groups.push(Math.floor(value / 0x10000), value % 0x10000);
    } else if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

function read(text: string): bigint | null {
  const zone = text.indexOf("%");
  const address = zone === -1 ? text : text.slice(0, zone);
  const sides = address.split("::");
  const [left, right] = sides;
  if (left === undefined || sides.length > 2) return null;
  const head = groupsOf(left);
  if (head === null) return null;
  let groups = head;
  if (right !== undefined) {
    const tail = groupsOf(right);
    // RFC 4291 2.2: `::` stands for at least one group.
    if (tail === null || head.length + tail.length > 7 || left.includes(".")) return null;
    groups = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  }
  if (groups.length !== 8) return null;
  return groups.reduce((value, group) => value * 0x10000n + BigInt(group), 0n);
}

/** True for an IPv6 address in any notation, with or without a `%zone`, without prefix or brackets. */
export function isIpv6(text: string): boolean {
  return read(text) !== null;
}

/** The 128-bit number of an IPv6 address; a `%zone` is left aside. Throws a RangeError that quotes the text. */
export function parseIpv6(text: string): bigint {
  const value = read(text);
  if (value === null) throw new RangeError(`not an IPv6 address: ${JSON.stringify(text)}`);
  return value;
}

/** The RFC 5952 notation of a 128-bit number: lower case, no leading zeros, the first longest run of zero groups as `::`. */
export function formatIpv6(value: bigint): string {
  if (value < 0n || value >= 1n << 128n) throw new RangeError(`not a 128-bit address number: ${value}`);
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= 8; index++) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  // RFC 5952 4.2.2: a single zero group is not shortened.
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
