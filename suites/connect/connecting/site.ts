import { has } from "../../../helpers/model/version-switches.ts";
import { addresses, ownAddress } from "../../../helpers/probes/addresses.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { links } from "../../../helpers/probes/links.ts";
import { lookupAs } from "../../../helpers/probes/lookup-as.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { resolvConf } from "../../../helpers/probes/resolv-conf.ts";
import { defaultRoute } from "../../../helpers/probes/routes.ts";
import {
  bridge,
  busybox,
  chapter,
  mustNotReach,
  mustReach,
  nginx,
  type Session,
  stage,
  topology,
} from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { inspectNetwork } from "../../../helpers/topology/network-record.ts";
import { hostPrograms } from "../../../helpers/vantage/host-programs.ts";

/** A container that moves from the default bridge into a team's network, one that takes the opposite way, and a member of each. */
const team = topology("connect", {
  networks: { team: bridge() },
  containers: {
    mover: busybox(),
    home: nginx(),
    peer: nginx({ on: "team" }),
    traveller: busybox({ on: "team" }),
  },
});

/** The mover while it is on the default bridge only. */
export const before = stage(team, async ({ mover, home, peer, traveller, networks }, session) => {
  const [seen, lonely, peerAddress, homeAddress] = await Promise.all([
    look(session, mover, networks.team.device),
    atThisMoment(mustNotReach(ping(mover, peer.address), { as: "timed out", control: ping(traveller, peer.address) })),
    ownAddress(peer),
    ownAddress(home),
  ]);
  return { mover, home, peer, traveller, team: networks.team, seen, lonely, peerAddress, homeAddress };
});

/** dockerode's type knows no priority. */
const PREFERRED: object = { GwPriority: 1 };

/** `docker network connect team mover`, and what came of it. */
export const connected = stage(
  before,
  async ({ mover, home, peer, traveller, team: joined, seen, peerAddress, homeAddress }, session) => {
    await session.docker.getNetwork(joined.id).connect({
      Container: mover.id,
      // Where the highest priority decides about the default gateway, that of the team's network is the higher one.
      ...(has(session.facts, "gateway-priority") ? { EndpointConfig: PREFERRED } : {}),
    });
    const now = await look(session, mover, joined.device);
    const added = now.addresses.find((one) => one.interface === "eth1");
    const own = added?.address ?? "";
    const host = session.facts.host?.tools.iproute2 === true ? hostPrograms(await session.host()) : null;
    const [memberByAddress, moverFromMember, firstMember, memberByName, resolver, record, others, hostEnds, peerLinks] =
      await Promise.all([
        atThisMoment(mustReach(http(mover, peerAddress))),
        atThisMoment(mustReach(ping(peer, own))),
        atThisMoment(mustReach(http(mover, homeAddress))),
        atThisMoment(mustReach(lookupAs(mover, peer.name, peerAddress))),
        resolvConf(mover),
        inspectNetwork(session.docker, joined.id),
        Promise.all([peer, traveller].map(ownAddress)),
        host === null ? [] : iprouteLinks(host),
        links(peer),
      ]);
    return {
      mover,
      home,
      peer,
      traveller,
      team: joined,
      peerAddress,
      earlier: seen,
      now,
      added,
      own,
      memberByAddress,
      moverFromMember,
      firstMember,
      memberByName,
      resolver,
      record,
      others,
      hostEnds,
      peerLinks,
    };
  },
);

export const NEEDS = ["default bridge"] as const;

export const onConnected = chapter({ given: connected, needs: NEEDS });

/** A container and, where the host can be seen, the host's side of it, at one moment. */
async function look(session: Session, container: Endpoint, bridgeDevice: string) {
  const host = session.facts.host === null ? null : await session.host();
  const [inside, found, route, inspected, outside] = await Promise.all([
    links(container),
    addresses(container),
    defaultRoute(container),
    container.inspect(),
    host === null ? [] : links(host),
  ]);
  return {
    inside,
    addresses: found.filter((one) => one.family === 4 && one.interface !== "lo"),
    gateway: route?.gateway ?? null,
    networks: Object.keys(inspected.NetworkSettings.Networks),
    state: { StartedAt: inspected.State.StartedAt, Pid: inspected.State.Pid },
    outside,
    ports: outside.filter((one) => one.master === bridgeDevice),
  };
}
