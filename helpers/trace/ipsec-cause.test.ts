import { expect, test } from "vitest";
import type { Packet } from "../snapshot/firewall/index.ts";
import { decidingPolicy, readPolicies } from "./ipsec-cause.ts";

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
	dir out priority 0 ptype main 
`;
const from = (source: string, destination: string): Packet => ({ family: "ip", protocol: "icmp", source, destination });

test("policies are read each with its selectors, those of sockets left out", () => {
  expect(readPolicies(TEXT).map(({ direction, blocks, encrypts }) => [direction, blocks, encrypts])).toEqual([
    ["out", false, true],
    ["fwd", true, false],
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
