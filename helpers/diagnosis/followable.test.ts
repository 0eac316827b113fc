import { expect, test } from "vitest";
import type { AskedQuestion, Direction } from "../model/question.ts";
import { endpointsOf } from "../snapshot/snapshot.ts";
import { healthy } from "./checks/testing/healthy.ts";
import { followableOf } from "./followable.ts";

const snapshot = healthy();
const network = "dnc-rfake000-site-net";
/** A container that is on this network alone, with its address there. */
function onNetwork(key: string) {
  const found = snapshot.containers.find(({ name }) => name.endsWith(`-${key}`));
  const [end] = found === undefined ? [] : endpointsOf(found);
  if (found === undefined || end?.name !== network) throw new Error(`the recorded run has no ${key} on ${network}`);
  return { name: found.name, address: end.settings.IPAddress };
}
const one = onNetwork("web");
const other = onNetwork("peer");

function reach(parts: Partial<AskedQuestion & { kind: "reach" }> = {}): AskedQuestion {
  const from = { kind: "container", name: one.name } as const;
  return { kind: "reach", from, to: other.address, protocol: "tcp", port: 80, size: null, ...parts };
}

function followable(questions: AskedQuestion[], direction: Direction = "blocked") {
  return followableOf(snapshot, { direction, questions, subjects: [], scope: [], probes: [], refusal: null });
}

test("what a container of the run could not reach is sent again from it", () => {
  expect(followable([reach()])).toMatchObject({
    request: { from: one.name, to: other.address, protocol: "tcp", port: 80 },
  });
  expect(followable([reach()])?.key).toContain(network);
  expect(followable([reach({ from: { kind: "host", name: "" } })])).toMatchObject({ request: { from: "host" } });
});

test.each<[string, AskedQuestion]>([
  ["a name", reach({ to: "web" })],
  ["an address with a zone", reach({ to: "fe80::1%eth0", protocol: "icmp", port: null })],
  ["ARP", reach({ protocol: "arp", port: null })],
  ["a connection to no port", reach({ port: null })],
  ["another machine's question", reach({ from: { kind: "other machine", name: "b" } })],
  ["a container that is gone", reach({ from: { kind: "container", name: "gone" } })],
  ["a lookup", { kind: "resolve", from: { kind: "host", name: "" }, name: "web", server: null }],
  ["a reading", { kind: "read", from: { kind: "host", name: "" }, what: "routes", of: null }],
])("%s can't be followed", (_, question) => {
  expect(followable([question])).toBeNull();
});

test.each<Direction>(["leaked", "differs"])("nothing is sent for a failure that %s", (direction) => {
  expect(followable([reach()], direction)).toBeNull();
});

test("one packet tells of every port and every pair of a network, not of another protocol, family or size", () => {
  const key = (parts: Partial<AskedQuestion & { kind: "reach" }> = {}) => followable([reach(parts)])?.key;
  expect(key({ port: 8080 })).toBe(key());
  expect(key({ from: { kind: "container", name: other.name }, to: one.address })).toBe(key());
  const others = [
    key({ protocol: "icmp", port: null }),
    key({ protocol: "icmp", port: null, size: 1472 }),
    key({ protocol: "udp" }),
    key({ protocol: "udp", port: 53 }),
    key({ to: "203.0.113.9" }),
    key({ to: "2001:db8::9" }),
    key({ from: { kind: "host", name: "" } }),
  ];
  expect(new Set([key(), ...others]).size).toBe(8);
});

test("an echo is followed rather than a datagram, whose answer is a matter of its server as well", () => {
  const questions = [reach({ protocol: "udp" }), reach({ protocol: "icmp", port: null, size: 1400 })];
  expect(followable(questions)).toMatchObject({ request: { protocol: "icmp", size: 1400 } });
});
