import { expect, test } from "vitest";
import { after, containerOf, findInside, told } from "./testing/broken.ts";

test("a default route that leads elsewhere is a fault in the run's own containers: nobody meant it", () => {
  const found = after((snapshot) => {
    for (const route of findInside(snapshot, "web").routes)
      if (route.gateway !== undefined) route.gateway = "172.18.0.99";
  });
  expect(told(found)).toMatch(/default route of container dnc-rfake000-site-web leads elsewhere .*172\.18\.0\.99/);
  expect(found.flatMap(({ reason }) => reason.remedies)).toEqual([]);
});

test("what was set inside a container", () => {
  const inside = (change: (web: ReturnType<typeof findInside>) => void) =>
    told(after((snapshot) => change(findInside(snapshot, "web"))));
  expect(
    inside(({ sysctls }) => {
      sysctls["ipv4/ip_default_ttl"] = "1";
    }),
  ).toMatch(/container dnc-rfake000-site-web net\.ipv4\.ip_default_ttl is 1: what it sends expires on its way/);
  expect(
    inside(({ sysctls }) => {
      sysctls["ipv6/conf/lo/disable_ipv6"] = "1";
    }),
  ).toMatch(/IPv6 is off on the loopback of dnc-rfake000-site-web/);
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
  ).toMatch(/default route of dnc-rfake000-site-web makes it send from the source address 10\.99\.0\.9/);
});

test("a default route beyond a closed network, whatever gateway the engine tells of it", () => {
  const beyond = (family: 4 | 6, gateway: string) =>
    told(
      after((snapshot) => {
        const { inside, inspected } = containerOf(snapshot, "int");
        for (const settings of Object.values(inspected.NetworkSettings.Networks))
          Object.assign(settings, { Gateway: "172.20.0.1", IPv6Gateway: "fd00:20::1" });
        if (family === 6) inside.defaults.push({ family, gateway, interface: "eth0" });
        else
          inside.routes.push({
            type: "unicast",
            destination: "default",
            gateway,
            interface: "eth0",
            flags: [],
            nextHops: [],
          });
      }),
    );
  expect(beyond(6, "fd00:20::1")).toMatch(/site-int has a default route for IPv6 via fd00:20::1 inside, though/);
  expect(beyond(4, "172.20.0.1")).toMatch(/site-int has a default route for IPv4 via 172\.20\.0\.1 inside, though/);
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
  ).toMatch(/dnc-rfake000-site-join is in another network namespace than container dnc-rfake000-site-web/);
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
    /\/etc\/hosts of dnc-rfake000-site-web has `203\.0\.113\.7 db\.example`, which the engine does not write/,
  );
  const added = (line: string): string =>
    told(
      after((snapshot) => {
        const { inside, inspected, asked } = containerOf(snapshot, "web");
        if (asked !== null) asked.host.ExtraHosts = ["www.example:203.0.113.8", "gate:host-gateway"];
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
  ).toMatch(/hostname in dnc-rfake000-site-web is renamed, the engine started it with [0-9a-f]{12}/);
});

test("a published port that nobody listens on in the container is named, and weakly", () => {
  const found = after((snapshot) => {
    containerOf(snapshot, "web").inside.sockets = [];
  });
  expect(found.filter(({ weak }) => weak).map(({ reason }) => reason.what)).toEqual([
    expect.stringMatching(/^Nobody listens on 80\/tcp in dnc-rfake000-site-web, .* published as 18080\/tcp/),
    expect.stringMatching(/^Nobody listens on 81\/tcp in dnc-rfake000-site-web/),
  ]);
});

test("a docker-proxy at an address where the port is not published opens it", () => {
  const found = after((_snapshot, host) => {
    const [proxy] = host.proxies.filter(({ hostPort }) => hostPort === 18_081);
    if (proxy === undefined) throw new Error("the recorded run has no docker-proxy for 18081");
    host.proxies.push({ ...proxy, hostIp: "192.0.2.10" });
    host.sockets.push({
      ...structuredClone(host.sockets.find(({ local }) => local.port === 18_081)),
      local: { address: "192.0.2.10", port: 18_081 },
    } as never);
  });
  expect(found.map(({ does, reason }) => [does, reason.what])).toEqual([
    ["opens", expect.stringMatching(/18081\/tcp of container dnc-rfake000-site-web at 192\.0\.2\.10 too/)],
  ]);
  expect(found[0]?.reason.remedies).toMatchObject([
    { commands: ['pkill -f "docker-proxy.* -host-ip 192.0.2.10 -host-port 18081 "'] },
  ]);
});
