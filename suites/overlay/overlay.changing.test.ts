import { afterAll, expect } from "vitest";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../helpers/engine/sweep.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { ProbeFailed } from "../../helpers/probes/evidence.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import {
  busybox,
  D0,
  D3,
  D4,
  mustReach,
  nginx,
  requirement,
  type Session,
  stage,
  theEngine,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

/** What swarm leaves on a host: the network that its containers reach the outside by. Nobody else makes one of this name. */
const LEFT_BY_SWARM = "docker_gwbridge";

function lanAddress({ facts }: Session): string {
  const address = facts.host?.uplink?.address;
  if (address === undefined) throw new ProbeFailed(`host ${facts.engine.hostname} has no default route, so no address`);
  return address;
}

/** The two hosts as a swarm, the first its manager, for the time of this file. */
const swarm = stage(theEngine, async (_, session) => {
  const second = await session.secondHost();
  const [own, other] = [lanAddress(session), lanAddress(second)];
  onceDone.push(
    async () => await leave(second),
    async () => await leave(session),
  );
  await session.docker.swarmInit({ ListenAddr: `${own}:2377`, AdvertiseAddr: own, ForceNewCluster: false });
  const { JoinTokens } = (await session.docker.swarmInspect()) as { JoinTokens: { Worker: string } };
  await second.docker.swarmJoin({
    ListenAddr: `${other}:2377`,
    AdvertiseAddr: other,
    RemoteAddrs: [`${own}:2377`],
    JoinToken: JoinTokens.Worker,
  });
  return { second };
});

const onceDone: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const undo of onceDone.toReversed()) await undo();
});

async function leave({ docker }: Session): Promise<void> {
  await docker.swarmLeave({ force: true }).catch(() => undefined);
  const networks = await docker.listNetworks({ filters: { name: [LEFT_BY_SWARM] } });
  for (const { Id } of networks) await removeNetwork(docker, Id);
}

/** An overlay network that plain containers may attach to. */
const overlay = stage(swarm, async ({ second }, session) => {
  const name = nameOf(session.runId, "overlay-vx");
  const network = await session.docker.createNetwork({
    Name: name,
    Driver: "overlay",
    Attachable: true,
    Labels: labelsOf(session.runId),
    IPAM: { Driver: "default", Config: [{ Subnet: session.subnets.choose(24) }] },
  });
  onceDone.push(async () => await removeNetwork(session.docker, network.id));
  return { name, second };
});

/** A client and a web server on each host, and what came of their talk. */
const talk = stage(overlay, async ({ name, second }, session) => {
  const address = ({ inspected }: Endpoint) => inspected.NetworkSettings.Networks[name]?.IPAddress ?? "";
  const both = { containers: { client: busybox({ on: `network:${name}` }), web: nginx({ on: `network:${name}` }) } };
  return await briefly(session, "overlay-here", both, async ({ containers: own }) =>
    briefly(second, "overlay-there", both, async ({ containers: other }) => {
      const visit = async (from: Endpoint, to: Endpoint) => {
        await mustReach(ping(from, address(to)));
        const { answer } = await mustReach(http(from, address(to)));
        expect(parseWebAnswer(answer), "who talked to whom, as the server saw it").toMatchObject({
          server: to.name,
          localAddress: address(to),
          peerAddress: address(from),
        });
      };
      const linksOf = async (container: Endpoint) =>
        (await addresses(container)).find((one) => one.address === address(container))?.interface ?? "";
      return {
        thither: await atThisMoment(visit(own.client, other.web)),
        hither: await atThisMoment(visit(other.client, own.web)),
        devices: [await linksOf(own.client), await linksOf(other.client)],
      };
    }),
  );
});

const needs = ["second host", "disposable host", "host view"] as const;
const CAUSE =
  "UDP 4789 (VXLAN) or 7946 (gossip) is blocked between the hosts, or the advertised address is not the one they share";

requirement(
  "OVERLAY-05",
  {
    must: "Containers of different hosts on one overlay network MUST reach each other by their own addresses, in both directions",
    from: [D0("1.2"), D3("一.1.3"), D4("网络模式简介")],
    needs,
    cause: CAUSE,
  },
  talk,
  ({ thither, hither }) => {
    thither();
    hither();
  },
);
