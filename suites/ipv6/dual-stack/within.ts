import { expect } from "vitest";
import { noIpv6Rules } from "../../../helpers/expectations/ipv6-rules.ts";
import { userBridgesClosed } from "../../../helpers/expectations/separation.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { link } from "../../../helpers/probes/links.ts";
import { http, lookup, ping, udp } from "../../../helpers/probes/reach.ts";
import { defaultRoutes6 } from "../../../helpers/probes/routes.ts";
import { mustCarry, mustLoseNone, pingThatFills } from "../../../helpers/requirement/carried.ts";
import { cite, engine, mustReach, requirement, Violation } from "../../../helpers/requirement/index.ts";
import { mustAnswer, mustMeet } from "../../../helpers/requirement/served.ts";
import { apart, FORWARD_CAUSE, FROM, NEEDS, onDual } from "./site.ts";

onDual(
  "DUAL-01",
  {
    must: "`eth0` on a dual-stack network MUST carry the IPv6 address that inspect tells, with its prefix length, and the default route to the network's IPv6 gateway",
    from: [cite("api#EndpointSettings", "IPv6 gateway address.")],
    needs: NEEDS,
  },
  async ({ web, web6, gateway }) => {
    const carried = (await addresses(web, "eth0")).filter(({ family, scope }) => family === 6 && scope === "global");
    expect(
      carried.map(({ address, prefix }) => `${address}/${prefix}`),
      "global IPv6 addresses of eth0",
    ).toEqual([`${web6}/${web.settingsOn("app").GlobalIPv6PrefixLen}`]);
    expect(await defaultRoutes6(web), "IPv6 default routes").toMatchObject([{ gateway, interface: "eth0" }]);
  },
);

onDual(
  "DUAL-02",
  {
    must: "Neighbour discovery between two containers of a dual-stack network MUST find the hardware address of the other's own eth0",
    from: [engine("RFC 4861 7.2")],
    needs: NEEDS,
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
    needs: NEEDS,
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
    needs: NEEDS,
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
    needs: [...NEEDS, "host view"],
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
    needs: NEEDS,
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

requirement(
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
    needs: NEEDS,
    unless: (facts) => noIpv6Rules(facts) ?? userBridgesClosed(facts),
    appliesTo: "engines that make rules for IPv6",
    cause: "Docker's IPv6 rules were flushed, or something accepts forwarded packets before them",
  },
  apart,
  ({ denial }) => void denial(),
);
