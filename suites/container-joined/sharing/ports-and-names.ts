import { expect } from "vitest";
import { ProbeFailed, type Vantage } from "../../../helpers/model/evidence.ts";
import { counters } from "../../../helpers/probes/counters.ts";
import { hostname } from "../../../helpers/probes/hostname.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import type { InterfaceCounters } from "../../../helpers/probes/parse/parse-proc-net-dev.ts";
import { http } from "../../../helpers/probes/reach.ts";
import {
  busybox,
  cite,
  D0,
  D1,
  D2,
  mustReach,
  NotRun,
  requirement,
  stage,
  topology,
  Violation,
} from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { parseWebAnswer } from "../../../helpers/topology/web-server.ts";
import { JOINED_PAGE, JOINED_PORT, netNamespace, onShared, STACK_OF, shared } from "./site.ts";

/** A container on the host's network and one that joins it. */
const sharedHost = topology("joined-host", {
  containers: { open: busybox({ on: "host" }), openJoined: busybox({ joins: "open" }) },
});

onShared(
  "JOIN-09",
  {
    must: "A server in X MUST be reachable on 127.0.0.1 from a container that joined X's network",
    from: [
      cite("docs/network#container-networks", "connecting to the Redis server over 127.0.0.1"),
      D0("3.4.3"),
      D1("container模式"),
      D2("五.3"),
    ],
  },
  async ({ owner, byId }) => {
    const { answer } = await mustReach(http(byId, "127.0.0.1"));
    expect(parseWebAnswer(answer), "what the server in X said").toMatchObject({
      server: owner.name,
      peerAddress: "127.0.0.1",
    });
  },
);

onShared(
  "JOIN-10",
  {
    must: "A server in a container that joined X's network MUST be reachable on 127.0.0.1 from X",
    from: [
      cite("docs/network#container-networks", "connecting to the Redis server over 127.0.0.1"),
      D1("container模式"),
      D2("五.3"),
    ],
  },
  async ({ owner }) => {
    const { answer } = await mustReach(http(owner, "127.0.0.1", JOINED_PORT));
    expect(answer.trim(), "what the server in the joined container said").toBe(JOINED_PAGE);
  },
);

/** Far more than ARP, neighbour discovery and the other rows' single probes bring along meanwhile. */
const BULK = { packets: 8, bytes: 30_000 };

function bytesOf(all: readonly InterfaceCounters[], name: string): number {
  const found = all.find((one) => one.interface === name);
  if (found === undefined) throw new ProbeFailed(`no counters of ${name}`);
  return found.received.bytes + found.transmitted.bytes;
}

/** Bytes that a bulk of pings moved through one interface, as a vantage point counts them. */
async function movedBy(from: Endpoint, to: string, at: Vantage, device: string): Promise<number> {
  const before = bytesOf(await counters(at), device);
  const bulk = await from.act(`ping -c ${BULK.packets} -i 0.01 -s ${BULK.bytes} -W 5 ${to}`, { seconds: 20 });
  if (bulk.exitCode !== 0) throw new ProbeFailed(`no bulk of pings from ${from.label} to ${to}`, bulk);
  return bytesOf(await counters(at), device) - before;
}

/** What the owner's port of the bridge counted while the same bulk went over loopback, and over the bridge. */
const bulk = stage(shared, async ({ owner, byId, neighbour }, session) => {
  const host = await session.host();
  const eth0 = await link(owner, "eth0");
  const port = (await links(host)).find((candidate) => candidate.index === eth0?.peerIndex);
  if (port === undefined) throw new ProbeFailed(`${owner.label}'s end of its pair on the host can't be found`);
  const loopback = await movedBy(byId, "127.0.0.1", host, port.name);
  const throughBridge = await movedBy(neighbour, owner.addressOn("net"), host, port.name);
  return { port: port.name, loopback, throughBridge };
});

requirement(
  "JOIN-11",
  {
    must: "What containers with a shared network send each other on 127.0.0.1 MUST NOT pass the bridge",
    from: [D0("2")],
    needs: ["host view"],
  },
  bulk,
  ({ port, loopback, throughBridge }) => {
    const sent = BULK.packets * BULK.bytes;
    expect(
      throughBridge,
      `bytes on the bridge port ${port} while a neighbour exchanged ${sent} bytes with the owner`,
    ).toBeGreaterThanOrEqual(sent);
    expect(
      loopback,
      `bytes on the bridge port ${port} while a joined container exchanged ${sent} bytes with 127.0.0.1`,
    ).toBeLessThan(sent / 2);
  },
);

onShared(
  "JOIN-12",
  {
    must: "Containers with a shared network MUST share its ports: what one of them has bound, another MUST NOT be able to bind",
    from: [STACK_OF, D1("container模式")],
  },
  async ({ byId, neighbour }) => {
    const bind = "httpd -p 80 -h /dev/shm";
    const [second, elsewhere] = await Promise.all([byId.act(bind), neighbour.act(bind)]);
    if (elsewhere.exitCode !== 0) throw new ProbeFailed("port 80 can't be bound even where it is free", elsewhere);
    if (second.exitCode === 0) {
      throw new Violation("binding port 80 in a container joined to one that listens there", {
        expected: "Address already in use",
        observed: "it could be bound",
      });
    }
    expect(second.stderr.trim(), "what binding the owner's port 80 in a joined container said").toMatch(
      /Address (already )?in use/i,
    );
  },
);

onShared(
  "JOIN-13",
  {
    must: "A container that joined X's network MUST have X's hostname, not one of its own",
    from: [
      cite(
        "docs/network#container-networks",
        "The following flags aren't supported for containers using the container: networking mode",
      ),
      D1("container模式"),
      D1("5.5"),
      D2("五.3"),
    ],
  },
  async ({ owner, byId, byName }) => {
    const [own, ...joined] = await Promise.all([owner, byId, byName].map(hostname));
    expect(own, "hostname of the owner").toBe(owner.shortId);
    expect(joined, "hostnames of its joined containers").toEqual([own, own]);
  },
);

onShared(
  "JOIN-14",
  {
    must: "More than two containers MUST be able to share one network namespace",
    from: [D0("2"), D1("container模式"), D2("五.3")],
  },
  async ({ owner, byId, byName, neighbour }) => {
    const all = await Promise.all([owner, byId, byName].map(netNamespace));
    expect(new Set(all).size, "number of network namespaces among an owner and two containers that joined it").toBe(1);
    expect(all, "their network namespaces, the neighbour's not among them").not.toContain(
      await netNamespace(neighbour),
    );
    await Promise.all([mustReach(http(byName, "127.0.0.1")), mustReach(http(byId, "127.0.0.1", JOINED_PORT))]);
  },
);

requirement(
  "JOIN-15",
  {
    must: "A container that joins a container on the host's network MUST have the host's network itself, hostname included",
    from: [D1("container模式")],
    needs: ["host view"],
  },
  sharedHost,
  async ({ openJoined }, session) => {
    const { facts } = session;
    if (facts.host === null) throw new NotRun(facts.hostViewMissing);
    const [inside, host, name] = await Promise.all([
      links(openJoined),
      session.host().then(links),
      hostname(openJoined),
    ]);
    expect(
      await netNamespace(openJoined),
      "network namespace of the container that joined one on the host's network",
    ).toBe(facts.host.namespaces.net);
    expect(name, "its hostname").toBe(facts.host.hostname);
    const uplink = facts.host.uplink?.interface ?? "lo";
    expect(inside.find((one) => one.name === uplink)?.mac, `hardware address of ${uplink} in it`).toBe(
      host.find((one) => one.name === uplink)?.mac,
    );
  },
);

onShared(
  "JOIN-26",
  {
    must: "inspect of a container that joined X's network MUST say so in HostConfig.NetworkMode: `container:` and the container whose namespace it is in",
    from: [
      cite("api#HostConfig.NetworkMode", "Supported standard values are: bridge, host, none, and container:<name|id>."),
      D1("5.5"),
      D2("五.3"),
    ],
  },
  async ({ owner, byId, byName, neighbour }) => {
    const own = await netNamespace(owner);
    for (const container of [byId, byName, neighbour]) {
      const joined = (await netNamespace(container)) === own;
      const { NetworkMode = "" } = (await container.inspect()).HostConfig;
      expect(
        NetworkMode.startsWith("container:"),
        `whether ${container.label} is presented as joined (NetworkMode ${NetworkMode})`,
      ).toBe(joined);
      if (joined) expect(NetworkMode, `NetworkMode of ${container.label}`).toBe(`container:${owner.id}`);
    }
  },
);
