import { expect } from "vitest";
import { noIpv6Rules } from "../../helpers/expectations/ipv6-rules.ts";
import { bridgesNotSeparated, userBridgesClosed } from "../../helpers/expectations/separation.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ignoresPingsOf } from "../../helpers/model/host-listeners.ts";
import { http, ping, udp } from "../../helpers/probes/reach.ts";
import { defaultRoute, defaultRoutes6 } from "../../helpers/probes/routes.ts";
import { somebodyBeyond } from "../../helpers/requirement/beyond.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  mustNotReach,
  mustReach,
  nginx,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { mustAnswer, mustMeet } from "../../helpers/requirement/served.ts";
import { addressesUsable } from "../../helpers/requirement/usable-addresses.ts";
import type { StartedNetwork } from "../../helpers/topology/create-network.ts";

const AMONG_THEMSELVES = cite(
  "cli/network_create#internal",
  "Containers on an internal network may communicate between each other, but not with any other network, as no default route is configured and firewall rules are set up to drop all traffic to or from other networks.",
);
const WITH_THE_HOST = cite(
  "cli/network_create#internal",
  "Communication with the gateway IP address (and thus appropriately configured host services) is possible, and the host may communicate with any container IP directly.",
);

const OPENED = "Docker's rules that keep an internal network inside are gone, or others accept its packets before them";

/**
 * A server, a client that keeps what the engine gave it and a container that may set routes, on an internal network; and
 * a server on a network with a way out.
 */
const closed = topology("internal", {
  networks: { inside: bridge({ internal: true }), open: bridge() },
  containers: {
    web: nginx<"inside" | "open">({ on: "inside" }),
    hermit: busybox<"inside" | "open">({ on: "inside" }),
    escaper: busybox<"inside" | "open">({ on: "inside", capabilities: ["NET_ADMIN"] }),
    neighbour: nginx<"inside" | "open">({ on: "open" }),
  },
});

/** The host's own address on the internal network. Its containers are told of no gateway; it is the first of the subnet. */
const gatewayOf = ({ subnet }: StartedNetwork) => cidr(subnet).host(1);

/** The one that may has sent everything to the host. */
const routed = stage(closed, async (containers) => {
  const { escaper, networks } = containers;
  const gateway = gatewayOf(networks.inside);
  await escaper.ask(`ip route replace default via ${gateway}`);
  return { ...containers, gateway };
});

const onClosed = chapter({ given: closed });

onClosed(
  "INTERNAL-01",
  {
    must: "Containers of an internal network MUST reach each other by ping, TCP, UDP and name",
    from: [AMONG_THEMSELVES],
    unless: userBridgesClosed,
  },
  async ({ web, hermit }) => {
    await Promise.all([
      mustMeet(hermit, hermit.address, { name: web.name, address: web.address }),
      mustReach(udp(hermit, web.address, 53)),
      mustReach(ping(hermit, web.name)),
    ]);
  },
);

onClosed(
  "INTERNAL-02",
  {
    must: "A container of an internal network alone MUST have no default route",
    from: [AMONG_THEMSELVES],
    since: "internal-networks-fail-fast",
  },
  async ({ hermit }) => {
    expect(await defaultRoute(hermit), `default route of ${hermit.label}`).toBeNull();
  },
);

requirement(
  "INTERNAL-03",
  {
    must: "A container of an internal network that sets a default route itself MUST NOT reach whom the host reaches beyond its uplink",
    from: [AMONG_THEMSELVES],
    needs: ["host view"],
    unless: bridgesNotSeparated,
    cause: OPENED,
  },
  routed,
  async ({ escaper, web, gateway }, session) => {
    const { address } = await somebodyBeyond(session);
    const answering = ignoresPingsOf(session.facts, "user-defined network") === null ? gateway : web.address;
    await mustNotReach(ping(escaper, address), { as: "timed out", control: ping(escaper, answering) });
  },
);

requirement(
  "INTERNAL-04",
  {
    must: "A container of an internal network that sets a default route itself MUST NOT reach a container of another network",
    from: [AMONG_THEMSELVES],
    unless: (facts) => bridgesNotSeparated(facts) ?? userBridgesClosed(facts),
    cause: OPENED,
  },
  routed,
  async ({ escaper, web, neighbour }) => {
    await mustNotReach(http(escaper, neighbour.address), { as: "timed out", control: http(escaper, web.address) });
  },
);

onClosed(
  "INTERNAL-05",
  {
    must: "The host and the containers of an internal network MUST reach each other: the containers at their gateway, the host at their addresses",
    from: [WITH_THE_HOST],
    needs: ["host view"],
    unless: (facts) => ignoresPingsOf(facts, "user-defined network"),
  },
  async ({ web, hermit, networks: { inside } }, session) => {
    const host = await session.host();
    await Promise.all([
      mustReach(ping(hermit, gatewayOf(inside))),
      mustReach(ping(host, web.address)),
      mustAnswer(http(host, web.address), web.name),
    ]);
  },
);

/** The same with a prefix for IPv6. */
const closed6 = topology("internal6", {
  networks: { inside: bridge({ internal: true, ipv6: true }), open: bridge({ ipv6: true }) },
  containers: {
    web: nginx<"inside" | "open">({ on: "inside" }),
    hermit6: busybox<"inside" | "open">({ on: "inside" }),
    escaper: busybox<"inside" | "open">({ on: "inside", capabilities: ["NET_ADMIN"] }),
    neighbour: nginx<"inside" | "open">({ on: "open" }),
  },
});

/** With their IPv6 addresses, once these may be used, and the address of the host on the internal network. */
const dual = stage(closed6, async ({ web, hermit6, escaper, neighbour, networks }, session) => {
  await Promise.all([
    ...[web, hermit6, escaper, neighbour].map((container) => addressesUsable(container)),
    ...(session.facts.host === null ? [] : [addressesUsable(await session.host(), networks.inside.device)]),
  ]);
  const at = (container: typeof web, network: string) => container.settingsOn(network).GlobalIPv6Address;
  const web6 = at(web, "inside");
  // An internal network names no gateway to its containers; the host has the first address of the prefix.
  const gateway = web6.replace(/[0-9a-f]+$/, "1");
  return {
    ...{ web, hermit6, escaper, neighbour, gateway, web6 },
    hermitAddress: at(hermit6, "inside"),
    neighbour6: at(neighbour, "open"),
  };
});

/** The one that may has sent all IPv6 to the host. */
const routed6 = stage(dual, async (containers) => {
  await containers.escaper.ask(`ip -6 route replace default via ${containers.gateway} dev eth0`);
  return containers;
});

const onDual = chapter({ given: dual, needs: ["ipv6"] });

onDual(
  "INTERNAL-06",
  {
    must: "Containers of an internal dual-stack network MUST reach each other over IPv6 by ping, TCP and UDP",
    from: [AMONG_THEMSELVES],
    unless: userBridgesClosed,
  },
  async ({ web, web6, hermit6, hermitAddress }) => {
    await Promise.all([
      mustMeet(hermit6, hermitAddress, { name: web.name, address: web6 }),
      mustReach(udp(hermit6, web6, 53)),
    ]);
  },
);

onDual(
  "INTERNAL-07",
  {
    must: "A container of an internal dual-stack network alone MUST have no IPv6 default route",
    from: [AMONG_THEMSELVES],
    since: "internal-networks-fail-fast",
  },
  async ({ hermit6 }) => {
    expect(await defaultRoutes6(hermit6), `IPv6 default routes of ${hermit6.label}`).toEqual([]);
  },
);

requirement(
  "INTERNAL-08",
  {
    must: "A container of an internal dual-stack network that sets an IPv6 default route itself MUST NOT reach a container of another network",
    from: [AMONG_THEMSELVES],
    needs: ["ipv6", "host view"],
    unless: (facts) => noIpv6Rules(facts) ?? bridgesNotSeparated(facts) ?? userBridgesClosed(facts),
    appliesTo: "engines that make rules for IPv6",
    cause: OPENED,
  },
  routed6,
  async ({ escaper, web6, neighbour6 }) => {
    await mustNotReach(http(escaper, neighbour6), { as: "timed out", control: http(escaper, web6) });
  },
);

onDual(
  "INTERNAL-09",
  {
    must: "The host and the containers of an internal dual-stack network MUST reach each other over IPv6: the containers at their gateway, the host at their addresses",
    from: [WITH_THE_HOST],
    needs: ["ipv6", "host view"],
  },
  async ({ web, web6, hermit6, gateway }, session) => {
    const host = await session.host();
    await Promise.all([
      mustReach(ping(hermit6, gateway)),
      mustReach(ping(host, web6)),
      mustAnswer(http(host, web6), web.name),
    ]);
  },
);
