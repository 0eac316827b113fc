import { expect } from "vitest";
import { defaultBridgeResolvConf } from "../../helpers/expectations/resolver.ts";
import { bridgesNotSeparated, defaultBridgeClosed } from "../../helpers/expectations/separation.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { addresses, ownAddress } from "../../helpers/probes/addresses.ts";
import { lookupAs } from "../../helpers/probes/lookup-as.ts";
import { lookup, ping } from "../../helpers/probes/reach.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D1,
  D2,
  D4,
  mustNotReach,
  mustReach,
  NotApplicable,
  NotRun,
  topology,
} from "../../helpers/requirement/index.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { nameServer } from "../../helpers/topology/name-server.ts";

const NO_NAMES = cite(
  "docs/dns#when-the-embedded-dns-server-is-used",
  "Containers on the default bridge can't resolve each other by name, unless you use the legacy --link option.",
);
const SAME_SERVERS = cite(
  "docs/network#dns-services",
  "Containers use the same DNS servers as the host by default, but you can override this with --dns.",
);

/** A domain that exists nowhere else (RFC 6761), and a host in it that only the name server of the topology knows. */
const DOMAIN = "conformance.test";
const SHOP = "shop";

/**
 * A DNS server of our own, a container on the default bridge that uses it, one on a network that does not lead to it,
 * and two on the default bridge without any option.
 */
const town = topology("dns-outside", {
  networks: { zone: bridge(), cutoff: bridge({ internal: true }) },
  containers: {
    names: nameServer<"zone" | "cutoff">({ on: ["zone", "bridge"], aliases: [`${SHOP}.${DOMAIN}`] }),
    asker: busybox<"zone" | "cutoff">({
      after: ["names"],
      dns: (started) => [started("names").addressOn("bridge")],
      dnsSearch: [DOMAIN],
    }),
    hermit: busybox<"zone" | "cutoff">({
      on: "cutoff",
      after: ["names"],
      dns: (started) => [started("names").addressOn("bridge")],
    }),
    left: busybox<"zone" | "cutoff">(),
    right: busybox<"zone" | "cutoff">(),
  },
});

type Town = Awaited<ReturnType<typeof town.obtain>>;

const NEEDS = ["default bridge"] as const;

/** How a look-up ends that gives no address: the name is unknown, or its server says nothing or wants nothing to do with it. */
const UNRESOLVED = ["name not found", "timed out", "refused", "unreachable"] as const;

/**
 * Asserts that a container on the default bridge is not found by a name or an id: by a server that is known to answer,
 * which knows another name at the same moment, and by whatever servers the asking container was given without options.
 * Those may be silent or refuse, and have nothing to be asked that they are known to know.
 */
async function mustBeUnknown(name: string, of: Endpoint, by: Endpoint, { asker, names }: Town): Promise<void> {
  const [all, own] = await Promise.all([everyAddress(of), ownAddress(names)]);
  const known = `${SHOP}.${DOMAIN}`;
  const server = names.addressOn("bridge");
  await Promise.all([
    mustNotReach(lookupAs(asker, name, all), { as: UNRESOLVED, control: lookupAs(asker, known, own) }),
    mustNotReach(lookupAs(by, name, all), { as: UNRESOLVED, control: lookupAs(by, known, own, { server }) }),
  ]);
}

const onTown = chapter({ given: town, needs: NEEDS });

onTown(
  "DNS-08",
  {
    must: "On the default bridge a container's name MUST NOT resolve to it",
    from: [NO_NAMES, D2("五.2")],
    unless: defaultBridgeClosed,
  },
  async (there) => await mustBeUnknown(there.right.name, there.right, there.left, there),
);

onTown(
  "DNS-09",
  {
    must: "On the default bridge a container's hostname, the short id, MUST NOT resolve to it",
    from: [NO_NAMES, D1("默认网桥")],
    unless: defaultBridgeClosed,
  },
  async (there) => await mustBeUnknown(there.right.shortId, there.right, there.left, there),
);

onTown(
  "DNS-10",
  {
    must: "On the default bridge the short id MUST NOT resolve in the opposite direction either",
    from: [NO_NAMES, D1("默认网桥")],
    unless: defaultBridgeClosed,
  },
  async (there) => await mustBeUnknown(there.left.shortId, there.left, there.right, there),
);

onTown(
  "DNS-11",
  {
    must: "On the default bridge a container MUST reach another one by IP address while it can't by name",
    from: [cite("docs/network#user-defined-networks", "They cannot refer to each other by name."), D1("默认网桥")],
    unless: defaultBridgeClosed,
  },
  async (there) => {
    const { left, right } = there;
    // First what must be open: where it is not, the controls of the rest fail too and would only say so.
    await mustReach(ping(left, await ownAddress(right)));
    await mustBeUnknown(right.name, right, left, there);
  },
);

onTown(
  "DNS-12",
  {
    must: "On the default bridge a container MUST pass names to the DNS servers in its /etc/resolv.conf with the search domain appended to a single label, and both MUST be the host's unless it was given its own",
    from: [SAME_SERVERS, D2("五.2")],
    needs: ["default bridge", "host view"],
    unless: defaultBridgeClosed,
    cause: "the DNS server is out of reach from containers (a firewall of the host's that drops port 53 from bridges?)",
  },
  async ({ left, asker, names }, { facts }) => {
    const [without, given] = await Promise.all([resolvConf(left), resolvConf(asker)]);
    const expected = defaultBridgeResolvConf(facts);
    if (expected.nameservers.known)
      expect(without.nameservers, "nameservers of a container without options, against the host's").toEqual(
        expected.nameservers.value,
      );
    if (expected.search.known)
      expect(without.search, "search domains of a container without options, against the host's").toEqual(
        expected.search.value,
      );
    expect(
      { nameservers: given.nameservers, search: given.search },
      "resolver of a container with --dns and --dns-search",
    ).toEqual({ nameservers: [names.addressOn("bridge")], search: [DOMAIN] });
    // Only the whole name is known to the server, so the answer shows what it was asked for.
    await mustReach(lookupAs(asker, SHOP, await ownAddress(names), { search: true }));
  },
);

onTown(
  "DNS-16",
  {
    must: "A container without a way to its DNS server MUST fail to resolve the names that the server knows",
    from: [
      cite(
        "docs/dns#upstream-servers",
        "Queries to them are sent from the container's network namespace, so the servers must be reachable from the container's networks.",
      ),
      D1("macvlan"),
    ],
    unless: (facts) => bridgesNotSeparated(facts) ?? defaultBridgeClosed(facts),
    cause: "Docker's rules that keep an internal network inside are gone or preceded by others",
  },
  async ({ hermit, asker, names }) => {
    const [name, address] = [`${SHOP}.${DOMAIN}`, await ownAddress(names)];
    // Its own name it must know: its resolver works, only the way out is missing.
    await Promise.all([
      mustReach(lookupAs(hermit, hermit.name, await ownAddress(hermit))),
      mustNotReach(lookupAs(hermit, name, address), {
        as: ["name not found", "timed out"],
        control: lookupAs(asker, name, address),
      }),
    ]);
  },
);

onTown(
  "DNS-17",
  {
    must: "A container on the default bridge MUST get from a DNS server the answer that the host gets from it",
    from: [SAME_SERVERS, D1("5.3"), D4("Linux bridge")],
    needs: ["default bridge", "host view"],
    unless: defaultBridgeClosed,
    cause: "something between containers and their DNS server drops or answers what they ask (a rule about port 53)",
  },
  async ({ asker, names }, session) => {
    const [name, address, server] = [`${SHOP}.${DOMAIN}`, await ownAddress(names), names.addressOn("bridge")];
    const asked = await lookupAs(await session.host(), name, address, { server }).ask(5);
    if (asked.outcome !== "replied")
      throw new NotRun(`the host itself gets no answer from a DNS server in a container: ${asked.detail}`);
    await mustReach(lookupAs(asker, name, address));
  },
);

onTown(
  "DNS-17b",
  {
    must: "A container on the default bridge MUST resolve outside names where the host can, and MUST be told the same of a name where the host's own servers know none",
    from: [SAME_SERVERS, D1("5.3"), D4("Linux bridge")],
    needs: ["default bridge", "host view"],
    unless: defaultBridgeClosed,
    cause:
      "the host's DNS server listens on a loopback address only, or does not answer containers (allowed clients, a VPN's split DNS, no masquerading), so the host resolves and containers don't",
  },
  async ({ left }, session) => {
    // IANA keeps this name for such uses.
    const outside = await lookup(await session.host(), "example.com").ask(5);
    if (outside.outcome === "replied") {
      await mustReach(lookup(left, "example.com"));
      return;
    }
    if (outside.outcome !== "name not found")
      throw new NotApplicable(`the host itself is told nothing about an outside name: ${outside.detail}`);
    const { nameservers } = await resolvConf(left);
    const others = nameservers.filter((server) => !session.facts.host?.resolver.nameservers.includes(server));
    if (others.length > 0)
      throw new NotApplicable(
        `the host's own servers know no outside name, and containers ask others (${others.join(", ")}): ${outside.detail}`,
      );
    const inside = await lookup(left, "example.com").ask(10);
    expect(
      inside.outcome,
      `the answer about example.com in a container, where the host is told: ${outside.detail}`,
    ).toBe("name not found");
  },
);

/** All its IPv4 addresses but loopback: none of them may be what a name leads to. */
async function everyAddress(container: Vantage): Promise<string[]> {
  return (await addresses(container))
    .filter((one) => one.family === 4 && one.interface !== "lo")
    .map((one) => one.address);
}
