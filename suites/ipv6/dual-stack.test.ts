import { expect } from "vitest";
import { usesProxy } from "../../helpers/expectations/firewall.ts";
import { noIpv6Rules, noIpv6WayOut } from "../../helpers/expectations/ipv6-rules.ts";
import { publishedBeyond } from "../../helpers/expectations/port-service.ts";
import { userBridgesClosed } from "../../helpers/expectations/separation.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link } from "../../helpers/probes/links.ts";
import { http, lookup, ping, udp } from "../../helpers/probes/reach.ts";
import { mustLoseNoMore, onUplink, somebodyBeyond } from "../../helpers/requirement/beyond.ts";
import { mustCarry, mustLoseNone, pingThatFills } from "../../helpers/requirement/carried.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  engine,
  mustNotReach,
  mustReach,
  NotApplicable,
  nginx,
  requirement,
  type Session,
  stage,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import { mustAnswer, mustMeet } from "../../helpers/requirement/served.ts";
import { addressesUsable } from "../../helpers/requirement/usable-addresses.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";

const V6_PORT = cite("docs/ipv6#create-an-ipv6-network", "This publishes port 80 on both IPv6 and IPv4.");

/** A published server and its client on a dual-stack network with a prefix of its own, and a stranger on another one. */
const town = topology("dual", {
  networks: { app: bridge({ ipv6: true }), other: bridge({ ipv6: true }) },
  containers: {
    web: nginx({ on: "app", publish: ["free:80"] }),
    client: busybox({ on: "app" }),
    stranger: busybox({ on: "other" }),
  },
});

/** The IPv6 addresses of the three, once they may be used, and that of the host on their network. */
const dual = stage(town, async ({ web, client, stranger, networks: { app } }, session) => {
  await Promise.all([
    ...[web, client, stranger].map((container) => addressesUsable(container)),
    ...(session.facts.host === null ? [] : [addressesUsable(await session.host(), app.device)]),
  ]);
  return {
    web,
    client,
    stranger,
    web6: address6(web, "app"),
    client6: address6(client, "app"),
    gateway: web.settingsOn("app").IPv6Gateway,
  };
});

function address6(container: Endpoint, network: string): string {
  const { GlobalIPv6Address } = container.settingsOn(network);
  if (GlobalIPv6Address === "") throw new ProbeFailed(`the engine names no IPv6 address of ${container.label}`);
  return GlobalIPv6Address;
}

const needs = ["ipv6"] as const;
const FROM = [engine("docs: Use IPv6 networking"), engine("moby TestBridgeICC")];
const FORWARD_CAUSE = "a rule or the policy of ip6tables' FORWARD drops it, or net.ipv6.conf.all.forwarding is off";

const onDual = chapter({ given: dual });

onDual(
  "DUAL-01",
  {
    must: "`eth0` on a dual-stack network MUST carry the IPv6 address that inspect tells, with its prefix length, and the default route to the network's IPv6 gateway",
    from: [cite("api#EndpointSettings", "IPv6 gateway address.")],
    needs,
  },
  async ({ web, web6, gateway }) => {
    const carried = (await addresses(web, "eth0")).filter(({ family, scope }) => family === 6 && scope === "global");
    expect(
      carried.map(({ address, prefix }) => `${address}/${prefix}`),
      "global IPv6 addresses of eth0",
    ).toEqual([`${web6}/${web.settingsOn("app").GlobalIPv6PrefixLen}`]);
    const route = await web.ask("ip -6 route show default");
    expect(route.stdout, "IPv6 default route").toContain(`via ${gateway} dev eth0`);
  },
);

onDual(
  "DUAL-02",
  {
    must: "Neighbour discovery between two containers of a dual-stack network MUST find the hardware address of the other's own eth0",
    from: [engine("RFC 4861 7.2")],
    needs,
    unless: userBridgesClosed,
    cause: "somebody else answers for the address, or ICMPv6 is dropped between the bridge's ports",
  },
  async ({ client, web, web6 }) => {
    await mustReach(ping(client, web6));
    const [found, eth0] = await Promise.all([client.ask("ip -6 neigh"), link(web, "eth0")]);
    const lladdr = new RegExp(`^${web6} dev eth0 lladdr (\\S+)`, "m").exec(found.stdout)?.[1];
    expect(lladdr, `hardware address that ${client.label} has found for ${web6}`).toBe(eth0?.mac);
  },
);

onDual(
  "DUAL-03",
  {
    must: "Containers of a dual-stack network MUST reach each other at their IPv6 addresses by ping, TCP and UDP, nothing translated on the way",
    from: FROM,
    needs,
    unless: userBridgesClosed,
    cause: FORWARD_CAUSE,
  },
  async ({ client, client6, web, web6 }) => {
    await Promise.all([
      mustMeet(client, client6, { name: web.name, address: web6 }),
      mustReach(udp(client, web6, 53), FORWARD_CAUSE),
      mustReach(ping(web, client6), FORWARD_CAUSE),
    ]);
  },
);

onDual(
  "DUAL-04",
  {
    must: "IPv6 between two containers of a dual-stack network MUST carry packets as large as the MTU and lose none of a hundred in a row",
    from: [engine("RFC 8200 5")],
    needs,
    unless: userBridgesClosed,
  },
  async ({ client, web6 }) => {
    const mtu = (await link(client, "eth0"))?.mtu;
    if (mtu === undefined) throw new ProbeFailed(`${client.label} has no eth0`);
    await mustCarry({ from: client, to: web6 }, pingThatFills(mtu, web6));
    await mustLoseNone({ from: client, to: web6 });
  },
);

onDual(
  "DUAL-05",
  {
    must: "The host and the containers of a dual-stack network MUST reach each other over IPv6: the containers at their gateway, the host at their addresses",
    from: [engine("docs: Use IPv6 networking")],
    needs: [...needs, "host view"],
    cause: "ip6tables' INPUT or OUTPUT drops it, or the bridge lost its IPv6 address",
  },
  async ({ client, web, web6, gateway }, session) => {
    const host = await session.host();
    await Promise.all([
      mustReach(ping(client, gateway)),
      mustReach(ping(host, web6)),
      mustAnswer(http(host, web6), web.name),
    ]);
  },
);

onDual(
  "DUAL-06",
  {
    must: "The embedded resolver MUST answer the name of a container of a dual-stack network with its IPv6 address (AAAA) as well",
    from: [
      cite("docs/dns#names-the-embedded-dns-server-resolves-itself", "IPv6 addresses, as for A."),
      engine("moby TestBridgeICC"),
    ],
    needs,
  },
  async ({ client, web, web6 }) => {
    const { answer } = await mustReach(lookup(client, web.name));
    if (answer.includes(web6)) return;
    throw new Violation(`look up ${web.name} from ${client.label}`, {
      expected: `an answer with ${web6}`,
      observed: answer.trim().split(/\s+/).join(" "),
    });
  },
);

onDual(
  "DUAL-07",
  {
    must: "Containers of two dual-stack networks MUST be kept apart over IPv6 as they are over IPv4: silently",
    from: [
      cite(
        "docs/bridge",
        "automatically installs rules in the host machine so that containers on different bridge networks can't communicate directly with each other",
      ),
      engine("moby TestBridgeINC"),
    ],
    needs,
    unless: (facts) => noIpv6Rules(facts) ?? userBridgesClosed(facts),
    appliesTo: "engines that make rules for IPv6",
    cause: "Docker's IPv6 rules were flushed, or something accepts forwarded packets before them",
  },
  async ({ stranger, client, web6 }) => {
    await mustNotReach(ping(stranger, web6), { as: "timed out", control: ping(client, web6) });
  },
);

/** The host port of the server for IPv6, and that IPv6 is published at all. */
function port6(web: Endpoint): number {
  const binding = web.bindingsOf("80/tcp").find(({ HostIp }) => HostIp.includes(":"));
  if (binding === undefined)
    throw new NotApplicable(
      "the engine publishes it on no IPv6 address; on which it has to is judged with published ports",
    );
  return Number(binding.HostPort);
}

onDual(
  "DUAL-08",
  {
    must: "A port that a dual-stack container publishes MUST be served at [::1] of the host by docker-proxy",
    from: [engine("moby#48067")],
    needs: [...needs, "host view"],
    unless: (facts) =>
      publishedBeyond(facts) ??
      (usesProxy(facts) ? null : "without docker-proxy nothing serves [::1]: the kernel routes nothing from there"),
  },
  async ({ web }, session) => void (await mustAnswer(http(await session.host(), "::1", port6(web)), web.name)),
);

onDual(
  "DUAL-09",
  {
    must: "A port that a dual-stack container publishes MUST be served at an IPv6 address of the host: asked by the host",
    from: [V6_PORT],
    needs: [...needs, "host view"],
    unless: (facts) => publishedBeyond(facts) ?? (usesProxy(facts) ? null : noIpv6Rules(facts)),
    cause: "Docker's nat rules for IPv6 were flushed, docker-proxy was killed, or ip6tables drops it",
  },
  async ({ web, gateway }, session) => {
    const at = onUplink(session.facts, 6) || gateway;
    await mustAnswer(http(await session.host(), at, port6(web)), web.name);
  },
);

onDual(
  "DUAL-10",
  {
    must: "A port that a dual-stack container publishes MUST be served at the host's IPv6 address: asked by another machine",
    from: [V6_PORT],
    needs: [...needs, "host view", "second host"],
    unless: (facts) => publishedBeyond(facts) ?? (usesProxy(facts) ? null : noIpv6Rules(facts)),
    cause: "Docker's nat rules for IPv6 were flushed, or ip6tables' FORWARD or INPUT drops what comes from the uplink",
  },
  async ({ web }, session) => {
    const own = onUplink(session.facts, 6);
    if (own === "") throw new NotApplicable("the host has no IPv6 address on its uplink");
    await mustAnswer(http(await neighbourOf(session), own, port6(web)), web.name);
  },
);

const OUT = {
  from: [engine("docs: Use IPv6 networking"), engine("moby#48365")],
  needs: [...needs, "host view"] as const,
  unless: noIpv6WayOut,
  appliesTo: "engines that make rules for IPv6 and forward it",
  cause: `${FORWARD_CAUSE}, or the masquerade rule of the network's prefix is gone`,
};

/** Whom the host reaches beyond its uplink. */
async function mustReachBeyond({ client }: { readonly client: Vantage }, session: Session): Promise<void> {
  const { address } = await somebodyBeyond(session, 6);
  await mustLoseNoMore(client, await session.host(), address);
}

onDual(
  "DUAL-11",
  {
    must: "Containers of a dual-stack network MUST reach over IPv6 whom the host reaches beyond its uplink, and lose no more packets",
    ...OUT,
  },
  mustReachBeyond,
);

/** A server and its client on the default bridge, where that has IPv6. */
const plain = topology("dual-default", { containers: { web: nginx(), client: busybox() } });

const byDefault = stage(plain, async ({ web, client }, session) => {
  await Promise.all([web, client].map((container) => addressesUsable(container)));
  const bridged = session.facts.defaultBridge;
  if (session.facts.host !== null && bridged !== null) await addressesUsable(await session.host(), bridged.device);
  return { web, client, web6: address6(web, "bridge"), client6: address6(client, "bridge") };
});

const DEFAULT = {
  from: [engine("dockerd: ipv6"), engine("moby TestDefaultBridgeIPv6")],
  needs: ["default bridge", "ipv6"] as const,
  appliesTo: "IPv6 on the default bridge",
};

function noIpv6ByDefault(facts: Pick<Facts, "defaultBridge">): string | null {
  return facts.defaultBridge?.ipv6 === true ? null : "the default bridge has no IPv6";
}

requirement(
  "DUAL-12",
  {
    must: "Containers on a default bridge with IPv6 MUST reach each other at their IPv6 addresses by ping, TCP and UDP, nothing translated on the way",
    ...DEFAULT,
    unless: (facts) =>
      noIpv6ByDefault(facts) ??
      (facts.configuration.icc === false ? '"icc": false: containers on the default bridge are kept apart' : null),
    cause: FORWARD_CAUSE,
  },
  byDefault,
  async ({ client, client6, web, web6 }) => {
    await Promise.all([
      mustMeet(client, client6, { name: web.name, address: web6 }),
      mustReach(udp(client, web6, 53), FORWARD_CAUSE),
    ]);
  },
);

requirement(
  "DUAL-13",
  {
    must: "The host and the containers on a default bridge with IPv6 MUST reach each other over IPv6: the containers at the bridge's address, the host at theirs",
    ...DEFAULT,
    needs: [...DEFAULT.needs, "host view"],
    unless: noIpv6ByDefault,
    cause: "ip6tables' INPUT or OUTPUT drops it, or the bridge lost its IPv6 address",
  },
  byDefault,
  async ({ client, web, web6 }, session) => {
    const host = await session.host();
    const device = session.facts.defaultBridge?.device ?? "";
    const own = (await addresses(host, device)).find(({ family, scope }) => family === 6 && scope === "global");
    if (own === undefined)
      throw new Violation(`IPv6 addresses of ${device}`, { expected: "one beyond the link's", observed: "none" });
    await Promise.all([
      mustReach(ping(client, own.address)),
      mustReach(ping(host, web6)),
      mustAnswer(http(host, web6), web.name),
    ]);
  },
);

requirement(
  "DUAL-14",
  {
    must: "Containers on a default bridge with IPv6 MUST reach over IPv6 whom the host reaches beyond its uplink, and lose no more packets",
    ...OUT,
    needs: [...DEFAULT.needs, "host view"],
    unless: (facts) => noIpv6ByDefault(facts) ?? noIpv6WayOut(facts),
  },
  byDefault,
  mustReachBeyond,
);
