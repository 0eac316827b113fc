import { expect } from "vitest";
import { EMBEDDED_RESOLVER } from "../../helpers/expectations/resolver.ts";
import { userBridgesClosed } from "../../helpers/expectations/separation.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { hostsFile } from "../../helpers/probes/hosts-file.ts";
import { lookupAs, reverseLookupAs } from "../../helpers/probes/lookup-as.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
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
  nginx,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import type { StartedNetwork } from "../../helpers/topology/create-network.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";

const BY_NAME = cite(
  "docs/bridge#differences-between-user-defined-bridges-and-the-default-bridge",
  "On a user-defined bridge network, containers can resolve each other by name or alias.",
);
const DNS_NAMES = cite(
  "api#EndpointSettings",
  "This list is based on the container name, network aliases, container short ID, and hostname.",
);

const RESOLVER_CAUSE =
  "Docker's resolver is asked over a rule inside the container's namespace (DNAT from 127.0.0.11:53 to a port of dockerd's): look at `iptables -t nat -S` there, and at dockerd's log";

/** Further names on the front network: one of the web server, and one that it shares with the client. */
const ALIAS = "dnc-shop";
const SHARED_ALIAS = "dnc-crew";

/** A client before a web server, and a store behind it: the web server lives on both networks, the store comes and goes. */
const site = topology("dns-site", {
  networks: { front: bridge(), back: bridge() },
  containers: {
    client: busybox<"front" | "back">({ on: "front", aliases: [SHARED_ALIAS] }),
    web: nginx<"front" | "back">({ on: ["front", "back"], aliases: [ALIAS, SHARED_ALIAS] }),
    store: nginx<"front" | "back">({ on: "back", restartable: true }),
  },
});

/** Everybody's addresses by their own word, and what the names lead to, before anything is stopped. */
const running = stage(site, async ({ client, web, store, networks }) => {
  const { front, back } = networks;
  const [clientAddress, webAddress, backAddress, storeAddress] = await Promise.all([
    addressIn(client, front),
    addressIn(web, front),
    addressIn(web, back),
    addressIn(store, back),
  ]);
  const [clientHostname, webHostname, resolver, hosts] = await Promise.all([
    textFile(client, "/proc/sys/kernel/hostname"),
    textFile(web, "/proc/sys/kernel/hostname"),
    resolvConf(client),
    hostsFile(client),
  ]);
  const crew = [clientAddress, webAddress];
  const [name, shortId, shortIdBack, pinged, fetched, pointer, qualified, stored, alias, shared, apart] =
    await Promise.all([
      atThisMoment(mustReach(lookupAs(client, web.name, webAddress), RESOLVER_CAUSE)),
      atThisMoment(mustReach(lookupAs(client, webHostname.trim(), webAddress), RESOLVER_CAUSE)),
      atThisMoment(mustReach(lookupAs(web, clientHostname.trim(), clientAddress), RESOLVER_CAUSE)),
      atThisMoment(mustReach(ping(client, web.name), RESOLVER_CAUSE)),
      atThisMoment(mustReach(http(client, web.name), RESOLVER_CAUSE)),
      atThisMoment(mustReach(reverseLookupAs(client, webAddress, `${web.name}.${front.name}`), RESOLVER_CAUSE)),
      atThisMoment(mustReach(lookupAs(client, `${web.name}.${front.name}`, webAddress), RESOLVER_CAUSE)),
      atThisMoment(mustReach(http(web, store.name), RESOLVER_CAUSE)),
      atThisMoment(mustReach(lookupAs(client, ALIAS, webAddress), RESOLVER_CAUSE)),
      atThisMoment(mustReach(lookupAs(client, SHARED_ALIAS, crew), RESOLVER_CAUSE)),
      atThisMoment(
        // What becomes of a name that the engine does not know is the upstream servers' business.
        mustNotReach(lookupAs(store, ALIAS, [webAddress, backAddress]), {
          as: ["name not found", "timed out", "refused", "unreachable"],
          control: lookupAs(store, web.name, backAddress),
          cause: "the alias was given on the container's other network as well",
        }),
      ),
    ]);
  const hostnames = { client: clientHostname.trim(), web: webHostname.trim() };
  return {
    client,
    web,
    store,
    back,
    clientAddress,
    webAddress,
    backAddress,
    storeAddress,
    hostnames,
    resolver,
    hosts,
    name,
    shortId,
    shortIdBack,
    pinged,
    fetched,
    pointer,
    qualified,
    stored,
    alias,
    shared,
    apart,
  };
});

/** The store stops, the client joins its network with the address that it had, and the store starts again. */
const moved = stage(running, async ({ client, web, store, back, storeAddress }, { docker }) => {
  await store.stop();
  await docker
    .getNetwork(back.id)
    .connect({ Container: client.id, EndpointConfig: { IPAMConfig: { IPv4Address: storeAddress } } });
  await store.start();
  const taken = await addressIn(client, back);
  const newAddress = await addressIn(store, back);
  const [named, fetched] = await Promise.all([
    atThisMoment(
      mustReach(lookupAs(web, store.name, newAddress), "Docker's resolver keeps the address of before the restart"),
    ),
    atThisMoment(mustReach(http(web, store.name))),
  ]);
  return { store, back, storeAddress, taken, newAddress, reported: store.settingsOn("back").IPAddress, named, fetched };
});

const onRunning = chapter({ given: running });

onRunning(
  "DNS-01",
  {
    must: "On a user-defined network a container MUST resolve another container by its name",
    from: [BY_NAME, D2("五.2")],
  },
  ({ name }) => {
    name();
  },
);

onRunning(
  "DNS-23",
  {
    must: "An alias that a container was given on a user-defined network MUST lead there to its address",
    from: [
      BY_NAME,
      cite(
        "docs/network#ip-address-and-hostname",
        "you can use the --alias flag to specify an additional network alias for the container on that network",
      ),
    ],
  },
  ({ alias }) => void alias(),
);

onRunning(
  "DNS-24",
  {
    must: "An alias that a container was given on one of its networks MUST NOT lead to it on another one, where its name does",
    from: [
      cite(
        "docs/network#ip-address-and-hostname",
        "you can use the --alias flag to specify an additional network alias for the container on that network",
      ),
    ],
  },
  ({ apart }) => void apart(),
);

onRunning(
  "DNS-25",
  {
    must: "An alias that several containers of a user-defined network share MUST lead to the addresses of them all",
    from: [
      cite(
        "docs/dns#names-the-embedded-dns-server-resolves-itself",
        "If a name has more than one address, for example a Swarm service with several tasks or several containers sharing an alias, the addresses are returned in a random order on each query",
      ),
    ],
  },
  ({ shared, clientAddress, webAddress }) => {
    const answered = shared().answer.split(/\s+/);
    const missing = [clientAddress, webAddress].filter((address) => !answered.includes(address));
    expect(missing, `addresses that are missing in the answer for ${SHARED_ALIAS}`).toEqual([]);
  },
);

onRunning(
  "DNS-02",
  {
    must: "The address that a container's name resolves to MUST be the one on the network that the asker shares with it, and no other of its addresses",
    from: [
      cite(
        "docs/dns#names-the-embedded-dns-server-resolves-itself",
        "IPv4 addresses of a container name, a network alias, or a Swarm service name, on the networks the container is connected to.",
      ),
      D1("新建网桥"),
      D2("五.2"),
    ],
  },
  ({ name, webAddress, backAddress }) => {
    expect(webAddress, "the server's address on the shared network beside its other one").not.toBe(backAddress);
    name();
  },
);

onRunning(
  "DNS-03",
  {
    must: "On a user-defined network a container MUST resolve another container by its default hostname, the short id",
    from: [DNS_NAMES, D1("新建网桥")],
  },
  ({ shortId, hostnames, web }) => {
    expect(hostnames.web, "the other container's hostname").toBe(web.shortId);
    shortId();
  },
);

onRunning(
  "DNS-04",
  {
    must: "On a user-defined network resolving by short id MUST work in the opposite direction as well",
    from: [DNS_NAMES, D1("新建网桥")],
  },
  ({ shortIdBack, hostnames, client }) => {
    expect(hostnames.client, "the client's hostname").toBe(client.shortId);
    shortIdBack();
  },
);

onRunning(
  "DNS-05",
  {
    must: "A container's name MUST be usable for traffic on a user-defined network, not for lookups only: it answers a ping and a request by name",
    from: [
      cite(
        "cli/run#container-networking",
        "they can communicate with each other using the container names as a DNS hostname",
      ),
      D1("新建网桥"),
      D2("五.2"),
    ],
    unless: userBridgesClosed,
  },
  ({ web, pinged, fetched, webAddress }) => {
    pinged();
    const answer = parseWebAnswer(fetched().answer);
    expect({ server: answer?.server, at: answer?.localAddress }, "who answers to the name, at which address").toEqual({
      server: web.name,
      at: webAddress,
    });
  },
);

onRunning(
  "DNS-06",
  {
    must: "A reverse lookup of a container's address on a user-defined network MUST give `<container>.<network>`, and that name MUST lead back to the address",
    from: [
      cite(
        "docs/dns#names-the-embedded-dns-server-resolves-itself",
        "The container name for an IP address on one of the container's networks (reverse lookup).",
      ),
      D2("五.2"),
    ],
  },
  ({ pointer, qualified }) => {
    pointer();
    qualified();
  },
);

onRunning(
  "DNS-07",
  {
    must: "Names on a user-defined network MUST come from the resolver built into the engine at 127.0.0.11, without an entry for the other container in /etc/hosts",
    from: [
      cite(
        "docs/dns#when-the-embedded-dns-server-is-used",
        "The embedded DNS server listens on 127.0.0.11, on both UDP and TCP port 53.",
      ),
      D2("五.2"),
    ],
  },
  ({ client, resolver, hosts, name, web, webAddress, hostnames }) => {
    expect(resolver.nameservers[0], "the first nameserver in the client's /etc/resolv.conf").toBe(EMBEDDED_RESOLVER);
    const other = hosts.filter(
      (entry) => entry.address === webAddress || entry.names.some((one) => one === web.name || one === hostnames.web),
    );
    expect(other, `entries for the other container in the /etc/hosts of ${client.name}`).toEqual([]);
    expect(name().answer, "who answered the lookup").toContain(EMBEDDED_RESOLVER);
  },
);

requirement(
  "DNS-13",
  {
    must: "On a user-defined network a container's name MUST keep leading to it after a restart that gave it another address",
    from: [
      cite(
        "docs/dns#names-the-embedded-dns-server-resolves-itself",
        "every query is either answered from the current state of the networks, or forwarded",
      ),
      D1("常规做法"),
    ],
    unless: userBridgesClosed,
  },
  moved,
  ({ store, storeAddress, newAddress, named, fetched }) => {
    expect(newAddress, `the address after the restart, with ${storeAddress} taken meanwhile`).not.toBe(storeAddress);
    named();
    const answer = parseWebAnswer(fetched().answer);
    expect({ server: answer?.server, at: answer?.localAddress }, "who answers to the name, at which address").toEqual({
      server: store.name,
      at: newAddress,
    });
  },
);

requirement(
  "DNS-14",
  {
    must: "A container whose address the engine had chosen, and which was taken while it was stopped, MUST start with another free one of its network, and the engine MUST report the one that it has",
    from: [D1("常规做法")],
  },
  moved,
  ({ back, storeAddress, taken, newAddress, reported }) => {
    expect(taken, "the address of the container that came meanwhile").toBe(storeAddress);
    expect(
      cidr(back.subnet).contains(newAddress),
      `the address ${newAddress} after the restart lies in ${back.subnet}`,
    ).toBe(true);
    expect(newAddress, "the address after the restart").not.toBe(storeAddress);
    expect(reported, "the address that the engine reports").toBe(newAddress);
  },
);

onRunning(
  "DNS-15",
  {
    must: "An application's containers on a user-defined network MUST find their services by container name, and the services see them at their address there",
    from: [BY_NAME, D4("简单回顾")],
    unless: userBridgesClosed,
  },
  ({ client, web, store, fetched, stored, clientAddress, backAddress }) => {
    const answers = [fetched(), stored()]
      .map((reached) => parseWebAnswer(reached.answer))
      .map((answer) => ({ server: answer?.server, client: answer?.peerAddress }));
    expect(answers, `who answered ${client.key} and ${web.key}, and whom it saw asking`).toEqual([
      { server: web.name, client: clientAddress },
      { server: store.name, client: backAddress },
    ]);
  },
);

/** The address that a container really has on a network. */
async function addressIn(container: Vantage, network: StartedNetwork): Promise<string> {
  return (await addresses(container)).find((one) => cidr(network.subnet).contains(one.address))?.address ?? "none";
}
