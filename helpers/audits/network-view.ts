import { isFirewallKey, MISSING_RULES } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import type { Subject } from "../model/subject.ts";
import { HOPS, type Packet } from "../snapshot/firewall/packet.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf, type Bridge } from "./bridges.ts";
import type { ClaimId } from "./claims.ts";
import { deviates, type Findings, type Found, together } from "./deviation.ts";
import type { JudgedFirewall } from "./engine-rules.ts";
import { ipFamily } from "./passage.ts";

/** A port that nobody publishes, for what must be shut: in none of the ranges that people use. */
export const UNPUBLISHED = 65_123;

/** One family of a bridge network, with somebody on it. */
export interface View {
  readonly snapshot: LivingSnapshot;
  readonly host: LivingHost;
  readonly firewall: JudgedFirewall;
  readonly family: 4 | 6;
  readonly bridge: Bridge;
  /** One of those that are concerned, who stands for them. */
  readonly member: Attachment;
  /** Those of the network of whom is spoken; null for all. */
  readonly concerned: readonly Attachment[] | null;
}

/** Its address of a family; empty where it has none. */
export function addressOf({ endpoint }: Attachment, family: 4 | 6): string {
  return family === 4 ? endpoint.address : endpoint.address6;
}

/** Who is on the network with an address of this family. */
export function membersOf({ snapshot, bridge, family }: Pick<View, "snapshot" | "bridge" | "family">): Attachment[] {
  return attachmentsOf(snapshot).filter((one) => one.bridge.name === bridge.name && addressOf(one, family) !== "");
}

/** What its packets come with: hops, and the hardware address where the engine tells it. */
export function senderOf({ endpoint }: Attachment): Partial<Packet> {
  return { ttl: HOPS, ...(endpoint.mac === "" ? {} : { sourceMac: endpoint.mac.toLowerCase() }) };
}

/** The first packet of a connection, with what is told of it. */
export function packetOf({ family }: Pick<View, "family">, parts: Partial<Packet>): Packet {
  return {
    family: ipFamily(family),
    protocol: "tcp",
    sourcePort: 50_000,
    destinationPort: 443,
    state: "new",
    status: [],
    mark: 0,
    tcpFlags: ["syn"],
    length: family === 4 ? 60 : 80,
    sourceType: "unicast",
    destinationType: "unicast",
    ...parts,
  };
}

/** What makes a packet of {@link packetOf} one of UDP. */
export const DATAGRAM: Partial<Packet> = { protocol: "udp", tcpFlags: [] };

/** A deviation of a network. */
export function aboutNetwork(
  name: string,
  claim: ClaimId,
  parts: Omit<Found, "claim" | "subject" | "concerns"> & Partial<Pick<Found, "concerns">>,
): Found {
  return { claim, subject: { kind: "network", name }, concerns: [name], ...parts };
}

/** What a deviation is told of: the network, or those of its containers whom it concerns alone. */
export function subjectsOf({ bridge, concerned }: View): Subject[] {
  if (concerned === null) return [{ kind: "network", name: bridge.name }];
  return concerned.map(({ container }) => ({ kind: "endpoint", container: container.name, network: bridge.name }));
}

/** A deviation of a network, of one family. What each family has of its own is a cause of its own; a rule is one, whomever it ends. */
export function about(view: View, claim: ClaimId, parts: Omit<Found, "claim" | "subject" | "concerns">): Findings {
  const { bridge, family, concerned } = view;
  const concerns = [bridge.name, ...(concerned ?? []).map(({ container }) => container.name)];
  const reason =
    family === 4 || parts.reason.key === MISSING_RULES || isFirewallKey(parts.reason.key)
      ? parts.reason
      : { ...parts.reason, key: `${parts.reason.key} ipv6` };
  return together(subjectsOf(view).map((subject) => deviates({ claim, subject, concerns, family, ...parts, reason })));
}

/** `Containers of network shop (shop-api, shop-web)` */
export function whoOn({ snapshot, bridge, concerned }: View): string {
  const all = attachmentsOf(snapshot).filter((one) => one.bridge.name === bridge.name);
  const names = (concerned ?? all).map(({ container }) => container.name);
  return `Containers of network ${bridge.name} (${listed(names.toSorted())})`;
}
