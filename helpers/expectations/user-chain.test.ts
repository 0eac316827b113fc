import { expect, test } from "vitest";
import { cidr } from "../model/cidr.ts";
import { capturedRules, rulesOf } from "./captured/iptables-save.ts";
import { type BridgeWays, userChain } from "./user-chain.ts";

const DOCKER0: BridgeWays = { device: "docker0", subnet: cidr("172.17.0.0/16") };
const SHOP: BridgeWays = { device: "br-fc57f91b6867", subnet: cidr("10.44.0.0/24") };
const ENGINES = ["20.10.24", "26.1.5", "28.5.2", "28.5.2-icc-off"] as const;

/** What is said of an engine's rules with others before them. */
function judged(engine: string, before: readonly string[]) {
  const rules = [...rulesOf(`*filter\n${before.join("\n")}`), ...capturedRules(engine)];
  return userChain(rules, [DOCKER0, SHOP], "eth0");
}

test.each(ENGINES)("on Engine %s all that concerns bridges meets DOCKER-USER first", (engine) => {
  expect(judged(engine, [])).toEqual({ passedBy: [], before: [] });
});

test.each([
  ["a VPN with a device of its own", ["-A FORWARD -i wg0 -j ACCEPT", "-A FORWARD -o wg0 -j ACCEPT"]],
  [
    "a VPN with a chain, marks and addresses",
    [
      "-A FORWARD -j ts-forward",
      "-A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000",
      "-A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT",
      "-A ts-forward -s 100.64.0.0/10 -o tailscale0 -j DROP",
      "-A ts-forward -o tailscale0 -j ACCEPT",
    ],
  ],
  ["a VPN by its clients' addresses", ["-A FORWARD -s 10.8.0.0/24 -j ACCEPT", "-A FORWARD -d 10.8.0.0/24 -j ACCEPT"]],
  [
    "virtual machines",
    [
      "-A FORWARD -j LIBVIRT_FWI",
      "-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable",
    ],
  ],
  [
    "a firewall that knows established connections",
    ["-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"],
  ],
  ["a firewall that lets pings through", ["-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT"]],
  [
    "a limit on new connections",
    [
      "-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j SYNS",
      "-A SYNS -m limit --limit 100/sec -j RETURN",
      "-A SYNS -j DROP",
    ],
  ],
  ["a guard that denies", ["-A FORWARD -i docker0 -o eth0 -j DROP"]],
])("%s first in FORWARD accepts nothing of Docker's before DOCKER-USER", (_, before) => {
  for (const engine of ENGINES) {
    const found = judged(engine, before);
    expect(found.passedBy).toEqual([]);
    expect(found.before).toEqual(before.filter((line) => line.startsWith("-A FORWARD ")));
  }
});

test.each([
  ["-A FORWARD -j ACCEPT", "from docker0 to eth0"],
  ["-A FORWARD -i docker0 -j ACCEPT", "from docker0 to eth0"],
  ["-A FORWARD -i eth0 -j ACCEPT", "from eth0 to docker0"],
  ["-A FORWARD -i br-+ -o br-+ -j ACCEPT", "within br-fc57f91b6867"],
  ["-A FORWARD -s 172.16.0.0/12 -j ACCEPT", "from docker0 to br-fc57f91b6867"],
  ["-A FORWARD -p tcp -m tcp --dport 443 -j ACCEPT", "from eth0 to docker0"],
  ["-A FORWARD -m conntrack ! --ctstate INVALID -j ACCEPT", "within docker0"],
])("an accept of Docker's traffic before DOCKER-USER is told with its way: %s", (rule, way) => {
  for (const engine of ENGINES) expect(judged(engine, [rule]).passedBy).toContainEqual({ way, by: rule });
});

test("an accept in a chain of somebody's is told as well, and one behind DOCKER-USER is not", () => {
  const chain = ["-A FORWARD -j MINE", "-A MINE -i docker0 -j ACCEPT"];
  expect(judged("28.5.2", chain).passedBy).toContainEqual({
    way: "from docker0 to eth0",
    by: "-A MINE -i docker0 -j ACCEPT",
  });
  expect(judged("28.5.2", ["-A DOCKER-USER -i docker0 -j ACCEPT"]).passedBy).toEqual([]);
});

test("without the jump, or with Docker's own before it, the user's rules are passed by", () => {
  for (const engine of ENGINES) {
    const rules = capturedRules(engine);
    const jump = rules.filter(({ args }) => args.join(" ") === "-j DOCKER-USER");
    const others = rules.filter((rule) => !jump.includes(rule));
    expect(userChain(others, [DOCKER0], "eth0").passedBy.length).toBeGreaterThan(0);
    const late = userChain([...others, ...jump], [DOCKER0], "eth0");
    expect(late.passedBy.map(({ way }) => way)).toContain("from docker0 to eth0");
  }
  const none = rulesOf("*filter\n-A FORWARD -i eth0 -j DROP");
  expect(userChain(none, [DOCKER0], "eth0").passedBy).toContainEqual({ way: "from docker0 to eth0", by: null });
});
