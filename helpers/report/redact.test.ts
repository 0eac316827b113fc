import { expect, test } from "vitest";
import { audit } from "../audits/judge.ts";
import { shop } from "../audits/testing/shop.ts";
import type { ContainerRow } from "../model/living-map.ts";
import type { Table } from "../snapshot/firewall/model.ts";
import { redacted } from "./redact.ts";
import type { WorkloadsReport } from "./workloads.ts";
import { workloadsReport } from "./workloads.ts";
import { workloadsMarkdown } from "./workloads-markdown.ts";
import { workloadsText } from "./workloads-text.ts";

function row(name: string, address: string): ContainerRow {
  return { name, project: "acme", status: "running", addresses: [address], ports: [], state: "right" };
}

const REPORT: WorkloadsReport = {
  schemaVersion: 2,
  startedAt: "2026-11-27T09:00:00.000Z",
  durationMs: 10,
  engine: { version: "28.5.2", hostname: "db1.acme.example" },
  verdict: "not conformant",
  summary: "Not conformant: one thing is broken under 2 running containers.",
  exitCode: 1,
  networks: [
    {
      name: "acme",
      driver: "bridge",
      device: "br-0123456789ab",
      subnets: ["172.18.0.0/16"],
      state: "right",
      internal: false,
      containers: [row("acme-web", "172.18.0.2"), row("acme-web-2", "fd00:77::2")],
    },
  ],
  uplinks: [{ device: "eth0", addresses: ["192.0.2.10"] }],
  stopped: [],
  cards: [
    {
      key: "dnat-gone acme-web",
      what: "The DNAT rules of acme-web are gone; acme-web-2 has its own.",
      act: null,
      certainty: "seen",
      subjects: [{ kind: "container", name: "acme-web" }],
      evidence: ["-A DOCKER ! -i br-0123456789ab --to-destination 172.18.0.2:80", "127.0.0.11 and [::]:80 stay"],
      remedies: [],
      effect: "",
      explains: ["LIVE-11"],
    },
  ],
  notes: [],
  exposure: [],
  changed: [],
  unseen: [],
  reach: null,
};

test("names and addresses go, the same ones have the same stand-in, and what is everybody's stays", () => {
  const hidden = redacted(REPORT, null);
  const text = JSON.stringify(hidden);
  for (const secret of ["acme", "172.18", "fd00", "0123456789ab"]) expect(text).not.toContain(secret);
  expect(hidden.cards[0]?.subjects).toEqual([{ kind: "container", name: hidden.networks[0]?.containers[0]?.name }]);
  expect(hidden.cards[0]?.evidence[0]).toContain(`${hidden.networks[0]?.containers[0]?.addresses[0]}:80`);
  expect(hidden.cards[0]?.evidence[1]).toBe("127.0.0.11 and [::]:80 stay");
  expect(hidden.engine.version).toBe("28.5.2");
  expect(hidden.startedAt).toBe(REPORT.startedAt);
});

test("a network that is called as a word of the report itself is hidden, and the report can be shown", () => {
  const snapshot = shop();
  for (const { endpoints } of snapshot.containers)
    for (const one of endpoints) if (one.network === "shop") one.network = "connects";
  for (const one of snapshot.networks) if (one.Name === "shop") one.Name = "connects";
  for (const [at, name] of ["right", "other"].entries())
    if (snapshot.containers[at]) snapshot.containers[at].name = name;
  const report = workloadsReport(
    { judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot },
    new Date(),
    null,
  );
  const shown =
    workloadsText(redacted(report, null), { width: 80, colour: false }) + workloadsMarkdown(redacted(report, null));
  expect(shown).toContain("network-1");
  expect(shown).not.toContain("undefined");
});

test("what somebody called a device, a chain, a table or a set goes as well, with what is written beside a rule", () => {
  const snapshot = shop();
  const { host } = snapshot;
  const links = [...host.links, { ...host.links[0], name: "acme0" } as (typeof host.links)[number]];
  const chains = ["input", "acme-in"].map((name) => ({ name, base: null, rules: [] }));
  const table: Table = {
    program: "nft",
    family: "inet",
    name: "acme-edge",
    chains,
    sets: { acme_office: [] },
    maps: {},
  };
  const filters = { ...host.filters, unread: [], tables: [...(host.filters?.tables ?? []), table] };
  const told = [
    'iifname "acme0" drop comment "ticket of acme" in chain acme-in of table inet acme-edge: ip saddr @acme_office drop',
    "lookup db.acme.example on 127.0.0.53:53: no such host",
    "the policy of chain input of table inet acme-edge: drop, and -A DOCKER-USER -j DROP",
  ];
  const [card] = REPORT.cards;
  const hidden = redacted(
    { ...REPORT, cards: [{ ...card, evidence: told } as (typeof REPORT.cards)[number]] },
    { links, filters },
  );
  const evidence = hidden.cards[0]?.evidence.join("\n") ?? "";
  expect(evidence).not.toContain("acme");
  expect(evidence).toContain("the policy of chain input of table inet filter-1: drop, and -A DOCKER-USER -j DROP");
});
