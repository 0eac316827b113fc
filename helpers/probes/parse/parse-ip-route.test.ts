import fc from "fast-check";
import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { type IpRoute, parseIpRoute } from "./parse-ip-route.ts";

const plain = { type: "unicast", flags: [], nextHops: [] };

test("a container's routes", () => {
  expect(parseIpRoute(captured("busybox-1.38/ip-route-container.txt"))).toEqual([
    { ...plain, destination: "default", gateway: "10.77.0.1", interface: "eth0" },
    { ...plain, destination: "10.77.0.0/24", interface: "eth0", scope: "link", source: "10.77.0.2" },
    { ...plain, type: "unreachable", destination: "198.51.100.8/32" },
    { ...plain, type: "blackhole", destination: "198.51.100.9/32" },
    { ...plain, type: "prohibit", destination: "198.51.100.10/32" },
  ]);
});

test("a host's routes by iproute2: linkdown, onlink, proto, metric, several next hops", () => {
  for (const version of ["6.1", "7.3"]) {
    const routes = parseIpRoute(captured(`iproute2-${version}/ip-route-host.txt`));
    expect(routes[0]).toEqual({
      ...plain,
      destination: "default",
      gateway: "192.0.2.1",
      interface: "wan0",
      protocol: "dhcp",
      source: "192.0.2.10",
      metric: 100,
    });
    expect(routes).toContainEqual({
      ...plain,
      destination: "10.9.0.0/24",
      interface: "tun0",
      protocol: "kernel",
      scope: "link",
      source: "10.9.0.1",
      flags: ["linkdown"],
    });
    expect(routes).toContainEqual({
      ...plain,
      destination: "198.51.100.7/32",
      gateway: "192.0.2.9",
      interface: "wan0",
      flags: ["onlink"],
    });
    expect(routes).toContainEqual({
      ...plain,
      destination: "10.201.0.0/16",
      gateway: "192.0.2.1",
      interface: "wan0",
      mtu: 1300,
    });
    expect(routes.find(({ destination }) => destination === "10.200.0.0/16")?.nextHops).toEqual([
      { gateway: "192.0.2.1", interface: "wan0", weight: 1, flags: [] },
      { gateway: "192.0.2.2", interface: "wan0", weight: 2, flags: [] },
    ]);
    expect(
      routes.filter(({ type }) => type !== "unicast").map(({ type, destination }) => `${type} ${destination}`),
    ).toEqual([
      "unreachable 198.51.100.128/25",
      "throw 203.0.113.32/27",
      "prohibit 203.0.113.64/26",
      "blackhole 203.0.113.128/25",
    ]);
  }
});

test("BusyBox leaves out next hops, proto and linkdown; the rest is the same", () => {
  const common = (file: string): unknown[] =>
    parseIpRoute(captured(file)).map(({ protocol: _, flags: __, mtu: ___, nextHops: ____, ...rest }) => rest);
  expect(common("busybox-1.35/ip-route-host.txt")).toEqual(common("iproute2-6.1/ip-route-host.txt"));
  expect(common("busybox-1.38/ip-route-host-table-all.txt")).toEqual(
    common("iproute2-7.3/ip-route-host-table-all.txt"),
  );
});

test("all tables: local, broadcast, multicast and IPv6 routes", () => {
  const routes = parseIpRoute(captured("iproute2-6.1/ip-route-host-table-all.txt"));
  expect(routes[0]).toEqual({
    ...plain,
    destination: "10.202.0.0/16",
    interface: "docker9",
    table: "100",
    scope: "link",
  });
  expect(routes).toContainEqual({
    ...plain,
    type: "local",
    destination: "127.0.0.0/8",
    interface: "lo",
    table: "local",
    protocol: "kernel",
    scope: "host",
    source: "127.0.0.1",
  });
  expect(routes).toContainEqual({
    ...plain,
    type: "multicast",
    destination: "ff00::/8",
    interface: "br-cap",
    table: "local",
    protocol: "kernel",
    metric: 256,
  });
  expect(routes).toContainEqual({
    ...plain,
    destination: "default",
    gateway: "fe80::1",
    interface: "wan0",
    metric: 900,
  });
});

test("no routes", () => {
  expect(parseIpRoute(captured("busybox-1.35/ip-route-empty.txt"))).toEqual([]);
});

test("an IPv4 route over an IPv6 neighbour", () => {
  expect(parseIpRoute("default via inet6 fe80::1 dev eth0\n")).toEqual([
    { ...plain, destination: "default", gateway: "fe80::1", interface: "eth0" },
  ]);
});

const anyRoute: fc.Arbitrary<IpRoute> = fc.record(
  {
    type: fc.constantFrom("unicast", "local", "broadcast", "unreachable", "blackhole", "prohibit"),
    destination: fc.oneof(
      fc.constant("default"),
      fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, prefix]) => `${address}/${prefix}`),
      fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, prefix]) => `${address}/${prefix}`),
    ),
    gateway: fc.oneof(fc.ipV4(), fc.ipV6()),
    interface: fc.stringMatching(/^[a-z][a-z0-9.-]{0,14}$/),
    table: fc.constantFrom("local", "100"),
    protocol: fc.constantFrom("kernel", "dhcp", "static", "186"),
    scope: fc.constantFrom("link", "host", "global"),
    source: fc.ipV4(),
    metric: fc.nat(),
    flags: fc.uniqueArray(fc.constantFrom("onlink", "linkdown", "dead")),
    nextHops: fc.constant([]),
  },
  { requiredKeys: ["type", "destination", "flags", "nextHops"] },
);

test("what is rendered is read back, in either program's spacing", () => {
  const keys = {
    gateway: "via",
    interface: "dev",
    table: "table",
    protocol: "proto",
    scope: "scope",
    source: "src",
    metric: "metric",
  } as const;
  fc.assert(
    fc.property(fc.array(anyRoute, { maxLength: 4 }), fc.constantFrom(" ", "  "), (routes, gap) => {
      const text = routes
        .map((route) => {
          const attributes = Object.entries(keys).flatMap(([key, word]) =>
            key in route ? [word, route[key as keyof typeof keys]] : [],
          );
          return `${[route.type === "unicast" ? [] : [route.type], route.destination, attributes, route.flags].flat(2).join(gap)} \n`;
        })
        .join("");
      expect(parseIpRoute(text)).toEqual(routes);
    }),
  );
});
