import { expect, test } from "vitest";
import type { AskedContainer, AskedNetwork } from "../../topology/asked.ts";
import { after, containerOf, told } from "./testing/broken.ts";
import { type Breakable, healthy } from "./testing/healthy.ts";

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

interface MacvlanParts {
  readonly host: NonNullable<Breakable["host"]>;
  readonly nic: { mtu: number; peerIndex: number };
  readonly parent: { up: boolean };
  readonly own: { mode: string };
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
    /dnc-rfake000-site-web was to be created with NetworkMode container:…; the engine's inspect says dnc-rfake000-site-net/,
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
  ).toMatch(/aliases on dnc-rfake000-site-net db; the engine's inspect says none/);
  const further = (alias: string) =>
    differing(({ inspected }) => {
      for (const settings of Object.values(inspected.NetworkSettings.Networks))
        Object.assign(settings, { Aliases: [alias] });
    });
  expect(further("shop")).toMatch(/aliases on dnc-rfake000-site-net left out; the engine's inspect says shop/);
  expect(further(containerOf(healthy(), "web").id.slice(0, 12)), "as engines before 25 have it").toBe("");
});

test("a network that was made otherwise than it was asked for", () => {
  const differing = (asked: Omit<AskedNetwork, "Name">): string =>
    told(
      after((snapshot) => {
        const network = snapshot.networks.find(({ Name }) => Name === "dnc-rfake000-site-net");
        if (network === undefined) throw new Error("the captured snapshot has no such network");
        snapshot.asked[network.Id] = { Name: network.Name, Options: { ...network.Options }, ...asked };
      }),
    );
  expect(differing({})).toBe("");
  expect(differing({ Internal: true })).toMatch(
    /dnc-rfake000-site-net was to be created with internal true; .* says false/,
  );
  expect(differing({ Driver: "macvlan" })).toMatch(/driver macvlan; the engine's inspect says bridge/);
  expect(differing({ Options: { parent: "eth0" } })).toMatch(/option parent eth0; the engine's inspect says none/);
  expect(differing({ IPAM: { Config: [{ Subnet: "172.18.0.0/16", IPRange: "172.18.1.0/24" }] } })).toMatch(
    /range of addresses \(IPRange\) 172\.18\.1\.0\/24; the engine's inspect says none/,
  );
});

test("children of a macvlan network are compared with their network and its parent", () => {
  const differing = (change: (parts: MacvlanParts) => void): string =>
    told(
      after((snapshot, host) => {
        const { inside } = containerOf(snapshot, "mac");
        const parent = host.links.find(({ name }) => name === "eth0");
        const nic = inside.links.find(({ name }) => name === "eth0");
        const [own] = inside.macvlans;
        if (parent === undefined || nic === undefined || own === undefined)
          throw new Error("the recorded run has no macvlan child");
        change({ host, nic, parent, own });
      }),
    );
  expect(differing(() => undefined)).toBe("");
  expect(
    differing(({ own }) => {
      own.mode = "private";
    }),
  ).toMatch(/is in macvlan mode private, its network dnc-rfake000-site-lan in mode bridge/);
  expect(
    differing(({ nic }) => {
      nic.mtu = 1400;
    }),
  ).toMatch(/has MTU 1400, the parent eth0 of network dnc-rfake000-site-lan has 1500/);
  expect(
    differing(({ nic }) => {
      nic.peerIndex = 9999;
    }),
  ).toMatch(/hangs on interface number 9999, the parent of its network dnc-rfake000-site-lan is eth0/);
  expect(
    differing(({ host }) => {
      host.macvlans = [{ name: "shim0", parent: "eth0", mode: "bridge" }];
    }),
  ).toMatch(/macvlan interface of its own on eth0, the parent of network dnc-rfake000-site-lan: shim0/);
  expect(
    differing(({ parent }) => {
      parent.up = false;
    }),
  ).toMatch(/parent interface eth0 of network dnc-rfake000-site-lan is down/);
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
  expect(on({})).toMatch(/IPv6 is on at the loopback of dnc-rfake000-site-web/);
  expect(on({ "net.ipv6.conf.all.disable_ipv6": "0" })).not.toMatch(/IPv6 is on/);
});
