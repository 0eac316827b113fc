import { expect, test } from "vitest";
import type { Deviation } from "../audits/deviation.ts";
import { MISSING_RULES } from "../cause/keys.ts";
import type { Expected, Outcome } from "../model/outcome.ts";
import { type AskedQuestion, HOST } from "../model/question.ts";
import type { Leg, Walk } from "../model/walk.ts";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { bridgesOf, endpointsOf, type Snapshot } from "../snapshot/snapshot.ts";
import { healthy } from "./checks/testing/healthy.ts";
import { concludeWalk } from "./concluded-walk.ts";
import { finding } from "./finding.ts";
import type { Failure } from "./relevance.ts";
import { stoppedBy } from "./stopped.ts";

type Reach = AskedQuestion & { readonly kind: "reach" };

const FILTER = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"];
const MASQUERADED = ["*nat", ":POSTROUTING ACCEPT [0:0]", "-A POSTROUTING -o eth0 -j MASQUERADE", "COMMIT"];

function withRules(...saved: string[]): Snapshot {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  const filters = { tables: readIptables(`${saved.join("\n")}\n`, "iptables"), unread: [] };
  return { ...snapshot, host: { ...snapshot.host, filters } } as Snapshot;
}

/** Two containers of one user's bridge, and its device. */
function neighbours(snapshot: Snapshot) {
  for (const { name, device, internal } of bridgesOf(snapshot)) {
    const on = snapshot.containers.flatMap((container) => {
      if (endpointsOf(container).length > 1) return [];
      const end = endpointsOf(container).find((each) => each.name === name);
      const address = end?.settings.IPAddress ?? "";
      return address === "" ? [] : [{ container, address }];
    });
    const [one, other] = on;
    if (!internal && one !== undefined && other !== undefined) return { one, other, device };
  }
  throw new Error("the captured snapshot has no two containers on one bridge");
}

function failure(question: Reach, outcome: Outcome, parts: Partial<Failure> & { expected?: Expected } = {}): Failure {
  const { expected, ...others } = parts;
  const evidence = { vantage: "", command: "", exitCode: 1, timedOut: false, stdout: "", stderr: "", ms: 1 };
  const probes = [{ ...evidence, question, outcome, ...(expected === undefined ? {} : { expected }) }];
  return { direction: "blocked", questions: [question], subjects: [], scope: [], probes, refusal: null, ...others };
}

function conclude(snapshot: Snapshot, failed: Failure, causes?: readonly Deviation[]): Walk | null {
  const stopped = stoppedBy(snapshot, failed);
  return concludeWalk(snapshot, failed, causes ?? stopped.found, stopped);
}

const devices = (leg: Leg | undefined) => leg?.hops.map(({ where, device }) => `${where.kind} ${device}`);

function outward(snapshot: Snapshot): Reach {
  const { name } = neighbours(snapshot).one.container;
  const from = { kind: "container", name } as const;
  return { kind: "reach", from, to: "203.0.113.9", protocol: "tcp", port: 443, size: null };
}

function across(snapshot: Snapshot): Reach {
  return { ...outward(snapshot), to: neighbours(snapshot).other.address, port: 80 };
}

test("a rule on the way ends it where the packet comes to the host", () => {
  const rule = "-A FORWARD -p tcp -m tcp --dport 443 -j DROP";
  const snapshot = withRules(...FILTER, rule, "COMMIT", ...MASQUERADED);
  const walk = conclude(snapshot, failure(outward(snapshot), "timed out"));
  expect(devices(walk?.there)).toEqual(["container eth0", `host ${neighbours(snapshot).device}`]);
  expect(walk?.there.end).toMatchObject({ kind: "stopped", here: true, by: expect.stringContaining(rule) });
  expect(walk).toMatchObject({ outcome: "timed out", arrived: false, back: null, followed: "concluded" });
});

test("a rule that ends answers leaves the way there whole", () => {
  const rule = "-A FORWARD -i eth0 -p tcp -m tcp --sport 443 -j DROP";
  const snapshot = withRules(...FILTER, rule, "COMMIT", ...MASQUERADED);
  const walk = conclude(snapshot, failure(outward(snapshot), "timed out"));
  expect(walk?.there.end).toEqual({ kind: "left" });
  expect(devices(walk?.back ?? undefined)).toEqual(["host eth0"]);
  expect(walk?.back?.end).toMatchObject({ kind: "stopped", here: true, by: expect.stringContaining(rule) });
});

test("what nothing masquerades leaves, and no answer finds back", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const walk = conclude(snapshot, failure(outward(snapshot), "timed out"));
  expect(walk?.there.end).toEqual({ kind: "left" });
  expect(walk?.back).toMatchObject({ hops: [], end: { by: expect.stringContaining("Nothing masquerades") } });
});

test("of the engine's rules that are gone, the one that this packet misses is told", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const all = finding("nat", "blocks", [], [], "All of them are gone.", { group: MISSING_RULES });
  const walk = conclude(snapshot, failure(outward(snapshot), "timed out"), [all]);
  expect(walk?.back?.end).toMatchObject({ by: expect.stringContaining("Nothing masquerades") });
});

test("a cable that nothing passes ends it before its container, or right behind the sender", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const { one, other, device } = neighbours(snapshot);
  const down = (name: string) => [finding("links", "blocks", [name], [], `The cable of ${name} is down.`)];
  const failed = failure(across(snapshot), "timed out");
  const end = (name: string) => ({ kind: "stopped", by: `The cable of ${name} is down.`, here: true });
  const near = conclude(snapshot, failed, down(one.container.name));
  expect([devices(near?.there), near?.there.end]).toEqual([["container eth0"], end(one.container.name)]);
  const far = conclude(snapshot, failed, down(other.container.name));
  expect([devices(far?.there), far?.there.end]).toEqual([
    ["container eth0", `host ${device}`],
    end(other.container.name),
  ]);
});

test("a container on several networks sends beyond by the interface of its default route", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const twice = snapshot.containers.find((one) => one.inside !== null && endpointsOf(one).length > 1);
  const from = { kind: "container", name: twice?.name ?? "" } as const;
  for (const { name } of twice?.inside?.links.filter((link) => link.name !== "lo") ?? expect.fail()) {
    const defaults = [{ family: 4 as const, gateway: "10.0.0.1", interface: name }];
    const containers = snapshot.containers.map((one) =>
      one === twice && one.inside !== null ? { ...one, inside: { ...one.inside, defaults } } : one,
    );
    const walk = conclude({ ...snapshot, containers }, failure({ ...outward(snapshot), from }, "timed out"), []);
    expect(devices(walk?.there)?.[0]).toBe(`container ${name}`);
  }
});

test("who asks by ARP has a way as well", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const { other, device } = neighbours(snapshot);
  const asked: Reach = { ...across(snapshot), protocol: "arp", port: null };
  const cause = finding("links", "blocks", [other.container.name], [], "Its cable is down.");
  const walk = conclude(snapshot, failure(asked, "timed out"), [cause]);
  expect(walk?.protocol).toBe("arp");
  expect(devices(walk?.there)).toEqual(["container eth0", `host ${device}`]);
});

test("a cause without a place is told beside the whole way; a guess is none", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const failed = failure(across(snapshot), "timed out");
  const cause = finding("routes", "blocks", [], [], "The kernel forwards nothing.");
  const walk = conclude(snapshot, failed, [cause]);
  expect(devices(walk?.there)).toEqual(["container eth0", expect.stringContaining("host br-"), "container eth0"]);
  expect(walk?.there.end).toEqual({ kind: "stopped", by: "The kernel forwards nothing.", here: false });
  const guess = { ...cause, reason: { ...cause.reason, certainty: "guessed" as const } };
  for (const causes of [[guess], []])
    expect(conclude(snapshot, failed, causes)?.there.end).toEqual({ kind: "stopped", by: "", here: false });
});

test("what arrives and must not arrives on the drawing", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const walk = conclude(snapshot, failure(across(snapshot), "replied", { direction: "leaked" }));
  expect(walk).toMatchObject({ arrived: true, outcome: "replied", there: { end: { kind: "arrived" } }, back: null });
});

test("no way is drawn of what was answered as it had to be, of a name, of what is read", () => {
  const snapshot = withRules(...FILTER, "COMMIT");
  const question = across(snapshot);
  const denied = { outcomes: ["timed out"] } as const;
  expect(conclude(snapshot, failure(question, "timed out", { expected: denied }))).toBeNull();
  expect(conclude(snapshot, failure(question, "replied"))).toBeNull();
  expect(conclude(snapshot, failure(question, "timed out", { direction: "differs" }))).toBeNull();
  const read = { kind: "read", from: HOST, what: "links", of: null } as const;
  expect(conclude(snapshot, failure(question, "timed out", { questions: [read] }))).toBeNull();
  expect(conclude(snapshot, failure({ ...question, to: "web" }, "name not found"))).toMatchObject({
    there: { hops: [], end: { kind: "not sent" } },
  });
});

test("docker-proxy's own connection is drawn where it ends", () => {
  const snapshot = healthy() as Snapshot;
  const proxy = snapshot.host?.proxies.find(({ protocol }) => protocol === "tcp");
  if (proxy === undefined) throw new Error("the captured snapshot has no docker-proxy");
  const { containerIp, containerPort, hostPort } = proxy;
  const owner = snapshot.containers.find((each) =>
    endpointsOf(each).some(({ settings }) => settings.IPAddress === containerIp),
  );
  const cause = finding("links", "blocks", [owner?.name ?? ""], [], "Its cable is down.");
  const asked: Reach = { kind: "reach", from: HOST, to: "127.0.0.1", protocol: "tcp", port: hostPort, size: null };
  const walk = conclude(snapshot, failure(asked, "timed out"), [cause]);
  expect(devices(walk?.there)).toEqual(["host lo"]);
  expect(walk?.there.end).toEqual({ kind: "arrived" });
  expect(walk?.relay).toMatchObject({
    to: containerIp,
    port: containerPort,
    there: { end: { kind: "stopped", by: "Its cable is down.", here: true } },
  });
});
