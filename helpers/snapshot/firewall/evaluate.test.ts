import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { readFirewall } from "./gather.ts";
import { managerOf } from "./managers.ts";
import type { Action, Chain, Firewall, Hook, Match, Rule } from "./model.ts";
import type { Packet } from "./packet.ts";
import { placeText, removal } from "./place-text.ts";
import { readIptables } from "./read-iptables.ts";
import { readNft } from "./read-nft.ts";

function captured(name: string): string {
  return readFileSync(new URL(`captured/${name}`, import.meta.url), "utf8");
}

/** The dumps of fresh engines that other tests use. */
function engine(name: string): Firewall {
  const text = readFileSync(new URL(`../../expectations/captured/${name}.iptables-save`, import.meta.url), "utf8");
  return { tables: readIptables(text, "iptables"), unread: [] };
}

/** `drop: iptables -t filter …` of each way in which a packet may leave. */
function told(firewall: Firewall, packet: Packet, hook: Hook): string[] {
  return evaluate(firewall, packet, hook).ends.map(({ verdict, place }) =>
    place === null ? verdict : `${verdict}: ${placeText(place)}`,
  );
}

const leaving: Packet = {
  family: "ip",
  protocol: "icmp",
  source: "172.17.0.2",
  destination: "192.0.2.1",
  inDevice: "docker0",
  outDevice: "eth0",
  state: "new",
  status: [],
  mark: 0,
  length: 84,
  icmpType: 8,
  destinationType: "unicast",
};
const entering: Packet = {
  family: "ip",
  protocol: "tcp",
  source: "192.0.2.1",
  destination: "172.17.0.2",
  sourcePort: 40000,
  destinationPort: 9999,
  inDevice: "eth0",
  outDevice: "docker0",
  state: "new",
  status: [],
  mark: 0,
  length: 60,
  tcpFlags: ["syn"],
  destinationType: "unicast",
};

describe("fresh engines", () => {
  it.each(["20.10.24", "26.1.5", "28.5.2"])("%s lets a container's packet out and the answer in", (version) => {
    expect(told(engine(version), leaving, "forward")).toEqual(["accept"]);
    const answer = { ...entering, state: "established" } as const;
    expect(told(engine(version), answer, "forward")).toEqual(["accept"]);
  });

  it.each([
    ["20.10.24", null],
    ["26.1.5", null],
    ["28.5.2", "iptables -t filter -A DOCKER ! -i docker0 -o docker0 -j DROP"],
  ])(
    "%s: whether a port that is not published is shut (not before 28 where FORWARD accepts), and by which rule",
    (version, place) => {
      expect(told(engine(version), entering, "forward")).toEqual(place === null ? ["accept"] : [`drop: ${place}`]);
    },
  );

  it("masquerades what leaves", () => {
    const { changes, packet } = evaluate(engine("28.5.2"), { ...leaving, inDevice: null }, "postrouting");
    expect(changes.map(({ place }) => placeText(place))).toEqual([
      "iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
    ]);
    expect(packet.source).toBeUndefined();
  });
});

describe("a host with tables of several programs", () => {
  const host = readFirewall(captured("28.5-foreign-tables.txt"));

  it("shows ARP to bridges' tables alone, and to no rule about IP", () => {
    const arp: Packet = { family: "arp", protocol: "arp" };
    expect(evaluate(host, arp, "forward").ends).toEqual([
      { verdict: "accept", place: null, sender: null, action: null, through: [] },
    ]);
    // `ip protocol icmp drop` of the table bridge l2.
    expect(evaluate(host, arp, "forward", "bridge").ends.map(({ verdict }) => verdict)).toEqual(["accept"]);
    const bridge = host.tables.find(({ family }) => family === "bridge");
    if (bridge === undefined) throw new Error("the capture has a table of a bridge");
    const shut = bridge.chains.map((chain) => ({
      ...chain,
      base: chain.base === null ? null : { ...chain.base, policy: "drop" as const },
    }));
    const closed = { ...host, tables: [{ ...bridge, chains: shut }] };
    expect(evaluate(closed, arp, "forward", "bridge").ends.map(({ verdict }) => verdict)).toEqual(["drop"]);
    expect(evaluate(closed, arp, "forward").ends.map(({ verdict }) => verdict)).toEqual(["accept"]);
  });

  it("reads every table once, and says what it could not read", () => {
    expect(host.unread).toEqual([]);
    const names = host.tables.map(({ program, family, name }) => `${program} ${family} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        "iptables ip filter",
        "iptables-legacy ip filter",
        "nft inet host_fw",
        "nft netdev early",
        "nft bridge l2",
      ]),
    );
    expect(names).not.toContain("nft ip filter");
  });

  it("finds the legacy policy, which drops before the foreign table does", () => {
    expect(told(host, leaving, "forward")).toEqual(["drop: iptables-legacy -t filter -P FORWARD DROP"]);
  });

  it("finds the foreign table's policy where the legacy tables are gone, and for IPv6", () => {
    const without = { ...host, tables: host.tables.filter(({ program }) => program !== "iptables-legacy") };
    expect(told(without, leaving, "forward")).toEqual([
      "drop: policy drop of chain forward in the nft table inet host_fw",
    ]);
    const v6 = { ...leaving, family: "ip6", protocol: "icmpv6", source: "fd00::2", destination: "fd01::1" } as const;
    expect(told(host, v6, "forward")).toEqual(["drop: policy drop of chain forward in the nft table inet host_fw"]);
  });

  it("finds what drops on a device and on a bridge", () => {
    const early = { ...entering, source: "203.0.113.9", outDevice: null };
    expect(evaluate(host, early, "ingress", "device").ends.map(({ verdict }) => verdict)).toEqual(["drop"]);
    expect(
      evaluate(host, { ...early, inDevice: "eth1" }, "ingress", "device").ends.map(({ verdict }) => verdict),
    ).toEqual(["accept"]);
    expect(evaluate(host, leaving, "forward", "bridge").ends.map(({ verdict }) => verdict)).toEqual(["drop"]);
    expect(evaluate(host, entering, "forward", "bridge").ends.map(({ verdict }) => verdict)).toEqual(["accept"]);
  });

  it("translates a published port", () => {
    const asked = {
      ...entering,
      destination: "192.0.2.7",
      destinationPort: 8080,
      destinationType: "local",
      outDevice: null,
    };
    const { packet, changes } = evaluate(host, asked, "prerouting");
    expect(packet).toMatchObject({ destination: "10.99.0.2", destinationPort: 80, status: ["dnat"] });
    expect(changes).toHaveLength(1);
  });

  it("says what would take one thing away", () => {
    const [end] = evaluate(host, leaving, "forward").ends;
    expect(end?.place && removal(end.place)).toBe("iptables-legacy -t filter -P FORWARD ACCEPT");
  });
});

describe("ufw and firewalld", () => {
  const ufw = readFirewall(captured("1.8.13-ufw.txt"));

  it("an allowed and a refused packet of a host with ufw, and who keeps the rules", () => {
    expect(told(ufw, leaving, "forward")).toEqual(["accept"]);
    expect(told(ufw, { ...entering, destinationPort: 80 }, "forward")).toEqual(["accept"]);
    expect(told(ufw, entering, "forward")).toEqual(["drop: iptables -t filter -P FORWARD DROP"]);
    const ssh = { ...entering, destinationPort: 22, outDevice: null };
    expect(told(ufw, ssh, "input")).toEqual([
      "reject: iptables -t filter -A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable",
      "accept",
    ]);
    const place = evaluate(ufw, ssh, "input").ends[0]?.place;
    expect(place && managerOf(place)?.name).toBe("ufw");
  });

  it("firewalld's table is followed through its zones without anything unknown: docker0 is in none here", () => {
    const host = readFirewall(captured("28.5-firewalld.txt"));
    expect(host.unread).toEqual([]);
    const keeps = (packet: Packet, hook: Hook) =>
      evaluate(host, packet, hook).ends.map(({ verdict, place }) => [
        verdict,
        place?.chain.name,
        place && managerOf(place)?.name,
      ]);
    expect(keeps(leaving, "forward")).toEqual([["reject", "filter_FWD_public_to_public", "firewalld"]]);
    const asked = { ...entering, destination: "10.0.0.1", outDevice: null, destinationType: "local" };
    expect(keeps(asked, "input")).toEqual([["reject", "filter_IN_public_to_HOST", "firewalld"]]);
    expect(keeps({ ...asked, destinationPort: 2375 }, "input")).toEqual([["accept", undefined, null]]);
  });
});

describe("matches of nft", () => {
  const tables = readNft(captured("host-fw.nft.json"), captured("host-fw.nft.txt"));
  const [table] = tables;
  const chain = table?.chains[0];
  const rules = chain?.rules ?? [];

  it("reads every rule, with its own text and handle", () => {
    const unknown = rules.filter(({ steps }) =>
      steps.some(({ kind }) => kind === "unknown" || kind === "unknown action"),
    );
    expect(unknown.map(({ text }) => text)).toEqual([]);
    expect(rules[0]).toMatchObject({ text: "ct state established,related accept", handle: 2, counters: null });
    expect(rules.find(({ handle }) => handle === 5)).toMatchObject({ counters: { packets: 0, bytes: 0 } });
  });

  /** What one rule of it says alone. */
  function alone(handle: number, packet: Packet): string[] {
    if (table === undefined || chain === undefined) return [];
    const one: Chain = { ...chain, rules: rules.filter((rule) => rule.handle === handle) };
    const base = chain.base === null ? null : { ...chain.base, policy: "accept" as const };
    return evaluate({ tables: [{ ...table, chains: [{ ...one, base }] }], unread: [] }, packet, "forward").ends.map(
      ({ verdict }) => verdict,
    );
  }

  it.each<[string, number, Packet, string[]]>([
    ["wildcard device", 5, leaving, ["drop"]],
    ["wildcard device, another", 5, entering, ["accept"]],
    ["limit", 6, entering, ["accept"]],
    ["joined set, inside", 8, { ...entering, destination: "10.0.0.7", destinationPort: 85 }, ["reject"]],
    ["joined set, another port", 8, { ...entering, destination: "10.0.0.7", destinationPort: 91 }, ["accept"]],
    ["named map", 11, leaving, ["drop"]],
    ["map in braces", 13, { ...entering, destinationPort: 23 }, ["drop"]],
    ["map in braces for TCP, a UDP packet", 13, { ...entering, protocol: "udp", destinationPort: 23 }, ["accept"]],
    [
      "map in braces, port not known",
      13,
      { ...entering, destinationPort: undefined } as unknown as Packet,
      ["drop", "accept"],
    ],
    ["length", 14, { ...leaving, length: 1401 }, ["drop"]],
    ["length at the border", 14, { ...leaving, length: 1400 }, ["accept"]],
    ["any flag", 15, { ...entering, tcpFlags: ["syn", "ack"] }, ["drop"]],
    ["no such flag", 15, { ...entering, tcpFlags: ["ack"] }, ["accept"]],
    ["protocol", 18, leaving, ["drop"]],
    ["IPv6 echo for an IPv4 one", 17, leaving, ["accept"]],
    ["negated address", 19, leaving, ["drop"]],
    [
      "negated address of the other family",
      19,
      { ...leaving, family: "ip6", destination: "fd00::1", source: "fd00::2" },
      ["accept"],
    ],
    ["by chance", 20, leaving, ["drop", "accept"]],
    ["not known", 21, leaving, ["drop", "accept"]],
  ])("%s", (_, handle, packet, verdicts) => {
    expect(alone(handle, packet)).toEqual(verdicts);
  });
});

describe("what is read badly", () => {
  const texts = ["28.5-foreign-tables.txt", "28.5-firewalld.txt", "1.8.13-ufw.txt"].map(captured);

  it("a text that is cut anywhere is never taken for a whole one", () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.double({ min: 0, max: 0.97, noNaN: true }), (text, share) => {
        const cut = readFirewall(text.slice(0, Math.floor(text.length * share)));
        expect(cut.unread.length).toBeGreaterThan(0);
      }),
      // Between two sections every one that is there is whole.
      { examples: texts.map((text) => [text, (text.indexOf("=== nft-text") - 1) / text.length]) },
    );
  });

  it("a program's failure is told with its own words", () => {
    const { unread } = readFirewall(
      "=== variant\niptables v1.8.9 (nf_tables)\n=== 0 end\n=== nft-json\n\n=== 1 end Error: syntax error, options must be specified before commands\n=== nft-text\n=== 0 end\n=== ebtables\n\n=== 0 end\n",
    );
    expect(unread).toEqual(["nftables: Error: syntax error, options must be specified before commands"]);
  });
});

describe("any ruleset", () => {
  const fields: fc.Arbitrary<Match> = fc.oneof(
    fc.record({ kind: fc.constant("unknown" as const), text: fc.constantFrom("a", "b", "c", "d") }),
    fc.constantFrom<Match>(
      { kind: "field", fields: ["protocol"], not: false, any: [[{ word: "icmp" }]] },
      { kind: "field", fields: ["protocol"], not: true, any: [[{ word: "icmp" }]] },
    ),
  );
  const actions = fc.oneof(
    fc.constantFrom<Action>(
      { kind: "accept" },
      { kind: "drop" },
      { kind: "return" },
      { kind: "passes on", text: "log" },
    ),
    fc.record({ kind: fc.constantFrom("jump" as const, "goto" as const), chain: fc.constantFrom("one", "two") }),
  );
  const rule: fc.Arbitrary<Rule> = fc
    .tuple(fc.array(fields, { maxLength: 2 }), actions)
    .map(([matches, action]) => ({ steps: [...matches, action], text: "", counters: null, handle: null }));
  const rules = fc.array(rule, { maxLength: 5 });
  const firewalls: fc.Arbitrary<Firewall> = fc
    .array(
      fc.tuple(rules, rules, fc.array(rule, { maxLength: 1 }), fc.constantFrom("accept" as const, "drop" as const)),
      { minLength: 1, maxLength: 3 },
    )
    .map((tables) => ({
      unread: [],
      tables: tables.map(([base, one, two, policy], index) => ({
        program: "nft",
        family: "inet",
        name: `t${index}`,
        sets: {},
        maps: {},
        chains: [
          {
            name: "base",
            base: { hook: "forward", priority: -index, type: "filter", policy, devices: [], policyCounters: null },
            rules: base,
          },
          { name: "one", base: null, rules: one },
          // The kernel takes no loops.
          {
            name: "two",
            base: null,
            rules: two.filter(({ steps }) => steps.every((step) => step.kind !== "jump" && step.kind !== "goto")),
          },
        ],
      })),
    }))
    .map((firewall) => withoutLoops(firewall as Firewall));

  it("every way that is possible is told, and no other", () => {
    fc.assert(
      fc.property(firewalls, (firewall) => {
        const told = evaluate(firewall, leaving, "forward").ends;
        const seen = new Set<string>();
        const unknown = firewall.tables
          .flatMap(({ chains }) => chains.flatMap((chain) => chain.rules))
          .filter(({ steps }) => steps.some(({ kind }) => kind === "unknown"));
        fc.pre(unknown.length <= 9);
        for (let bits = 0; bits < 2 ** unknown.length; bits++) {
          const ends = reference(firewall, (rule) => ((bits >> unknown.indexOf(rule)) & 1) === 1);
          seen.add(ends);
        }
        const possible = told.map(({ verdict, place }) =>
          place === null
            ? verdict
            : `${verdict} ${place.table.name} ${place.chain.name} ${place.rule === null ? "policy" : place.chain.rules.indexOf(place.rule)}`,
        );
        for (const end of seen) expect(possible).toContain(end);
        if (unknown.length === 0) expect(possible).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  /** Chain one may call two only. */
  function withoutLoops(firewall: Firewall): Firewall {
    const clean = (chain: Chain): Chain =>
      chain.name !== "one"
        ? chain
        : {
            ...chain,
            rules: chain.rules.filter(({ steps }) => steps.every((step) => !("chain" in step) || step.chain === "two")),
          };
    return { ...firewall, tables: firewall.tables.map((table) => ({ ...table, chains: table.chains.map(clean) })) };
  }

  /** Plainly, for a packet of which all is known: how it leaves. */
  function reference(firewall: Firewall, holds: (rule: Rule) => boolean): string {
    for (const table of firewall.tables.toReversed()) {
      const run = (name: string): string => {
        const chain = table.chains.find((each) => each.name === name);
        for (const [index, rule] of (chain?.rules ?? []).entries()) {
          const matches = rule.steps.every((step) =>
            step.kind === "unknown" ? holds(rule) : step.kind !== "field" || !step.not,
          );
          const action = rule.steps.at(-1);
          if (!matches || action === undefined) continue;
          if (action.kind === "accept") return "accept";
          if (action.kind === "drop") return `drop ${table.name} ${name} ${index}`;
          if (action.kind === "return") return "fell";
          if (action.kind === "jump" || action.kind === "goto") {
            const left = run(action.chain);
            if (left !== "fell" || action.kind === "goto") return left;
          }
        }
        return "fell";
      };
      const left = run("base");
      if (left.startsWith("drop")) return left;
      if (left === "fell" && table.chains[0]?.base?.policy === "drop") return `drop ${table.name} base policy`;
    }
    return "accept";
  }
});

describe("translations", () => {
  const behind = (rule: string): Packet => {
    const text = ["*nat", ":PREROUTING ACCEPT [0:0]", rule, "COMMIT", ""].join("\n");
    return evaluate({ tables: readIptables(text, "iptables"), unread: [] }, entering, "prerouting").packet;
  };

  it.each([
    ["-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9:80", "10.0.0.9", 80],
    ["-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9", "10.0.0.9", 9999],
    ["-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9:80-90", "10.0.0.9", undefined],
    ["-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.5-10.0.0.9:80", undefined, 80],
    ["-A PREROUTING -p tcp -j REDIRECT --to-ports 3128", undefined, 3128],
    ["-A PREROUTING -p tcp -j REDIRECT", undefined, 9999],
    ["-A PREROUTING -p tcp -j REDIRECT --to-ports 4000-4010", undefined, undefined],
  ])("what is one of several is not known: %s", (rule, destination, port) => {
    expect([behind(rule).destination, behind(rule).destinationPort]).toEqual([destination, port]);
  });
});
