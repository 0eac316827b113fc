import { expect, test } from "vitest";
import type { Outcome } from "../../model/outcome.ts";
import type { AskedQuestion, Place } from "../../model/question.ts";
import type { ReportedProbe, RequirementResult } from "../../model/results.ts";
import type { SiteContainer } from "../../model/site.ts";
import { isAgainst } from "../against.ts";
import { conformantRun } from "../sample-results.ts";
import { reachTables } from "./reach-table.ts";

const [base] = conformantRun.requirements as [RequirementResult];
const place = (name: string): Place => ({ kind: "container", name: `dnc-7f3a-${name}` });

function asked(question: AskedQuestion, parts: Partial<ReportedProbe> = {}): ReportedProbe {
  const plain = { role: "probe", exitCode: 0, timedOut: false, stdout: "", stderr: "", ms: 1 } as const;
  return { ...plain, vantage: "container", place: question.from, question, command: "c", ...parts };
}

const ping = (from: string, to: string, outcome: Outcome, parts: Partial<ReportedProbe> = {}) =>
  asked({ kind: "reach", from: place(from), to, protocol: "icmp", port: null, size: null }, { outcome, ...parts });

/** As BusyBox prints it. */
const addressesOf = (name: string, address: string) =>
  asked(
    { kind: "read", from: place(name), what: "addresses", of: null },
    {
      command: "ip addr",
      stdout: `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
7: eth0@if8: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue
    link/ether 02:42:ac:12:00:02 brd ff:ff:ff:ff:ff:ff
    inet ${address}/16 brd 172.18.255.255 scope global eth0
       valid_lft forever preferred_lft forever
`,
    },
  );

const run = (...requirements: Partial<RequirementResult>[]) =>
  reachTables({ runId: "7f3a", requirements: requirements.map((parts) => ({ ...base, ...parts })) });

test("a table for each protocol and family, with the names of those who own the addresses", () => {
  const probes = [
    addressesOf("web", "172.18.0.2"),
    ping("client", "172.18.0.2", "replied"),
    ping("other", "172.18.0.2", "timed out"),
    ping("client", "fd00::2", "replied"),
    asked(
      { kind: "reach", from: place("client"), to: "172.18.0.2", protocol: "tcp", port: 80, size: null },
      { outcome: "refused" },
    ),
    asked({ kind: "resolve", from: place("client"), name: "web", server: null }, { outcome: "name not found" }),
  ];
  const tables = run({ id: "A-1", probes });
  expect(tables.map(({ how, from, rows }) => [how, from, rows.map(({ to }) => to)])).toEqual([
    ["ICMP over IPv4", ["client", "other"], ["web 172.18.0.2"]],
    ["ICMP over IPv6", ["client"], ["fd00::2"]],
    ["TCP over IPv4", ["client"], ["web 172.18.0.2:80"]],
    ["names", ["client"], ["web"]],
  ]);
  expect(tables[0]?.rows[0]?.cells.map((cell) => cell?.outcomes)).toEqual([["replied"], ["timed out"]]);
});

test("an address that two containers had is nobody's", () => {
  const probes = [
    addressesOf("web", "172.18.0.2"),
    addressesOf("next", "172.18.0.2"),
    ping("a", "172.18.0.2", "replied"),
  ];
  expect(run({ probes })[0]?.rows[0]?.to).toBe("172.18.0.2");
});

test("several requirements are one cell; what failed is against it", () => {
  const ways = [{ direction: "blocked", from: "containers", to: "each other", by: "ICMP" }] as const;
  const [table] = run(
    { id: "A-1", probes: [ping("a", "172.18.0.2", "replied")] },
    {
      id: "A-2",
      verdict: "fail",
      explanation: { causes: [], ways, unread: [] },
      probes: [ping("a", "172.18.0.2", "timed out"), ping("b", "172.18.0.2", "replied")],
    },
  );
  expect(table?.rows[0]?.cells).toEqual([
    {
      outcomes: ["replied", "timed out"],
      ids: ["A-1", "A-2"],
      against: ["A-2"],
      evidence: { id: "A-2", index: 0 },
    },
    { outcomes: ["replied"], ids: ["A-2"], against: [], evidence: { id: "A-2", index: 1 } },
  ]);
});

test("what had to come of a question decides where it is recorded", () => {
  const failed: RequirementResult = { ...base, verdict: "fail" };
  const expected = (outcomes: readonly Outcome[], answer?: readonly string[]) => ({
    expected: { outcomes, ...(answer === undefined ? {} : { answer }) },
  });
  expect(isAgainst(failed, ping("a", "1.2.3.4", "timed out", expected(["timed out", "refused"])))).toBe(false);
  expect(isAgainst(failed, ping("a", "1.2.3.4", "replied", expected(["timed out"])))).toBe(true);
  const answer = { stdout: "one two", ...expected(["replied"], ["two", "one"]) };
  expect(isAgainst(failed, ping("a", "1.2.3.4", "replied", answer))).toBe(true);
  expect(isAgainst({ ...base, verdict: "pass" }, ping("a", "1.2.3.4", "replied", expected(["timed out"])))).toBe(false);
});

const HOST: Place = { kind: "host", name: "" };
const connect = (from: Place, to: string, port: number, outcome: Outcome) =>
  asked({ kind: "reach", from, to, protocol: "tcp", port, size: null }, { outcome });

test("a published port stands by whom it was asked and at which address, the nearest first; the rest stands apart", () => {
  const on = (name: string, address: string) => ({ name: `dnc-7f3a-${name}`, addresses: [address] });
  const container = (name: string, network: string, address: string, parts: Partial<SiteContainer> = {}) => ({
    ...{ name: `dnc-7f3a-${name}`, mode: null, networks: [on(network, address)], ports: [], nameServers: [] },
    ...parts,
  });
  const [tables] = [
    reachTables({
      runId: "7f3a",
      living: { uplinks: [{ device: "eth0", addresses: ["192.0.2.10"] }], networks: [], stopped: [] },
      hostState: {
        ...{ links: [], routes: [], "firewall rules": [], sysctls: [] },
        addresses: ["127.0.0.1/8 on lo", "172.17.0.1/16 on docker0", "192.0.2.10/24 on eth0"],
      },
      sites: [
        {
          file: base.file,
          networks: [],
          containers: [
            container("web", "net", "172.18.0.2", {
              ports: ["0.0.0.0", "::"].map((hostAddress) => ({
                ...{ protocol: "tcp", hostAddress, hostPort: 8080, containerPort: 80 },
              })),
            }),
            container("beside", "net", "172.18.0.3"),
            container("stranger", "other", "172.19.0.2"),
            container("onhost", "", "", { mode: "host", networks: [] }),
          ],
        },
      ],
      requirements: [
        {
          ...base,
          probes: [
            connect(place("stranger"), "192.0.2.10", 8080, "timed out"),
            connect(place("beside"), "192.0.2.10", 8080, "replied"),
            connect(place("web"), "192.0.2.10", 8080, "replied"),
            connect(place("onhost"), "127.0.0.1", 8080, "replied"),
            connect(HOST, "192.0.2.10", 8080, "replied"),
            connect(HOST, "172.17.0.1", 8080, "replied"),
            connect(HOST, "::1", 8080, "refused"),
            connect(HOST, "127.0.0.1", 8080, "replied"),
            connect(HOST, "172.18.0.2", 80, "replied"),
            connect(HOST, "172.18.0.2", 8080, "refused"),
            connect({ kind: "other machine", name: "peer" }, "192.0.2.10", 8080, "replied"),
          ],
        },
      ],
    }),
  ];
  expect(tables?.map(({ how, from, rows }) => [how, from, rows.map(({ to }) => to)])).toEqual([
    [
      "published ports",
      [
        "the host, at 127.0.0.1",
        "the host, at [::1]",
        "the host, at its uplink",
        "the host, at a bridge",
        "the container itself",
        "a container beside it",
        "a container of another network",
        "a container in host mode",
        "another machine",
      ],
      ["web  8080 → 80/tcp"],
    ],
    ["TCP over IPv4", ["the host"], ["web 172.18.0.2:80", "web 172.18.0.2:8080"]],
  ]);
  expect(tables?.[0]?.rows[0]?.cells.map((cell) => cell?.outcomes.join())).toEqual([
    ...["replied", "refused", "replied", "replied", "replied", "replied", "timed out", "replied", "replied"],
  ]);
});
