import { cidr } from "../../../helpers/model/cidr.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { hostsFile } from "../../../helpers/probes/hosts-file.ts";
import { lookupAs, reverseLookupAs } from "../../../helpers/probes/lookup-as.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { resolvConf } from "../../../helpers/probes/resolv-conf.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  mustNotReach,
  mustReach,
  nginx,
  stage,
  topology,
} from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import type { StartedNetwork } from "../../../helpers/topology/create-network.ts";

export const BY_NAME = cite(
  "docs/bridge#differences-between-user-defined-bridges-and-the-default-bridge",
  "On a user-defined bridge network, containers can resolve each other by name or alias.",
);
export const DNS_NAMES = cite(
  "api#EndpointSettings",
  "This list is based on the container name, network aliases, container short ID, and hostname.",
);

const RESOLVER_CAUSE =
  "Docker's resolver is asked over a rule inside the container's namespace (DNAT from 127.0.0.11:53 to a port of dockerd's): look at `iptables -t nat -S` there, and at dockerd's log";

/** Further names on the front network: one of the web server, and one that it shares with the client. */
const ALIAS = "dnc-shop";
export const SHARED_ALIAS = "dnc-crew";

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
export const running = stage(site, async ({ client, web, store, networks }) => {
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
export const moved = stage(running, async ({ client, web, store, back, storeAddress }, { docker }) => {
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

export const onRunning = chapter({ given: running });

/** The address that a container really has on a network. */
async function addressIn(container: Vantage, network: StartedNetwork): Promise<string> {
  return (await addresses(container)).find((one) => cidr(network.subnet).contains(one.address))?.address ?? "none";
}
