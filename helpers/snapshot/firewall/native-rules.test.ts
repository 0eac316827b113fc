import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readFirewall } from "./gather.ts";
import type { Firewall, Rule } from "./model.ts";
import { placeText, removal } from "./place-text.ts";
import { statementOfXt } from "./xt-statement.ts";

function captured(name: string): Firewall {
  return readFirewall(readFileSync(new URL(`captured/${name}`, import.meta.url), "utf8"));
}

function rulesOf({ tables }: Firewall, name: string, chain: string): readonly Rule[] {
  return (
    tables.find((one) => one.family === "ip" && one.name === name)?.chains.find((one) => one.name === chain)?.rules ??
    []
  );
}

test.each(["20.10", "28.5"])("what somebody added with nft is read as nft shows it, on the host of %s", (engine) => {
  const firewall = captured(`${engine}-rules-of-nft.txt`);
  expect(firewall.unread).toEqual([]);
  const natives = firewall.tables.flatMap((table) =>
    table.chains.flatMap((chain) =>
      chain.rules.filter(({ handle }) => handle !== null).map((rule) => ({ table, chain, rule })),
    ),
  );
  expect(natives.map(placeText).toSorted()).toEqual([
    "nft rule ip filter DOCKER-USER ip saddr != { 10.0.0.0/8, 192.168.0.0/16 } drop",
    "nft rule ip filter FORWARD ip saddr @bad counter drop",
  ]);
  expect(natives.map(removal)).toEqual([
    expect.stringMatching(/^nft delete rule ip filter FORWARD handle \d+$/),
    expect.stringMatching(/^nft delete rule ip filter DOCKER-USER handle \d+$/),
  ]);
  // iptables' own words stay, those that nft does not know (a range of addresses) as well.
  expect(rulesOf(firewall, "filter", "DOCKER-USER")[0]?.text).toContain("--src-range 10.3.0.1-10.3.0.9");
});

test.each(["20.10", "28.5"])("a table that iptables lists no more is read with nft, on the host of %s", (engine) => {
  const firewall = captured(`${engine}-refused.txt`);
  expect(firewall.unread).toEqual([]);
  const nat = firewall.tables.filter(({ family, name }) => family === "ip" && name === "nat");
  expect(nat.map(({ program }) => program)).toEqual(["iptables"]);
  const unknown = nat.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.filter(({ steps }) => steps.some(({ kind }) => /unknown/.test(kind)))),
  );
  expect(unknown).toEqual([]);
  expect(rulesOf(firewall, "nat", "DOCKER").at(-1)?.steps.at(-1)).toEqual({
    kind: "dnat",
    address: "172.17.0.2",
    port: 80,
  });
});

const statement = (name: string, type = "match") => ({ xt: { type, name } });

test.each([
  [
    "conntrack",
    "ct state related,established counter accept",
    { match: expect.objectContaining({ right: ["related", "established"] }) },
  ],
  ["conntrack", "ct original daddr 10.0.0.1 counter drop", { xt: expect.anything() }],
  ["addrtype", "fib daddr type local counter jump DOCKER", { match: expect.objectContaining({ right: "local" }) }],
  ["addrtype", "fib saddr type local fib daddr type local accept", { xt: expect.anything() }],
  ["DNAT", "tcp dport 80 counter dnat to 172.17.0.2:80", { dnat: { addr: "172.17.0.2", port: 80 } }],
  ["DNAT", "tcp dport 80 counter dnat to [fd00::2]:80", { dnat: { addr: "fd00::2", port: 80 } }],
  ["DNAT", "counter dnat to 10.0.0.1-10.0.0.9", { xt: expect.anything() }],
  ["SNAT", "udp sport 53 counter snat to :53", { snat: { port: 53 } }],
  ["MASQUERADE", 'oifname != "docker0" counter masquerade', { masquerade: null }],
  ["physdev", 'xt match "physdev" counter return', { xt: expect.anything() }],
])("what iptables' own %s means is read from nft's text: %s", (name, printed, expected) => {
  expect(statementOfXt(statement(name), printed)).toEqual(expected);
});
