import { firewallKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { isLoopback, sameAddress } from "../model/address.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { upstreamsOf } from "../snapshot/upstreams.ts";
import { holds, prefixOf } from "./addresses.ts";
import { type Attachment, attachmentsOf, bridgesOf } from "./bridges.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { anyFirewallOf } from "./engine-rules.ts";
import { addressOf, DATAGRAM, packetOf, senderOf, UNPUBLISHED } from "./network-view.ts";
import { pass } from "./passage.ts";
import { wayOutOf } from "./uplink.ts";

/** A question of a container's to a name server, and what ends it on this host. */
export interface Ended {
  readonly asking: Attachment;
  readonly server: string;
  readonly place: Place;
}

/**
 * Name servers that this host's packet filter keeps containers from asking, while the host itself may. A note: whom its
 * containers may ask, an operator decides, and nothing else of theirs is cut.
 */
export function auditWaysToServers(snapshot: LivingSnapshot): Findings {
  const groups = Map.groupBy(endedQuestions(snapshot), ({ server, place }) => `${server} ${placeText(place)}`);
  return together([...groups.values()].map(told));
}

/** The questions of running containers to their name servers that surely end in this host's packet filter. */
export function endedQuestions(snapshot: LivingSnapshot): Ended[] {
  const { host, facts } = snapshot;
  if (host === null) return [];
  return attachmentsOf(snapshot)
    .filter(isOutlet)
    .flatMap((asking) =>
      upstreamsOf(asking.container, facts).flatMap((server): Ended[] => {
        const place = endOf(snapshot, host, asking, server);
        return place === null ? [] : [{ asking, server, place }];
      }),
    );
}

/** Whether this is the network by which its container reaches what is beyond. */
function isOutlet({ container: { inside, administersNetwork }, endpoint, bridge }: Attachment): boolean {
  if (inside === null || administersNetwork || bridge.internal) return false;
  const gateways = inside.defaults.map(({ gateway }) => gateway);
  return [endpoint.gateway, endpoint.gateway6].some((gateway) => gateway !== "" && gateways.includes(gateway));
}

/** What surely ends a container's question to a name server; null where nothing does, or nobody can tell. */
function endOf(snapshot: LivingSnapshot, host: LivingHost, asking: Attachment, server: string): Place | null {
  const family = server.includes(":") ? 6 : 4;
  const { bridge, container } = asking;
  const source = addressOf(asking, family);
  const firewall = anyFirewallOf(snapshot, host, family);
  // Those that the engine asks from the host pass none of the containers' ways.
  const byHost = isLoopback(server) || container.inside?.resolvConf?.includes(`host(${server})`) === true;
  if (
    source === "" ||
    firewall === null ||
    byHost ||
    bridge.ranges.some(({ subnet }) => isNeighbour(subnet, server, host))
  )
    return null;
  const sent = packetOf(
    { family },
    {
      ...DATAGRAM,
      source,
      ...senderOf(asking),
      destination: server,
      destinationPort: 53,
      destinationType: isOwn(host, server) ? "local" : "unicast",
      inDevice: bridge.device,
      outDevice: null,
    },
  );
  const first = pass(firewall.all, sent, ["prerouting"]);
  const { destination } = first.packet;
  if (first.outcome !== "open" || destination === undefined) return null;
  if (isOwn(host, destination)) return pass(firewall.all, first.packet, ["input"]).place;
  const out = deviceTo(snapshot, host, destination);
  if (out === null) return null;
  const { place } = pass(firewall.all, first.packet, ["forward"], () => out);
  // What ends everything that goes beyond is told of the network.
  const any = pass(firewall.all, { ...first.packet, destinationPort: UNPUBLISHED }, ["forward"], () => out).place;
  return place?.rule === any?.rule ? null : place;
}

/** Somebody on the container's own network: the bridge's ports alone are between them. */
function isNeighbour(subnet: string, server: string, host: LivingHost): boolean {
  return holds(subnet, server) && !isOwn(host, server);
}

function isOwn({ addresses }: LivingHost, address: string): boolean {
  return addresses.some((link) => link.addresses.some((one) => sameAddress(one.address, address)));
}

/** The device by which the host sends to an address: the narrowest route's of the main table, else that of the world. */
function deviceTo(snapshot: LivingSnapshot, host: LivingHost, address: string): string | null {
  const own = bridgesOf(snapshot).find(({ ranges }) => ranges.some(({ subnet }) => holds(subnet, address)));
  const [narrowest] = host.routes
    .filter(({ destination, table = "main" }) => table === "main" && holds(destination, address))
    .toSorted((one, other) => prefixOf(other.destination) - prefixOf(one.destination));
  return own?.device ?? narrowest?.interface ?? wayOutOf(host, address.includes(":") ? 6 : 4);
}

function told(group: readonly Ended[]): Findings {
  const [first] = group;
  if (first === undefined) return NOTHING;
  const { server, place } = first;
  const rule = placeText(place);
  const names = [...new Set(group.map(({ asking }) => asking.container.name))];
  const devices = [...new Set(group.map(({ asking }) => asking.bridge.device))];
  const manager = managerOf(place);
  return notes({
    key: firewallKey(rule),
    what: `This host's packet filter keeps ${listed(names)} from asking the name server ${server}: \`${rule}\`. Names beyond this host are not found there.`,
    todo: `If they are to ask it: let UDP and TCP port 53 to ${server} pass from ${listed(devices)}.${manager === null ? "" : ` ${manager.changes}`}`,
    subjects: names.map((name) => ({ kind: "container", name })),
  });
}
