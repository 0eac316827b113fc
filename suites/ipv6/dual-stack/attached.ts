import { expect } from "vitest";
import { userBridgesClosed } from "../../../helpers/expectations/separation.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { defaultRoutes6 } from "../../../helpers/probes/routes.ts";
import { cite, mustReach, requirement, stage } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { addressesUsable } from "../../../helpers/requirement/usable-addresses.ts";
import { apart, NEEDS, onDual } from "./site.ts";

/** The IPv6 addresses of an interface beyond those of its link. */
async function global6(at: Vantage, device: string): Promise<string[]> {
  return (await addresses(at, device))
    .filter(({ family, scope }) => family === 6 && scope === "global")
    .map(({ address, prefix }) => `${address}/${prefix}`);
}

/** `docker network connect app stranger`, and what came of it. */
const connected = stage(apart, async ({ stranger, client, web, web6, app }, { docker }) => {
  await docker.getNetwork(app.id).connect({ Container: stranger.id });
  await addressesUsable(stranger);
  const carried = await global6(stranger, "eth1");
  const told = (await stranger.inspect()).NetworkSettings.Networks[app.name];
  const own = told?.GlobalIPv6Address ?? "";
  const [member, back] = await Promise.all([
    atThisMoment(mustAnswer(http(stranger, web6), web.name)),
    atThisMoment(mustReach(ping(client, own))),
  ]);
  return { carried, own, prefix: told?.GlobalIPv6PrefixLen, member, back };
});

const CONNECT = cite(
  "docs/network#ip-address-and-hostname",
  "By default, the container gets an IP address for every Docker network it attaches to.",
);

requirement(
  "DUAL-19",
  {
    must: "Connecting a running container to a dual-stack network MUST give its new interface the IPv6 address that inspect tells, with the network's prefix length",
    from: [CONNECT],
    needs: NEEDS,
  },
  connected,
  ({ carried, own, prefix }) => {
    expect(carried, "global IPv6 addresses of eth1").toEqual([`${own}/${prefix}`]);
  },
);

requirement(
  "DUAL-20",
  {
    must: "A container that was connected to a dual-stack network MUST reach its members over IPv6, and they it",
    from: [
      cite(
        "cli/network_connect#description",
        "Once connected, the container can communicate with other containers in the same network.",
      ),
    ],
    needs: NEEDS,
    unless: userBridgesClosed,
    cause: "ip6tables' FORWARD drops it between the bridge's ports, or the interface has no IPv6 address",
  },
  connected,
  ({ member, back }) => {
    member();
    back();
  },
);

onDual(
  "DUAL-21",
  {
    must: "A container that joins another one's network MUST show its IPv6 addresses and routes, and be served by it at [::1]",
    from: [
      cite(
        "docs/network#container-networks",
        "you can attach a container to another container's networking stack directly, using the --network container:<name|id> flag format",
      ),
    ],
    needs: NEEDS,
  },
  async ({ web, joined }) => {
    const [own, shared] = await Promise.all([web, joined].map((container) => global6(container, "eth0")));
    expect(shared, "global IPv6 addresses of eth0 in the joined container").toEqual(own);
    const [routes, same] = await Promise.all([web, joined].map((container) => defaultRoutes6(container)));
    expect(same, "IPv6 default routes in the joined container").toEqual(routes);
    await mustAnswer(http(joined, "::1"), web.name);
  },
);
