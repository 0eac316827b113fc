import fc from "fast-check";
import { expect, test } from "vitest";
import { cidr } from "../model/cidr.ts";
import { capturedRules, rulesOf } from "./captured/iptables-save.ts";
import { formatRule, type Rule } from "./rule-match.ts";
import { type PacketKind, type Share, shareOf, walkRules } from "./rule-walk.ts";

/** What leaves docker0's containers by the LAN, as a new TCP connection. */
const OUT: PacketKind = {
  from: { device: "docker0", addresses: cidr("172.17.0.0/16") },
  to: { device: "eth0" },
  protocol: "tcp",
  state: "NEW",
};

const share = (rule: string, packets: PacketKind = OUT): Share => {
  const [parsed] = rulesOf(`*filter\n-A FORWARD ${rule}`);
  if (parsed === undefined) throw new Error(rule);
  return shareOf(parsed, packets);
};

test.each([
  ["-j DROP", "all"],
  ["-i docker0 -j DROP", "all"],
  ["-i docker+ -j DROP", "all"],
  ["-i + -j DROP", "all"],
  ["-i docker0 ! -o docker0 -j ACCEPT", "all"],
  ["! -i docker0 -j DROP", "none"],
  ["-o wg0 -j ACCEPT", "none"],
  ["-s 172.16.0.0/12 -j DROP", "all"],
  ["-s 0.0.0.0/0 -j DROP", "all"],
  ["-s 172.17.0.2/32 -j DROP", "some"],
  ["-s 192.0.2.0/24 -j DROP", "none"],
  ["! -s 192.0.2.0/24 -j DROP", "all"],
  ["-d 192.0.2.7/32 -j DROP", "some"],
  ["-p tcp -j DROP", "all"],
  ["-p 6 -j DROP", "all"],
  ["-p icmp -j ACCEPT", "none"],
  ["-p tcp -m tcp --dport 80 -j DROP", "ports"],
  ["-p tcp -m multiport --dports 80,443 -j DROP", "ports"],
  ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j LIMIT", "ports"],
  ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "none"],
  ["-m conntrack --ctstate NEW -j NFQUEUE --queue-num 0", "all"],
  ["-m conntrack ! --ctstate RELATED,ESTABLISHED -j ACCEPT", "all"],
  ["-m conntrack --ctstate DNAT -j ACCEPT", "some"],
  ["-m mark --mark 0x40000/0xff0000 -j ACCEPT", "some"],
  ["-m mark ! --mark 0x1 -j DROP", "some"],
  ["-m limit --limit 1/sec -j RETURN", "some"],
  ["-m comment --comment ours -j DROP", "all"],
] as const)("a rule %s takes %s of what leaves by the LAN", (rule, expected) => {
  expect(share(rule)).toBe(expected);
});

test("a port is asked for where the kind has one", () => {
  const web: PacketKind = { ...OUT, port: 8080 };
  expect(["80", "8000:8100", "1024:", ":9000"].map((ports) => share(`-p tcp --dport ${ports} -j DROP`, web))).toEqual([
    "none",
    "all",
    "all",
    "all",
  ]);
});

/** Where OUT ends on its way to the rule that accepts what docker0 sends. */
function wayOut(rules: readonly Rule[]) {
  const accept = /^-A (FORWARD|DOCKER-FORWARD) -i docker0 (! -o docker0 )?-j ACCEPT$/;
  const end = walkRules(rules, {
    table: "filter",
    chain: "FORWARD",
    packets: OUT,
    until: (rule) => accept.test(formatRule(rule)),
  });
  return end.kind === "passed by" ? end.kind : `${end.kind} ${formatRule(end.rule)}`;
}

test.each(["20.10.24", "26.1.5", "28.5.2", "28.5.2-userland-proxy-off"])(
  "on a host of Engine %s the way out is open",
  (name) => {
    expect(wayOut(capturedRules(name))).toMatch(/^met /);
  },
);

test.each(["20.10.24", "26.1.5", "28.5.2"])(
  "on Engine %s a rule before Docker's that takes all is found, wherever it stands",
  (name) => {
    const rules = capturedRules(name);
    const first = (text: string) => [...rulesOf(`*filter\n${text}`), ...rules];
    const front = "-A FORWARD -i docker0 -j DROP";
    expect(wayOut(first(front))).toBe(`decided ${front}`);
    const inChain = "-A DOCKER-USER -i docker0 -j REJECT";
    expect(wayOut(first(inChain))).toBe(`decided ${inChain}`);
    expect(wayOut(first("-A DOCKER-USER -s 172.17.0.9/32 -j DROP"))).toMatch(/^met /);
    expect(wayOut(first("-A FORWARD -p tcp -m tcp --dport 25 -j DROP"))).toMatch(/^met /);
    expect(wayOut(first("-A FORWARD -j GUARD\n-A GUARD -i docker0 -j RETURN\n-A GUARD -j DROP"))).toMatch(/^met /);
    expect(wayOut(first("-A FORWARD -j GUARD\n-A GUARD -i eth0 -j RETURN\n-A GUARD -j DROP"))).toBe(
      "decided -A GUARD -j DROP",
    );
    expect(wayOut(first("-A FORWARD -g GUARD\n-A GUARD -i eth0 -j DROP"))).toBe("passed by");
    expect(wayOut(first("-A FORWARD -i docker0 -j RETURN"))).toBe("passed by");
  },
);

test("what takes a part is told beside the way", () => {
  const rules = rulesOf(
    "*filter\n-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\n-A FORWARD -d 10.8.0.0/24 -j ACCEPT\n-A FORWARD -j DROP",
  );
  const aside: string[] = [];
  const end = walkRules(rules, {
    table: "filter",
    chain: "FORWARD",
    packets: OUT,
    until: () => false,
    aside: (rule, part, target) => aside.push(`${part} ${target} ${formatRule(rule)}`),
  });
  expect(end).toMatchObject({ kind: "decided", target: "DROP" });
  expect(aside).toEqual([
    "ports ACCEPT -A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT",
    "some ACCEPT -A FORWARD -d 10.8.0.0/24 -j ACCEPT",
  ]);
});

test("any text of rules has an end, circles of chains too", () => {
  const chain = fc.constantFrom("FORWARD", "A", "B");
  const rule = fc
    .tuple(
      chain,
      fc.constantFrom("", "-i docker0 ", "! -o eth0 ", "-p tcp ", "-m mark --mark 1 "),
      fc.constantFrom("-j", "-g"),
      fc.oneof(chain, fc.constantFrom("ACCEPT", "DROP", "RETURN", "LOG")),
    )
    .map(([name, match, jump, target]) => `-A ${name} ${match}${jump} ${target}`);
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 12 }), (lines) => {
      const rules = rulesOf(`*filter\n${lines.join("\n")}`);
      const end = walkRules(rules, { table: "filter", chain: "FORWARD", packets: OUT, until: () => false });
      // What decides is a rule of the text that takes all of the packets.
      return (
        end.kind === "passed by" ||
        (end.kind === "decided" && rules.includes(end.rule) && shareOf(end.rule, OUT) === "all")
      );
    }),
  );
});
