import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deviations } from "./checks.ts";
import type { Finding } from "./finding.ts";
import type { Snapshot } from "./snapshot.ts";

/** A healthy 28.5 with four bridge networks and nine containers, as a look at it brought it; a copy to be broken. */
function healthy() {
  const text = readFileSync(new URL("captured/healthy-28.5.json", import.meta.url), "utf8");
  return JSON.parse(text) as Writable<Snapshot>;
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
