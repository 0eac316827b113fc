import { expect } from "vitest";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { http } from "../../helpers/probes/reach.ts";
import {
  bridge,
  chapter,
  cite,
  engine,
  mustNotReach,
  mustReach,
  nginx,
  requirement,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { during, hostItself, machineBeside, type Neighbour, proxies } from "./look.ts";

const USERLAND_PROXY = cite(
  "man/dockerd#--userland-proxy",
  "Rely on a userland proxy implementation for inter-container and outside-to-container loopback communications. Default is true.",
);

/** Who holds a published port, and where it can be asked. */
const host = configuredInTurn("publishing");
const needs = ["lab"] as const;

interface Scene {
  readonly inLab: HostInLab;
  readonly neighbour: Neighbour;
  /** Published on the default bridge, and on a user-defined network; without a host address. */
  readonly web: Endpoint;
  readonly shop: Endpoint;
}

function scene<T>(look: (scene: Scene) => Promise<T>): (inLab: HostInLab) => Promise<T> {
  return async (inLab) => {
    const neighbour = await machineBeside(inLab);
    return await during(
      inLab,
      "published",
      {
        networks: { appnet: bridge({ subnet: "automatic" }) },
        containers: { web: nginx({ publish: ["free:80"] }), shop: nginx({ on: "appnet", publish: ["free:80"] }) },
      },
      async ({ containers: { web, shop } }) => await look({ inLab, neighbour, web, shop }),
    );
  };
}

const portOf = (server: Endpoint): number => server.hostPortOf("80/tcp");

/** `1` for every port of a bridge that sends packets back to where they came from. */
async function hairpins({ host: { shell } }: HostInLab): Promise<readonly string[]> {
  const { stdout } = await shell.ask("cat /sys/class/net/*/brport/hairpin_mode");
  return stdout.split("\n").filter((line) => line !== "");
}

const asInstalled = host.under(
  {},
  scene(async ({ inLab, neighbour, web, shop }) => ({
    held: await proxies(inLab),
    wanted: [web, shop].map((server) => `0.0.0.0:${portOf(server)}/tcp`),
    loopback: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", portOf(web)))),
    loopback6: await atThisMoment(mustReach(http(hostItself(inLab), "::1", portOf(web)))),
    outside: await atThisMoment(mustReach(http(neighbour, neighbour.host, portOf(web)))),
    hairpins: await hairpins(inLab),
  })),
);

const onAsInstalled = chapter({ given: asInstalled });

onAsInstalled(
  "KEY-60",
  {
    must: "Without `userland-proxy` a docker-proxy MUST hold each published address and port, on every kind of bridge network",
    from: [USERLAND_PROXY],
    needs,
    tags: ["userland-proxy:default"],
  },
  ({ held, wanted, hairpins: modes }) => {
    for (const port of wanted) expect(held, "what docker-proxy processes hold").toContain(port);
    expect(modes, "hairpin mode of the bridges' ports").toEqual(["0", "0"]);
  },
);

onAsInstalled(
  "KEY-61",
  {
    must: "A docker-proxy MUST carry clients of the host's loopbacks, IPv4 and IPv6, to an IPv4 container",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Ports on the host's IPv6 addresses will map to the container's IPv4 address if no host IP is given in a port mapping, the bridge network is IPv4-only, and --userland-proxy=true (default).",
      ),
    ],
    needs: [...needs, "ipv6"],
    tags: ["userland-proxy:default"],
  },
  ({ loopback, loopback6 }) => {
    loopback();
    loopback6();
  },
);

onAsInstalled(
  "KEY-62",
  {
    must: "Without `ip` a port published without an address MUST be open to neighbours",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "when you publish a container's ports it becomes available not only to the Docker host, but to the outside world as well",
      ),
    ],
    needs,
    tags: ["ip:default"],
  },
  ({ outside }) => void outside(),
);

const proxyless = host.under(
  { "userland-proxy": false },
  scene(async ({ inLab, neighbour, web, shop }) => ({
    held: await proxies(inLab),
    loopback: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", portOf(web)))),
    loopbackShop: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", portOf(shop)))),
    loopback6: await atThisMoment(
      mustNotReach(http(hostItself(inLab), "::1", portOf(web)), {
        as: "refused",
        control: http(hostItself(inLab), "127.0.0.1", portOf(web)),
      }),
    ),
    outside: await atThisMoment(mustReach(http(neighbour, neighbour.host, portOf(web)))),
    hairpins: await hairpins(inLab),
    routeLocalnet: (await inLab.host.shell.ask("cat /proc/sys/net/ipv4/conf/docker0/route_localnet")).stdout.trim(),
  })),
);

const onProxyless = chapter({ given: proxyless });

onProxyless(
  "KEY-63",
  {
    must: '`"userland-proxy": false` MUST leave no docker-proxy, on any network, and let the bridges\' ports send packets back',
    from: [USERLAND_PROXY, engine("moby#20289")],
    needs,
    tags: ["userland-proxy:effect", "userland-proxy:scope"],
  },
  ({ held, hairpins: modes }) => {
    expect(held, "what docker-proxy processes hold").toEqual([]);
    expect(modes, "hairpin mode of the bridges' ports").toEqual(["1", "1"]);
  },
);

onProxyless(
  "KEY-64",
  {
    must: "Without docker-proxy published ports MUST still be served at 127.0.0.1, by translation, and to neighbours",
    from: [
      cite(
        "iptablesdoc/usernet-portmap-noproxy",
        "The jump from the OUTPUT chain to DOCKER happens even for loopback addresses.",
      ),
    ],
    needs,
    tags: ["userland-proxy:effect", "userland-proxy:scope"],
  },
  ({ loopback, loopbackShop, outside, routeLocalnet }) => {
    loopback();
    loopbackShop();
    outside();
    expect(routeLocalnet, "route_localnet of docker0, without which the kernel drops such packets").toBe("1");
  },
);

onProxyless(
  "KEY-65",
  {
    must: "Without docker-proxy nothing MUST carry clients of [::1] to an IPv4 container",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Ports on the host's IPv6 addresses will map to the container's IPv4 address if no host IP is given in a port mapping, the bridge network is IPv4-only, and --userland-proxy=true (default).",
      ),
    ],
    needs: [...needs, "ipv6"],
    tags: ["userland-proxy:effect"],
  },
  ({ loopback6 }) => void loopback6(),
);

const bound = host.under(
  { ip: "127.0.0.1" },
  scene(async ({ inLab, neighbour, web, shop }) => ({
    held: await proxies(inLab),
    wanted: `127.0.0.1:${portOf(web)}/tcp`,
    loopback: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", portOf(web)))),
    outside: await atThisMoment(
      mustNotReach(http(neighbour, neighbour.host, portOf(web)), {
        as: "refused",
        control: http(neighbour, neighbour.host, portOf(shop)),
      }),
    ),
    shop: await atThisMoment(mustReach(http(neighbour, neighbour.host, portOf(shop)))),
  })),
);

requirement(
  "KEY-66",
  {
    must: "`ip` MUST be the address on which the default bridge's containers publish, and no other: with 127.0.0.1 the host reaches them and neighbours are refused",
    from: [
      cite(
        "docs/port-publishing#default-bridge",
        "This changes the default binding address to 127.0.0.1 for published container ports on the default bridge network.",
      ),
    ],
    needs,
    tags: ["ip:effect"],
  },
  bound,
  ({ held, wanted, loopback, outside }) => {
    expect(held, "what docker-proxy processes hold").toContain(wanted);
    loopback();
    outside();
  },
);

requirement(
  "KEY-67",
  {
    must: "`ip` MUST NOT change user-defined networks: what they publish is open to neighbours",
    from: [
      cite(
        "man/dockerd#--ip",
        "Default host IP address to use when publishing container ports from the default bridge network.",
      ),
    ],
    needs,
    tags: ["ip:scope"],
  },
  bound,
  ({ shop }) => void shop(),
);
