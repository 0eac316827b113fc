import { expect } from "vitest";
import { defaultBridgeResolvConf, unknownNameOutcomes } from "../../helpers/expectations/resolver.ts";
import { bridgesNotSeparated, defaultBridgeClosed } from "../../helpers/expectations/separation.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import type { Vantage } from "../../helpers/probes/evidence.ts";
import { lookupAs } from "../../helpers/probes/lookup-as.ts";
import { lookup, ping } from "../../helpers/probes/reach.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import {
  bridge,
  busybox,
  D1,
  D2,
  D4,
  mustNotReach,
  mustReach,
  NotRun,
  requirement,
  topology,
} from "../../helpers/requirement/index.ts";
import { nameServer } from "../../helpers/topology/name-server.ts";

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

const NEEDS = ["default bridge"] as const;

requirement(
  "DNS-08",
  {
    must: "On the default bridge a container's name MUST NOT resolve to it",
    from: [D2("五.2")],
    needs: NEEDS,
    unless: defaultBridgeClosed,
  },
  town,
  async ({ left, right }, { facts }) => {
    const [address, all] = await Promise.all([ownAddress(right), everyAddress(right)]);
    await mustNotReach(lookupAs(left, right.name, all), {
      as: unknownNameOutcomes(facts),
      control: ping(left, address),
    });
  },
);

requirement(
  "DNS-09",
  {
    must: "On the default bridge a container's hostname, the short id, MUST NOT resolve to it",
    from: [D1("默认网桥")],
    needs: NEEDS,
    unless: defaultBridgeClosed,
  },
  town,
  async ({ left, right }, { facts }) => {
    const [address, all] = await Promise.all([ownAddress(right), everyAddress(right)]);
    await mustNotReach(lookupAs(left, right.shortId, all), {
      as: unknownNameOutcomes(facts),
      control: ping(left, address),
    });
  },
);

requirement(
  "DNS-10",
  {
    must: "On the default bridge the short id MUST NOT resolve in the opposite direction either",
    from: [D1("默认网桥")],
    needs: NEEDS,
    unless: defaultBridgeClosed,
  },
  town,
  async ({ left, right }, { facts }) => {
    const [address, all] = await Promise.all([ownAddress(left), everyAddress(left)]);
    await mustNotReach(lookupAs(right, left.shortId, all), {
      as: unknownNameOutcomes(facts),
      control: ping(right, address),
    });
  },
);

requirement(
  "DNS-11",
  {
    must: "On the default bridge a container MUST reach another one by IP address while it can't by name",
    from: [D1("默认网桥")],
    needs: NEEDS,
    unless: defaultBridgeClosed,
  },
  town,
  async ({ left, right }, { facts }) => {
    const [address, all] = await Promise.all([ownAddress(right), everyAddress(right)]);
    await Promise.all([
      mustReach(ping(left, address)),
      mustNotReach(lookupAs(left, right.name, all), { as: unknownNameOutcomes(facts), control: ping(left, address) }),
    ]);
  },
);

requirement(
  "DNS-12",
  {
    must: "On the default bridge a container MUST pass names to the DNS servers in its /etc/resolv.conf with the search domain appended to a single label, and both MUST be the host's unless it was given its own",
    from: [D2("五.2")],
    needs: ["default bridge", "host view"],
    unless: defaultBridgeClosed,
    cause: "the DNS server is out of reach from containers (a firewall of the host's that drops port 53 from bridges?)",
  },
  town,
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

requirement(
  "DNS-16",
  {
    must: "A container without a way to its DNS server MUST fail to resolve the names that the server knows",
    from: [D1("macvlan")],
    needs: NEEDS,
    unless: (facts) => bridgesNotSeparated(facts) ?? defaultBridgeClosed(facts),
    cause: "Docker's rules that keep an internal network inside are gone or preceded by others",
  },
  town,
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

requirement(
  "DNS-17",
  {
    must: "A container on the default bridge MUST resolve outside names wherever the host can, through the same DNS server",
    from: [D1("5.3"), D4("bridge")],
    needs: ["default bridge", "host view"],
    unless: defaultBridgeClosed,
    cause:
      "the host's DNS server listens on a loopback address only, or does not answer containers (allowed clients, a VPN's split DNS, no masquerading), so the host resolves and containers don't",
  },
  town,
  async ({ asker, left, names }, session) => {
    const host = await session.host();
    const [name, address, server] = [`${SHOP}.${DOMAIN}`, await ownAddress(names), names.addressOn("bridge")];
    const asked = await lookupAs(host, name, address, { server }).ask(5);
    if (asked.outcome !== "replied")
      throw new NotRun(`the host itself gets no answer from a DNS server in a container: ${asked.detail}`);
    await mustReach(lookupAs(asker, name, address));
    // The host's own servers, where they know the outside at all (IANA keeps this name for such uses).
    const outside = await lookup(host, "example.com").ask(3);
    if (outside.outcome === "replied") await mustReach(lookup(left, "example.com"));
  },
);

async function ownAddress(container: Vantage): Promise<string> {
  return (await addresses(container, "eth0")).find((one) => one.family === 4)?.address ?? "none";
}

/** All its IPv4 addresses but loopback: none of them may be what a name leads to. */
async function everyAddress(container: Vantage): Promise<string[]> {
  return (await addresses(container))
    .filter((one) => one.family === 4 && one.interface !== "lo")
    .map((one) => one.address);
}
