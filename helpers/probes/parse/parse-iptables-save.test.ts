import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { type FirewallRule, type FirewallTable, parseIptablesSave } from "./parse-iptables-save.ts";

const table = (file: string, name: string): FirewallTable =>
  parseIptablesSave(captured(`iptables-1.8.9/${file}`)).find((candidate) => candidate.name === name) ??
  expect.fail(`no table ${name}`);
const rulesOf = ({ rules }: FirewallTable, chain: string): FirewallRule[] =>
  rules.filter((rule) => rule.chain === chain);

describe.each(["legacy", "nft"])("the %s variant", (variant) => {
  test("has chains with policies and rules with counters", () => {
    const filter = table(`iptables-${variant}-save-c.txt`, "filter");
    expect(filter.chains.map(({ name, policy }) => [name, policy])).toEqual([
      ["INPUT", "ACCEPT"],
      ["FORWARD", "DROP"],
      ["OUTPUT", "ACCEPT"],
      ["DOCKER-USER", null],
    ]);
    expect(rulesOf(table(`iptables-${variant}-save-c.txt`, "raw"), "PREROUTING").at(-1)).toEqual({
      chain: "PREROUTING",
      text: "-A PREROUTING -p icmp -m comment --comment plain",
      packets: 4,
      bytes: 336,
      args: ["-p", "icmp", "-m", "comment", "--comment", "plain"],
    });
  });

  test("quotes comments", () => {
    const comments = rulesOf(table(`iptables-${variant}-save.txt`, "filter"), "DOCKER-USER").map(
      ({ args }) => args[args.indexOf("--comment") + 1],
    );
    expect(comments).toEqual(['say "hello" to the world', "it's; 'quoted' \\ back"]);
  });

  test("says the same with and without counters", () => {
    const plain = parseIptablesSave(captured(`iptables-1.8.9/iptables-${variant}-save.txt`));
    const counted = parseIptablesSave(captured(`iptables-1.8.9/iptables-${variant}-save-c.txt`));
    const withoutCounters = counted.map(({ name, rules }) => ({
      name,
      rules: rules.map(({ packets: _, bytes: __, ...rule }) => rule),
    }));
    expect(withoutCounters).toEqual(plain.map(({ name, rules }) => ({ name, rules })));
  });
});

test("only the legacy variant counts what reaches a policy", () => {
  const input = (variant: string): number | undefined =>
    table(`iptables-${variant}-save-c.txt`, "filter").chains[0]?.packets;
  expect([input("legacy"), input("nft")]).toEqual([4, 0]);
});

test("what Engine 20.10 makes: a published port and an internal network", () => {
  const nat = table("iptables-save-c-nft-engine-20.10.txt", "nat");
  expect(nat.rules.map(({ args }) => args.slice(-4))).toContainEqual([
    "-j",
    "DNAT",
    "--to-destination",
    "10.77.0.2:80",
  ]);
  const stage1 = rulesOf(table("iptables-save-c-nft-engine-20.10.txt", "filter"), "DOCKER-ISOLATION-STAGE-1");
  expect(stage1.map(({ args }) => args.slice(0, 3)).filter((args) => args.includes("-d"))).toEqual([
    ["!", "-d", "10.78.0.0/24"],
  ]);
});

test("the embedded DNS server's rules in a container", () => {
  expect(table("iptables-save-c-container-embedded-dns.txt", "nat").chains.map(({ name }) => name)).toContain(
    "DOCKER_OUTPUT",
  );
});

test("the layout of Engine 28", () => {
  const { chains } = table("iptables-save-c-engine-28-layout-by-hand.txt", "filter");
  expect(chains.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["DOCKER-FORWARD", "DOCKER-BRIDGE", "DOCKER-CT"]),
  );
});

test("nothing, a table cut short, a rule without its chain, unbalanced quotes", () => {
  expect(parseIptablesSave("")).toEqual([]);
  expect(() => parseIptablesSave("*filter\n:INPUT ACCEPT [0:0]\n")).toThrow("no COMMIT");
  expect(() => parseIptablesSave("*filter\n-A INPUT -j DROP\nCOMMIT\n")).toThrow("not declared");
  expect(() => parseIptablesSave('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "x\nCOMMIT\n')).toThrow(
    "quotes",
  );
  expect(() => parseIptablesSave("# Table `foo' is incompatible, use 'nft' tool.\n")).toThrow("can't be shown");
});

test("any comment comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (comment) => {
      const quoted = `"${comment.replaceAll(/(["'\\])/g, "\\$1")}"`;
      const [rule] =
        parseIptablesSave(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment ${quoted} -j DROP\nCOMMIT\n`)[0]
          ?.rules ?? [];
      expect(rule?.args).toEqual(["-m", "comment", "--comment", comment, "-j", "DROP"]);
    }),
  );
});
