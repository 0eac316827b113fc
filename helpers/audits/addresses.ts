import { BlockList, isIP } from "node:net";

/** Whether a range (`10.0.0.0/24`, `fd00::/64`) holds an address of the same family. */
export function holds(range: string, address: string): boolean {
  const known = RANGES.get(range) ?? readRange(range);
  RANGES.set(range, known);
  return known !== null && isIP(address) === known.family && known.list.check(address, `ipv${known.family}`);
}

interface ReadRange {
  readonly family: 4 | 6;
  readonly list: BlockList;
}

/** Ranges that were read already: each of a host's is asked for every address of its containers. */
const RANGES = new Map<string, ReadRange | null>();

function readRange(range: string): ReadRange | null {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  if ((family !== 4 && family !== 6) || !/^\d+$/.test(bits)) return null;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), `ipv${family}`);
  return { family, list };
}

/** Prefix length of a range in bits. */
export function prefixOf(range: string): number {
  return Number(range.split("/")[1]);
}
