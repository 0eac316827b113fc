import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AskedNetwork } from "../topology/asked.ts";
import { deviations } from "./checks.ts";
import type { Finding } from "./finding.ts";
import type { Snapshot } from "./snapshot.ts";

/** A healthy 28.5 with four bridge networks and nine containers, as a look at it brought it; a copy to be broken. */
function healthy() {
  const text = readFileSync(new URL("captured/healthy-28.5.json", import.meta.url), "utf8");
  const snapshot = JSON.parse(text) as Writable<Snapshot>;
  snapshot.asked = {};
  snapshot.lists = {
    networks: snapshot.networks.map(({ Containers: _, ...listed }) => listed),
    containers: snapshot.containers.map(({ id, inspected: { HostConfig, NetworkSettings } }) => ({
      Id: id,
      HostConfig: { NetworkMode: HostConfig.NetworkMode ?? "" },
      NetworkSettings: { Networks: structuredClone(NetworkSettings.Networks) },
      Ports: Object.entries(NetworkSettings.Ports).flatMap(([port, bindings]) => {
        const [number, Type = ""] = port.split("/");
        return (bindings ?? []).map(({ HostIp, HostPort }) => ({
          IP: HostIp,
          PrivatePort: Number(number),
          PublicPort: Number(HostPort),
          Type,
        }));
      }),
    })),
    unknown: [],
    refusal: null,
  };
  snapshot.dockerCommand = { path: "/usr/bin/docker", file: "/usr/bin/docker", script: null };
  if (snapshot.host !== null) snapshot.host.macvlans = [];
  for (const container of snapshot.containers) {
    container.asked = null;
    if (container.inside !== null) container.inside.macvlans = [];
  }
  return snapshot;
}

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;

/** What is found after something was broken. */
function after(
  breakIt: (snapshot: Writable<Snapshot>, host: NonNullable<Writable<Snapshot>["host"]>) => void,
): Finding[] {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  breakIt(snapshot, snapshot.host);
  return deviations(snapshot);
}

function containerOf(snapshot: Writable<Snapshot>, name: string) {
  const found = snapshot.containers.find((container) => container.name.endsWith(`-${name}`));
  if (found?.inside == null) throw new Error(`the captured snapshot has no container ${name}`);
  return { ...found, inside: found.inside };
}

function withoutRules(snapshot: Writable<Snapshot>, pattern: RegExp): void {
  const firewall = snapshot.host?.firewall;
  if (firewall == null) throw new Error("the captured snapshot has no rules");
  firewall.rules = firewall.rules.filter(
    ({ table, chain, args }) => !pattern.test(`${table} ${chain} ${args.join(" ")}`),
  );
}

const told = (found: readonly Finding[]): string => found.map(({ what }) => what).join("\n");

test("a healthy host deviates in nothing", () => {
  expect(deviations(healthy())).toEqual([]);
});

test("without the host's view only the engine's own words are compared", () => {
  const snapshot = healthy();
  snapshot.host = null;
  for (const container of snapshot.containers) container.inside = null;
  expect(deviations(snapshot)).toEqual([]);
});

test.each<[string, RegExp, RegExp]>([
  ["every DNAT rule", /^nat DOCKER .*-j DNAT/, /holds no DNAT rule at all/],
  [
    "one DNAT rule",
    /^nat DOCKER .*--dport 18080/,
    /DNAT rule of published port 18080\/tcp of dnc-rfake000-web is missing/,
  ],
  [
    "masquerading",
    /^nat POSTROUTING .*-s 172\.18\.0\.0\/16/,
    /masquerade rule of subnet 172\.18\.0\.0\/16 .* is missing/,
  ],
  ["the jump of PREROUTING", /^nat PREROUTING/, /nat PREROUTING does not jump to chain DOCKER/],
  ["the jump of FORWARD", /^filter FORWARD/, /FORWARD lacks the jump to DOCKER-FORWARD while its policy is DROP/],
  ["isolation", /^filter DOCKER-ISOLATION/, /isolation of network dnc-rfake000-net .* is incomplete/],
  ["icc's drop", /^filter DOCKER-FORWARD -i (\S+) -o \1 -j DROP/, /with icc off this DROP keeps/],
  ["the raw table", /^raw /, /raw-table DROP of direct access to dnc-rfake000-far is missing/],
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
  expect(drop(3, "172.18.0.0/16")).toMatch(/rule of DOCKER-USER .* drops .* counted 3 packets: `-A DOCKER-USER -s 172/);
  expect(drop(0, "172.18.0.0/16")).toBe("");
  expect(drop(3, "198.51.100.0/24")).toBe("");
});

test("a bridge, its ports and the containers' interfaces are compared with the engine's words", () => {
  const port = (host: NonNullable<Writable<Snapshot>["host"]>, snapshot: Writable<Snapshot>) => {
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
  ).toMatch(/host's end veth\w+ of dnc-rfake000-web's eth0 .* is down/);
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).master = null;
      }),
    ),
  ).toMatch(/is no port of any bridge, it should be one of br-/);
  expect(
    told(
      after((snapshot, host) => {
        port(host, snapshot).mtu = 1300;
      }),
    ),
  ).toMatch(/has MTU 1300, network dnc-rfake000-net has 1500/);
  const mac = told(
    after((snapshot) => {
      for (const link of containerOf(snapshot, "web").inside.links)
        if (link.name === "eth0") link.mac = "02:00:00:00:00:01";
    }),
  );
  expect(mac).toMatch(
    /inspect says that dnc-rfake000-web has MAC \S+ on dnc-rfake000-net; the container's eth0 has 02:00:00:00:00:01/,
  );
});

test("routes and sysctls", () => {
  expect(
    told(
      after((_snapshot, host) => {
        host.sysctls["ipv4/ip_forward"] = "0";
      }),
    ),
  ).toMatch(/ip_forward is 0/);
  const foreign = {
    type: "unicast" as const,
    destination: "172.18.0.0/24",
    interface: "tun0",
    flags: [],
    nextHops: [],
  };
  expect(told(after((_snapshot, host) => host.routes.push(foreign)))).toMatch(
    /route `172\.18\.0\.0\/24 dev tun0` covers addresses of subnet/,
  );
  expect(
    told(
      after((snapshot) => {
        containerOf(snapshot, "web").inside.routes = [];
      }),
    ),
  ).toMatch(/dnc-rfake000-web has no default route inside; it should go via 172\.18\.0\.1/);
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
  ).toMatch(/docker-proxy of published port 18080\/tcp .* is not running/);
  expect(
    told(
      after((snapshot) => {
        findInside(snapshot, "join").namespaces.net = "net:[1]";
      }),
    ),
  ).toMatch(/was started to share the network namespace of dnc-rfake000-web, but is in net:\[1\]/);
});

/** The state inside a container itself, for changes that have to stay. */
function findInside(snapshot: Writable<Snapshot>, name: string) {
  return containerOf(snapshot, name).inside;
}

/** What a container of the captured snapshot was to be created with: just what the engine says it has. */
function askedLike(snapshot: Writable<Snapshot>, name: string) {
  const found = snapshot.containers.find((container) => container.name.endsWith(`-${name}`));
  if (found === undefined) throw new Error(`the captured snapshot has no container ${name}`);
  const { NetworkMode = null, ...host } = structuredClone(found.inspected.HostConfig);
  found.asked = { networkMode: NetworkMode, hostname: found.inspected.Config.Hostname, create: {}, host };
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
  ).toMatch(/parent eth0 of macvlan network dnc-rfake000-other is down/);
});

interface MacvlanParts {
  readonly host: NonNullable<Writable<Snapshot>["host"]>;
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

test("where list and inspect differ the answer is blamed, and not the host that fits the other one", () => {
  const told = after((snapshot) => {
    const { inspected } = containerOf(snapshot, "web");
    for (const bindings of Object.values(inspected.NetworkSettings.Ports))
      for (const binding of bindings ?? []) binding.HostPort = String(Number(binding.HostPort) + 3);
  });
  expect(told.map(({ kind }) => kind)).toContain("engine");
  expect(told.filter(({ kind }) => kind !== "engine")).toEqual([]);
  expect(told.map(({ what }) => what).join("\n")).toMatch(
    /contradicts itself about the published ports of dnc-rfake000-web.*The host bears out the list/,
  );
});

test("a list that lacks a network, has a strange one or gives another driver is named", () => {
  const networks = (change: (lists: Writable<Snapshot>["lists"]) => void): string =>
    told(after(({ lists }) => change(lists)));
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
