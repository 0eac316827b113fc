import { afterAll, expect } from "vitest";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../helpers/engine/sweep.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { links } from "../../helpers/probes/links.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import { CONSOLE, framesDuring, type SeenFrame } from "../../helpers/requirement/hand-built.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D3,
  D4,
  engine,
  nginx,
  requirement,
  type Session,
  stage,
  theEngine,
} from "../../helpers/requirement/index.ts";
import { lanAddress } from "../../helpers/requirement/lan-address.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { mustMeet } from "../../helpers/requirement/served.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { inFreeSubnet } from "../../helpers/topology/free-subnet.ts";

/** What swarm leaves on a host: the network that its containers reach the outside by. Nobody else makes one of this name. */
const LEFT_BY_SWARM = "docker_gwbridge";

/** The two hosts as a swarm, the first its manager, for the time of this file. */
const swarm = stage(theEngine, async (_, session) => {
  const second = await session.secondHost();
  const [own, other] = [lanAddress(session.facts), lanAddress(second.facts)];
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
  const network = await inFreeSubnet(session.subnets, 24, async (subnet) =>
    session.docker.createNetwork({
      Name: name,
      Driver: "overlay",
      Attachable: true,
      Labels: labelsOf(session.runId),
      IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
    }),
  );
  onceDone.push(async () => await removeNetwork(session.docker, network.id));
  return { name, second };
});

/** A packet on the wire between the hosts, and the one that it carries. */
interface Tunnelled {
  readonly outer: { readonly from: string; readonly to: string };
  readonly inner: { readonly from: string; readonly to: string };
  /** The inner echo's id: each ping has its own. */
  readonly echo: string;
}

/** tcpdump tells a VXLAN packet in two lines: the outer one's with its interface, then the inner one's. */
function tunnelled(frames: readonly SeenFrame[]): Tunnelled[] {
  const ends = (text: string) => {
    const [, from = "", to = ""] = /((?:\d+\.){3}\d+)(?:\.\d+)? > ((?:\d+\.){3}\d+)/.exec(text) ?? [];
    return { from, to };
  };
  return frames.flatMap((frame, index) => {
    const carried = frames[index + 1];
    if (!frame.text.includes("VXLAN") || carried === undefined || !carried.text.includes("ICMP echo")) return [];
    const echo = /\bid (\d+)/.exec(carried.text)?.[1] ?? "";
    return [{ outer: ends(frame.text), inner: ends(carried.text), echo }];
  });
}

/** The MTU of the interface that has an address. */
async function mtuOf(at: Vantage, address: string): Promise<number> {
  const [carried, interfaces] = await Promise.all([addresses(at), links(at)]);
  const on = carried.find((one) => one.address === address)?.interface;
  const mtu = interfaces.find(({ name }) => name === on)?.mtu;
  if (mtu === undefined) throw new ProbeFailed(`no interface of ${at.label} has the address ${address}`);
  return mtu;
}

/** A client and a web server on each host, and what came of their talk. */
const talk = stage(overlay, async ({ name, second }, session) => {
  const address = ({ inspected }: Endpoint) => inspected.NetworkSettings.Networks[name]?.IPAddress ?? "";
  const both = { containers: { client: busybox({ on: `network:${name}` }), web: nginx({ on: `network:${name}` }) } };
  const here = { containers: { ...both.containers, console: CONSOLE } };
  return await briefly(session, "overlay-here", here, async ({ containers: own }) =>
    briefly(second, "overlay-there", both, async ({ containers: other }) => {
      const visit = async (from: Endpoint, to: Endpoint) =>
        await mustMeet(from, address(from), { name: to.name, address: address(to) });
      const host = await session.host();
      const { Pid } = (await own.client.inspect()).State;
      // tcpdump is ended right after the last ping, and may not have seen all of that one: it closes the capture, and
      // does not count.
      const vxlan = async (...targets: readonly [Endpoint, ...Endpoint[]]) => {
        const pings = [...targets, targets.at(-1) ?? targets[0]].map(
          (to) => `nsenter -t ${Pid} -n busybox ping -c 1 -W 5 ${address(to)}`,
        );
        const frames = tunnelled(await framesDuring(own.console, host, "udp port 4789", pings.join("; ")));
        const closing = frames.at(-1)?.echo;
        return frames.filter(({ echo }) => echo !== closing);
      };
      return {
        hosts: [lanAddress(session.facts), lanAddress(second.facts)],
        ends: { client: address(own.client), near: address(own.web), far: address(other.web) },
        mtu: await mtuOf(own.client, address(own.client)),
        uplinkMtu: await mtuOf(host, lanAddress(session.facts)),
        across: await vxlan(other.web),
        // The second ping is the control: it shows that the capture sees what leaves.
        within: await vxlan(own.web, other.web),
        thither: await atThisMoment(visit(own.client, other.web)),
        hither: await atThisMoment(visit(other.client, own.web)),
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
    from: [
      cite(
        "docs/overlay#attach-a-container-to-an-overlay-network",
        "gives them the ability to communicate with other containers without having to set up routing on the individual Docker daemon hosts",
      ),
      D0("1.2"),
      D3("一.1.3"),
      D4("网络模式简介"),
    ],
    needs,
    cause: CAUSE,
  },
  talk,
  ({ thither, hither }) => {
    thither();
    hither();
  },
);

const onTalk = chapter({ given: talk, needs: [...needs, "packet capture"] });

onTalk(
  "OVERLAY-06",
  {
    must: "A packet of an overlay network on the wire MUST have the sending host's address as its outer source",
    from: [D3("一.1.3")],
    cause: CAUSE,
  },
  ({ across, ends, hosts: [own] }) => {
    expect(
      across.filter(({ inner }) => inner.from === ends.client).map(({ outer }) => outer.from),
      "outer source of the echo request on this host's uplink",
    ).toEqual([own]);
  },
);

onTalk(
  "OVERLAY-07",
  {
    must: "A packet of an overlay network on the wire MUST have the receiving host's address as its outer destination",
    from: [D3("一.1.3")],
    cause: CAUSE,
  },
  ({ across, ends, hosts: [own, other] }) => {
    expect(
      across.map(({ inner, outer }) => [inner.from === ends.client ? "request" : "reply", outer.to]),
      "outer destination of request and reply",
    ).toEqual([
      ["request", other],
      ["reply", own],
    ]);
  },
);

onTalk(
  "OVERLAY-08",
  {
    must: "The inner packet MUST keep both containers' addresses: an overlay network translates nothing",
    from: [D3("一.1.3")],
    cause: CAUSE,
  },
  ({ across, ends: { client, far } }) => {
    expect(
      across.map(({ inner }) => inner),
      "inner source and destination of request and reply",
    ).toEqual([
      { from: client, to: far },
      { from: far, to: client },
    ]);
  },
);

requirement(
  "OVERLAY-09",
  {
    must: "The receiving host MUST unpack what comes over an overlay network and deliver it to the container, which answers",
    from: [D3("一.1.3")],
    needs,
    cause: CAUSE,
  },
  talk,
  ({ thither }) => {
    thither();
  },
);

onTalk(
  "OVERLAY-10",
  {
    must: "Traffic between containers of one host on an overlay network MUST NOT appear on the host's uplink",
    from: [D3("一.1.3")],
  },
  ({ within, ends: { client, near, far } }) => {
    const requests = within.filter(({ inner }) => inner.from === client).map(({ inner }) => inner.to);
    expect(requests, `targets of the requests on the uplink, of pings to ${near} (here) and ${far} (there)`).toEqual([
      far,
    ]);
  },
);

/** What VXLAN over IPv4 puts around a packet: Ethernet, IP, UDP and its own header. */
const AROUND = 50;

requirement(
  "OVERLAY-15",
  {
    must: "The interface of a container on an overlay network MUST leave room for what VXLAN puts around a packet: its MTU is 50 bytes below that of the host's uplink, or less",
    from: [engine("docs: Overlay network driver"), D3("一.1.3")],
    needs,
    cause: "the network was created with an MTU of its own, or the uplink's MTU was lowered afterwards",
  },
  talk,
  ({ mtu, uplinkMtu }) => {
    expect(mtu, `MTU of the container's interface, with ${uplinkMtu} on the uplink`).toBeLessThanOrEqual(
      uplinkMtu - AROUND,
    );
  },
);
