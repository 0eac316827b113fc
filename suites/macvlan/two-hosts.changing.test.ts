import { expect } from "vitest";
import { nameOf } from "../../helpers/engine/run-identity.ts";
import { macvlanParent } from "../../helpers/expectations/macvlan-parent.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { http, type ping } from "../../helpers/probes/reach.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import {
  busybox,
  chapter,
  cite,
  D1,
  macvlan,
  mustReach,
  nginx,
  type Session,
  stage,
  theEngine,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { refusalOf } from "../../helpers/requirement/refusal.ts";
import { mustMeet } from "../../helpers/requirement/served.ts";
import type { IpamRange } from "../../helpers/topology/spec.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

/** One macvlan definition for two hosts, with a container that leaves its address to the engine and one that doesn't. */
function lanOf(range: IpamRange, staticAddress: string) {
  return {
    networks: {
      lan: macvlan({ subnet: range, options: (facts) => ({ parent: macvlanParent(facts) ?? "" }) }),
    },
    containers: {
      automatic: busybox({ on: "lan" }),
      web: nginx({ on: "lan", ip: staticAddress }),
    },
  };
}

async function networkNames({ docker }: Session): Promise<string[]> {
  return (await docker.listNetworks()).map(({ Name }) => Name);
}

/** Asks the second host itself, with an address of the macvlan subnet on its own interface for the time of the question. */
async function fromTheMachineBeside(session: Session, address: string, question: (from: Session) => Promise<void>) {
  const host = await session.host();
  const device = macvlanParent(session.facts) ?? "";
  const added = await host.own(`ip address add ${address} dev ${device}`);
  if (added.exitCode !== 0) throw new ProbeFailed("the second host could not be given an address on the LAN", added);
  try {
    await question(session);
  } finally {
    await host.own(`ip address del ${address} dev ${device}`);
  }
}

/**
 * The same network on both hosts, made on one after the other. In the last group of files: before Engine 27 an interface
 * carries one macvlan network, and the suite's other file has one on this very parent.
 */
const twoHosts = stage(theEngine, async (_, session) => {
  const second = await session.secondHost();
  const all = cidr(session.subnets.choose(24));
  const range: IpamRange = { Subnet: all.toString(), Gateway: all.host(254) };
  const here = lanOf(range, all.host(100));
  const there = lanOf(range, all.host(101));
  const name = nameOf(session.runId, "macvlan-here-lan");
  return await briefly(session, "macvlan-here", here, async ({ containers: own }) => {
    const namesBefore = { here: await networkNames(session), there: await networkNames(second) };
    const foreignName = (await refusalOf(() => second.docker.getNetwork(name).inspect()))?.statusCode ?? "found";
    return await briefly(second, "macvlan-there", there, async ({ containers: others }) => {
      const address = async (container: typeof own.automatic) =>
        (await addresses(container, "eth0")).find(({ family }) => family === 4)?.address;
      return {
        name,
        namesBefore,
        foreignName,
        automatic: { here: await address(own.automatic), there: await address(others.automatic) },
        towardsHere: await atThisMoment(meet(others.web, own.web)),
        towardsThere: await atThisMoment(meet(own.web, others.web)),
        besides: await atThisMoment(
          fromTheMachineBeside(second, `${all.host(200)}/${all.prefix}`, async (beside) => {
            const { answer } = await mustReach(http(await beside.host(), own.web.addressOn("lan")));
            expect(parseWebAnswer(answer), "whom the container served, as it saw it").toMatchObject({
              server: own.web.name,
              peerAddress: all.host(200),
            });
          }),
        ),
      };
    });
  });
});

/** The two containers' own addresses, seen on both sides, at both layers of the answer. */
async function meet(
  from: Parameters<typeof ping>[0] & { addressOn(network: string): string },
  to: { readonly name: string; addressOn(network: string): string },
): Promise<void> {
  await mustMeet(from, from.addressOn("lan"), { name: to.name, address: to.addressOn("lan") });
}

const needs = ["second host", "host view"] as const;
const CAUSE =
  "the switch between the hosts drops frames from hardware addresses it does not know, the parent is another LAN, or one of the containers takes no part in ARP (`ip link set eth0 arp off`)";

const onTwoHosts = chapter({ given: twoHosts });

onTwoHosts(
  "MACVLAN-22",
  {
    must: "A container on a macvlan network of the second of two hosts on one LAN MUST reach a container on the same macvlan definition of the first host, with its own address",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "Any Macvlan container sharing the same subnet can communicate via IP to any other container in the same subnet without a gateway.",
      ),
      D1("macvlan 使用"),
    ],
    needs,
    cause: CAUSE,
  },
  ({ towardsHere }) => towardsHere(),
);

onTwoHosts(
  "MACVLAN-23",
  {
    must: "A container on a macvlan network of the first of two hosts on one LAN MUST reach a container on the same macvlan definition of the second host, with its own address",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "Any Macvlan container sharing the same subnet can communicate via IP to any other container in the same subnet without a gateway.",
      ),
      D1("macvlan 使用"),
    ],
    needs,
    cause: CAUSE,
  },
  ({ towardsThere }) => towardsThere(),
);

onTwoHosts(
  "MACVLAN-27",
  {
    must: "Another machine on the parent's LAN MUST reach a macvlan container at its own address, without published ports",
    from: [
      cite("libnetwork/macvlan#overview", "The Macvlan built-in driver does not require any port mapping"),
      D1("macvlan简介"),
    ],
    // It is given an address of the containers' subnet.
    needs: [...needs, "disposable host"],
    cause: CAUSE,
  },
  ({ besides }) => besides(),
);

onTwoHosts(
  "MACVLAN-30",
  {
    must: "A macvlan network created without `--scope swarm` MUST exist only on the host where it was created: on another host it has to be created again",
    from: [
      cite(
        "cli/network_create#swarm-networks-with-local-scope-drivers",
        "You do so by promoting the network scope to swarm during the creation of the network.",
      ),
      D1("macvlan 新建"),
    ],
    cause:
      "the network was made on the other host as well, or a proxy in front of an engine alters its list of networks",
    needs,
  },
  ({ name, namesBefore, foreignName }) => {
    expect(namesBefore.here, "networks of the host where it was created").toContain(name);
    expect(namesBefore.there, "networks of the other host").not.toContain(name);
    expect(foreignName, "status of the other host's answer to an inspect of that name").toBe(404);
  },
);

onTwoHosts(
  "MACVLAN-31",
  {
    must: "The engines of two hosts with the same macvlan definition MUST choose addresses independently: without `--ip` both give the same first address",
    from: [D1("macvlan 使用")],
    cause: "one of the two engines keeps an address back: reserved by another network definition, or by an IPAM plugin",
    needs,
  },
  ({ automatic }) => {
    expect(automatic.here, "address that the first host's engine chose").toBeDefined();
    expect(automatic.there, "address that the second host's engine chose").toBe(automatic.here);
  },
);
