import { expect } from "vitest";
import { servedElsewhere } from "../../helpers/expectations/port-service.ts";
import { userBridgesClosed } from "../../helpers/expectations/separation.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { lookupAs } from "../../helpers/probes/lookup-as.ts";
import { http } from "../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D1,
  D2,
  D4,
  mustReach,
  nginx,
  requirement,
  stage,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { inspectNetwork } from "../../helpers/topology/network-record.ts";
import { publishedAt } from "../../helpers/topology/published-at.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";
import { dockerCli } from "../../helpers/vantage/docker-cli.ts";

/** Two services that run with published ports before there is a network for them, and the application that joins them last. */
const shop = topology("connect-shop", {
  networks: { shop: bridge(), annex: bridge() },
  containers: {
    database: nginx({ publish: ["free:80"] }),
    cache: nginx({ publish: ["free:80"] }),
    application: busybox<"shop" | "annex">({ on: "shop", restartable: true }),
  },
});

/** Connects both services, one after another, while the application is down; then starts it. */
const assembled = stage(shop, async ({ database, cache, application, networks }, session) => {
  const bridgeAddress = session.facts.defaultBridge?.gateway ?? "";
  const fromHost = async () => {
    if (session.facts.host === null) return null;
    const { address, port } = publishedAt(database, "80/tcp", session.facts, bridgeAddress);
    return await atThisMoment(mustReach(http(await session.host(), address, port)));
  };
  const servedBefore = await fromHost();
  await application.stop();
  const network = session.docker.getNetwork(networks.shop.id);
  await network.connect({ Container: database.id });
  await network.connect({ Container: cache.id });
  await application.start();
  const inspected = await database.inspect();
  if (!inspected.State.Running) {
    throw new Violation("the container with published ports, connected to a further network", {
      expected: "it keeps running",
      observed: `it ended with exit code ${inspected.State.ExitCode}`,
      cause:
        "its program is not running any more: it ended when its interfaces changed, or somebody killed it (`docker logs`, the kernel's log)",
    });
  }
  const [record, databaseAddress, cacheAddress] = await Promise.all([
    inspectNetwork(session.docker, networks.shop.id),
    addressIn(database, networks.shop.subnet),
    addressIn(cache, networks.shop.subnet),
  ]);
  const [served, toDatabase, toCache, names] = await Promise.all([
    fromHost(),
    atThisMoment(mustReach(http(application, databaseAddress))),
    atThisMoment(mustReach(http(application, cacheAddress))),
    atThisMoment(
      Promise.all([
        mustReach(lookupAs(application, database.name, databaseAddress)),
        mustReach(lookupAs(application, cache.name, cacheAddress)),
      ]),
    ),
  ]);
  return {
    database,
    cache,
    application,
    networks,
    servedBefore,
    served,
    record,
    databaseAddress,
    cacheAddress,
    running: inspected.State.Running,
    toDatabase,
    toCache,
    names,
  };
});

/** The same by hand, as a person types it: one container by its short id, the other one by its name. */
const typed = stage(assembled, async ({ database, cache, networks: { annex } }) => {
  const byId = await dockerCli("network", "connect", annex.name, database.shortId);
  const byName = await dockerCli("network", "connect", annex.name, cache.name);
  return {
    byId,
    byName,
    annex,
    databaseAddress: await addressIn(database, annex.subnet),
    cacheAddress: await addressIn(cache, annex.subnet),
  };
});

requirement(
  "CONNECT-21",
  {
    must: "`docker network connect` MUST take the container by its id, shortened, as well as by its name",
    from: [
      cite("cli/network_connect#description", "You can connect a container by name or by ID."),
      D1("5.6"),
      D2("四"),
      D4("简单回顾"),
    ],
    needs: ["default bridge", "docker CLI"],
  },
  typed,
  ({ annex, databaseAddress, cacheAddress }) => {
    const subnet = cidr(annex.asked?.Subnet ?? "");
    const joined = { byId: subnet.contains(databaseAddress), byName: subnet.contains(cacheAddress) };
    expect(joined, `whether the containers have an address in ${subnet}`).toEqual({ byId: true, byName: true });
  },
);

requirement(
  "CONNECT-22",
  {
    must: "`docker network connect` MUST print nothing and exit with 0 when it succeeds",
    from: [D1("5.6"), D2("四"), D4("简单回顾")],
    needs: ["default bridge", "docker CLI"],
  },
  typed,
  ({ byId, byName }) => {
    for (const { command, exitCode, stdout, stderr } of [byId, byName])
      expect({ exitCode, stdout, stderr }, command).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  },
);

const onAssembled = chapter({ given: assembled, needs: ["default bridge"] });

onAssembled(
  "CONNECT-23",
  {
    must: "A container with published ports MUST be connectable to a further network, and keep running",
    from: [D4("简单回顾")],
  },
  ({ networks, databaseAddress, running, database, record }) => {
    expect(running, "the container runs afterwards").toBe(true);
    expect(
      cidr(networks.shop.asked?.Subnet ?? "").contains(databaseAddress),
      `its address ${databaseAddress} on the further network`,
    ).toBe(true);
    expect(record.Containers?.[database.id]?.IPv4Address.split("/")[0], "the address that the engine reports").toBe(
      databaseAddress,
    );
  },
);

onAssembled(
  "CONNECT-24",
  {
    must: "A published port MUST keep working on the host's address after its container was connected to a further network",
    from: [D4("简单回顾")],
    needs: ["default bridge", "host view"],
    unless: servedElsewhere,
    cause: "the DNAT rule of the port is missing or leads to an address that the container no longer has",
  },
  ({ database, servedBefore, served }) => {
    const [before, after] = [servedBefore, served]
      .map((reached) => parseWebAnswer(reached?.().answer ?? ""))
      .map((answer) => ({ server: answer?.server, client: answer?.peerAddress }));
    expect(before?.server, "who answers at the published port before").toBe(database.name);
    // Another client than before would be docker-proxy, which stands in where the rule is missing.
    expect(after, "who answers at the published port afterwards, and whom it sees asking").toEqual(before);
  },
);

onAssembled(
  "CONNECT-25",
  {
    must: "Several running containers MUST be connectable to one network, one after another, each with an address of its own",
    from: [
      cite(
        "cli/network_create#connect-containers",
        "You can connect multiple containers to the same network. Once connected, the containers can communicate using only another container's IP address or name.",
      ),
      D4("简单回顾"),
    ],
  },
  ({ database, cache, record, databaseAddress, cacheAddress }) => {
    const listed = [database, cache].map((container) => record.Containers?.[container.id]?.IPv4Address.split("/")[0]);
    expect(listed, "addresses that the engine lists for the two, against their own").toEqual([
      databaseAddress,
      cacheAddress,
    ]);
    expect(databaseAddress, "the first one's address beside the second one's").not.toBe(cacheAddress);
  },
);

onAssembled(
  "CONNECT-26",
  {
    must: "A container that joins a network at its start MUST reach, by address and by name, those that were connected to it before",
    from: [
      cite(
        "cli/network_create#connect-containers",
        "You can connect multiple containers to the same network. Once connected, the containers can communicate using only another container's IP address or name.",
      ),
      D4("简单回顾"),
    ],
    unless: userBridgesClosed,
  },
  ({ database, cache, toDatabase, toCache, names }) => {
    expect(
      [toDatabase(), toCache()].map((reached) => parseWebAnswer(reached.answer)?.server),
      "who answers at the two addresses",
    ).toEqual([database.name, cache.name]);
    names();
  },
);

/** The address that a container really has in a subnet. */
async function addressIn(container: Vantage, subnet: string): Promise<string> {
  return (await addresses(container)).find((one) => cidr(subnet).contains(one.address))?.address ?? "none";
}
