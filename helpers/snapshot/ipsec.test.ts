import { expect, test } from "vitest";
import type { Packet } from "./firewall/packet.ts";
import { decidingPolicy, readPolicies } from "./ipsec.ts";

/** As iproute2 6.1 prints it. */
const TEXT = `src 172.17.0.0/16 dst 10.8.0.0/24 
	dir out priority 375423 ptype main 
	tmpl src 192.0.2.7 dst 203.0.113.1
		proto esp spi 0xc0ffee01 reqid 1 mode tunnel
src 172.17.0.0/16 dst 198.51.100.0/24 
	dir fwd action block priority 0 ptype main 
src 0.0.0.0/0 dst 0.0.0.0/0 
	socket in priority 0 ptype main 
src 0.0.0.0/0 dst 0.0.0.0/0 
	dir out priority 999999 ptype main 
`;
const from = (source: string, destination: string, parts: Partial<Packet> = {}): Packet => ({
  family: "ip",
  protocol: "icmp",
  mark: 0,
  source,
  destination,
  ...parts,
});

test("policies are read each with its selectors, those of sockets left out, the first that is asked first", () => {
  expect(readPolicies(TEXT).map(({ direction, blocks, encrypts }) => [direction, blocks, encrypts])).toEqual([
    ["fwd", true, false],
    ["out", false, true],
    ["out", false, false],
  ]);
  expect(readPolicies("")).toEqual([]);
});

test.each([
  ["172.17.0.2", "198.51.100.7", "fwd"],
  ["172.17.0.2", "10.8.0.9", "out"],
  ["172.18.0.2", "10.8.0.9", null],
  ["172.17.0.2", "192.0.2.1", null],
])("%s to %s falls under the policy of direction %s", (source, destination, direction) => {
  expect(decidingPolicy(readPolicies(TEXT), from(source, destination))?.direction ?? null).toBe(direction);
});

/** As iproute2 7.2 prints them: newest first. */
const NARROW = `src 10.81.0.0/24 dst 0.0.0.0/0 
	dir out action block priority 5 ptype main 
	mark 0x1/0xff 
src 10.81.0.0/24 dst 0.0.0.0/0 proto tcp dport 80 
	dir fwd action block priority 7 ptype main 
src 10.81.0.9/32 dst 0.0.0.0/0 
	dir fwd priority 3 ptype main 
src 10.81.0.0/24 dst 198.51.100.0/24 dev eth9 
	dir in action block priority 3 ptype main 
`;
const web = { protocol: "tcp", sourcePort: 50_000, destinationPort: 80 } as const;

test.each<[string, Packet, readonly string[] | undefined, string | null]>([
  ["a port that is shut", from("10.81.0.2", "192.0.2.1", web), undefined, "fwd"],
  ["another port", from("10.81.0.2", "192.0.2.1", { ...web, destinationPort: 443 }), undefined, null],
  ["a mark", from("10.81.0.2", "192.0.2.1", { mark: 1 }), undefined, "out"],
  ["one that another policy lets pass before", from("10.81.0.9", "192.0.2.1", web), undefined, null],
  ["a device, which nobody can tell here", from("10.81.0.2", "198.51.100.1"), ["in"], null],
])("what a policy asks for beside addresses: %s", (_what, packet, directions, direction) => {
  expect(decidingPolicy(readPolicies(NARROW), packet, directions)?.direction ?? null).toBe(direction);
});
