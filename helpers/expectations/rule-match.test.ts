import { expect, test } from "vitest";
import { capturedRules } from "./captured/iptables-save.ts";
import { findRule, formatRule, matches, rulesNaming, type WantedRule } from "./rule-match.ts";

const wanted: WantedRule = { table: "filter", chain: "DOCKER", conditions: { "-i": { not: "docker0" }, "-j": "DROP" } };
const rule = (args: string) => ({ table: "filter", chain: "DOCKER", args: args.split(" ") });

test("a rule matches whatever its order, spelling, modules and comments", () => {
  expect(matches(rule("! -i docker0 -j DROP"), wanted)).toBe(true);
  expect(matches(rule("-j DROP ! --in-interface docker0"), wanted)).toBe(true);
  expect(matches(rule("! -i docker0 -m comment --comment Docker -j DROP"), wanted)).toBe(true);
});

test("a rule that says more, less or the opposite does not match", () => {
  expect(matches(rule("-i docker0 -j DROP"), wanted)).toBe(false);
  expect(matches(rule("-j DROP"), wanted)).toBe(false);
  expect(matches(rule("! -i docker0 -o docker0 -j DROP"), wanted)).toBe(false);
  expect(matches(rule("! -i docker0 -m mark --mark 0x1 -j DROP"), wanted)).toBe(false);
  expect(matches({ ...rule("! -i docker0 -j DROP"), chain: "DOCKER-USER" }, wanted)).toBe(false);
});

test("a state list matches in any order, a single address with and without /32", () => {
  const states: WantedRule = {
    table: "filter",
    chain: "DOCKER",
    conditions: { "--ctstate": "RELATED,ESTABLISHED", "-d": "10.0.0.1" },
  };
  expect(matches(rule("-d 10.0.0.1/32 -m conntrack --ctstate ESTABLISHED,RELATED"), states)).toBe(true);
  const address6: WantedRule = { table: "filter", chain: "DOCKER", conditions: { "-d": "fd00:aa::2" } };
  expect(matches(rule("-d fd00:aa::2/128"), address6)).toBe(true);
  expect(matches(rule("-d fd00:aa::2/32"), address6)).toBe(false);
});

test("every captured rule is found by its own text", () => {
  for (const captured of capturedRules("28.5.2")) expect(formatRule(captured)).toContain(`-A ${captured.chain} `);
  expect(findRule([], wanted)).toEqual({ present: false, wanted: "-A DOCKER ! -i docker0 -j DROP", nearest: [] });
});

test("what is missing is told as it can be typed", () => {
  const jump: WantedRule = {
    table: "nat",
    chain: "OUTPUT",
    conditions: { "-d": { not: "127.0.0.0/8" }, "--dst-type": "LOCAL", "-j": "DOCKER" },
  };
  expect(findRule([], jump).wanted).toBe("-t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER");
});

test("rules are found by what they name", () => {
  const rules = capturedRules("20.10.24");
  expect(rulesNaming(rules, "172.17.0.2")).toHaveLength(4);
  expect(rulesNaming(rules, "172.17.0.3")).toEqual([]);
  expect(rulesNaming(rules, "DOCKER-USER")).toHaveLength(1);
});
