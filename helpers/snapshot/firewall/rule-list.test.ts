import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dnat, jumpsToDockerFromPrerouting } from "../../expectations/firewall.ts";
import { rulesNaming } from "../../expectations/rule-match.ts";
import { ProbeFailed } from "../../model/evidence.ts";
import { readRuleList } from "./rule-list.ts";

const captured = readFileSync(
  new URL("../../probes/parse/captured/iptables-1.8.9/iptables-save-c-nft-engine-20.10.txt", import.meta.url),
  "utf8",
);

test("rules carry their table and their counters, and the matchers find them", () => {
  const { rules } = readRuleList(captured);
  expect(jumpsToDockerFromPrerouting(rules).present).toBe(true);
  const engine = { configuration: {}, engine: { version: "20.10.24", apiVersion: "1.41" } } as Parameters<
    typeof dnat
  >[0];
  const port = {
    hostIp: "127.0.0.1",
    hostPort: 8088,
    protocol: "tcp",
    to: { address: "10.77.0.2", port: 80 },
    device: "br-b4cf10bcb7d5",
  } as const;
  expect(dnat(engine, rules, port)).toMatchObject({ present: true });
  const [accept] = rules.filter((rule) => rule.table === "filter" && rule.chain === "FORWARD");
  expect(accept).toMatchObject({ args: ["-j", "DOCKER-USER"], packets: 95, bytes: 7344 });
  expect(rulesNaming(rules, "10.77.0.2").map((rule) => `${rule.table} ${rule.chain}`)).toEqual([
    "filter DOCKER",
    "nat POSTROUTING",
    "nat DOCKER",
  ]);
});

test("chains carry their table, and a policy where the kernel has one", () => {
  const { chains } = readRuleList(captured);
  expect(chains).toContainEqual(expect.objectContaining({ table: "filter", name: "FORWARD", policy: "DROP" }));
  expect(chains).toContainEqual(expect.objectContaining({ table: "nat", name: "DOCKER", policy: null }));
});

test("a table that is cut short is no empty firewall", () => {
  expect(() => readRuleList(captured.slice(0, 400))).toThrow(ProbeFailed);
});

test("no table at all is an empty firewall", () => {
  expect(readRuleList("")).toEqual({ chains: [], rules: [] });
});
