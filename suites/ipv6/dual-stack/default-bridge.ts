import { noIpv6WayOut } from "../../../helpers/expectations/ipv6-rules.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { http, ping, udp } from "../../../helpers/probes/reach.ts";
import {
  busybox,
  engine,
  mustReach,
  nginx,
  requirement,
  stage,
  topology,
  Violation,
} from "../../../helpers/requirement/index.ts";
import { mustAnswer, mustMeet } from "../../../helpers/requirement/served.ts";
import { addressesUsable } from "../../../helpers/requirement/usable-addresses.ts";
import { address6, FORWARD_CAUSE } from "./site.ts";
import { mustReachBeyond, OUT } from "./way-out.ts";

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
