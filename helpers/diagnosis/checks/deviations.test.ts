import { expect, test } from "vitest";
import type { Deviation } from "../../audits/deviation.ts";
import { mutantsOf } from "../../audits/testing/mutants.ts";
import type { FrontProgram } from "../../snapshot/front-programs.ts";
import type { AskedContainer, AskedNetwork } from "../../topology/asked.ts";
import { deviations } from "./deviations.ts";
import { type Breakable, healthy, seenAgain } from "./testing/healthy.ts";

/** What is found after something was broken. */
function after(breakIt: (snapshot: Breakable, host: NonNullable<Breakable["host"]>) => void): Deviation[] {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  breakIt(snapshot, snapshot.host);
  return deviations(seenAgain(snapshot), rethrow);
}

/** What silences a check must not pass unseen here. */
function rethrow(error: unknown): never {
  throw error;
}

function containerOf(snapshot: Breakable, name: string) {
  const found = snapshot.containers.find((container) => container.name.endsWith(`-${name}`));
  if (found?.inside == null) throw new Error(`the captured snapshot has no container ${name}`);
  return { ...found, inside: found.inside };
}

function withoutRules(snapshot: Breakable, pattern: RegExp): void {
  const firewall = snapshot.host?.firewall;
  if (firewall == null) throw new Error("the captured snapshot has no rules");
  firewall.rules = firewall.rules.filter(
    ({ table, chain, args }) => !pattern.test(`${table} ${chain} ${args.join(" ")}`),
  );
}

const told = (found: readonly Deviation[]): string => found.map(({ reason }) => reason.what).join("\n");

test("a healthy host deviates in nothing", () => {
  expect(deviations(healthy(), rethrow)).toEqual([]);
});

test("without the host's view only the engine's own words are compared", () => {
  const snapshot = healthy();
  snapshot.host = null;
  for (const container of snapshot.containers) container.inside = null;
  expect(deviations(snapshot)).toEqual([]);
});

test("a gateway that only the containers were told is looked for on the bridge", () => {
  const moved = (reserved?: Readonly<Record<string, string>>) =>
    told(
      after(({ networks }, host) => {
        const config = networks.find(({ Name }) => Name === "bridge")?.IPAM.Config?.[0];
        const own = host.addresses.find(({ name }) => name === "docker0")?.addresses.find(({ family }) => family === 4);
        if (config === undefined || own === undefined) throw new Error("the captured snapshot has no default bridge");
        delete config.Gateway;
        if (reserved !== undefined) config.AuxiliaryAddresses = { ...reserved };
        own.address = "172.17.200.1";
      }),
    );
  expect(moved()).toMatch(
    /gateway address 172\.17\.0\.1 of network bridge is gone from its bridge docker0, which has 172\.17\.200\.1/,
  );
  expect(moved({ DefaultGatewayIPv4: "172.17.0.1" })).not.toMatch(/gateway/);
});

test("with the nftables backend the way to the resolver is looked for in the engine's nftables table", () => {
  const led = (change: (rules: readonly string[]) => string[]) =>
    told(
      after(({ containers }) => {
        for (const { inside } of containers) {
          if (inside === null) continue;
          const port = (protocol: string): number | undefined =>
            inside.sockets.find(({ protocol: its, local }) => its === protocol && local.address === "127.0.0.11")?.local
              .port;
          inside.firewall = { chains: [], rules: [] };
          inside.resolverRules = change(
            ["udp", "tcp"].map(
              (protocol) =>
                `ip daddr 127.0.0.11 ${protocol} dport 53 counter dnat to 127.0.0.11:${port(protocol) ?? "0"}`,
            ),
          );
        }
      }),
    );
  expect(led((rules) => [...rules])).toBe("");
  expect(led(() => [])).toMatch(/rules that lead container \S+ to the engine's resolver .* are gone/);
  expect(led((rules) => rules.map((rule) => rule.replace(/\d+$/, "9")))).toMatch(
    /is led to port 9\/udp and 9\/tcp, where that does not listen/,
  );
});

test.each<[string, RegExp, RegExp]>([
  ["every DNAT rule", /^nat DOCKER .*-j DNAT/, /chain DOCKER of the nat table translates nothing/],
  [
    "one DNAT rule",
    /^nat DOCKER .*--dport 18080/,
    /DNAT rules of the published ports of container dnc-rfake000-web are gone, all or some/,
  ],
  [
    "masquerading",
    /^nat POSTROUTING .*-s 172\.18\.0\.0\/16/,
    /masquerades what network dnc-rfake000-net sends beyond this host is gone/,
  ],
  ["the jump of PREROUTING", /^nat PREROUTING/, /nat PREROUTING does not lead to chain DOCKER/],
  ["the jump of FORWARD", /^filter FORWARD/, /filter FORWARD does not lead to the engine's chains/],
  ["isolation", /^filter DOCKER-ISOLATION/, /isolation rules of network dnc-rfake000-net are gone/],
  [
    "icc's drop",
    /^filter DOCKER-FORWARD -i (\S+) -o \1 -j DROP/,
    /DROP between the containers of network dnc-rfake000-noicc \(icc off\) is gone/,
  ],
  ["the raw table", /^raw /, /table raw that guards the own address of container dnc-rfake000-far is gone/],
])("%s missing is named", (_what, rules, words) => {
  expect(told(after((snapshot) => withoutRules(snapshot, rules)))).toMatch(words);
});

test("a foreign drop is named once it has counted packets that may be ours, and not before", () => {
  const drop = (packets: number, source: string) =>
    told(
      after((_snapshot, host) =>
        host.firewall?.rules.push({
          table: "filter",
          chain: "DOCKER-USER",
          args: ["-s", source, "-j", "DROP"],
          packets,
          bytes: 0,
        }),
      ),
    );
  expect(drop(3, "172.18.0.0/16")).toMatch(/rule of DOCKER-USER .* drops .* counted packets: `-A DOCKER-USER -s 172/);
  expect(drop(0, "172.18.0.0/16")).toBe("");
  expect(drop(3, "198.51.100.0/24")).toBe("");
});

/** What is found with one more rule. */
function withRule(table: string, chain: string, rule: string, packets = 3): string {
  return told(
    after((_snapshot, host) => host.firewall?.rules.push({ table, chain, args: rule.split(" "), packets, bytes: 0 })),
  );
}

test("a foreign translation of a range that holds a published port", () => {
  const redirect = (ports: string, packets?: number) =>
    withRule("nat", "PREROUTING", `-p tcp -m tcp --dport ${ports} -j REDIRECT --to-ports 9`, packets);
  expect(redirect("18000:18100")).toMatch(
    /takes the packets of published port 18080\/tcp of container dnc-rfake000-web before Docker's/,
  );
  expect(redirect("18000:18100", 0)).toBe("");
  expect(redirect("19000:19100")).toBe("");
});

test("what is not tracked is not translated", () => {
  expect(withRule("raw", "PREROUTING", "-i eth0 -j CT --notrack")).toMatch(/exempts packets from connection tracking/);
  expect(withRule("raw", "PREROUTING", "-i eth0 -j CT --notrack", 0)).toBe("");
});

test("rules that name containers they don't belong to, or nobody", () => {
  const [web, far] = ["web", "far"].map((name) => addressOf(healthy(), name));
  expect(
    withRule("nat", "DOCKER", `-d 192.0.2.1/32 -p tcp -m tcp --dport 9 -j DNAT --to-destination ${far}:80`),
  ).toMatch(/DNAT rule to dnc-rfake000-far, which does not publish that port/);
  expect(withRule("nat", "PREROUTING", `-p tcp -m tcp --dport 9:10 -j DNAT --to-destination ${far}`)).toMatch(
    /translates ports of the host to dnc-rfake000-far, which does not publish them/,
  );
  expect(withRule("filter", "INPUT", `-s ${web}/32 -j ACCEPT`, 0)).toMatch(
    /A rule of INPUT that is not Docker's names dnc-rfake000-web by its address/,
  );
  expect(withRule("filter", "OUTPUT", "-d 172.18.200.200/32 -j ACCEPT", 0)).toMatch(
    /still names 172\.18\.200\.200, an address of network dnc-rfake000-net that no container has/,
  );
  expect(withRule("filter", "OUTPUT", "-d 198.51.100.1/32 -j ACCEPT", 0)).toBe("");
  expect(withRule("nat", "POSTROUTING", `-s ${web}/32 -d ${web}/32 -p tcp --dport 80 -j MASQUERADE`)).toMatch(
    /masquerades what dnc-rfake000-web sends to itself/,
  );
});

test("rules without a condition, and errors, in chains of Docker's own", () => {
  expect(withRule("filter", "DOCKER-FORWARD", "-j DROP", 0)).toMatch(
    /rule of DOCKER-FORWARD .* that is not Docker's drops/,
  );
  expect(withRule("filter", "DOCKER-FORWARD", "-o docker0 -j REJECT")).toMatch(/not Docker's rejects/);
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
  ).toMatch(/veth\w+, the host's end of container dnc-rfake000-web on network dnc-rfake000-net, was switched off/);
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).master = null;
      }),
    ),
  ).toMatch(/the host's end of container dnc-rfake000-web .* was taken off the bridge br-/);
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).mtu = 1300;
      }),
    ),
  ).toMatch(/veth\w+, the host's end of container dnc-rfake000-web .* has MTU 1300/);
  const mac = told(
    after((snapshot) => {
      for (const link of containerOf(snapshot, "web").inside.addresses)
        if (link.name === "eth0") link.mac = "02:00:00:00:00:01";
    }),
  );
  expect(mac).toMatch(
    /eth0 of container dnc-rfake000-web on network dnc-rfake000-net has the MAC address 02:00:00:00:00:01; the engine says/,
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
  ).toMatch(/loopback interface lo of dnc-rfake000-web has MTU 1500 instead of 65536/);
  expect(
    changed((link) => {
      link.queueLength = 1000;
    }, "eth0"),
  ).toMatch(/eth0 of dnc-rfake000-web has a transmit queue of 1000 packets/);
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
  expect(renamed).toMatch(/host's end of dnc-rfake000-web's eth0 is called lan7/);
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
  expect(found).toMatch(/interface eth0 of container dnc-rfake000-web .* is down/);
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
    /sends packets for network dnc-rfake000-net .* by tun0 instead .*: a route overlaps it \(172\.18\.0\.0\/24 dev tun0\)/,
  );
  expect(
    told(
      after((snapshot) => {
        containerOf(snapshot, "web").inside.routes = [];
      }),
    ),
  ).toMatch(/dnc-rfake000-web has no default route for IPv4: the engine says that its gateway is 172\.18\.0\.1/);
});

test("a default route that leads elsewhere is a fault in the run's own containers: nobody meant it", () => {
  const found = after((snapshot) => {
    for (const route of findInside(snapshot, "web").routes)
      if (route.gateway !== undefined) route.gateway = "172.18.0.99";
  });
  expect(told(found)).toMatch(/default route of container dnc-rfake000-web leads elsewhere .*172\.18\.0\.99/);
  expect(found.flatMap(({ reason }) => reason.remedies)).toEqual([]);
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

test("what was set inside a container", () => {
  const inside = (change: (web: ReturnType<typeof findInside>) => void) =>
    told(after((snapshot) => change(findInside(snapshot, "web"))));
  expect(
    inside(({ sysctls }) => {
      sysctls["ipv4/ip_default_ttl"] = "1";
    }),
  ).toMatch(/ip_default_ttl is 1 inside dnc-rfake000-web: what it sends dies after 1 hop,/);
  expect(
    inside(({ sysctls }) => {
      sysctls["ipv6/conf/lo/disable_ipv6"] = "1";
    }),
  ).toMatch(/IPv6 is off on the loopback of dnc-rfake000-web/);
  expect(
    inside(({ routes }) => {
      routes.push({ type: "unicast", destination: "198.51.100.0/24", interface: "eth0", flags: [], nextHops: [] });
    }),
  ).toMatch(/has a route inside that no network of its own accounts for: `198\.51\.100\.0\/24 dev eth0`/);
  expect(
    inside(({ routes }) => {
      const route = routes.find(({ destination }) => destination === "0.0.0.0/0" || destination === "default");
      if (route !== undefined) route.source = "10.99.0.9";
    }),
  ).toMatch(/default route of dnc-rfake000-web makes it send from the source address 10\.99\.0\.9/);
});

test("names, ports and namespaces", () => {
  expect(
    told(
      after((snapshot) => {
        findInside(snapshot, "web").resolvConf = "nameserver 9.9.9.9\n";
      }),
    ),
  ).toMatch(/nameserver 9\.9\.9\.9, the engine gives it 127\.0\.0\.11/);
  expect(
    told(
      after((_snapshot, host) => {
        host.proxies = [];
      }),
    ),
  ).toMatch(/No docker-proxy runs any more|docker-proxy of .* does not run/);
  expect(
    told(
      after((snapshot) => {
        findInside(snapshot, "join").namespaces.net = "net:[1]";
      }),
    ),
  ).toMatch(/dnc-rfake000-join is in another network namespace than container dnc-rfake000-web/);
});

function addressOf(snapshot: Breakable, name: string): string {
  const [settings] = Object.values(containerOf(snapshot, name).inspected.NetworkSettings.Networks);
  if (settings === undefined) throw new Error(`${name} of the captured snapshot is on no network`);
  return settings.IPAddress;
}

/** The state inside a container itself, for changes that have to stay. */
function findInside(snapshot: Breakable, name: string) {
  return containerOf(snapshot, name).inside;
}

/** What a container of the captured snapshot was to be created with: just what the engine says it has. */
function askedLike(snapshot: Breakable, name: string) {
  const found = snapshot.containers.find((container) => container.name.endsWith(`-${name}`));
  if (found === undefined) throw new Error(`the captured snapshot has no container ${name}`);
  const { NetworkMode = null, ...host } = structuredClone(found.inspected.HostConfig);
  found.asked = {
    networkMode: NetworkMode,
    hostname: found.inspected.Config.Hostname,
    create: {},
    host: host as AskedContainer["host"],
  };
  return { asked: found.asked, inspected: found.inspected };
}

test("what the engine says it made is compared with what it was asked for", () => {
  const differing = (change: (web: ReturnType<typeof askedLike>) => void): string =>
    told(
      after((snapshot) => {
        change(askedLike(snapshot, "web"));
      }),
    );
  expect(differing(() => undefined)).toBe("");
  expect(
    differing(({ asked }) => {
      asked.networkMode = "container:0123456789ab";
    }),
  ).toMatch(
    /dnc-rfake000-web was to be created with NetworkMode container:…; the engine's inspect says dnc-rfake000-net/,
  );
  expect(
    differing(({ asked }) => {
      asked.host.Dns = ["192.0.2.53"];
    }),
  ).toMatch(/--dns \(HostConfig\.Dns\) 192\.0\.2\.53; the engine's inspect says none/);
  expect(
    differing(({ asked }) => {
      asked.host.IpcMode = "host";
    }),
  ).toMatch(/the IPC namespace \(IpcMode\) host; the engine's inspect says its own/);
  expect(
    differing(({ asked }) => {
      asked.hostname = "other";
    }),
  ).toMatch(/hostname other; the engine's inspect says \w+/);
  expect(
    differing(({ asked }) => {
      asked.host.PortBindings = { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18080" }] };
    }),
  ).toMatch(/\(PortBindings: HostIp, HostPort\) 127\.0\.0\.1:18080->80\/tcp; the engine's inspect says/);
  expect(
    differing(({ asked, inspected }) => {
      const [network = ""] = Object.keys(inspected.NetworkSettings.Networks);
      asked.create = { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ["db"] } } } };
    }),
  ).toMatch(/aliases on dnc-rfake000-net db; the engine's inspect says none/);
});

test("a network that was made otherwise than it was asked for", () => {
  const differing = (asked: Omit<AskedNetwork, "Name">): string =>
    told(
      after((snapshot) => {
        const network = snapshot.networks.find(({ Name }) => Name === "dnc-rfake000-net");
        if (network === undefined) throw new Error("the captured snapshot has no such network");
        snapshot.asked[network.Id] = { Name: network.Name, Options: { ...network.Options }, ...asked };
      }),
    );
  expect(differing({})).toBe("");
  expect(differing({ Internal: true })).toMatch(/dnc-rfake000-net was to be created with internal true; .* says false/);
  expect(differing({ Driver: "macvlan" })).toMatch(/driver macvlan; the engine's inspect says bridge/);
  expect(differing({ Options: { parent: "eth0" } })).toMatch(/option parent eth0; the engine's inspect says none/);
  expect(differing({ IPAM: { Config: [{ Subnet: "172.18.0.0/16", IPRange: "172.18.1.0/24" }] } })).toMatch(
    /range of addresses \(IPRange\) 172\.18\.1\.0\/24; the engine's inspect says none/,
  );
});

test("children of a macvlan network are compared with their network and its parent", () => {
  /** The captured bridge network as a macvlan network on the host's uplink, with one child. */
  const differing = (change: (parts: MacvlanParts) => void): string =>
    told(
      after((snapshot, host) => {
        const network = snapshot.networks.find(({ Name }) => Name === "dnc-rfake000-other");
        const child = snapshot.containers.find(
          ({ inspected }) => "dnc-rfake000-other" in inspected.NetworkSettings.Networks,
        );
        const parent = host.links.find(({ name }) => name === "eth0");
        const [settings] = Object.values(child?.inspected.NetworkSettings.Networks ?? {});
        const nic = child?.inside?.links.find(({ mac }) => mac === settings?.MacAddress);
        if (network === undefined || child?.inside == null || parent === undefined || nic === undefined)
          throw new Error("the captured snapshot lacks a part");
        network.Driver = "macvlan";
        network.Options = { parent: "eth0" };
        Object.assign(snapshot.lists.networks.find(({ Id }) => Id === network.Id) ?? {}, {
          Driver: network.Driver,
          Options: network.Options,
        });
        nic.peerIndex = parent.index;
        child.inside.macvlans = [{ name: nic.name, parent: `if${parent.index}`, mode: "bridge" }];
        change({ host, nic, parent, own: child.inside.macvlans[0] ?? { mode: "" } });
      }),
    );
  expect(differing(() => undefined)).not.toMatch(/macvlan/);
  expect(
    differing(({ own }) => {
      own.mode = "private";
    }),
  ).toMatch(/is in macvlan mode private, its network dnc-rfake000-other in mode bridge/);
  expect(
    differing(({ nic }) => {
      nic.mtu = 1400;
    }),
  ).toMatch(/has MTU 1400, the parent eth0 of network dnc-rfake000-other has 1500/);
  expect(
    differing(({ nic }) => {
      nic.peerIndex = 9999;
    }),
  ).toMatch(/hangs on interface number 9999, the parent of its network dnc-rfake000-other is eth0/);
  expect(
    differing(({ host }) => {
      host.macvlans = [{ name: "shim0", parent: "eth0", mode: "bridge" }];
    }),
  ).toMatch(/macvlan interface of its own on eth0, the parent of network dnc-rfake000-other: shim0/);
  expect(
    differing(({ parent }) => {
      parent.up = false;
    }),
  ).toMatch(/parent interface eth0 of network dnc-rfake000-other is down/);
});

interface MacvlanParts {
  readonly host: NonNullable<Breakable["host"]>;
  readonly nic: { mtu: number; peerIndex: number };
  readonly parent: { up: boolean };
  readonly own: { mode: string };
}

test("a docker command that is not Docker's own program", () => {
  const differing = (command: { file?: string; script?: string | null }): string =>
    told(
      after((snapshot) => {
        snapshot.dockerCommand = { path: "/usr/local/bin/docker", file: "/usr/bin/docker", script: null, ...command };
      }),
    );
  expect(differing({})).toBe("");
  expect(differing({ script: "#!/bin/sh" })).toMatch(/\/usr\/local\/bin\/docker, is a script \(#!\/bin\/sh\)/);
  expect(differing({ file: "/usr/bin/podman" })).toMatch(/leads to \/usr\/bin\/podman/);
});

test("a container's own name and its hosts file", () => {
  const hosts = (line: string): string =>
    told(
      after((snapshot) => {
        containerOf(snapshot, "web").inside.hostsFile += `${line}\n`;
      }),
    );
  expect(hosts("# a comment")).toBe("");
  expect(hosts("203.0.113.7 db.example")).toMatch(
    /\/etc\/hosts of dnc-rfake000-web has `203\.0\.113\.7 db\.example`, which the engine does not write/,
  );
  const added = (line: string): string =>
    told(
      after((snapshot) => {
        const { inside, inspected } = containerOf(snapshot, "web");
        inspected.HostConfig.ExtraHosts = ["www.example:203.0.113.8", "gate:host-gateway"];
        inside.hostsFile += `${line}\n172.17.0.1 gate\n`;
      }),
    );
  expect(added("203.0.113.8 www.example")).toBe("");
  expect(added("203.0.113.7 www.example")).toMatch(/lacks `203\.0\.113\.8 www\.example`/);
  expect(
    told(
      after((snapshot) => {
        containerOf(snapshot, "web").inside.hostname = "renamed";
      }),
    ),
  ).toMatch(/hostname in dnc-rfake000-web is renamed, the engine started it with [0-9a-f]{12}/);
});

test("a published port that nobody listens on in the container is named, and weakly", () => {
  const found = after((snapshot) => {
    containerOf(snapshot, "web").inside.sockets = [];
  });
  expect(found.filter(({ weak }) => weak).map(({ reason }) => reason.what)).toEqual([
    expect.stringMatching(/^Nobody listens on 80\/tcp in dnc-rfake000-web, .* published as 18080\/tcp/),
    expect.stringMatching(/^Nobody listens on 81\/tcp in dnc-rfake000-web/),
  ]);
});

test("a program in front of one of the host's own", () => {
  const differing = (program: Partial<FrontProgram>): string =>
    told(
      after((_snapshot, host) => {
        const plain = { name: "ip", path: "/usr/local/sbin/ip", setuid: false, script: null, behind: null };
        host.frontPrograms = [{ ...plain, ...program }];
      }),
    );
  expect(differing({ script: "exit 0" })).toBe("");
  expect(differing({ script: "exit 0", behind: "/usr/sbin/ip" })).toMatch(
    /`ip` .* not \/usr\/sbin\/ip but a script in front of it, \/usr\/local\/sbin\/ip: .*\(exit 0\)/,
  );
  expect(differing({ setuid: true })).toMatch(/\/usr\/local\/sbin\/ip is setuid root/);
});

test("the suites' own rules are no deviation", () => {
  const rules = (comment: string): string =>
    told(
      after((snapshot, host) => {
        const [subnet = ""] = snapshot.networks.flatMap(
          ({ IPAM }) => IPAM.Config?.map(({ Subnet }) => Subnet ?? "") ?? [],
        );
        host.firewall?.rules.push({
          table: "nat",
          chain: "POSTROUTING",
          args: ["-s", subnet.replace(/\/\d+$/, "/30"), "-m", "comment", "--comment", comment, "-j", "MASQUERADE"],
          packets: 3,
          bytes: 252,
        });
      }),
    );
  expect(rules("by hand")).toMatch(/changes the source of packets/);
  expect(rules("dnc-r82aa513-bridge-masquerade")).toBe("");
  const accept = (device: string): string =>
    told(
      after((_snapshot, host) =>
        host.firewall?.rules.unshift({
          table: "filter",
          chain: "FORWARD",
          args: ["-i", device, "-j", "ACCEPT"],
          packets: 3,
          bytes: 252,
        }),
      ),
    );
  expect(accept("docker0")).toMatch(/`-A FORWARD -i docker0 -j ACCEPT` accepts what goes from docker0 .* DOCKER-USER/);
  expect(accept("vpn0")).not.toMatch(/DOCKER-USER/);
  expect(accept("dr82aa5132fbr")).toBe("");
});

test("IPv6 on a loopback where the engine's version has it off, unless it was asked for", () => {
  const on = (sysctls: Record<string, string>) =>
    told(
      after((snapshot) => {
        snapshot.facts.engine.version = "20.10.24";
        for (const { inside, name } of snapshot.containers)
          if (inside !== null) inside.sysctls["ipv6/conf/lo/disable_ipv6"] = name.endsWith("-web") ? "0" : "1";
        Object.assign(containerOf(snapshot, "web").inspected.HostConfig, { Sysctls: sysctls });
      }),
    );
  expect(on({})).toMatch(/IPv6 is on at the loopback of dnc-rfake000-web/);
  expect(on({ "net.ipv6.conf.all.disable_ipv6": "0" })).not.toMatch(/IPv6 is on/);
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
    /2 containers have the same MAC address 02:42:ac:11:00:99 on network dnc-rfake000-net: dnc-/,
  );
  expect(both?.concerns.toSorted()).toEqual(["dnc-rfake000-peer", "dnc-rfake000-web"]);
  expect(others).toEqual([]);
  expect(sharing("web", "far"), "on two networks").toEqual([]);
});

test("an address at the top of a container's settings is the default bridge's, and nobody else's", () => {
  const top = (name: string, address: string) =>
    told(
      after((snapshot) => Object.assign(containerOf(snapshot, name).inspected.NetworkSettings, { IPAddress: address })),
    );
  expect(top("def", "172.17.0.99")).toMatch(/IPAddress "172\.17\.0\.99" at the top and "172\.17\..* under Networks/);
  expect(top("web", "172.17.0.99")).toMatch(/dnc-rfake000-web .* at the top.* the container is not on it/);
  expect(top("web", "")).toBe("");
});

test("where list and inspect differ the answer is blamed, and not the host that fits the other one", () => {
  const told = after((snapshot) => {
    const { inspected } = containerOf(snapshot, "web");
    for (const bindings of Object.values(inspected.NetworkSettings.Ports))
      for (const binding of bindings ?? []) binding.HostPort = String(Number(binding.HostPort) + 3);
  });
  expect(told.map(({ kind }) => kind)).toContain("engine");
  expect(told.filter(({ kind }) => kind !== "engine")).toEqual([]);
  expect(told.map(({ reason }) => reason.what).join("\n")).toMatch(
    /contradicts itself about the published ports of dnc-rfake000-web.*The host bears out the list/,
  );
});

test("a list that lacks a network, has a strange one or gives another driver is named", () => {
  const networks = (change: (lists: Breakable["lists"]) => void): string => told(after(({ lists }) => change(lists)));
  expect(
    networks((lists) => {
      lists.networks = lists.networks.filter(({ Name }) => Name !== "bridge");
    }),
  ).toMatch(/list of networks .* lacks bridge, which the engine knows/);
  expect(
    networks((lists) => {
      const [first] = lists.networks;
      if (first !== undefined)
        lists.networks.push({ ...first, Id: "f".repeat(64), Name: "strange", Driver: "container" });
      lists.unknown = ["f".repeat(64)];
    }),
  ).toMatch(/list of networks has strange .* knows no such network/);
  expect(
    networks((lists) => {
      for (const network of lists.networks) network.Scope = "swarm";
    }),
  ).toMatch(/contradicts itself about Scope of networks.*"swarm" in the list, "local" by inspect/);
});

test("answers that can't be true by themselves", () => {
  const answer = (change: (inspected: ReturnType<typeof containerOf>["inspected"]) => void): string =>
    told(after((snapshot) => change(containerOf(snapshot, "web").inspected)));
  expect(
    answer((inspected) => {
      inspected.HostConfig.PidMode = "host";
    }),
  ).toMatch(/says HostConfig\.PidMode host; its main process is in the pid namespace/);
  expect(
    answer((inspected) => {
      inspected.HostsPath = `/var/lib/docker/containers/${"0".repeat(64)}/hosts`;
    }),
  ).toMatch(/as its HostsPath: that is a file of container 000000000000/);
  expect(
    answer((inspected) => {
      inspected.NetworkSettings.SandboxKey = "/proc/1/ns/net";
    }),
  ).toMatch(/names \/proc\/1\/ns\/net as the file of its network namespace/);
  expect(
    told(
      after(({ lists }) => {
        lists.refusal = { asked: "dnc-rfake000-nothing", said: "request refused" };
      }),
    ),
  ).toMatch(/refusals don't say what they refuse/);
});

test.each([
  ["100: from 172.18.0.0/16 lookup 100", "ip rule add from 172.18.0.0/16 lookup main priority 99"],
  ["100: from all iif br-37a306b6b752 blackhole", "ip rule add from 172.18.0.0/16 lookup main priority 99"],
  ["100: from all to 172.18.0.0/16 prohibit", "ip rule add to 172.18.0.0/16 lookup main priority 99"],
])("what a policy rule takes away is let by in the direction that the rule chooses by: %s", (rule, line) => {
  const snapshot = healthy();
  snapshot.host?.rules.push(rule);
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

test("whatever one field of networks, addresses and routes holds, no check falls silent", () => {
  const snapshot = healthy();
  const { networks, containers } = snapshot;
  const fields = mutantsOf(
    {
      networks: networks.map(({ IPAM }) => IPAM.Config),
      routes: containers.map(({ inside }) => inside?.routes),
      addresses: containers.map(({ inside }) => inside?.addresses),
    },
    (key) => key,
  ).filter(({ how }) => how === "emptied" || how === "removed");
  // Of each field one container's, network's or link's is enough.
  for (const { apply } of new Map(fields.map((mutant) => [`${mutant.field} ${mutant.how}`, mutant])).values()) {
    const undo = apply();
    deviations(snapshot, rethrow);
    undo();
  }
});
