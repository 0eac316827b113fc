import { expect, test } from "vitest";
import { finding } from "./finding.ts";
import { concernsOf, directionOf, explaining, type Failure } from "./relevance.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

const NOTHING = { networks: [], containers: [], host: null, facts: { defaultBridge: null } } as unknown as Snapshot;
/** A failure that names neither a container nor a network. */
const NOBODY: ReadonlySet<string> = new Set();
const SILENT: Failure = {
  must: "A container MUST reach the gateway",
  reason: "",
  expected: "a reply",
  observed: "timed out (no answer)",
  probes: [],
};
const LEAK: Failure = {
  ...SILENT,
  must: "Bridges MUST be kept apart",
  expected: "timed out",
  observed: "a reply (1 received)",
};

test("the direction of a failure", () => {
  expect(directionOf(SILENT)).toBe("blocked");
  expect(directionOf(LEAK)).toBe("leaked");
  expect(directionOf({ ...SILENT, expected: "1500", observed: "1300" })).toBe("differs");
});

test("what opens explains no silence, and what blocks no leak", () => {
  const blocks = finding("filter", "blocks", [], [], "a drop");
  const opens = finding("filter", "opens", [], [], "an accept");
  expect(explaining(NOBODY, [opens, blocks], SILENT)).toEqual([blocks]);
  expect(explaining(NOBODY, [opens, blocks], LEAK)).toEqual([opens]);
});

test("an oddity explains silence only where the requirement is about just that; at most two are told", () => {
  const odd = finding("links", "differs", [], ["promisc"], "promiscuous");
  expect(explaining(NOBODY, [odd], SILENT)).toEqual([]);
  expect(explaining(NOBODY, [odd], { ...SILENT, must: "It MUST not be promiscuous" })).toEqual([odd]);
  const many = ["one", "two", "three"].map((what) => finding("filter", "blocks", [], [], what));
  expect(explaining(NOBODY, many, SILENT)).toHaveLength(2);
});

test("what is wrong with one vantage point explains only what was asked from there", () => {
  const wrapper = { ...finding("engine", "any", [], [], "a wrapper"), vantage: "docker CLI" };
  const asked = { vantage: "docker CLI", command: "docker port web" } as Failure["probes"][number];
  expect(explaining(NOBODY, [wrapper], SILENT)).toEqual([]);
  expect(explaining(NOBODY, [wrapper], { ...SILENT, probes: [asked] })).toEqual([wrapper]);
});

test("what is said of a network alone is about the containers on it", () => {
  const network = { Id: "0".repeat(64), Name: "app", Driver: "bridge", Options: {}, IPAM: { Config: [] } };
  const web = {
    name: "web",
    id: "1".repeat(64),
    inspected: { NetworkSettings: { Networks: { app: { IPAddress: "10.0.0.2" } }, Ports: {} } },
  };
  const snapshot = { ...NOTHING, networks: [network], containers: [web] } as unknown as Snapshot;
  const down = finding("links", "blocks", ["web"], [], "its port is down");
  const failure = { ...SILENT, must: "A bridge MUST have carrier", expected: "up", observed: "down" };
  const named = { ...failure, reason: "the host's br-000000000000" };
  const concerned = concernsOf(snapshot, named);
  expect([...concerned]).toEqual(["app", "web"]);
  expect(explaining(concerned, [down], named)).toEqual([down]);
});

test("a network's name that is a word of every other failure makes no failure one about it", () => {
  const hosted = { Name: "host", Id: "0f1e2d", Driver: "host", IPAM: {}, Options: {} };
  const snapshot = { ...NOTHING, networks: [hosted] } as unknown as Snapshot;
  const about = finding("namespaces", "any", ["dnc-web"], ["process"], "another PID namespace");
  const failure = { ...SILENT, must: "The host MUST see the processes of a container", observed: "1" };
  expect(explaining(concernsOf(snapshot, failure), [about], failure)).toEqual([about]);
});
