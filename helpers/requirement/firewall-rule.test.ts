import { expect, test } from "vitest";
import { firewallKey } from "../cause/keys.ts";
import type { Rule, RuleFinding } from "../expectations/rule-match.ts";
import { cidr } from "../model/cidr.ts";
import { mustComeTo } from "./firewall-rule.ts";
import { Violation } from "./verdicts.ts";

const WANTED = "-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE";
const FOUND: RuleFinding = { present: true, wanted: WANTED, nearest: [WANTED] };
const WAY = {
  table: "nat",
  chain: "POSTROUTING",
  packets: { from: { device: "docker0", addresses: cidr("172.17.0.0/16") }, to: { device: "eth0" } },
} as const;

function rule(text: string): Rule {
  const [, table = "", , chain = "", ...args] = text.split(" ");
  return { table, chain, args };
}

function violationOf(rules: readonly string[]): Violation | null {
  try {
    mustComeTo("masquerading", FOUND, rules.map(rule), WAY);
    return null;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

test("nothing before Docker's rule is no violation, nor is what takes a part of the packets", () => {
  expect(violationOf([WANTED])).toBeNull();
  expect(violationOf(["-t nat -A POSTROUTING -d 10.8.0.0/24 -j ACCEPT", WANTED])).toBeNull();
});

test("a rule that takes all of them is the cause, under the key that every look at the host gives it", () => {
  const before = "-t nat -A POSTROUTING -s 172.16.0.0/12 -o eth0 -j ACCEPT";
  const [cause] = violationOf([before, WANTED])?.causes ?? [];
  expect(cause).toMatchObject({ key: firewallKey(`iptables ${before}`), certainty: "seen" });
  expect(cause?.remedies.map(({ commands }) => commands)).toEqual([
    ["iptables -t nat -D POSTROUTING -s 172.16.0.0/12 -o eth0 -j ACCEPT"],
  ]);
});

test("nobody is told to delete a rule that a program keeps", () => {
  const rules = ["-t nat -A POSTROUTING -j KUBE-POSTROUTING", "-t nat -A KUBE-POSTROUTING -j ACCEPT", WANTED];
  const [cause] = violationOf(rules)?.causes ?? [];
  expect(cause?.what).toContain("of Kubernetes");
  expect(cause?.remedies.flatMap(({ commands }) => commands).join()).not.toContain("-D");
});

test("no rule that leads to Docker's names no rule to delete", () => {
  expect(violationOf([WANTED.replace("POSTROUTING", "ELSEWHERE")])).toMatchObject({ causes: [] });
});
