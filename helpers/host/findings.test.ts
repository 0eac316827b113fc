import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import type { Facts } from "../model/facts.ts";
import { configurationFindings, nftablesFindings, ruleFindings } from "./findings.ts";

const captured = (name: string): string =>
  readFileSync(new URL(`../expectations/captured/${name}.iptables-save`, import.meta.url), "utf8");
const ALL = [
  "20.10.24",
  "26.1.5",
  "26.1.5-userland-proxy-off",
  "28.5.2",
  "28.5.2-icc-off",
  "28.5.2-userland-proxy-off",
];

test.each(ALL)("nothing is amiss with the rules as Engine %s makes them", (name) => {
  expect(ruleFindings(captured(name))).toEqual([]);
});

const without = (text: string, rule: RegExp): string =>
  text
    .split("\n")
    .filter((line) => !rule.test(line))
    .join("\n");

test.each(["20.10.24", "26.1.5", "28.5.2"])("each thing that a firewall reload takes away from %s is named", (name) => {
  const text = captured(name);
  const table = (wanted: string): RegExp => new RegExp(`\\*${wanted}\\n[\\s\\S]*?COMMIT\\n`);
  expect(ruleFindings(text.replace(table("nat"), "")).join()).toContain("the nat table has no chain DOCKER");
  expect(ruleFindings(text.replace(table("filter"), "")).join()).toContain("the filter table has no chain DOCKER");
  expect(ruleFindings(without(text, /^-A PREROUTING .*-j DOCKER/)).join()).toContain(
    "nat PREROUTING does not jump to DOCKER",
  );
  expect(ruleFindings(without(text, /^-A OUTPUT .*-j DOCKER/)).join()).toContain("nat OUTPUT does not jump to DOCKER");
  expect(ruleFindings(without(text, /MASQUERADE/)).join()).toContain("nat POSTROUTING has no MASQUERADE");
  expect(ruleFindings(without(text, /^-A FORWARD/)).join()).toContain(
    "filter FORWARD no longer leads to Docker's chains",
  );
  const blocked = text
    .replace(/^(:DOCKER-USER .*)$/m, "$1")
    .replace(/(\*filter\n(?::.*\n)*)/, "$1-A DOCKER-USER -s 192.0.2.0/24 -j DROP\n");
  expect(ruleFindings(blocked).join()).toContain(
    "DOCKER-USER holds a rule of the operator's that drops forwarded packets: ",
  );
});

test("an empty listing means that everything was flushed", () => {
  expect(ruleFindings("")).toHaveLength(2);
});

test("without ip-masq nothing needs to be masqueraded", () =>
  expect(ruleFindings(without(captured("28.5.2"), /MASQUERADE/), false)).toEqual([]));

describe("the engine's own nftables table", () => {
  const text = readFileSync(
    new URL("../probes/parse/captured/nftables-1.1.7/nft-table-stateless-engine-29.7.txt", import.meta.url),
    "utf8",
  );
  const { configuration, defaultBridge } = factsOf("29.7.2", { "firewall-backend": "nftables" });
  const say = (stdout: string, more: object = {}, exitCode = 0, stderr = "") =>
    nftablesFindings({ exitCode, stdout, stderr }, { configuration: { ...configuration, ...more }, defaultBridge });

  test("is as dockerd makes it", () => expect(say(text)).toEqual([]));

  test("is gone after a flush of the ruleset, which is no finding where nft can't be asked", () => {
    const gone = "Error: No such file or directory\nlist table ip docker-bridges\n              ^^^^^^^^^^^^^^";
    expect(say("", {}, 1, gone).join()).toContain("the ruleset was flushed");
    expect(say("", {}, 127, "sh: nft: not found")).toEqual([]);
  });

  test("each thing that is taken out of it is named", () => {
    const rule = (pattern: RegExp): string => {
      const left = without(text, pattern);
      expect(left).not.toBe(text);
      return say(left).join();
    };
    expect(rule(/vmap @filter-forward/)).toContain("the chain filter-FORWARD of Docker's nftables table has no rule");
    expect(rule(/comment "MASQUERADE"/)).toContain("no masquerade rule");
    expect(rule(/"docker0" : jump filter-forward-in__/)).toContain("filter-forward-in-jumps does not know docker0");
    expect(say(without(text, /comment "MASQUERADE"/), { "ip-masq": false })).toEqual([]);
  });
});

describe("a configuration file that dockerd may not have read", () => {
  const facts = (claimed: object, effective: object, changedAt: string): Facts => ({
    ...factsOf("28.5.2", claimed, { dockerdStartedAt: "2026-11-24T12:00:00.000Z" }),
    claims: Object.fromEntries(
      Object.entries(claimed).map(([key, value]) => [key, { value, origin: "file" as const }]),
    ),
    effective: { mtu: 1500, ...effective },
    configurationFile: {
      path: "/etc/docker/daemon.json",
      present: true,
      modifiedAt: changedAt,
      changedAt,
      problems: [],
    },
  });
  const before = "2026-11-24T11:00:00.000Z";
  const after = "2026-11-24T13:00:00.000Z";
  test("is said to be newer than dockerd where the two differ", () =>
    expect(configurationFindings(facts({ mtu: 1400 }, {}, after)).join()).toMatch(
      /was changed 60 min after dockerd's start.*mtu: 1400 in the file, 1500 in dockerd.*other requirements may fail for this reason alone/,
    ));
  test("is named where it sets what the engine does not tell", () =>
    expect(configurationFindings(facts({ dns: ["10.0.0.53"], mtu: 1500 }, {}, after)).join()).toContain(
      'whether it has "dns" as',
    ));
  test("is not mentioned where dockerd has what it asks for, or has read it", () => {
    expect(configurationFindings(facts({ mtu: 1400 }, { mtu: 1400 }, after))).toEqual([]);
    expect(configurationFindings(facts({ dns: ["10.0.0.53"] }, {}, before))).toEqual([]);
  });
});
