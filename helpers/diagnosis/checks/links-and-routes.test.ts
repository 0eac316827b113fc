import { expect, test } from "vitest";
import { bridgesOf } from "../../snapshot/snapshot.ts";
import { deviations } from "./deviations.ts";
import { after, containerOf, findInside, told } from "./testing/broken.ts";
import { type Breakable, healthy } from "./testing/healthy.ts";

function withoutRules(snapshot: Breakable, pattern: RegExp): void {
  const firewall = snapshot.host?.firewall;
  if (firewall == null) throw new Error("the captured snapshot has no rules");
  firewall.rules = firewall.rules.filter(
    ({ table, chain, args }) => !pattern.test(`${table} ${chain} ${args.join(" ")}`),
  );
}

test.each<[string, RegExp, RegExp]>([
  ["every DNAT rule", /^nat DOCKER .*-j DNAT/, /chain DOCKER of the nat table translates nothing/],
  [
    "one DNAT rule",
    /^nat DOCKER .*--dport 18080/,
    /DNAT rules of the published ports of container dnc-rfake000-site-web are gone, all or some/,
  ],
  [
    "masquerading",
    /^nat POSTROUTING .*-s 172\.18\.0\.0\/16/,
    /masquerades what network dnc-rfake000-site-net sends beyond this host is gone/,
  ],
  ["the jump of PREROUTING", /^nat PREROUTING/, /nat PREROUTING does not lead to chain DOCKER/],
  ["the jump of FORWARD", /^filter FORWARD/, /filter FORWARD does not lead to the engine's chains/],
  ["isolation", /^filter DOCKER-ISOLATION/, /isolation rules of network dnc-rfake000-site-net are gone/],
  [
    "icc's drop",
    /^filter DOCKER-FORWARD -i (\S+) -o \1 -j DROP/,
    /DROP between the containers of network dnc-rfake000-site-noicc \(icc off\) is gone/,
  ],
  ["the raw table", /^raw /, /table raw that guards the own address of container dnc-rfake000-site-far is gone/],
])("%s missing is named", (_what, rules, words) => {
  expect(told(after((snapshot) => withoutRules(snapshot, rules)))).toMatch(words);
});

test("a bridge, its ports and the containers' interfaces are compared with the engine's words", () => {
  const port = (host: NonNullable<Breakable["host"]>, snapshot: Breakable) => {
    const nic = containerOf(snapshot, "web").inside.links.find(({ name }) => name === "eth0");
    const found = host.links.find(({ index }) => index === nic?.peerIndex);
    if (found === undefined) throw new Error("the captured snapshot has no port for eth0");
    return found;
  };
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).up = false;
      }),
    ),
  ).toMatch(
    /veth\w+, the host's end of container dnc-rfake000-site-web on network dnc-rfake000-site-net, was switched off/,
  );
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).master = null;
      }),
    ),
  ).toMatch(/the host's end of container dnc-rfake000-site-web .* was taken off the bridge br-/);
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).mtu = 1300;
      }),
    ),
  ).toMatch(/veth\w+, the host's end of container dnc-rfake000-site-web .* has MTU 1300/);
  const mac = told(
    after((snapshot) => {
      for (const link of containerOf(snapshot, "web").inside.addresses)
        if (link.name === "eth0") link.mac = "02:00:00:00:00:01";
    }),
  );
  expect(mac).toMatch(
    /eth0 of container dnc-rfake000-site-web on network dnc-rfake000-site-net has the MAC address 02:00:00:00:00:01; the engine says/,
  );
});

test("what was set at interfaces that Docker leaves alone", () => {
  const changed = (change: (link: { queueLength: number; mtu: number }) => void, name: string) =>
    told(
      after((snapshot) => {
        for (const link of findInside(snapshot, "web").links) if (link.name === name) change(link);
      }),
    );
  expect(
    changed((link) => {
      link.mtu = 1500;
    }, "lo"),
  ).toMatch(/loopback interface lo of dnc-rfake000-site-web has MTU 1500 instead of 65536/);
  expect(
    changed((link) => {
      link.queueLength = 1000;
    }, "eth0"),
  ).toMatch(/eth0 of dnc-rfake000-site-web has a transmit queue of 1000 packets/);
  const atBridge = (change: (host: NonNullable<Breakable["host"]>, bridge: { mtu: number; mac: string }) => void) =>
    told(
      after((_snapshot, host) => {
        const bridge = host.links.find(({ name }) => name === "docker0");
        if (bridge === undefined) throw new Error("the captured snapshot has no docker0");
        change(host, bridge);
      }),
    );
  expect(
    atBridge((host) => {
      for (const link of host.addresses) if (link.name === "docker0") link.mtu = 1400;
    }),
  ).toMatch(/docker0 of network bridge has MTU 1400, and its containers 1500/);
  expect(
    atBridge((_host, bridge) => {
      bridge.mac = "00:16:3e:00:00:01";
    }),
  ).toMatch(/docker0 of network bridge has the MAC 00:16:3e:00:00:01, which is not of Docker's making/);
  expect(
    atBridge((host) => {
      host.agelessBridges = ["docker0"];
    }),
  ).toMatch(/docker0 of network bridge has an ageing time of 0/);
  expect(
    atBridge((host) => {
      for (const port of host.ports) port.broadcastFlood = false;
    }),
  ).toMatch(/does not get what is sent to everybody \(flood on, bcast_flood off\)/);
  // A capture sets the kernel's flag, and only the one that `ip` shows is somebody's wish.
  expect(
    atBridge((host) => {
      for (const link of host.links) link.promiscuous = true;
    }),
  ).toBe("");
});

test("a port that is an own container's other end is no foreign one, whatever it is called", () => {
  const renamed = told(
    after((snapshot, host) => {
      const nic = containerOf(snapshot, "web").inside.links.find(({ name }) => name === "eth0");
      const port = host.links.find(({ index }) => index === nic?.peerIndex);
      if (port === undefined) throw new Error("the captured snapshot has no port for eth0");
      port.name = "lan7";
    }),
  );
  expect(renamed).toMatch(/host's end of dnc-rfake000-site-web's eth0 is called lan7/);
  expect(renamed).not.toMatch(/port that is not a container's/);
});

test("an interface that is down, not what it takes with it", () => {
  const found = told(
    after((snapshot) => {
      const inside = findInside(snapshot, "web");
      for (const link of inside.links) if (link.name === "eth0") link.up = false;
      for (const link of inside.addresses) if (link.name === "eth0") link.flags = ["BROADCAST"];
      inside.routes = [];
    }),
  );
  expect(found).toMatch(/interface eth0 of container dnc-rfake000-site-web .* is down/);
  expect(found).not.toMatch(/default route|connected route/);
});

test("routes and sysctls", () => {
  expect(
    told(
      after((_snapshot, host) => {
        host.sysctls["ipv4/ip_forward"] = "0";
      }),
    ),
  ).toMatch(/net\.ipv4\.ip_forward is 0/);
  const foreign = {
    type: "unicast" as const,
    destination: "172.18.0.0/24",
    interface: "tun0",
    flags: [],
    nextHops: [],
  };
  expect(told(after((_snapshot, host) => host.routes.push(foreign)))).toMatch(
    /sends packets for network dnc-rfake000-site-net .* by tun0 instead .*: a route overlaps it \(172\.18\.0\.0\/24 dev tun0\)/,
  );
  expect(
    told(
      after((snapshot) => {
        containerOf(snapshot, "web").inside.routes = [];
      }),
    ),
  ).toMatch(/dnc-rfake000-site-web has no default route for IPv4: the engine says that its gateway is 172\.18\.0\.1/);
});

test("a foreign route and strict filtering are told together", () => {
  const found = told(
    after((_snapshot, host) => {
      host.sysctls["ipv4/conf/all/rp_filter"] = "1";
      host.routes.push({ type: "unicast", destination: "172.18.0.0/24", interface: "tun0", flags: [], nextHops: [] });
    }),
  );
  expect(found).toMatch(
    /overlaps it \(172\.18\.0\.0\/24 dev tun0\)\. The reverse path filter at br-\w+ is strict \(rp_filter 1\)/,
  );
});

test("a MAC that several containers have is one deviation, whoever has it", () => {
  const sharing = (...names: string[]) =>
    after((snapshot) => {
      for (const name of names)
        for (const link of containerOf(snapshot, name).inside.links)
          if (link.name === "eth0") link.mac = "02:42:ac:11:00:99";
    }).filter(({ key }) => key.includes("same MAC"));
  const [both, ...others] = sharing("web", "peer");
  expect(both?.reason.what).toMatch(
    /2 containers have the same MAC address 02:42:ac:11:00:99 on network dnc-rfake000-site-net: dnc-/,
  );
  expect(both?.concerns.toSorted()).toEqual(["dnc-rfake000-site-peer", "dnc-rfake000-site-web"]);
  expect(others).toEqual([]);
  expect(sharing("web", "far"), "on two networks").toEqual([]);
});

test.each([
  ["100: from 172.18.0.0/16 lookup 100", "ip rule add from 172.18.0.0/16 lookup main pref 99"],
  ["100: from all iif BRIDGE blackhole", "ip rule add from 172.18.0.0/16 lookup main pref 99"],
  ["100: from all to 172.18.0.0/16 prohibit", "ip rule add to 172.18.0.0/16 lookup main pref 99"],
])("what a policy rule takes away is let by in the direction that the rule chooses by: %s", (rule, line) => {
  const snapshot = healthy();
  const device = bridgesOf(snapshot).find(({ subnet }) => subnet === "172.18.0.0/16")?.device ?? "";
  snapshot.host?.rules.push(rule.replace("BRIDGE", device));
  snapshot.host?.routes.push({
    type: "blackhole",
    destination: "default",
    table: "100",
    flags: [],
    nextHops: [],
  });
  const remedies = deviations(snapshot)
    .filter(({ reason }) => reason.key.startsWith("policy rule"))
    .flatMap(({ reason }) => reason.remedies.flatMap((one) => ("commands" in one ? one.commands : [])));
  expect(remedies).toContain(line);
});
