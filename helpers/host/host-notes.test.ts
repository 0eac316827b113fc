import { describe, expect, test } from "vitest";
import { CAPTURE_HOST, factsOf } from "../model/captured/facts.ts";
import type { Facts, HostFacts } from "../model/facts.ts";
import { hostNotes, type LookedAt, poolsTooSmall } from "./host-notes.ts";

const BRIDGE = { name: "bridge", subnets: ["172.17.0.0/16"] };
const POOL = { "default-address-pools": [{ base: "10.200.0.0/22", size: 24 }] };

interface Case {
  readonly version?: string;
  readonly configuration?: Facts["configuration"];
  readonly resolver?: Partial<HostFacts["resolver"]>;
  readonly admission?: Pick<HostFacts, "defaultDenial" | "keepsOut">;
  readonly networks?: LookedAt["networks"];
  readonly demand?: number;
  readonly mtus?: NonNullable<LookedAt["standing"]>["mtus"];
  readonly routes?: readonly { readonly destination: string; readonly onLink: boolean; readonly table?: string }[];
}

function lookedAt({
  version = "28.5.2",
  configuration = {},
  resolver,
  admission = {},
  networks = [BRIDGE],
  demand = 1,
  routes = [],
  mtus = {},
}: Case): LookedAt {
  const facts = factsOf(version, configuration);
  const host: HostFacts = {
    ...CAPTURE_HOST,
    ...admission,
    resolver: { nameservers: ["192.0.2.53"], search: [], options: [], file: "/etc/resolv.conf", ...resolver },
  };
  const standing = {
    routes: routes.map((route) => ({ device: "tun0", table: "main", ...route })),
    forwardPolicy: "ACCEPT",
    iptables: "",
    mtus,
  };
  return { facts: { ...facts, host }, standing, networks, demand };
}

const notesOf = (look: Case) => hostNotes(lookedAt(look));

const texts = (look: Case): string[] => notesOf(look).map(({ what }) => what);

test("nothing is remarked on an ordinary host", () => {
  expect(notesOf({})).toEqual([]);
});

describe("a way out for smaller packets than containers send", () => {
  const uplink = CAPTURE_HOST.uplink?.interface ?? "";
  const todo = (look: Case) => notesOf({ ...look, mtus: { [uplink]: 1450 } }).map((note) => note.todo);

  test("is remarked, with what makes them equal on this engine", () => {
    expect(todo({})[0]).toContain('"mtu": 1450 in daemon.json (default bridge); "default-network-opts"');
    expect(todo({ version: "20.10.24" })[0]).toContain("-o com.docker.network.driver.mtu=1450");
    expect(todo({ configuration: { mtu: 1450 } })).toEqual([expect.not.stringContaining('"mtu": 1450')]);
  });

  test("is not where the operator has made them equal, nor where the way out takes more", () => {
    const options = { bridge: { "com.docker.network.driver.mtu": "1400" } };
    expect(todo({ configuration: { mtu: 1400, "default-network-opts": options } })).toEqual([]);
    expect(notesOf({ mtus: { [uplink]: 9000 } })).toEqual([]);
  });
});

test("a host that denies by default what its containers send to it is remarked, one that lets them in is not", () => {
  const defaultDenial = "chain INPUT has the policy DROP";
  expect(notesOf({ admission: { defaultDenial, keepsOut: [] } })).toEqual([]);
  const [note] = notesOf({ admission: { defaultDenial, keepsOut: ["default bridge", "user-defined network"] } });
  expect(note).toMatchObject({ key: "the host is shut to its containers", subjects: [{ kind: "host" }] });
  expect(note?.what).toContain(defaultDenial);
});

describe("room in the pools", () => {
  const network = (name: string, subnet: string) => ({ name, subnets: [subnet] });

  test("is remarked where it is little, with who holds the rest", () => {
    const networks = [BRIDGE, network("shop", "10.200.0.0/24"), network("blog", "10.200.2.0/25")];
    const [note] = notesOf({ configuration: POOL, networks });
    expect(note?.what).toContain("2 subnets left of 4");
    expect(note?.what).toContain("held by shop, blog.");
    expect(note?.subjects).toEqual([
      { kind: "host" },
      { kind: "network", name: "shop" },
      { kind: "network", name: "blog" },
    ]);
  });

  test("nothing left is said as such", () => {
    const [note] = notesOf({ configuration: POOL, networks: [network("all", "10.200.0.0/16")] });
    expect(note?.what).toContain("no subnet left of 4: a network without");
  });

  test("a run that needs more than is left says so before it begins", () => {
    const networks = [BRIDGE, network("most", "10.200.0.0/23"), network("more", "10.200.2.0/24")];
    const look = { configuration: POOL, networks };
    expect(poolsTooSmall(lookedAt({ ...look, demand: 1 }))).toBe(null);
    expect(poolsTooSmall(lookedAt({ ...look, demand: 3 }))?.what).toContain("1 subnet left of 4: after that");
    expect(poolsTooSmall(lookedAt({ ...look, demand: 3 }))?.what).toContain("This run needs 3:");
    expect(texts({ ...look, demand: 1 })[0]).not.toContain("This run needs");
    expect(poolsTooSmall(lookedAt({ ...look, networks: [network("all", "10.200.0.0/16")], demand: 0 }))).toBe(null);
  });

  test("a route behind a gateway takes room before Engine 23.0 only; other tables never do", () => {
    const big = { "default-address-pools": [{ base: "10.200.0.0/21", size: 24 }] };
    const routes = [{ destination: "10.200.0.0/22", onLink: false }];
    expect(texts({ version: "20.10.24", configuration: big, routes })[0]).toContain("4 subnets left of 8");
    expect(texts({ configuration: big, routes })).toEqual([]);
    expect(texts({ configuration: big, routes: [{ destination: "10.200.0.0/22", onLink: true }] })[0]).toContain(
      "held by the host's route 10.200.0.0/22 dev tun0",
    );
    expect(
      texts({ configuration: big, routes: [{ destination: "10.200.0.0/22", onLink: true, table: "vpn" }] }),
    ).toEqual([]);
  });

  test("a nameserver's subnet is never handed out", () => {
    expect(texts({ configuration: POOL, resolver: { nameservers: ["10.200.1.53"] } })[0]).toContain("3 subnets left");
  });

  test("a huge pool is not counted to its end", () => {
    expect(texts({ configuration: { "default-address-pools": [{ base: "10.0.0.0/8", size: 28 }] } })).toEqual([]);
  });
});

describe("public addresses", () => {
  test.each<[string, Case, readonly string[]]>([
    ["of bip", { configuration: { bip: "172.80.0.1/16" } }, ['"bip": "172.80.0.1/16" holds public addresses']],
    [
      "of a pool",
      { configuration: { "default-address-pools": [{ base: "11.0.0.0/16", size: 24 }] } },
      ["The address pool 11.0.0.0/16 holds public addresses"],
    ],
    [
      "of a network",
      { networks: [{ name: "shop", subnets: ["192.169.0.0/24", "fd00::/64"] }] },
      ["The network shop (192.169.0.0/24) holds public addresses"],
    ],
  ])("%s", (_whose, look, expected) => {
    const found = texts(look);
    expect(found).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(found[index]).toContain(text);
  });
});

describe("the host's resolv.conf", () => {
  const none = { nameservers: [] };

  test("a line that is passed over is quoted", () => {
    const line = "nameserver 10.0.0.1, 10.0.0.2";
    expect(texts({ resolver: { skipped: [line] } })[0]).toContain(JSON.stringify(line));
  });

  test("none at all: what containers ask instead", () => {
    expect(texts({ resolver: { ...none, file: null } })).toEqual([
      "The host has no /etc/resolv.conf (it is missing, or a link to nothing): containers on the default bridge ask 8.8.8.8, 8.8.4.4 instead.",
    ]);
    expect(texts({ resolver: none })[0]).toContain("The host's /etc/resolv.conf names no nameserver");
  });

  test("nothing follows where the daemon names servers itself", () => {
    expect(texts({ resolver: { ...none, file: null }, configuration: { dns: ["192.0.2.53"] } })).toEqual([]);
  });
});
