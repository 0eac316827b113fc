import { expect, test } from "vitest";
import { SOMEBODY } from "../model/somebody.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** Containers may leave by the tunnel only: what a VPN's kill switch adds before the engine's rules. */
const KILL_SWITCH = "-A FORWARD ! -i eth0 -o eth0 -j REJECT --reject-with icmp-port-unreachable";

/** What deviates with these rules before the engine's own, where the kernel sends what is meant for the world by this device. */
function claimsBy(way: string, ...rules: readonly string[]): string[] {
  const snapshot = shop();
  const [eth0] = snapshot.host.links;
  if (eth0 === undefined) throw new Error("the host has an eth0");
  snapshot.host.links.push({ ...eth0, name: "tun0", index: 9 });
  snapshot.host.ways[SOMEBODY[4]] = way;
  const text = RULES.replace("-A FORWARD -j DOCKER-USER", (line) => [...rules, line].join("\n"));
  snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
  return [...new Set(audit(snapshot).deviations.map(({ claim }) => claim))];
}

test("under a VPN that takes all, its kill switch stops nothing that containers send to the world", () => {
  expect(claimsBy("tun0", KILL_SWITCH)).toEqual([]);
});

test("where the world is reached by the uplink, the same rule cuts containers off", () => {
  expect(claimsBy("eth0", KILL_SWITCH)).toEqual(["LIVE-07", "LIVE-12"]);
});

test("where the kernel knows no way, the uplink's is judged", () => {
  expect(claimsBy("RTNETLINK answers: Network is unreachable", KILL_SWITCH)).toEqual(["LIVE-07", "LIVE-12"]);
});

test("a default route to the engine's own bridge, or to a container's end, cuts everybody off, and is all that is told", () => {
  for (const device of ["docker0", "veth0a1b2c3"]) {
    const snapshot = shop();
    for (const link of snapshot.host.links) if (link.master === "docker0") link.name = "veth0a1b2c3";
    for (const port of snapshot.host.ports) if (port.name === "veth100") port.name = "veth0a1b2c3";
    const route = { type: "unicast", destination: "default", interface: device, flags: [], nextHops: [] } as const;
    snapshot.host.routes.unshift(structuredClone(route) as never);
    snapshot.host.ways[SOMEBODY[4]] = device;
    snapshot.upstreams = { "192.0.2.53": { answers: false, detail: "timed out" } };
    const { deviations, notes } = audit(snapshot);
    expect(notes.filter(({ what }) => what.includes("nameserver"))).toEqual([]);
    expect(new Set(deviations.map(({ claim }) => claim))).toEqual(new Set(["LIVE-07"]));
    expect(new Set(deviations.map(({ reason }) => reason.what))).toEqual(
      new Set([expect.stringContaining(`default dev ${device}`)]),
    );
    // A container that routes for everybody is named as the gateway.
    Object.assign(snapshot.host.routes[0] ?? {}, { gateway: "172.17.0.2" });
    const told = audit(snapshot).deviations.map(({ reason }) => reason.what);
    expect(told.filter((what) => what.includes("leads to its own containers"))).toEqual([]);
  }
});

test("a rule against what no network uses (bogons) is no fault; one against everybody is", () => {
  expect(claimsBy("eth0", "-A FORWARD -i eth0 -s 198.51.100.0/24 -j DROP")).toEqual([]);
  expect(claimsBy("eth0", "-A FORWARD -i eth0 -j DROP")).toEqual(["LIVE-07", "LIVE-12"]);
});

test("what asks for the hops of a packet sees one fewer than its container gave it", () => {
  expect(claimsBy("eth0", "-A FORWARD -o eth0 -m ttl --ttl-lt 64 -j DROP")).toEqual(["LIVE-07", "LIVE-12"]);
  expect(claimsBy("eth0", "-A FORWARD -o eth0 -m ttl --ttl-lt 63 -j DROP")).toEqual([]);
});

test("what drops the answers on their last step cuts containers off as well", () => {
  const snapshot = shop();
  const last = "*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING ! -s 172.16.0.0/12 -o docker0 -j DROP\nCOMMIT\n";
  snapshot.host.filters = filtering(`${RULES}\n${last}`) as typeof snapshot.host.filters;
  expect(audit(snapshot).deviations.map(({ claim, effect }) => `${claim} ${effect}`)).toContain(
    "LIVE-07 Containers of network bridge (web) get no answers from beyond this host.",
  );
});

test("a chain that ends whatever comes says nothing of containers: the rule that sends them there does", () => {
  const remedies = (...rules: readonly string[]): string[] => {
    const snapshot = shop();
    const chains = RULES.replace("-A FORWARD -j DOCKER-USER", (line) => [...rules, line].join("\n"));
    snapshot.host.filters = filtering(
      chains.replace("*filter", "*filter\n:LOGDROP - [0:0]"),
    ) as typeof snapshot.host.filters;
    const found = audit(snapshot).deviations.filter(({ claim }) => claim === "LIVE-07");
    return found.flatMap(({ reason }) => reason.remedies.flatMap((one) => ("commands" in one ? one.commands : [])));
  };
  const sent = "-A FORWARD -i docker0 -j LOGDROP";
  expect(remedies(sent, "-A LOGDROP -j LOG", "-A LOGDROP -j DROP")).toEqual([
    "iptables -t filter -D FORWARD -i docker0 -j LOGDROP",
  ]);
  // Who lets some go has chosen itself.
  expect(remedies(sent, "-A LOGDROP -s 10.0.0.0/8 -j RETURN", "-A LOGDROP -j DROP")).not.toContain(
    "iptables -t filter -D FORWARD -i docker0 -j LOGDROP",
  );
});

test("what is dropped by a number that is drawn is lost for everybody; what a rate allows is not judged", () => {
  const lost = (...rules: readonly string[]): string[] => {
    const snapshot = shop();
    const text = RULES.replace("-A FORWARD -j DOCKER-USER", (line) => [...rules, line].join("\n"));
    snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
    return audit(snapshot).deviations.map(({ claim, effect }) => `${claim} ${effect}`);
  };
  const drawn = "-m statistic --mode random --probability 0.3 -j DROP";
  expect(lost(`-A FORWARD -i docker0 ${drawn}`)).toEqual([
    "LIVE-07 Containers of network bridge (web) lose a part of what they send beyond this host.",
  ]);
  expect(lost(`-A FORWARD -o docker0 ${drawn}`)).toContain(
    "LIVE-07 Containers of network bridge (web) lose a part of the answers from beyond this host.",
  );
  expect(lost("-A FORWARD -i docker0 -m limit --limit 5/s -j DROP")).toEqual([]);
  expect(lost(`-A FORWARD -i docker0 -m u32 --u32 0x0=0x1 ${drawn}`)).toEqual([]);
});

test("a policy of another table than the engine's rules stand in is a cause of its own", () => {
  for (const [table, line] of [
    ["mangle", "iptables -t mangle -P FORWARD DROP"],
    ["security", "iptables -t security -P FORWARD DROP"],
  ]) {
    const snapshot = shop();
    snapshot.host.filters = filtering(
      `${RULES}\n*${table}\n:FORWARD DROP [0:0]\nCOMMIT\n`,
    ) as typeof snapshot.host.filters;
    const { deviations } = audit(snapshot);
    expect(new Set(deviations.map(({ claim }) => claim))).toEqual(new Set(["LIVE-07", "LIVE-12"]));
    expect(new Set(deviations.map(({ reason }) => reason.what.replace(/ stops .*?: /, ": ")))).toEqual(
      new Set([`A rule that is not the engine's: \`${line}\`.`]),
    );
  }
});

test.each([
  ["-A FORWARD -m length --length 1000:65535 -j DROP", ["LIVE-07"]],
  ["-A FORWARD -m length --length 1501:65535 -j DROP", []],
  ["-A FORWARD -p tcp -m tcp --syn -m tcpmss --mss 1300:65535 -j DROP", ["LIVE-07", "LIVE-12"]],
  ["-A FORWARD -p tcp -m tcp --syn -m tcpmss --mss 1:500 -j DROP", []],
  ["-A FORWARD -p tcp -m multiport --ports 443,8443 -j DROP", ["LIVE-07"]],
  ["-A FORWARD -p tcp -m multiport ! --ports 443,50000 -j DROP", []],
])("%s", (rule, claims) => {
  expect(claimsBy("eth0", rule)).toEqual(claims);
});

test("a quota ends what comes once it is used up, and nothing while a packet is left of it", () => {
  const quota = "-A FORWARD -o eth0 -m quota --quota 1000000 -j RETURN";
  const rest = "-A FORWARD -o eth0 -j DROP";
  expect(claimsBy("eth0", `[9:999990] ${quota}`, rest)).toEqual(["LIVE-07", "LIVE-12"]);
  expect(claimsBy("eth0", `[9:5000] ${quota}`, rest)).toEqual([]);
  // What is left lets small packets pass and large ones not.
  expect(claimsBy("eth0", `[9:999500] ${quota}`, rest)).toEqual([]);
});

test("an answer has the mark that its connection got", () => {
  const marking = "-A FORWARD -i docker0 -j CONNMARK --set-xmark 0x10/0xffffffff";
  const dropping = "-A FORWARD -i eth0 -m connmark --mark 0x10 -j DROP";
  expect(claimsBy("eth0", marking, dropping)).toEqual(["LIVE-07"]);
});

test("where a rule puts what containers send into a zone of its own, no answer finds its connection", () => {
  const told = (rule: string): string[] => {
    const snapshot = shop();
    const text = RULES.replace("-A PREROUTING -d 172", (line) => `${rule}\n${line}`);
    snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
    return [...new Set(audit(snapshot).deviations.map(({ claim, reason }) => `${claim} ${reason.key}`))];
  };
  const zoned = "-A PREROUTING -i docker0 -j CT --zone 5";
  expect(told(zoned)).toEqual([
    `LIVE-07 firewall iptables -t raw ${zoned}`,
    `LIVE-12 firewall iptables -t raw ${zoned}`,
  ]);
  // One zone for all is none.
  expect(told("-A PREROUTING -j CT --zone 5")).toEqual([]);
});

test("what stops nothing but the answers of published ports is told with them", () => {
  const snapshot = shop();
  const rule = "-A FORWARD -i docker0 -p tcp -m tcp --sport 80 -j DROP";
  const text = RULES.replace("-A FORWARD -j DOCKER-USER", (line) => `${rule}\n${line}`);
  snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
  const { deviations } = audit(snapshot);
  expect(new Set(deviations.map(({ claim, subject }) => `${claim} ${JSON.stringify(subject)}`))).toEqual(
    new Set([expect.stringMatching(/^LIVE-12 .*"web"/)]),
  );
  expect(deviations[0]?.reason.what).toContain("what published ports answer");
});

test("the engine's own drop of what is meant for a container's address is no fault of a network without masquerade", () => {
  const snapshot = shop();
  const network = snapshot.networks.find(({ Name }) => Name === "shop");
  if (network === undefined) throw new Error("there is a network shop");
  network.Options = { ...network.Options, "com.docker.network.bridge.enable_ip_masquerade": "false" };
  const shut = "-A PREROUTING -d 10.44.0.2/32 ! -i br-fc57f91b6867 -j DROP";
  // What may match stands before what surely does, and is no cause for it.
  const some = "-A PREROUTING -m rpfilter --invert -j DROP";
  const text = RULES.replace("-A PREROUTING -d 172", (line) => `${some}\n${shut}\n${line}`);
  const kept = text.split("\n").filter((line) => !line.endsWith("! -o br-fc57f91b6867 -j MASQUERADE"));
  snapshot.host.filters = filtering(kept.join("\n")) as typeof snapshot.host.filters;
  expect(audit(snapshot).deviations.filter(({ claim }) => claim === "LIVE-07")).toEqual([]);
});
