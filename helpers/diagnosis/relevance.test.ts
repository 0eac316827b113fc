import { expect, test } from "vitest";
import { firewallKey } from "../cause/keys.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { finding } from "./finding.ts";
import { concernsOf, explaining, type Failure, withNetworks } from "./relevance.ts";

const NOTHING = { networks: [], containers: [], host: null, facts: { defaultBridge: null } } as unknown as Snapshot;
/** A failure that names neither a container nor a network. */
const NOBODY: ReadonlySet<string> = new Set();
const FROM = { kind: "container", name: "dnc-client" } as const;
const SILENT: Failure = {
  direction: "blocked",
  questions: [{ kind: "reach", from: FROM, to: "172.18.0.1", protocol: "icmp", port: null, size: null }],
  subjects: [],
  scope: [],
  probes: [],
  refusal: null,
};
const LEAK: Failure = { ...SILENT, direction: "leaked" };
const [ECHO] = SILENT.questions;
const ANSWERED = {
  place: FROM,
  question: ECHO,
  outcome: "replied",
  command: "",
} as unknown as Failure["probes"][number];
const OTHER: Failure = { ...SILENT, direction: "differs", questions: [] };

test("what opens explains no silence, and what blocks no leak", () => {
  const blocks = finding("filter", "blocks", [], [], "a drop");
  const opens = finding("filter", "opens", [], [], "an accept");
  expect(explaining(NOTHING, NOBODY, [opens, blocks], SILENT)).toEqual([blocks]);
  expect(explaining(NOTHING, NOBODY, [opens, blocks], LEAK)).toEqual([opens]);
});

test("an oddity explains silence only where the question is about just that; at most two are told", () => {
  const odd = finding("links", "differs", [], ["ping"], "promiscuous");
  const other = finding("links", "differs", [], ["mtu"], "an MTU");
  expect(explaining(NOTHING, NOBODY, [odd, other], SILENT)).toEqual([odd]);
  const many = ["one", "two", "three"].map((what) => finding("filter", "blocks", [], [], what));
  expect(explaining(NOTHING, NOBODY, many, SILENT)).toHaveLength(2);
});

test("of a leak one cause of each kind is told, however many words a kind has and however many it strikes", () => {
  const direct = ["one", "two"].map((what) => finding("filter", "opens", [], ["direct", "raw", "route to"], what));
  const isolation = finding("filter", "opens", [], ["isolation"], "three");
  expect(explaining(NOTHING, NOBODY, [...direct, isolation], LEAK)).toEqual([direct[0], isolation]);
});

test("a resolv.conf explains nothing that goes by an address, a missing translation no echo between containers", () => {
  const edited = finding("names", "blocks", [], ["resolv.conf", "name"], "it was edited inside");
  const dnat = finding("nat", "blocks", [], ["publish", "dnat"], "the DNAT is gone");
  expect(explaining(NOTHING, NOBODY, [edited, dnat], SILENT)).toEqual([]);
  const byName = { kind: "resolve", from: FROM, name: "web", server: null } as const;
  expect(explaining(NOTHING, NOBODY, [edited, dnat], { ...SILENT, questions: [byName] })).toEqual([edited]);
});

test("what was not read where it shows is no cause of a value", () => {
  const rule = finding("filter", "blocks", [], [], "a drop");
  const link = finding("links", "differs", [], ["mtu"], "an MTU");
  const read = { kind: "read", from: FROM, what: "links", of: null } as const;
  const probe = { place: FROM, question: read } as unknown as Failure["probes"][number];
  const failure: Failure = { ...OTHER, questions: [read], probes: [probe] };
  expect(explaining(NOTHING, NOBODY, [rule, link], failure)).toEqual([link]);
});

test("what lets packets through alters no value, unless it is what was read", () => {
  const accept = finding("filter", "opens", [], ["accept"], "an accept");
  const probe = { place: FROM, question: null } as unknown as Failure["probes"][number];
  const read = (what: "sockets" | "firewall"): Failure => ({
    ...OTHER,
    questions: [{ kind: "read", from: FROM, what, of: null }],
    probes: [probe],
  });
  expect(explaining(NOTHING, NOBODY, [accept], read("sockets"))).toEqual([]);
  expect(explaining(NOTHING, NOBODY, [accept], read("firewall"))).toEqual([accept]);
});

test("what is wrong with one place explains only what was asked from there", () => {
  const wrapper = { ...finding("engine", "any", [], [], "a wrapper"), vantage: "docker command" as const };
  const asked = { place: { kind: "docker command", name: "" }, command: "" } as Failure["probes"][number];
  expect(explaining(NOTHING, NOBODY, [wrapper], SILENT)).toEqual([]);
  expect(explaining(NOTHING, NOBODY, [wrapper], { ...SILENT, probes: [asked] })).toEqual([wrapper]);
});

const APP = { Id: "0".repeat(64), Name: "app", Driver: "bridge", Options: {}, IPAM: { Config: [] } };
const WEB = {
  name: "web",
  id: "1".repeat(64),
  inspected: {
    NetworkSettings: {
      Networks: { app: { IPAddress: "10.0.0.2", Aliases: ["shop"] } },
      Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] },
    },
  },
};
const TOWN = { ...NOTHING, networks: [APP], containers: [WEB] } as unknown as Snapshot;

test("what is said of a network alone is about the containers on it", () => {
  const down = finding("links", "blocks", ["web"], [], "its port is down");
  const read = { kind: "read", from: { kind: "host", name: "" }, what: "links", of: "br-000000000000" } as const;
  const failure: Failure = { ...OTHER, questions: [read] };
  const concerned = concernsOf(TOWN, failure);
  expect([...concerned]).toEqual(["app", "web"]);
  expect(explaining(TOWN, concerned, [down], failure)).toEqual([down]);
});

test.each([
  ["its address", { to: "10.0.0.2", port: null }],
  ["a name of its own", { to: "shop", port: 80 }],
  ["a port that it publishes", { to: "192.0.2.1", port: 8080 }],
])("a question to %s is about the container", (_how, { to, port }) => {
  const question = { kind: "reach", from: { kind: "host", name: "" }, to, protocol: "tcp", port, size: null } as const;
  expect([...concernsOf(TOWN, { ...SILENT, questions: [question] })]).toEqual(["web", "app"]);
});

test("without any name in what was asked, it is about all that the check had at hand", () => {
  expect([...concernsOf(TOWN, { ...OTHER, scope: ["web"] })]).toEqual(["web"]);
  expect([...withNetworks(TOWN, new Set(["web"]))]).toEqual(["web", "app"]);
  expect([...concernsOf(TOWN, OTHER)]).toEqual([]);
});

test("what IPv4's rules do explains no silence over IPv6", () => {
  const drop = finding("filter", "blocks", [], [], "a drop in iptables");
  const down = finding("links", "blocks", [], [], "a bridge that is down");
  const [question] = SILENT.questions;
  const to6 = { ...SILENT, questions: [{ ...question, to: "2001:db8::2" } as (typeof SILENT.questions)[number]] };
  expect(explaining(NOTHING, NOBODY, [drop, down], to6)).toEqual([down]);
  expect(explaining(NOTHING, NOBODY, [drop, down], SILENT)).toEqual([drop, down]);
});

test("of a failure that says what shows it, what shows elsewhere is no cause, nor is one more rule that drops", () => {
  const link = finding("links", "differs", [], ["mtu"], "an MTU");
  const gone = finding("nat", "blocks", [], ["nat"], "a rule is gone");
  const drop = finding("filter", "blocks", [], [], "a drop", { group: firewallKey("iptables -A INPUT -j DROP") });
  const failure: Failure = { ...OTHER, read: "firewall", questions: [...SILENT.questions], probes: [ANSWERED] };
  expect(explaining(NOTHING, NOBODY, [link, drop, gone], failure)).toEqual([gone]);
});

test("packets that were answered passed the filters", () => {
  const drop = finding("filter", "blocks", [], [], "a drop");
  const differs: Failure = { ...OTHER, questions: SILENT.questions };
  expect(explaining(NOTHING, NOBODY, [drop], { ...differs, probes: [ANSWERED] })).toEqual([]);
  expect(explaining(NOTHING, NOBODY, [drop], { ...differs, probes: [{ ...ANSWERED, outcome: "timed out" }] })).toEqual([
    drop,
  ]);
});
