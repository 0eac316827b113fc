import { expect } from "vitest";
import { EMBEDDED_RESOLVER } from "../../../helpers/expectations/resolver.ts";
import { userBridgesClosed } from "../../../helpers/expectations/separation.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { cite, D1, D2, D4, requirement } from "../../../helpers/requirement/index.ts";
import { parseWebAnswer } from "../../../helpers/topology/web-server.ts";
import { BY_NAME, DNS_NAMES, moved, onRunning } from "./site.ts";

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
