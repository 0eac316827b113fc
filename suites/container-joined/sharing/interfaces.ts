import { expect } from "vitest";
import { askForNetwork } from "../../../helpers/engine/answers.ts";
import { addressOf, cidr, lowestFreeHost } from "../../../helpers/model/cidr.ts";
import { ProbeFailed, type Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { bridgePorts } from "../../../helpers/probes/bridge-ports.ts";
import { counters } from "../../../helpers/probes/counters.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import { D0, D1, D2, D3, D4, mustReach, requirement } from "../../../helpers/requirement/index.ts";
import { netNamespace, onShared, STACK_OF, shared } from "./site.ts";

onShared(
  "JOIN-01",
  {
    must: "A container started with `--network container:X` MUST be in X's network namespace",
    from: [STACK_OF, D0("2"), D0("3.4.3"), D1("container模式"), D2("五.3"), D3("一.2.3"), D4("网络模式简介")],
  },
  async ({ owner, byId, neighbour }) => {
    const [own, joined, control] = await Promise.all([owner, byId, neighbour].map(netNamespace));
    expect(joined, "network namespace of the joined container").toBe(own);
    expect(control, "network namespace of a container that did not join").not.toBe(own);
  },
);

onShared(
  "JOIN-02",
  {
    must: "`--network container:NAME` MUST join the container of that name, and the engine MUST keep the reference by id",
    from: [STACK_OF, D0("2"), D0("3.4.3"), D1("container模式"), D2("五.3")],
  },
  async ({ owner, byName }) => {
    const [own, joined] = await Promise.all([owner, byName].map(netNamespace));
    expect(joined, `network namespace of the container joined by the name ${owner.name}`).toBe(own);
    expect((await byName.inspect()).HostConfig.NetworkMode, "its NetworkMode").toBe(`container:${owner.id}`);
  },
);

requirement(
  "JOIN-03",
  { must: "`--network container:ID` MUST join the container of that id", from: [STACK_OF, D1("四类网络模式")] },
  shared,
  async ({ owner, byId }) => {
    const [own, joined] = await Promise.all([owner, byId].map(netNamespace));
    expect(joined, `network namespace of the container joined by the id ${owner.shortId}…`).toBe(own);
  },
);

onShared(
  "JOIN-04",
  {
    must: "A joined container MUST show the same IPv4 address as the container whose network it shares, the one that the engine gave that one",
    from: [STACK_OF, D0("3.4.3"), D1("5.5"), D2("五.3")],
  },
  async ({ owner, byId }) => {
    const ipv4 = async (of: Vantage) =>
      (await addresses(of, "eth0"))
        .filter(({ family }) => family === 4)
        .map(({ address, prefix }) => `${address}/${prefix}`);
    const [own, joined] = await Promise.all([owner, byId].map(ipv4));
    expect(joined, "IPv4 addresses of eth0 in the joined container").toEqual(own);
    expect(joined?.map(addressOf), "the same against the engine's record of the owner").toEqual([
      owner.addressOn("net"),
    ]);
  },
);

onShared(
  "JOIN-05",
  {
    must: "A joined container MUST show the same hardware address on eth0 as the container whose network it shares, the one in the engine's record of that one",
    from: [STACK_OF, D0("3.4.3"), D1("5.5"), D2("五.3")],
  },
  async ({ owner, byId }) => {
    const [own, joined] = await Promise.all([link(owner, "eth0"), link(byId, "eth0")]);
    expect(joined?.mac, "hardware address of eth0 in the joined container").toBe(own?.mac);
    expect(joined?.mac, "the same against the engine's record of the owner").toBe(
      owner.settingsOn("net").MacAddress.toLowerCase(),
    );
  },
);

onShared(
  "JOIN-06",
  {
    must: "eth0 of a joined container MUST have the same interface index and the same peer index as eth0 of the container whose network it shares",
    from: [STACK_OF, D0("3.4.3"), D2("五.3")],
  },
  async ({ owner, byId }) => {
    const identity = async (of: Vantage) =>
      (await links(of)).map(({ name, index, peerIndex }) => ({ name, index, peerIndex }));
    const [own, joined] = await Promise.all([owner, byId].map(identity));
    expect(
      own?.map(({ name }) => name),
      "interfaces of the owner",
    ).toEqual(["lo", "eth0"]);
    expect(joined, "interfaces of the joined container with index and peer index").toEqual(own);
  },
);

/** A new interface is spoken to for a while: IPv6 looks for routers and groups, and a busy host takes its time. */
const QUIET_WITHIN_MS = 30_000;

onShared(
  "JOIN-07",
  {
    must: "A joined container MUST see the same packet counters on every interface as the container whose network it shares",
    from: [STACK_OF, D1("5.5")],
  },
  async ({ owner, byId, neighbour }) => {
    await mustReach(ping(neighbour, owner.addressOn("net")));
    // Between two equal looks at the owner's counters nothing passed, so the look in between must be equal too.
    const { own, joined } = await eventually(async () => {
      const first = await counters(owner);
      const between = await counters(byId);
      const second = await counters(owner);
      if (JSON.stringify(first) !== JSON.stringify(second))
        throw new ProbeFailed("the counters never stood still between two looks");
      return { own: first, joined: between };
    }, QUIET_WITHIN_MS);
    expect(
      own.find((one) => one.interface === "eth0")?.received.packets,
      "packets that the owner's eth0 received",
    ).toBeGreaterThan(0);
    expect(joined, "counters in the joined container").toEqual(own);
  },
);

onShared(
  "JOIN-08",
  {
    must: "Joining a container's network MUST NOT make an interface on the host, take an address, or add an endpoint to the network",
    from: [STACK_OF, D1("container模式"), D4("网络模式简介")],
    needs: ["host view"],
  },
  async ({ owner, byId, byName, neighbour, networks: { net } }, session) => {
    const { docker } = session;
    const [ports, inspected] = await Promise.all([
      bridgePorts(await session.host(), net.device),
      askForNetwork(docker, net.id),
    ]);
    expect(
      Object.keys(inspected.Containers ?? {}).toSorted(),
      "ids of the network's endpoints: the owner and the neighbour",
    ).toEqual([owner.id, neighbour.id].toSorted());
    expect(ports.length, "number of bridge ports for the owner, its two joined containers and the neighbour").toBe(2);
    // The neighbour came after the joined containers: had they taken an address, it would have a later one.
    const next = lowestFreeHost(cidr(net.subnet), [owner.settingsOn("net").Gateway, owner.addressOn("net")]);
    expect(neighbour.addressOn("net"), "address of the container attached after the joined ones").toBe(next);
    for (const joined of [byId, byName]) {
      expect(
        Object.keys(joined.inspected.NetworkSettings.Networks),
        `networks in the engine's record of the joined ${joined.label}`,
      ).toEqual([]);
    }
  },
);
