import { BlockList, isIP } from "node:net";

/** Whether a range (`10.0.0.0/24`, `fd00::/64`) holds an address of the same family. */
export function holds(range: string, address: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(bits)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** Prefix length of a range in bits. */
export function prefixOf(range: string): number {
  return Number(range.split("/")[1]);
}
