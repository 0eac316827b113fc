import { expect, test } from "vitest";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** What is told of web, web3 and web4 on docker0, with these rules before the engine's own of the filter table. */
function told(...rules: readonly string[]) {
  const snapshot = shop();
  const [web] = snapshot.containers;
  const [endpoint] = web?.endpoints ?? [];
  if (web === undefined || endpoint === undefined) throw new Error("web is on docker0");
  for (const number of [3, 4]) {
    const address = `172.17.0.${number}`;
    const own = { id: String(number).repeat(64), name: `web${number}`, ports: [], bindings: [], inside: null };
    snapshot.containers.push({ ...structuredClone(web), ...own, endpoints: [{ ...endpoint, address }] });
    snapshot.host.ways[address] = "docker0";
  }
  const text = RULES.replace("-A FORWARD -j DOCKER-USER", (line) => [...rules, line].join("\n"));
  snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
  const { deviations, notes } = audit(snapshot);
  const beyondPorts = deviations.filter(({ claim }) => claim !== "LIVE-12");
  return {
    effects: [...new Set(beyondPorts.map(({ claim, effect }) => `${claim} ${effect}`))],
    subjects: beyondPorts.map(({ subject }) => ("container" in subject ? subject.container : subject.kind)),
    noted: notes.filter(({ key }) => key.startsWith("operator's")).flatMap(({ subjects }) => subjects),
  };
}

test("no rule about addresses: all are judged as one", () => {
  expect(told().effects).toEqual([]);
  expect(told("-A FORWARD -i docker0 -o eth0 -j DROP").effects).toEqual([
    "LIVE-07 Containers of network bridge (web, web3, web4) reach nothing beyond this host.",
  ]);
});

test("a rule that names one of them cuts off that one, and says so", () => {
  const { effects, subjects } = told("-A FORWARD -s 172.17.0.3/32 -j DROP");
  expect(effects).toEqual([
    "LIVE-07 Containers of network bridge (web3) reach nothing beyond this host.",
    "LIVE-09 web3 doesn't reach web, web4 on network bridge.",
  ]);
  expect(new Set(subjects)).toEqual(new Set(["web3"]));
});

test("one who gets no answers", () => {
  expect(told("-A FORWARD -i eth0 -d 172.17.0.4/32 -j DROP").effects).toEqual([
    "LIVE-07 Containers of network bridge (web4) get no answers from beyond this host.",
  ]);
});

test("one who is let pass before all others are stopped", () => {
  expect(told("-A FORWARD -s 172.17.0.3/32 -j ACCEPT", "-A FORWARD -i docker0 -o eth0 -j DROP").effects).toEqual([
    "LIVE-07 Containers of network bridge (web, web4) reach nothing beyond this host.",
  ]);
});

test("a rule between two of them is told of these", () => {
  expect(told("-A FORWARD -s 172.17.0.3/32 -d 172.17.0.4/32 -j DROP").effects).toEqual([
    "LIVE-09 web3 doesn't reach web4 on network bridge.",
  ]);
});

test("all of a network stay one, whoever is named beside it", () => {
  const { effects, subjects } = told(
    "-A FORWARD -s 172.17.0.3/32 -j LOG",
    "-A FORWARD -s 172.17.0.0/16 -o eth0 -j DROP",
  );
  expect(effects).toEqual(["LIVE-07 Containers of network bridge (web, web3, web4) reach nothing beyond this host."]);
  expect(subjects).toEqual(["network"]);
});

test("in the operator's chain it is his word about that one (a ban of fail2ban's)", () => {
  const { effects, noted } = told("-A DOCKER-USER -s 172.17.0.3/32 -p tcp -m multiport --dports 80,443 -j REJECT");
  expect(effects).toEqual([]);
  expect(noted).toEqual([{ kind: "endpoint", container: "web3", network: "bridge" }]);
});

test("what shuts single ports is told as that", () => {
  expect(told("-A FORWARD -p tcp -m multiport --dports 80,443 -j DROP").effects).toContain(
    "LIVE-07 Containers of network bridge (web, web3, web4) reach nothing beyond this host at port 443/tcp, 80/tcp.",
  );
  // Some keep mail in, and mean it.
  expect(told("-A FORWARD -p tcp -m tcp --dport 25 -j DROP").effects).toEqual([]);
});
