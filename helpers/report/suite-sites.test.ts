import { expect, test } from "vitest";
import type { Outcome } from "../model/outcome.ts";
import type { AskedQuestion, Place } from "../model/question.ts";
import type { ReportedProbe, RequirementResult } from "../model/results.ts";
import type { Site, SiteContainer } from "../model/site.ts";
import { thingKey } from "./judged-things.ts";
import { conformantRun } from "./sample-results.ts";
import { suiteSites } from "./suite-sites.ts";

const [base] = conformantRun.requirements as [RequirementResult];
const FILE = "suites/nat/nat.test.ts";
const place = (name: string): Place => ({ kind: "container", name: `dnc-7f3a-${name}` });
const HOST: Place = { kind: "host", name: "" };

function asked(question: AskedQuestion, outcome?: Outcome): ReportedProbe {
  const plain = { role: "probe", exitCode: 0, timedOut: false, stdout: "", stderr: "", ms: 1 } as const;
  return {
    ...{ ...plain, vantage: "v", place: question.from, question, command: "c" },
    ...(outcome === undefined ? {} : { outcome, expected: { outcomes: ["replied"] } }),
  };
}

const connection = (from: Place, to: string, port: number, outcome: Outcome) =>
  asked({ kind: "reach", from, to, protocol: "tcp", port, size: null }, outcome);

const container = (name: string, address: string, parts: Partial<SiteContainer> = {}): SiteContainer => ({
  ...{ name: `dnc-7f3a-${name}`, mode: null, ports: [], nameServers: [] },
  networks: [{ name: "dnc-7f3a-net", addresses: [address] }],
  ...parts,
});

const site: Site = {
  file: FILE,
  networks: [
    { name: "dnc-7f3a-net", driver: "bridge", device: "", subnets: ["172.18.0.0/16"], internal: false },
    { name: "dnc-7f3a-idle", driver: "bridge", device: "", subnets: ["172.19.0.0/16"], internal: true },
  ],
  containers: [
    container("web", "172.18.0.2", {
      ports: [
        { protocol: "tcp", hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80 },
        { protocol: "udp", hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 53 },
      ],
    }),
    container("client", "172.18.0.3"),
    container("beside", "172.17.0.2", { networks: [{ name: "bridge", addresses: ["172.17.0.2"] }] }),
    container("joined", "", { mode: "container:dnc-7f3a-web", networks: [] }),
  ],
};

function sitesOf(...requirements: Partial<RequirementResult>[]) {
  return suiteSites({
    runId: "7f3a",
    sites: [site],
    facts: { "default bridge": "docker0", "default bridge subnet": "172.17.0.0/16" },
    requirements: requirements.map((parts) => ({ ...base, file: FILE, suite: "nat", ...parts })),
  });
}

const stateOf = (sites: ReturnType<typeof sitesOf>, name: string) =>
  sites[0]?.map.networks.flatMap(({ containers }) => containers).find((one) => one.name === name)?.state;

test("networks with their containers, the engine's own bridge, and what has no network of its own", () => {
  const [found] = sitesOf({});
  expect(found?.suite).toBe("nat");
  expect(found?.map.networks.map(({ name, subnets, containers }) => [name, subnets, containers.length])).toEqual([
    ["net", ["172.18.0.0/16"], 2],
    ["idle", ["172.19.0.0/16"], 0],
    ["bridge", ["172.17.0.0/16"], 1],
    ["the network of container web", [], 1],
  ]);
});

test("a port that was shut is red, and neither its neighbour nor who was not asked", () => {
  const sites = sitesOf(
    { id: "A", verdict: "fail", probes: [connection(HOST, "192.0.2.1", 8080, "refused")] },
    { id: "B", probes: [connection(place("client"), "172.18.0.2", 80, "replied")] },
  );
  expect([stateOf(sites, "web"), stateOf(sites, "client"), stateOf(sites, "beside")]).toEqual([
    "broken",
    "right",
    "right",
  ]);
  const [web] = sites[0]?.map.networks[0]?.containers ?? [];
  expect(web?.ports.map(({ state }) => state)).toEqual(["broken", "right"]);
  expect(sites[0]?.judged.get(thingKey("container", "web"))).toEqual({ failed: ["A"], others: ["B"] });
});

test("of a failure's questions those that came out right paint nobody red", () => {
  const sites = sitesOf({
    id: "A",
    verdict: "fail",
    probes: [
      connection(place("client"), "172.18.0.2", 80, "replied"),
      connection(place("beside"), "192.0.2.1", 80, "timed out"),
    ],
  });
  expect([stateOf(sites, "web"), stateOf(sites, "beside")]).toEqual(["right", "broken"]);
});

test("what a cause names is red, also a network", () => {
  const cause = { key: "k", what: "w", act: null, certainty: "seen", evidence: [], remedies: [] } as const;
  const subjects = [{ kind: "network", name: "dnc-7f3a-net" } as const];
  const sites = sitesOf({
    id: "A",
    verdict: "fail",
    explanation: { causes: [{ ...cause, subjects }], ways: [], unread: [] },
    probes: [asked({ kind: "read", from: HOST, what: "firewall", of: null })],
  });
  expect(sites[0]?.map.networks[0]?.state).toBe("broken");
  expect(stateOf(sites, "web")).toBe("right");
});

test("where neither is known, all that a failure asked is", () => {
  const sites = sitesOf({
    id: "A",
    verdict: "fail",
    probes: [asked({ kind: "read", from: place("client"), what: "routes", of: null })],
  });
  expect([stateOf(sites, "client"), stateOf(sites, "web")]).toEqual(["broken", "right"]);
});

test("what could not be measured says nothing of anybody", () => {
  const sites = sitesOf({ id: "A", verdict: "error", probes: [connection(HOST, "192.0.2.1", 8080, "refused")] });
  expect(sites[0]?.judged.size).toBe(0);
});

test("a run that looked at nothing that runs on the host has the uplinks that it recorded", () => {
  const addresses = ["127.0.0.1/8 on lo", "172.17.0.1/16 on docker0", "192.0.2.2/24 on eth0", "2001:db8::2/64 on eth0"];
  const [drawn] = suiteSites({
    runId: "7f3a",
    sites: [site],
    facts: { "host uplink": "eth0", "host IPv6 uplink": "none" },
    hostState: { links: [], addresses, routes: [], "firewall rules": [], sysctls: [] },
    requirements: [{ ...base, file: FILE, suite: "nat" }],
  });
  expect(drawn?.map.uplinks).toEqual([{ device: "eth0", addresses: ["192.0.2.2", "2001:db8::2"] }]);
});
