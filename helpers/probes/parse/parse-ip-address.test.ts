import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { type IpLink, parseIpAddress } from "./parse-ip-address.ts";

const link = (file: string, name: string): IpLink =>
  parseIpAddress(captured(file)).find((candidate) => candidate.name === name) ?? expect.fail(`no ${name}`);

test("a container's eth0 by BusyBox, M-DOWN and all", () => {
  for (const version of ["1.35", "1.37", "1.38"]) {
    expect(link(`busybox-${version}/ip-addr-container.txt`, "eth0")).toEqual({
      index: 10,
      name: "eth0",
      peerIndex: 11,
      flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP", "M-DOWN"],
      mtu: 1500,
      qdisc: "noqueue",
      mac: "02:42:0a:4d:00:02",
      broadcastMac: "ff:ff:ff:ff:ff:ff",
      addresses: [
        { family: 4, address: "10.77.0.2", prefix: 24, broadcast: "10.77.0.255", scope: "global", label: "eth0" },
        { family: 6, address: "fd77::3", prefix: 64, scope: "global" },
        { family: 6, address: "fe80::42:aff:fe4d:2", prefix: 64, scope: "link" },
      ],
    });
  }
});

test("the same eth0 by iproute2 has a state and the other end's namespace, and no M-DOWN", () => {
  for (const version of ["6.1", "6.15", "7.3"]) {
    expect(link(`iproute2-${version}/ip-addr-container.txt`, "eth0")).toMatchObject({
      peerIndex: 11,
      flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
      state: "UP",
      linkNetnsId: 0,
    });
  }
});

test("BusyBox names a wrong peer for a veth whose other end is in another namespace", () => {
  expect(link("iproute2-6.1/ip-addr-host.txt", "wan0")).toMatchObject({ peerIndex: 2, linkNetns: "cap-up" });
  expect(link("busybox-1.35/ip-addr-host.txt", "wan0")).toMatchObject({ peerName: "br-cap" });
});

test("ports, pairs, tunnels, labels, peers and alternative names", () => {
  const file = "iproute2-7.3/ip-addr-host.txt";
  expect(link(file, "vethcap0")).toMatchObject({ master: "br-cap", linkNetns: "cap-peer", queueLength: 1000 });
  expect(link(file, "pair1")).toMatchObject({ peerName: "pair0", state: "DOWN", altNames: ["uplink-copper"] });
  expect(link(file, "mv0")).toMatchObject({ peerName: "wan0" });
  expect(link(file, "wan0").addresses).toContainEqual({
    family: 4,
    address: "192.0.2.11",
    prefix: 32,
    scope: "global",
    label: "wan0:1",
  });
  const tun = link(file, "tun0");
  expect(tun).not.toHaveProperty("mac");
  expect(tun.addresses.at(-1)).toEqual({
    family: 4,
    address: "203.0.113.5",
    prefix: 32,
    peer: "203.0.113.6",
    scope: "global",
    label: "tun0",
  });
  expect(link("busybox-1.35/ip-addr-host.txt", "tun0").addresses).toEqual(tun.addresses);
});

test("a new namespace has nothing but lo, down", () => {
  expect(parseIpAddress(captured("busybox-1.35/ip-addr-new-netns.txt"))).toEqual([
    expect.objectContaining({ index: 1, name: "lo", flags: ["LOOPBACK"], addresses: [] }),
  ]);
});

describe.each(["6.1", "6.15", "7.3"])("iproute2 %s", (version) => {
  test("says the same in text and in JSON", () => {
    const text = parseIpAddress(captured(`iproute2-${version}/ip-addr-host.txt`));
    // JSON numbers the other namespace where text names it.
    const comparable = (links: readonly IpLink[]) => links.map(({ linkNetns: _, linkNetnsId: __, ...rest }) => rest);
    expect(comparable(parseIpAddress(captured(`iproute2-${version}/ip-j-addr-host.txt`)))).toEqual(comparable(text));
  });

  test("lists the same links in ip link as in ip addr", () => {
    const links = parseIpAddress(captured(`iproute2-${version}/ip-link-host.txt`));
    const withAddresses = parseIpAddress(captured(`iproute2-${version}/ip-addr-host.txt`));
    expect(links.map(({ alias: _, ...rest }) => rest)).toEqual(
      withAddresses.map((entry) => ({ ...entry, addresses: [] })),
    );
    expect(links.find(({ name }) => name === "wan0")?.alias).toBe("uplink of the host");
  });
});

test("links whose name has an @ or whose parent is gone", () => {
  const [odd, lost] = parseIpAddress(
    "7: a@b@if3: <UP> mtu 1500\n8: sit0@NONE: <NOARP> mtu 1480 qdisc noop state DOWN\n    link/sit 0.0.0.0 brd 0.0.0.0\n",
  );
  expect(odd).toMatchObject({ name: "a@b", peerIndex: 3 });
  expect(lost).toEqual({
    index: 8,
    name: "sit0",
    flags: ["NOARP"],
    mtu: 1480,
    qdisc: "noop",
    state: "DOWN",
    addresses: [],
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,13}$/);
const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":"));
const address = fc.oneof(
  fc.record({
    family: fc.constant(4 as const),
    address: fc.ipV4(),
    prefix: fc.nat(32),
    broadcast: fc.ipV4(),
    scope: fc.constant("global"),
    label: name.filter((text) => text !== "secondary"),
  }),
  fc.record({
    family: fc.constant(6 as const),
    address: fc.ipV6(),
    prefix: fc.nat(128),
    scope: fc.constantFrom("global", "link", "host"),
  }),
);
const anyLink: fc.Arbitrary<IpLink> = fc.record(
  {
    index: fc.integer({ min: 1, max: 100_000 }),
    name,
    peerIndex: fc.nat(100_000),
    flags: fc.uniqueArray(fc.constantFrom("UP", "BROADCAST", "LOWER_UP", "NO-CARRIER", "M-DOWN")),
    mtu: fc.integer({ min: 68, max: 65_536 }),
    qdisc: fc.constantFrom("noqueue", "noop", "fq_codel"),
    master: name,
    state: fc.constantFrom("UP", "DOWN", "UNKNOWN"),
    queueLength: fc.nat(10_000),
    mac,
    broadcastMac: mac,
    linkNetnsId: fc.nat(100),
    addresses: fc.array(address, { maxLength: 4 }),
  },
  { requiredKeys: ["index", "name", "flags", "mtu", "qdisc", "mac", "broadcastMac", "addresses"] },
);

function render(link: IpLink): string {
  const optional = (key: string, value: unknown): string => (value === undefined ? "" : ` ${key} ${value}`);
  const peer = link.peerIndex === undefined ? "" : `@if${link.peerIndex}`;
  return [
    `${link.index}: ${link.name}${peer}: <${link.flags.join(",")}> mtu ${link.mtu}${optional("qdisc", link.qdisc)}${optional("master", link.master)}${optional("state", link.state)} group default${optional("qlen", link.queueLength)}`,
    `    link/ether ${link.mac} brd ${link.broadcastMac}${optional("link-netnsid", link.linkNetnsId)}`,
    ...link.addresses.flatMap((entry) => [
      `    inet${entry.family === 6 ? "6" : ""} ${entry.address}/${entry.prefix}${optional("brd", entry.broadcast)} scope ${entry.scope} ${entry.label ?? ""}`,
      "       valid_lft forever preferred_lft forever",
    ]),
  ].join("\n");
}

test("a link whose other end's namespace is going away", () => {
  // Seen with iproute2 6.1 while another run's namespaces were removed.
  const text = `7: veth0@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether be:98:37:54:65:56 brd ff:ff:ff:ff:ff:ff link-netnsid unknown
`;
  const json = `[{"ifindex":7,"link_index":2,"ifname":"veth0","flags":["BROADCAST","MULTICAST"],"mtu":1500,"qdisc":"noop","operstate":"DOWN","group":"default","txqlen":1000,"link_type":"ether","address":"be:98:37:54:65:56","broadcast":"ff:ff:ff:ff:ff:ff","link_netnsid":-1,"addr_info":[]}]`;
  expect(parseIpAddress(text)[0]).toMatchObject({ name: "veth0", peerIndex: 2, mac: "be:98:37:54:65:56" });
  expect(parseIpAddress(text)[0]).not.toHaveProperty("linkNetnsId");
  expect(parseIpAddress(json)).toEqual(parseIpAddress(text));
});

test("what is rendered is read back", () => {
  fc.assert(
    fc.property(fc.array(anyLink, { maxLength: 4 }), (links) => {
      expect(parseIpAddress(`${links.map(render).join("\n")}\n`)).toEqual(links);
    }),
  );
});
