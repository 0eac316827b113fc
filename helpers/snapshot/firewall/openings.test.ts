import { describe, expect, test } from "vitest";
import type { Base, Place, Rule } from "./model.ts";
import { openings } from "./openings.ts";

const place = (program: Place["table"]["program"], family: Place["table"]["family"], hook: Base["hook"]): Place => {
  const base: Base = { hook, priority: 0, type: "filter", policy: "drop", devices: [], policyCounters: null };
  const chain = { name: program === "nft" ? hook : hook.toUpperCase(), base, rules: [] };
  return { table: { program, family, name: "filter", chains: [chain], sets: {}, maps: {} }, chain, rule: null };
};
const commands = (at: Place) => openings(at).map((opening) => opening.commands);

describe("a chain that denies by default", () => {
  test("of nftables is told to let Docker's bridges in, before it is told to deny no more", () => {
    expect(commands(place("nft", "inet", "input"))).toEqual([
      [
        `nft 'add rule inet filter input iifname "docker0" accept'`,
        `nft 'add rule inet filter input iifname "br-*" accept'`,
      ],
      ["nft chain inet filter input '{ policy accept; }'"],
    ]);
  });

  test("is told so for both directions where it judges what is forwarded", () => {
    expect(commands(place("ip6tables", "ip6", "forward"))[0]).toEqual([
      "ip6tables -t filter -A FORWARD -i docker0 -j ACCEPT",
      "ip6tables -t filter -A FORWARD -i br-+ -j ACCEPT",
      "ip6tables -t filter -A FORWARD -o docker0 -j ACCEPT",
      "ip6tables -t filter -A FORWARD -o br-+ -j ACCEPT",
    ]);
  });

  test("by a last rule for everything is told the same, before that rule", () => {
    const refusing = (at: Place): Place => {
      const rule: Rule = {
        steps: [{ kind: "reject", how: "icmpx admin-prohibited" }],
        text: "reject",
        counters: null,
        handle: at.table.program === "nft" ? 7 : null,
      };
      return { ...at, rule, chain: { ...at.chain, rules: [{ ...rule }, rule] } };
    };
    expect(openings(refusing(place("nft", "inet", "input")))).toMatchObject([
      {
        commands: [
          `nft 'insert rule inet filter input handle 7 iifname "docker0" accept'`,
          `nft 'insert rule inet filter input handle 7 iifname "br-*" accept'`,
        ],
      },
      { commands: ["nft delete rule inet filter input handle 7"], cost: expect.stringContaining("Everything") },
    ]);
    expect(commands(refusing(place("iptables", "ip", "input")))[0]).toEqual([
      "iptables -t filter -I INPUT 2 -i docker0 -j ACCEPT",
      "iptables -t filter -I INPUT 2 -i br-+ -j ACCEPT",
    ]);
    expect(commands(refusing(place("iptables", "ip", "forward")))).toEqual([["iptables -t filter reject"]]);
  });

  test.each([
    ["the legacy tables", place("iptables-legacy", "ip", "forward")],
    ["what the host sends", place("iptables", "ip", "output")],
    ["bridged frames", place("nft", "bridge", "forward")],
  ])("of %s is told to deny no more, and nothing else", (_, at) => {
    expect(commands(at)).toHaveLength(1);
  });
});

test("firewalld is told of Docker's bridges by dockerd's start", () => {
  const at = place("nft", "inet", "forward");
  expect(commands({ ...at, table: { ...at.table, name: "firewalld" } })).toEqual([
    ["firewall-cmd --get-active-zones"],
    ["systemctl restart docker"],
  ]);
});

test("a rule is taken away, and nothing else", () => {
  const at = place("nft", "inet", "forward");
  const rule = { steps: [], text: "drop", counters: null, handle: 7 };
  expect(openings({ ...at, rule })).toEqual([
    { what: "take this one rule away", commands: ["nft delete rule inet filter forward handle 7"], cost: "" },
  ]);
  expect(openings({ ...at, rule: { ...rule, handle: null } })).toEqual([]);
});

test("a rule about a list of addresses frees all of them, which is told", () => {
  const at = place("nft", "inet", "forward");
  const listing: Rule = {
    steps: [{ kind: "set", fields: ["source address"], not: false, set: "bad" }, { kind: "drop" }],
    text: "ip saddr @bad drop",
    counters: null,
    handle: 3,
  };
  expect(openings({ ...at, rule: listing }).map(({ cost }) => cost)).toEqual([
    "Whoever else the set bad lists passes as well: where that must not be, take the containers' addresses out of it instead.",
  ]);
});
