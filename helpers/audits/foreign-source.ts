import { firewallKey } from "../cause/keys.ts";
import { isLoopback, sameAddress } from "../model/address.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import { type Findings, notes } from "./deviation.ts";
import { about, packetOf, type View, whoOn } from "./network-view.ts";
import { pass } from "./passage.ts";
import { byHand } from "./remedies.ts";
import { uplinkOf } from "./uplink.ts";

/** What a rule makes of the source of what containers send. */
interface Changed {
  readonly source: string;
  readonly changer: Place;
}

export function isOfHost({ host }: View, address: string): boolean {
  return host.addresses.some(({ addresses }) => addresses.some((one) => sameAddress(one.address, address)));
}

/**
 * A rule that gives what a network sends beyond the host an address that the host does not have. A router may send that
 * address here: a note. A rule that does so to the host's own packets as well leaves it without answers, unless a name
 * server beyond it has just answered one of them.
 * @param way the device by which it leaves
 */
export function auditForeignSource(view: View, way: string, { source, changer }: Changed): Findings {
  const { bridge, family } = view;
  const rule = placeText(changer);
  const strikesHost = sourceOfHost(view, way, { destination: SOMEBODY[family] }) === source;
  const answered = Object.entries(view.snapshot.upstreams).some(
    ([server, { answers }]) =>
      answers &&
      !isLoopback(server) &&
      isIpv6(server) === (family === 6) &&
      sourceOfHost(view, way, { destination: server, protocol: "udp", destinationPort: 53, tcpFlags: [] }) === source,
  );
  if (!strikesHost || answered)
    return notes({
      key: `foreign-source ${bridge.name} ${source}`,
      what: `What network ${bridge.name} sends beyond this host gets the address ${source}, which no interface of this host has: \`${rule}\`. Unless the router sends that address here, no answer comes back.`,
      todo: "If that is not meant, take the rule away.",
      subjects: [{ kind: "network", name: bridge.name }],
    });
  const line = removal(changer);
  return about(view, "LIVE-08", {
    expected: `what is sent by ${way} has an address of this host`,
    observed: `it gets ${source} (${rule})`,
    effect: `${whoOn(view)} reach nothing beyond this host, nor does the host itself: answers go to ${source}.`,
    reason: {
      key: firewallKey(rule),
      what: `A rule gives what this host and its containers send the address ${source}, which no interface of this host has: \`${rule}\`.`,
      act: "a firewall or VPN script that was written for another address of this host",
      certainty: "concluded",
      evidence: [rule],
      remedies: line === null ? [] : [byHand("take the rule away", [line])],
    },
  });
}

/** The address that one of the host's own packets leaves with; null where it is not known. */
function sourceOfHost(view: View, way: string, to: Parameters<typeof packetOf>[1]): string | null {
  const own = uplinkOf(view.host, view.family)?.address;
  if (own === undefined) return null;
  const packet = packetOf(view, { source: own, sourceType: "local", inDevice: null, outDevice: way, ...to });
  const passage = pass(view.firewall.all, packet, ["output", "postrouting"]);
  return passage.outcome === "open" ? (passage.packet.source ?? null) : null;
}
