import { usesProxy } from "../../../helpers/expectations/firewall.ts";
import { noIpv6Rules } from "../../../helpers/expectations/ipv6-rules.ts";
import { publishedBeyond } from "../../../helpers/expectations/port-service.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { http, udp } from "../../../helpers/probes/reach.ts";
import { onUplink } from "../../../helpers/requirement/beyond.ts";
import { cite, engine, mustNotReach, mustReach, NotApplicable } from "../../../helpers/requirement/index.ts";
import { neighbourOf } from "../../../helpers/requirement/neighbour.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { IPV6_PORT, LOOPBACK_PORT, NEEDS, onDual, port6 } from "./site.ts";

const V6_PORT = cite("docs/ipv6#create-an-ipv6-network", "This publishes port 80 on both IPv6 and IPv4.");

const ON_HOST = { needs: [...NEEDS, "host view"] as const };

/** Why nothing serves [::1]. */
function unservedOnLoopback(facts: Facts): string | null {
  return (
    publishedBeyond(facts) ??
    (usesProxy(facts) ? null : "without docker-proxy nothing serves [::1]: the kernel routes nothing from there")
  );
}

onDual(
  "DUAL-08",
  {
    must: "A port that a dual-stack container publishes MUST be served at [::1] of the host by docker-proxy",
    from: [engine("moby#48067")],
    needs: [...NEEDS, "host view"],
    unless: unservedOnLoopback,
  },
  async ({ web }, session) => void (await mustAnswer(http(await session.host(), "::1", port6(web)), web.name)),
);

onDual(
  "DUAL-09",
  {
    must: "A port that a dual-stack container publishes MUST be served at an IPv6 address of the host: asked by the host",
    from: [V6_PORT],
    needs: [...NEEDS, "host view"],
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
    needs: [...NEEDS, "host view", "second host"],
    unless: (facts) => publishedBeyond(facts) ?? (usesProxy(facts) ? null : noIpv6Rules(facts)),
    cause: "Docker's nat rules for IPv6 were flushed, or ip6tables' FORWARD or INPUT drops what comes from the uplink",
  },
  async ({ web }, session) => {
    const own = onUplink(session.facts, 6);
    if (own === "") throw new NotApplicable("the host has no IPv6 address on its uplink");
    await mustAnswer(http(await neighbourOf(session), own, port6(web)), web.name);
  },
);

onDual(
  "DUAL-15",
  {
    must: "A UDP port that a dual-stack container publishes MUST be served at [::1] of the host by docker-proxy",
    from: [engine("moby#48067")],
    ...ON_HOST,
    unless: unservedOnLoopback,
  },
  async ({ web }, session) => void (await mustReach(udp(await session.host(), "::1", port6(web, "53/udp")))),
);

onDual(
  "DUAL-16",
  {
    must: "A UDP port that a dual-stack container publishes MUST be served at an IPv6 address of the host: asked by the host",
    from: [V6_PORT],
    ...ON_HOST,
    unless: (facts) => publishedBeyond(facts) ?? (usesProxy(facts) ? null : noIpv6Rules(facts)),
    cause: "Docker's nat rules for IPv6 were flushed, docker-proxy was killed, or ip6tables drops it",
  },
  async ({ web, gateway }, session) => {
    const at = onUplink(session.facts, 6) || gateway;
    await mustReach(udp(await session.host(), at, port6(web, "53/udp")));
  },
);

onDual(
  "DUAL-17",
  {
    must: "A port published on [::1] MUST be served to the host there, and MUST NOT be served at another IPv6 address of the host",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "If you include the localhost IP address (127.0.0.1, or ::1) with the publish flag, only the Docker host can access the published container port.",
      ),
    ],
    ...ON_HOST,
    unless: unservedOnLoopback,
    cause: "the port is published on more than [::1], or something else listens on it",
  },
  async ({ web, gateway }, session) => {
    const host = await session.host();
    const port = port6(web, `${LOOPBACK_PORT}/tcp`);
    await mustAnswer(http(host, "::1", port), web.name);
    await mustNotReach(http(host, gateway, port), { as: "refused", control: http(host, gateway, port6(web)) });
  },
);

onDual(
  "DUAL-18",
  {
    must: "A port published on [::] MUST be served at [::1] and at another IPv6 address of the host, and MUST NOT be served over IPv4",
    from: [
      cite(
        "docs/port-publishing#example-1",
        "to make the mapping IPv6-only, disabling IPv4 access to the container's port 80, use the unspecified IPv6 address [::]",
      ),
    ],
    ...ON_HOST,
    unless: unservedOnLoopback,
    cause: "the port is published on IPv4 as well, or something else listens on it",
  },
  async ({ web, gateway }, session) => {
    const host = await session.host();
    const port = port6(web, `${IPV6_PORT}/tcp`);
    await Promise.all([mustAnswer(http(host, "::1", port), web.name), mustAnswer(http(host, gateway, port), web.name)]);
    await mustNotReach(http(host, "127.0.0.1", port), {
      as: "refused",
      control: http(host, "127.0.0.1", web.hostPortOf("80/tcp")),
    });
  },
);
