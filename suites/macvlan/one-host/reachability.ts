import { expect } from "vitest";
import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { arping } from "../../../helpers/probes/arping.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import { cite, D1, mustNotReach, mustReach, NotRun, requirement, stage } from "../../../helpers/requirement/index.ts";
import { parseWebAnswer } from "../../../helpers/topology/web-server.ts";
import { here, lan, layout, onLan } from "./site.ts";

const NOT_THE_HOST = cite(
  "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
  "NOTE: the containers can NOT ping the underlying host interfaces as",
);

/** An address for documentation (RFC 5737) that is outside every test network. */
const OUTSIDE = "198.51.100.77";

/** How long the neighbours of a new gateway may need to find it. */
const SETTLE_MS = 15_000;

onLan(
  "MACVLAN-24",
  {
    must: "Two containers on one macvlan network of one host MUST reach each other, with their own addresses",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "Any Macvlan container sharing the same subnet can communicate via IP to any other container in the same subnet without a gateway.",
      ),
      D1("macvlan简介"),
    ],
    cause: "the parent was put into another macvlan mode, or a filter between its children",
  },
  async ({ first, fixed }) => {
    const [web] = await Promise.all([
      mustReach(http(first, fixed.addressOn("lan"))),
      mustReach(ping(first, fixed.addressOn("lan"))),
      mustReach(ping(fixed, first.addressOn("lan"))),
    ]);
    expect(parseWebAnswer(web.answer), "who talked to whom, as the server saw it").toMatchObject({
      server: fixed.name,
      localAddress: fixed.addressOn("lan"),
      peerAddress: first.addressOn("lan"),
    });
  },
);

/** An IPv4 address of the host on the parent. @throws NotRun when it has none */
function hostAddress(facts: Facts, name: string): string {
  const found = facts.host?.addresses.find((one) => one.interface === name && one.address.includes("."));
  if (found === undefined) throw new NotRun(`the host has no IPv4 address on ${name}`);
  return found.address;
}

async function macOf(container: { readonly key: string } & Parameters<typeof link>[0]): Promise<string> {
  const eth0 = await link(container, "eth0");
  if (eth0 === null) throw new ProbeFailed(`${container.label} has no eth0`);
  return eth0.mac;
}

onLan(
  "MACVLAN-25",
  {
    needs: ["host view"],
    must: "A container on a macvlan network MUST NOT reach its own host's address on the parent, not even at layer 2",
    from: [NOT_THE_HOST, D1("macvlan 使用")],
    cause: "a switch port that sends frames back (hairpin, reflective relay), or a macvlan interface made on the host",
  },
  async ({ first, fixed, parent: name }, session) => {
    const address = hostAddress(session.facts, name);
    // Any interface of the host counts as the host.
    const owners = (await links(await session.host()))
      .map(({ mac }) => mac)
      .filter((mac) => mac !== "" && !/^[0:]+$/.test(mac));
    await mustNotReach(arping(first, { device: "eth0", address, owners }), {
      as: "timed out",
      control: arping(first, { device: "eth0", address: fixed.addressOn("lan"), owners: [await macOf(fixed)] }),
    });
  },
);

onLan(
  "MACVLAN-26",
  {
    needs: ["host view"],
    must: "A host MUST NOT reach its own macvlan containers through the parent, not even at layer 2",
    from: [NOT_THE_HOST, D1("macvlan简介")],
    cause: "a switch port that sends frames back (hairpin, reflective relay)",
  },
  async ({ first, fixed, parent: name }, session) => {
    const target = { address: fixed.addressOn("lan"), owners: [await macOf(fixed)] };
    await mustNotReach(
      arping(await session.host(), { ...target, device: name, source: hostAddress(session.facts, name) }),
      {
        as: "timed out",
        control: arping(first, { ...target, device: "eth0" }),
      },
    );
  },
);

/** Nobody owns the gateway's address yet. */
const gatewayMissing = stage(lan, async (value) => {
  const { first, fixed } = value;
  const outcome = await mustNotReach(ping(first, OUTSIDE), {
    as: ["unreachable", "timed out"],
    control: ping(first, fixed.addressOn("lan")),
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { ...value, outcome };
});

requirement(
  "MACVLAN-29",
  {
    ...here,
    must: "With a gateway that nobody owns, addresses outside its subnet MUST be unreachable for a macvlan container",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "The specified gateway is external to the host that is expected to be provided by the network infrastructure.",
      ),
      D1("macvlan 使用"),
    ],
    cause: "somebody on the LAN has the gateway's address and routes (a router, proxy ARP)",
  },
  gatewayMissing,
  ({ outcome }) => {
    if (outcome !== null) throw outcome;
  },
);

/** The second container takes the gateway's address, and an outside one on its lo: a router with the outside behind it. */
const gatewayThere = stage(gatewayMissing, async (value) => {
  const { first, second, networks } = value;
  const { Gateway } = layout(networks.lan.subnet);
  const { prefix } = cidr(networks.lan.subnet);
  const done = await second.act(`ip address add ${Gateway}/${prefix} dev eth0 && ip address add ${OUTSIDE}/32 dev lo`);
  if (done.exitCode !== 0) throw new ProbeFailed("no container could become the gateway", done);
  // The kernel still remembers for a while that nobody answered for this address.
  await eventually(async () => {
    const { outcome, detail } = await ping(first, Gateway).ask(1);
    if (outcome !== "replied")
      throw new ProbeFailed(`the container that became the gateway does not answer: ${detail}`);
  }, SETTLE_MS);
  return value;
});

requirement(
  "MACVLAN-28",
  {
    ...here,
    must: "A macvlan container MUST reach addresses outside its subnet through the gateway of its network, once that exists on the LAN",
    from: [
      cite(
        "libnetwork/macvlan#macvlan-bridge-mode-example-usage",
        "The specified gateway is external to the host that is expected to be provided by the network infrastructure.",
      ),
      D1("macvlan 使用"),
    ],
  },
  gatewayThere,
  async ({ first }) => {
    await mustReach(ping(first, OUTSIDE));
  },
);
