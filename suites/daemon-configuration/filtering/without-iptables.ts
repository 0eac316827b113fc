import { expect } from "vitest";
import { ownAddress } from "../../../helpers/probes/addresses.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { chapter, cite, engine, mustReach } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { parseWebAnswer } from "../../../helpers/topology/web-server.ts";
import { forwardPolicy, rulesOf, seenByNeighbour } from "../look.ts";
import { host, needs, ofDocker, scene } from "./site.ts";

const unfiltered = host.under(
  { iptables: false },
  scene(async ({ inLab, neighbour, containers: { plain, peer, member, stranger }, port }) => ({
    rules: ofDocker(await rulesOf(inLab)),
    policy: await forwardPolicy(inLab),
    own: await ownAddress(plain),
    seenAs: await seenByNeighbour(inLab, plain, [neighbour.host, await ownAddress(plain)]),
    gateway: peer.settingsOn("bridge").Gateway,
    served: parseWebAnswer((await mustReach(http(neighbour, neighbour.host, port))).answer),
    across: await atThisMoment(mustReach(ping(stranger, member.address))),
  })),
);

const onUnfiltered = chapter({ given: unfiltered });

onUnfiltered(
  "KEY-50",
  {
    must: '`"iptables": false` MUST leave the network namespace of a host outside a swarm without any rule of dockerd, and FORWARD as it was',
    from: [
      cite(
        "cli/dockerd#run-multiple-daemons",
        "--iptables=false prevents the Docker daemon from adding iptables rules.",
      ),
    ],
    needs,
    tags: ["iptables:effect"],
  },
  ({ rules, policy }) => {
    expect(rules, "dockerd's rules").toEqual([]);
    expect(policy, "policy of FORWARD").toBe("ACCEPT");
  },
);

onUnfiltered(
  "KEY-51",
  {
    must: "`\"iptables\": false` MUST leave published ports to docker-proxy: the server sees the bridge's address instead of the client's",
    from: [engine("dockerd: iptables")],
    needs,
    tags: ["iptables:effect"],
  },
  ({ served, gateway }) => {
    expect(served?.peerAddress, "as whom the server saw a neighbour").toBe(gateway);
  },
);

onUnfiltered(
  "KEY-52",
  {
    must: '`"iptables": false` MUST switch masquerading off as well: containers leave under their own addresses',
    from: [
      cite(
        "cli/dockerd#run-multiple-daemons",
        "If you prevent Docker from adding iptables rules, Docker also doesn't add IP masquerading rules, even if you set --ip-masq to true.",
      ),
      engine("moby#28811"),
    ],
    needs,
    tags: ["iptables:effect"],
  },
  ({ seenAs, own }) => {
    expect(seenAs, "as whom a neighbour saw the container").toEqual([own]);
  },
);

onUnfiltered(
  "KEY-53",
  {
    must: '`"iptables": false` MUST hold for user-defined networks too: nothing keeps their containers apart',
    from: [
      cite(
        "docs/firewalls-28#prevent-docker-from-manipulating-iptables",
        "All ports of all containers will be accessible from the network",
      ),
    ],
    needs,
    tags: ["iptables:scope"],
  },
  ({ across }) => void across(),
);
