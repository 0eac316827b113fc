import { expect } from "vitest";
import { ownAddress } from "../../../helpers/probes/addresses.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { chapter, cite, engine, mustNotReach, mustReach, requirement } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { hostItself, seenByNeighbour } from "../look.ts";
import { host, needs, scene } from "./site.ts";

const ICC = cite(
  "man/dockerd#--icc",
  "Allow unrestricted inter-container communication in the default bridge network.",
);

const IP_MASQ = cite("man/dockerd#--ip-masq", "Enable IP masquerading for default bridge's IP range.");

const closed = host.under(
  { icc: false },
  scene(async ({ inLab, neighbour, containers: { plain, peer, member, web }, port }) => ({
    ping: await atThisMoment(
      mustNotReach(ping(plain, peer.address), { as: "timed out", control: ping(hostItself(inLab), peer.address) }),
    ),
    http: await atThisMoment(
      // The very server, asked where it is published, which another machine may.
      mustNotReach(http(plain, peer.address), { as: "timed out", control: http(neighbour, neighbour.host, port) }),
    ),
    onNetwork: await atThisMoment(mustReach(http(member, web.address))),
    published: await atThisMoment(mustReach(http(plain, neighbour.host, port))),
    fromOutside: await atThisMoment(mustReach(http(neighbour, neighbour.host, port))),
    out: await atThisMoment(mustReach(ping(plain, neighbour.address))),
  })),
);

const onClosed = chapter({ given: closed });

onClosed(
  "KEY-45",
  {
    must: '`"icc": false` MUST keep containers on the default bridge from each other: their packets are dropped',
    from: [ICC, engine("moby#12071")],
    needs,
    tags: ["icc:effect"],
    cause: "bridged packets don't pass iptables (net.bridge.bridge-nf-call-iptables), or the DROP rule is missing",
  },
  ({ ping: pinged, http: asked }) => {
    pinged();
    asked();
  },
);

onClosed(
  "KEY-46",
  {
    must: '`"icc": false` MUST NOT close user-defined networks',
    from: [ICC, engine("moby#31453")],
    needs,
    tags: ["icc:scope"],
  },
  ({ onNetwork }) => void onNetwork(),
);

onClosed(
  "KEY-47",
  {
    must: '`"icc": false` MUST leave published ports open, for neighbours and for containers of the same bridge, and the way out',
    from: [engine("dockerd: icc")],
    needs,
    tags: ["icc:scope"],
  },
  ({ published, fromOutside, out }) => {
    published();
    fromOutside();
    out();
  },
);

const unmasked = host.under(
  { "ip-masq": false },
  scene(async ({ inLab, neighbour, containers: { plain, member } }) => ({
    own: await ownAddress(plain),
    plainSeenAs: await seenByNeighbour(inLab, plain, [neighbour.host, await ownAddress(plain)]),
    memberSeenAs: await seenByNeighbour(inLab, member, [neighbour.host, await ownAddress(member)]),
    wire: neighbour.host,
  })),
);

requirement(
  "KEY-48",
  {
    must: '`"ip-masq": false` MUST let containers of the default bridge leave under their own addresses',
    from: [IP_MASQ],
    needs,
    tags: ["ip-masq:effect"],
  },
  unmasked,
  ({ own, plainSeenAs }) => {
    expect(plainSeenAs, "as whom a neighbour saw the container").toEqual([own]);
  },
);

requirement(
  "KEY-49",
  {
    must: '`"ip-masq": false` MUST NOT change user-defined networks: their containers leave under the host\'s address',
    from: [IP_MASQ],
    needs,
    tags: ["ip-masq:scope"],
  },
  unmasked,
  ({ memberSeenAs, wire }) => {
    expect(memberSeenAs, "as whom a neighbour saw the container").toEqual([wire]);
  },
);

requirement(
  "KEY-49b",
  {
    must: '`"ip-masq": false` MUST let answers back to containers, beside `allow-direct-routing` where the engine drops what comes for their addresses',
    from: [engine("dockerd: ip-masq"), engine("dockerd: allow-direct-routing")],
    needs,
    since: "allow-direct-routing",
    tags: ["ip-masq:effect", "allow-direct-routing:effect"],
  },
  host.under(
    { "ip-masq": false, "allow-direct-routing": true },
    scene(
      async ({ neighbour, containers: { plain } }) => await atThisMoment(mustReach(ping(plain, neighbour.address))),
    ),
  ),
  (answered) => void answered(),
);
