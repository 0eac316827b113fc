import { expect } from "vitest";
import { keptApart } from "../../helpers/expectations/default-bridge.ts";
import { portService } from "../../helpers/expectations/port-service.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { counters } from "../../helpers/probes/counters.ts";
import { link } from "../../helpers/probes/links.ts";
import type { InterfaceCounters } from "../../helpers/probes/parse/parse-proc-net-dev.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  busybox,
  cite,
  D1,
  mustReach,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { lanAddress } from "../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import { undisturbed } from "../../helpers/requirement/undisturbed.ts";
import { watching } from "../../helpers/requirement/watching.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import type { HostView } from "../../helpers/vantage/host-view.ts";
import { hostEndOf, mustBeClosed, pingsOf, told, unusualSize, waysOf } from "./points.ts";

const quiet = topology("path-counters", {
  containers: { web: nginx({ publish: ["0.0.0.0:free:80"] }), first: busybox(), second: busybox() },
});

async function counted(from: Vantage, device: string): Promise<InterfaceCounters> {
  const found = (await counters(from)).find((candidate) => candidate.interface === device);
  if (found === undefined) throw new ProbeFailed(`${from.label} has no ${device}`);
  return found;
}

const amount = ({ packets, bytes }: { readonly packets: number; readonly bytes: number }) => ({ packets, bytes });

/** What both ends of a container's veth pair have counted, once both say the same or have had the time to. */
async function bothEnds(container: Endpoint, host: HostView, veth: string) {
  const look = async () => {
    const [eth0, hostEnd] = await Promise.all([counted(container, "eth0"), counted(host, veth)]);
    return {
      intoContainer: { eth0: amount(eth0.received), veth: amount(hostEnd.transmitted) },
      outOfContainer: { eth0: amount(eth0.transmitted), veth: amount(hostEnd.received) },
    };
  };
  // A packet may pass between the two readings.
  const settled = eventually(async () => {
    const seen = await look();
    for (const { eth0, veth: end } of Object.values(seen)) expect(eth0).toEqual(end);
    return seen;
  });
  return await settled.catch(look);
}

type Ends = Awaited<ReturnType<typeof bothEnds>>;

/** The counters of a container before and after the host asked it for a page. */
const asked = stage(quiet, async ({ web }, session) => {
  const host = await session.host();
  const veth = await hostEndOf(web, host);
  const before = await bothEnds(web, host, veth);
  await mustReach(http(host, web.address));
  return { before, after: await bothEnds(web, host, veth), host, veth, web };
});

const needs = ["default bridge", "host view"] as const;

const BOTH_ENDS = cite("man/veth", "When one veth end receives a packet it appears on its pair and vice versa.");

for (const [id, must, way] of [
  [
    "PATH-30",
    "What a container receives MUST equal what its host veth transmits, in packets and bytes",
    "intoContainer",
  ],
  [
    "PATH-31",
    "What a container transmits MUST equal what its host veth receives, in packets and bytes",
    "outOfContainer",
  ],
] as const) {
  requirement(id, { must, from: [BOTH_ENDS, D1("5.1.2")], needs, tags: ["quiet"] }, asked, ({ before, after }) => {
    expect(after[way].eth0, "what eth0 counted, beside what its host veth did").toEqual(after[way].veth);
    expect(after[way].eth0.packets, "packets that eth0 counted after a web request").toBeGreaterThan(
      before[way].eth0.packets,
    );
  });
}

/** A web page takes three packets of the client at least: SYN, the request, FIN; and as many of the server. */
const FEWEST = 3;

function risen(before: Ends, after: Ends): Record<string, number> {
  return Object.fromEntries(
    (["intoContainer", "outOfContainer"] as const).flatMap((way) =>
      (["eth0", "veth"] as const).map((end) => [`${way} ${end}`, after[way][end].packets - before[way][end].packets]),
    ),
  );
}

requirement(
  "PATH-32",
  {
    must: "Web traffic from another machine to a published port MUST raise the counters of the container's eth0 and of its host veth, in both directions",
    from: [D1("5.1.2")],
    needs: [...needs, "second host"],
    unless: servedByNobody,
    tags: ["quiet"],
  },
  asked,
  async ({ web, host, veth }, session) => {
    const address = lanAddress(session.facts);
    const neighbour = await neighbourOf(session);
    const before = await bothEnds(web, host, veth);
    await mustReach(http(neighbour, address, web.hostPortOf("80/tcp")));
    const more = risen(before, await bothEnds(web, host, veth));
    const few = Object.entries(more).filter(([, packets]) => packets < FEWEST);
    expect(few, `counters that one web request from outside raised by less than ${FEWEST} packets`).toEqual([]);
  },
);

function servedByNobody(facts: Facts): string | null {
  const { outcome, why } = portService(facts, "outside");
  return outcome === "replied" ? null : why;
}

/** A ping between two containers while nobody has switched the bridge's device to promiscuous mode. */
const unswitched = stage(quiet, async ({ first, second }, session) => {
  const bridge = session.facts.defaultBridge;
  if (bridge === null) throw new NotApplicable("this engine has no default bridge");
  const host = await session.host();
  const size = unusualSize();
  const filter = pingsOf(size);
  const watched = await watching(
    {
      veth: { on: session, device: await hostEndOf(first, host), filter },
      bridge: { on: session, device: bridge.device, filter, promiscuous: false },
    },
    async () => ({
      value: [
        await first.act(`ping -c 1 -W 10 -s ${size} ${second.address}`),
        // What the host itself sends comes through its bridge's device: the closing packet.
        await host.act(`ping -c 1 -W 10 -s ${size} ${first.address}`),
      ],
      isClosing: ({ source, destination }) => [source.address, destination.address].includes(bridge.gateway),
    }),
  );
  if ((await link(host, bridge.device))?.promiscuous !== false)
    throw new NotRun(`somebody captures on ${bridge.device} in promiscuous mode`);
  return { first, second, host, ...watched };
});

requirement(
  "PATH-03b",
  {
    must: "A ping between two containers on the default bridge MUST NOT be seen on the bridge's device by a capture that does not switch it to promiscuous mode: it is no traffic of the host's",
    from: [D1("5.2")],
    needs: [...needs, "packet capture"],
    unless: keptApart,
    tags: ["quiet"],
  },
  unswitched,
  ({ first, second, host, seen, closed }) => {
    mustBeClosed(closed, "bridge", ping(host, first.address));
    expect(waysOf(seen.veth), "what was seen on the sender's host veth at the same time").toEqual([
      `${first.address} > ${second.address}`,
      `${second.address} > ${first.address}`,
    ]);
    expect(told(seen.bridge), "what was seen on the bridge's device").toEqual([]);
  },
);

/** Pings that stand out of what else may pass the bridge at the time: ARP, router solicitations. */
const PINGS = 50;

async function pings(from: Endpoint | HostView, to: string): Promise<void> {
  const { stdout } = await from.act(
    `for i in $(seq ${PINGS}); do ping -q -c 1 -W 5 ${to} >/dev/null && echo answered; done`,
    { seconds: 20 },
  );
  const answers = stdout.split("\n").filter((line) => line === "answered").length;
  if (answers !== PINGS) throw new ProbeFailed(`${answers} of ${PINGS} pings to ${to} were answered`);
}

/** What fifty pings between two containers, and fifty from the host, add to the counters of the bridge and of a port. */
const bridged = stage(quiet, async ({ first, second }, session) => {
  const bridge = session.facts.defaultBridge;
  if (bridge === null) throw new NotApplicable("this engine has no default bridge");
  const host = await session.host();
  const veth = await hostEndOf(first, host);
  await Promise.all([mustReach(ping(first, second.address)), mustReach(ping(host, first.address))]);
  const during = async (body: () => Promise<void>) => {
    const look = async () => Promise.all([counted(host, bridge.device), counted(host, veth)]);
    const [device, port] = await look();
    await body();
    const [deviceAfter, portAfter] = await look();
    return {
      bridge: deviceAfter.received.packets - device.received.packets,
      port: portAfter.received.packets - port.received.packets,
    };
  };
  return await undisturbed(session, bridge.id, async () => {
    const between = await during(() => pings(first, second.address));
    const crossing = await during(() => pings(host, first.address));
    // A capture makes the bridge's device count everything.
    if ((await link(host, bridge.device))?.promiscuous !== false)
      throw new NotRun(`somebody captures on ${bridge.device} in promiscuous mode`);
    return { between, crossing };
  });
});

requirement(
  "PATH-33",
  {
    must: "The counters of the default bridge's device MUST count what crosses the host's own stack, and MUST NOT count frames between containers",
    from: [D1("5.1.1")],
    needs,
    unless: keptApart,
    tags: ["quiet"],
    cause: "the bridge's device is in promiscuous mode, or other containers talk to the host a lot",
  },
  bridged,
  ({ between, crossing }) => {
    expect(
      between.port,
      `packets that ${PINGS} pings between containers added to the sender's port`,
    ).toBeGreaterThanOrEqual(PINGS);
    expect(crossing.bridge, `packets that ${PINGS} pings from the host added to the bridge`).toBeGreaterThanOrEqual(
      PINGS,
    );
    expect(between.bridge, `packets that ${PINGS} pings between containers added to the bridge`).toBeLessThan(
      PINGS / 2,
    );
  },
);
