import { expect, test } from "vitest";
import { MISSING_RULES } from "../cause/keys.ts";
import { RESTART_ENGINE } from "../cause/mend.ts";
import type { AskedQuestion } from "../model/question.ts";
import type { Chain } from "../snapshot/firewall/model.ts";
import { matchSteps } from "../snapshot/firewall/nft-expression.ts";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { bridgesOf, endpointsOf, type Snapshot } from "../snapshot/snapshot.ts";
import { healthy } from "./checks/testing/healthy.ts";
import type { Failure } from "./relevance.ts";
import { stoppedBy } from "./stopped.ts";

/** The healthy host with these rules beside Docker's own, which are left out: only what stops a packet matters. */
function withRules(program: "iptables" | "iptables-legacy", ...saved: string[]): Snapshot {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  const masquerade = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n";
  const tables = [
    ...readIptables(`${saved.join("\n")}\n`, program),
    ...(saved.includes("*nat") ? [] : readIptables(masquerade, "iptables")),
  ];
  const filters = { tables, unread: [] };
  return { ...snapshot, host: { ...snapshot.host, filters } } as Snapshot;
}

/** A container on a user's bridge, by name, and its bridge's device. */
function someone(snapshot: Snapshot) {
  for (const container of snapshot.containers)
    for (const { name, settings } of endpointsOf(container)) {
      const bridge = bridgesOf(snapshot).find((one) => one.name === name && !one.internal);
      if (bridge !== undefined && settings.IPAddress !== "") return { name: container.name, device: bridge.device };
    }
  throw new Error("the captured snapshot has no container on a bridge");
}

function beyond(snapshot: Snapshot, parts: Partial<AskedQuestion & { kind: "reach" }> = {}): AskedQuestion {
  const from = { kind: "container", name: someone(snapshot).name } as const;
  return { kind: "reach", from, to: "203.0.113.9", protocol: "tcp", port: 443, size: null, ...parts };
}

/** A question that was not answered, and nothing else. */
function blocked(question: AskedQuestion): Failure {
  return { direction: "blocked", questions: [question], subjects: [], scope: [], probes: [], refusal: null };
}

function stopped(snapshot: Snapshot, question = beyond(snapshot)) {
  const { found, open } = stoppedBy(snapshot, blocked(question));
  return { open, groups: found.map(({ reason }) => reason.key), mends: found.flatMap(({ reason }) => reason.remedies) };
}

const FILTER = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"];

test("without a rule that ends it, the way is open", () => {
  expect(stopped(withRules("iptables", ...FILTER, "COMMIT"))).toEqual({ open: true, groups: [], mends: [] });
});

test("no rule is to blame for an address that nobody has: a bridge that lacks its gateway's", () => {
  const snapshot = withRules("iptables", ...FILTER, "-A FORWARD -j DROP", "COMMIT");
  const other = bridgesOf(snapshot).find(({ name, internal }) => name.endsWith("-other") && !internal);
  const asked = beyond(snapshot, { to: other?.gateway ?? "" });
  expect(stopped(snapshot, asked)).toMatchObject({ open: true });
  for (const link of snapshot.host?.addresses ?? [])
    if (link.name === other?.device) Object.assign(link, { addresses: [] });
  expect(stopped(snapshot, asked)).toEqual({ open: false, groups: [], mends: [] });
});

test("Docker's own drop between two bridges is no cause: who asked has left the other's network since", () => {
  const asked = (snapshot: Snapshot) => {
    const far = snapshot.containers.find(({ name }) => name.endsWith("-far"));
    const [end] = far === undefined ? [] : endpointsOf(far);
    return {
      address: end?.settings.IPAddress ?? "",
      question: beyond(snapshot, { to: end?.settings.IPAddress ?? "" }),
    };
  };
  const apart = healthy() as Snapshot;
  expect(stopped(apart, asked(apart).question)).toEqual({ open: false, groups: [], mends: [] });
  // One that is left of a bridge which had the address before is a cause.
  const { address } = asked(apart);
  const stale = withRules(
    "iptables",
    "*raw",
    ":PREROUTING ACCEPT [0:0]",
    `-A PREROUTING -d ${address}/32 ! -i docker0 -j DROP`,
    "COMMIT",
  );
  expect(stopped(stale, asked(stale).question).groups).toEqual([
    `firewall iptables -t raw -A PREROUTING -d ${address}/32 ! -i docker0 -j DROP`,
  ]);
});

test("a policy of the legacy tables is named as theirs, with what takes it back", () => {
  const { groups, mends } = stopped(withRules("iptables-legacy", "*filter", ":FORWARD DROP [0:0]", "COMMIT"));
  expect(groups).toEqual(["firewall iptables-legacy -t filter -P FORWARD DROP"]);
  expect(mends).toMatchObject([{ commands: ["iptables-legacy -t filter -P FORWARD ACCEPT"] }]);
});

test("of a chain that ends whatever comes, the rule that sent the packets there is the cause", () => {
  const sends = "-A FORWARD -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -j LOGDROP";
  const rules = ["*filter", ":FORWARD ACCEPT [0:0]", ":LOGDROP - [0:0]", sends];
  rules.push("-A LOGDROP -m limit --limit 5/min -j LOG", "-A LOGDROP -j DROP", "COMMIT");
  const { groups, mends } = stopped(withRules("iptables", ...rules));
  expect(groups).toEqual([`firewall iptables -t filter ${sends}`]);
  expect(mends).toMatchObject([{ commands: [`iptables -t filter ${sends.replace("-A", "-D")}`] }]);
});

test("a table that was replaced lacks Docker's rules, whatever stands in their place", () => {
  const rhel = "-A FORWARD -j REJECT --reject-with icmp-host-prohibited";
  const { groups, mends } = stopped(withRules("iptables", ...FILTER, rhel, "COMMIT"));
  expect(groups).toEqual([MISSING_RULES]);
  expect(mends).toEqual([RESTART_ENGINE]);
});

test.each([
  ["-A FORWARD -p tcp -j DROP", true],
  ["-A FORWARD -p udp -j DROP", false],
  ["-A FORWARD -s 203.0.113.9/32 -j REJECT --reject-with icmp-port-unreachable", true],
  ["-A FORWARD -m conntrack --ctstate NEW -j NFQUEUE --queue-num 0", true],
  ["-A FORWARD -d 198.51.100.1/32 -j DROP", false],
])("%s ends a connection to a machine beyond the host: %s", (rule, ends) => {
  expect(stopped(withRules("iptables", ...FILTER, rule, "COMMIT"))).toMatchObject({
    open: !ends,
    groups: ends ? [`firewall iptables -t filter ${rule}`] : [],
  });
});

test.each([
  ["-A PREROUTING -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 3128", true],
  ["-A PREROUTING -p tcp -m tcp --dport 443 -j DNAT --to-destination 203.0.113.200:443", true],
  ["-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128", false],
  ["-A DOCKER -p tcp -m tcp --dport 443 -j DNAT --to-destination 203.0.113.200:443", false],
])("%s leads a connection elsewhere: %s", (rule, diverts) => {
  const nat = ["*nat", ":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", ":DOCKER - [0:0]"];
  const jumps = ["-A PREROUTING -j DOCKER", "-A POSTROUTING -o eth0 -j MASQUERADE"];
  const { groups, mends } = stopped(withRules("iptables", ...nat, ...jumps, rule, "COMMIT"));
  expect(groups).toEqual(diverts ? [`firewall iptables -t nat ${rule}`] : []);
  if (diverts) expect(mends).toMatchObject([{ commands: [`iptables -t nat ${rule.replace("-A ", "-D ")}`] }]);
});

test.each(["leaked", "differs"] as const)("what is led elsewhere explains as well what %s", (direction) => {
  const nat = ["*nat", ":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]"];
  const rule = "-A PREROUTING -p tcp -m tcp --dport 443 -j DNAT --to-destination 203.0.113.200:443";
  const snapshot = withRules("iptables", ...nat, rule, "COMMIT");
  const keys = (question: AskedQuestion) =>
    stoppedBy(snapshot, { ...blocked(question), direction }).found.map(({ reason }) => reason.key);
  expect(keys(beyond(snapshot))).toEqual([`firewall iptables -t nat ${rule}`]);
  expect(keys(beyond(snapshot, { port: 80 }))).toEqual([]);
});

test("packets that are too long for a rule end there, others don't", () => {
  const snapshot = withRules(
    "iptables",
    "*mangle",
    ":FORWARD ACCEPT [0:0]",
    "-A FORWARD -m length --length 1401:65535 -j DROP",
    "COMMIT",
  );
  expect(stopped(snapshot, beyond(snapshot, { protocol: "icmp", port: null })).open).toBe(true);
  expect(stopped(snapshot, beyond(snapshot, { protocol: "icmp", port: null, size: 1400 })).groups).toHaveLength(1);
});

test.each([
  ["", "guessed"],
  ["[12:720] ", "concluded"],
])("a rule that ends a part of such packets is no more than its counter says: %j %s", (counters, certainty) => {
  const limit = "-A FORWARD -p tcp -m hashlimit --hashlimit-above 5/sec --hashlimit-name c -j DROP";
  const snapshot = withRules("iptables", ...FILTER, `${counters}${limit}`, "COMMIT");
  const { found, surely } = stoppedBy(snapshot, blocked(beyond(snapshot)));
  expect(surely).toBe(false);
  expect(found.map(({ reason }) => reason.certainty)).toEqual([certainty]);
});

test("a queue that a program reads is no dead end for certain, and one that nobody reads is told as such", () => {
  const rule = "-A FORWARD -j NFQUEUE --queue-num 7";
  const snapshot = withRules("iptables", ...FILTER, rule, "COMMIT");
  const what = (queues: readonly number[]) =>
    stoppedBy(
      { ...snapshot, host: snapshot.host === null ? null : { ...snapshot.host, queues } },
      blocked(beyond(snapshot)),
    ).found.map((one) => one.reason.what);
  expect(what([])).toEqual([expect.stringContaining("which no program reads")]);
  expect(what([7])).toEqual([expect.stringContaining("the program that reads it decides")]);
});

test("what leaks or differs is no matter of where a packet ends", () => {
  const snapshot = withRules("iptables", "*filter", ":FORWARD DROP [0:0]", "COMMIT");
  const failure = { questions: [beyond(snapshot)], subjects: [], scope: [], probes: [], refusal: null };
  expect(stoppedBy(snapshot, { ...failure, direction: "leaked" })).toMatchObject({
    found: [],
    surely: false,
    open: false,
  });
});

test("the answer to what was masqueraded comes to the host's address: rules before the translation judge that one", () => {
  const snapshot = healthy();
  const { name, device } = someone(snapshot);
  const container = snapshot.containers.find((one) => one.name === name);
  const address = container === undefined ? "" : endpointsOf(container)[0]?.settings.IPAddress;
  const raw = ["*raw", ":PREROUTING ACCEPT [0:0]", `-A PREROUTING -d ${address}/32 ! -i ${device} -j DROP`, "COMMIT"];
  const nat = [
    "*nat",
    ":POSTROUTING ACCEPT [0:0]",
    `-A POSTROUTING -s ${address}/32 ! -o ${device} -j MASQUERADE`,
    "COMMIT",
  ];
  expect(stopped(withRules("iptables", ...raw, ...nat))).toMatchObject({ open: true, groups: [] });
  // Without that rule it comes to the bare address, which Docker's own rule drops: not that one is the cause.
  const bare = stopped(withRules("iptables", ...raw, "*nat", ":POSTROUTING ACCEPT [0:0]", "COMMIT"));
  expect(bare.groups).toEqual([expect.stringContaining("Docker's rules are missing: masquerade ")]);
  expect(bare.mends[0]).toMatchObject({ commands: [expect.stringMatching(/^iptables -t nat -I POSTROUTING -s /)] });
});

const NAT = [
  "*nat",
  ":PREROUTING ACCEPT [0:0]",
  ":POSTROUTING ACCEPT [0:0]",
  "-A POSTROUTING -o eth0 -j MASQUERADE",
  "COMMIT",
];

test.each([
  ["raw", "-A PREROUTING -i {bridge} -j CT --notrack", "from connection tracking"],
  ["raw", "-A PREROUTING -i {bridge} -j CT --zone 7", "from connection tracking"],
  ["raw", "-A PREROUTING -i eth0 -j CT --zone 7", "from connection tracking"],
  ["raw", "-A PREROUTING -i eth0 -j NOTRACK", null],
  ["mangle", "-A FORWARD -f -j DROP", null],
  ["mangle", "-A PREROUTING -i eth0 -j TTL --ttl-set 1", "no hop"],
  ["mangle", "-A PREROUTING -i {bridge} -j TTL --ttl-dec 64", "no hop"],
  ["mangle", "-A PREROUTING -i {bridge} -j TTL --ttl-set 65", null],
  ["mangle", "-A POSTROUTING -j TTL --ttl-set 1", null],
  [
    "mangle",
    "-A PREROUTING -p tcp -j TPROXY --on-port 12345 --on-ip 127.0.0.1 --tproxy-mark 0x1/0x1",
    "to a program of the host",
  ],
  ["mangle", "-A FORWARD -m ttl --ttl-lt 64 -j DROP", "drops"],
  ["mangle", "-A FORWARD -m ttl --ttl-gt 63 -j DROP", null],
  ["mangle", "-A FORWARD -m owner --uid-owner 0 -j DROP", null],
  ["mangle", "-A FORWARD -m physdev --physdev-is-bridged -j DROP", null],
  ["mangle", "-A FORWARD -m conntrack --ctdir REPLY -j DROP", "drops"],
  ["raw", "-A PREROUTING -m rpfilter --invert -j DROP", null],
  ["raw", "-A PREROUTING -m rpfilter -j DROP", "drops"],
  ["mangle", "-A FORWARD -m policy --dir in --pol none -j DROP", "drops"],
  ["mangle", "-A FORWARD -m policy --dir in --pol ipsec -j DROP", null],
  ["mangle", "-A FORWARD -m pkttype --pkt-type broadcast -j DROP", null],
  ["mangle", "-A FORWARD -m dscp --dscp 0x00 -j DROP", "drops"],
])("table %s: %s – what becomes of a connection beyond the host: %s", (table, rule, does) => {
  const text = rule.replace("{bridge}", someone(healthy()).device);
  const own = [
    `*${table}`,
    ":PREROUTING ACCEPT [0:0]",
    ":FORWARD ACCEPT [0:0]",
    ":POSTROUTING ACCEPT [0:0]",
    text,
    "COMMIT",
  ];
  const snapshot = withRules("iptables", ...NAT, ...own);
  const { found, surely } = stoppedBy(snapshot, blocked(beyond(snapshot)));
  expect(found.map(({ reason }) => reason.key)).toEqual(does === null ? [] : [`firewall iptables -t ${table} ${text}`]);
  if (does !== null) expect([surely, found[0]?.reason.what]).toEqual([true, expect.stringContaining(does)]);
});

test.each([
  ["-A INPUT -i lo -j DROP", true],
  ["-A INPUT -i eth0 -j DROP", false],
  ["-A OUTPUT -o lo -j DROP", true],
])("%s ends what the host sends to an address of its own: %s", (rule, ends) => {
  const snapshot = withRules("iptables", ...FILTER, rule, "COMMIT");
  const own = snapshot.host?.addresses.find(({ name }) => name === "eth0")?.addresses[0]?.address ?? "";
  const groups = stopped(snapshot, beyond(snapshot, { from: { kind: "host", name: "" }, to: own })).groups;
  expect(groups).toEqual(ends ? [`firewall iptables -t filter ${rule}`] : []);
});

test("a source address that is not the host's is told as such, one of its own is in order", () => {
  const snat = (address: string) =>
    withRules(
      "iptables",
      "*nat",
      ":POSTROUTING ACCEPT [0:0]",
      `-A POSTROUTING -o eth0 -j SNAT --to-source ${address}`,
      "COMMIT",
    );
  expect(stopped(snat("198.51.100.200")).groups).toEqual([
    "firewall iptables -t nat -A POSTROUTING -o eth0 -j SNAT --to-source 198.51.100.200",
  ]);
  const own = healthy().host?.addresses.find(({ name }) => name === "eth0")?.addresses[0]?.address ?? "";
  expect(stopped(snat(own))).toMatchObject({ open: true, groups: [] });
});

test.each([
  ["[0:0] ", []],
  ["[7:420] ", ["firewall iptables -t filter -A FORWARD -m u32 --u32 0x6&0xff=0x6 -j DROP"]],
  ["", ["firewall iptables -t filter -A FORWARD -m u32 --u32 0x6&0xff=0x6 -j DROP"]],
])("what a rule asks for can't be told: it is named unless it has counted nothing (%j)", (counters, groups) => {
  const rule = `${counters}-A FORWARD -m u32 --u32 0x6&0xff=0x6 -j DROP`;
  expect(stopped(withRules("iptables", ...FILTER, rule, "COMMIT")).groups).toEqual(groups);
});

test("what ends ARP ends all that is sent over a bridge by IPv4", () => {
  const snapshot = withRules("iptables", ...FILTER, "COMMIT");
  const base = { priority: 0, type: "filter", policy: "drop", devices: [], policyCounters: null } as const;
  const groups = (family: "arp" | "bridge", hook: "input" | "forward") => {
    const chains = [{ name: "c", base: { ...base, hook }, rules: [] }];
    const table = { program: "nft", family, name: "guard", chains, sets: {}, maps: {} } as const;
    const tables = [...(snapshot.host?.filters?.tables ?? []), table];
    const host = snapshot.host === null ? null : { ...snapshot.host, filters: { tables, unread: [] } };
    const { name } = someone(snapshot);
    const { gateway = "" } = bridgesOf(snapshot).find(({ device }) => device === someone(snapshot).device) ?? {};
    const asked = beyond(snapshot, { from: { kind: "container", name }, to: gateway, protocol: "arp", port: null });
    const both = [beyond(snapshot), asked].map((question) => stopped({ ...snapshot, host }, question).groups);
    expect(both[1]).toEqual(both[0]);
    return both[0];
  };
  expect(groups("arp", "input")).toEqual(["firewall policy drop of chain c in the nft table arp guard"]);
  // What goes beyond the host is forwarded by no bridge.
  expect(groups("bridge", "forward")).toEqual([]);
});

test("a rule of bridges about hardware addresses ends the answer to ARP of a container that it is about", () => {
  const snapshot = withRules("iptables", ...FILTER, "COMMIT");
  const { name } = someone(snapshot);
  const container = snapshot.containers.find((one) => one.name === name);
  const { IPAddress = "", MacAddress = "" } =
    (container === undefined ? [] : endpointsOf(container))[0]?.settings ?? {};
  const groups = (vendor: string) => {
    const [match] = matchSteps({
      op: "!=",
      left: { "&": [{ payload: { protocol: "ether", field: "saddr" } }, "ff:ff:00:00:00:00"] },
      right: `${vendor}:00:00:00:00`,
    });
    if (match === undefined) throw new Error("the match is not read");
    const rule = { steps: [match, { kind: "drop" }], text: "ether saddr … drop", counters: null, handle: 2 } as const;
    const base = { priority: 0, type: "filter", policy: "accept", devices: [], policyCounters: null, hook: "input" };
    const chain = { name: "c", base, rules: [rule] } as Chain;
    const table = { program: "nft", family: "bridge", name: "macs", chains: [chain], sets: {}, maps: {} } as const;
    const tables = [...(snapshot.host?.filters?.tables ?? []), table];
    const host = snapshot.host === null ? null : { ...snapshot.host, filters: { tables, unread: [] } };
    const question = beyond(snapshot, {
      from: { kind: "host", name: "host" },
      to: IPAddress,
      protocol: "icmp",
      port: null,
    });
    return stopped({ ...snapshot, host }, question).groups;
  };
  expect(groups("00:16")).toEqual(["firewall nft rule bridge macs c ether saddr … drop"]);
  expect(groups(MacAddress.slice(0, 5))).toEqual([]);
});

test.each(["ACCEPT", "RETURN"])("what a rule keeps from Docker's masquerading (%s) is told by that rule", (target) => {
  const { device, name } = someone(healthy());
  const container = healthy().containers.find((one) => one.name === name);
  const subnet = bridgesOf(healthy()).find((one) => one.device === device)?.subnet ?? "";
  const before = `-A POSTROUTING -s ${subnet} -j ${target}`;
  const dockers = `-A POSTROUTING -s ${subnet} ! -o ${device} -j MASQUERADE`;
  const address = container === undefined ? "" : endpointsOf(container)[0]?.settings.IPAddress;
  const snapshot = withRules(
    "iptables",
    ...["*nat", ":POSTROUTING ACCEPT [0:0]", before, dockers, "COMMIT"],
    ...["*raw", ":PREROUTING ACCEPT [0:0]", `-A PREROUTING -d ${address}/32 ! -i ${device} -j DROP`, "COMMIT"],
  );
  expect(stopped(snapshot).groups).toEqual([`firewall iptables -t nat ${before}`]);
});

test("a rule about a hardware address ends the packets of the container that has it, and no other's", () => {
  const { name, device } = someone(healthy());
  const container = healthy().containers.find((one) => one.name === name);
  const mac = (container === undefined ? "" : endpointsOf(container)[0]?.settings.MacAddress) ?? "";
  const rule = (of: string) => `-A FORWARD -i ${device} -m mac --mac-source ${of.toUpperCase()} -j DROP`;
  const groups = (of: string) => stopped(withRules("iptables", ...FILTER, rule(of), "COMMIT")).groups.length;
  expect([groups(mac), groups("02:de:ad:be:ef:01")]).toEqual([1, 0]);
});

/** The healthy host with IPv6 on one bridge, and these rules of ip6tables. */
function dualStack(...saved: string[]) {
  const snapshot = withRules("iptables", ...FILTER, "COMMIT") as Snapshot;
  const { name, device } = someone(snapshot);
  const containers = snapshot.containers.map((container) => {
    if (container.name !== name) return container;
    const { inspected } = container;
    const [[network, settings] = ["", undefined]] = Object.entries(inspected.NetworkSettings.Networks ?? {});
    const Networks = { [network]: { ...settings, GlobalIPv6Address: "fd00:17::2" } };
    const NetworkSettings = { ...inspected.NetworkSettings, Networks };
    return { ...container, inspected: { ...inspected, NetworkSettings } } as typeof container;
  });
  const tables = readIptables(`${saved.join("\n")}\n`, "ip6tables");
  const gateway = { family: 6, address: "fd00:17::1", prefix: 64, scope: "global" } as const;
  const addresses = (snapshot.host?.addresses ?? []).map((link) =>
    link.name === device ? { ...link, addresses: [...link.addresses, gateway] } : link,
  );
  const host = snapshot.host && { ...snapshot.host, addresses, filters: { tables, unread: [] } };
  return { ...snapshot, containers, host } as Snapshot;
}

test.each([
  ["-A INPUT -p ipv6-icmp -j DROP", true],
  ["-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP", true],
  ["-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j DROP", false],
  ["-A INPUT -m conntrack --ctstate INVALID -j DROP", false],
])("%s keeps an IPv6 connection from an address of the host: %s", (rule, ends) => {
  const snapshot = dualStack(...FILTER, rule, "COMMIT");
  const from = { kind: "container", name: someone(snapshot).name } as const;
  const question = beyond(snapshot, { from, to: "fd00:17::1" });
  expect(stopped(snapshot, question).groups).toEqual(ends ? [`firewall ip6tables -t filter ${rule}`] : []);
});

test.each([
  ["one of the operator's that takes all of them decides", "-A FORWARD -p tcp --dport 443 -j DROP", true],
  ["one that may take a part does not", "-A FORWARD -p tcp --dport 443 -m limit --limit 1/sec -j DROP", false],
  ["one for other packets does not", "-A FORWARD -p tcp --dport 23 -j DROP", false],
])("whether a rule decides what becomes of the packets: %s", (_, rule, decided) => {
  const snapshot = withRules("iptables", ...FILTER, rule, "COMMIT");
  expect(stoppedBy(snapshot, blocked(beyond(snapshot)))).toMatchObject({ decided, evaluated: true });
});
