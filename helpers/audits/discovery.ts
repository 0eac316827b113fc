import { listed } from "../cause/mend.ts";
import { filtersBridged } from "../expectations/kernel-values.ts";
import { discoveryOf } from "../snapshot/firewall/discovery.ts";
import type { Hook } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { addressOf, senderOf, type View, whoOn } from "./network-view.ts";
import { type Passage, pass } from "./passage.ts";
import { stopped } from "./stopped.ts";

/**
 * Whether the packet filter lets the containers of a network and their gateway learn each other's hardware addresses;
 * without these nothing else is sent. Of IPv6 that is a packet like others; ARP has tables of its own.
 */
export function auditDiscovery(view: View, hasNeighbours: boolean): Findings {
  const { host, firewall, bridge, family } = view;
  if (family === 4 && !firewall.all.tables.some((table) => table.family === "arp")) return NOTHING;
  const between =
    family === 6 && hasNeighbours && bridge.icc && filtersBridged(host.sysctls, family) ? auditBetween(view) : NOTHING;
  const mode = bridge.ranges.find((range) => range.family === family)?.mode;
  if (between !== NOTHING || bridge.internal || mode === "isolated") return between;
  // A rule for IPv4 may be about one container's address alone.
  const members = attachmentsOf(view.snapshot).filter(
    (one) => one.bridge.name === bridge.name && addressOf(one, family) !== "",
  );
  const hit = members.flatMap((member) => {
    const passage = withGateway(view, member);
    return passage === null ? [] : [{ member, passage }];
  });
  const [first] = hit;
  if (first === undefined) return NOTHING;
  const same = hit.filter(({ passage }) => passage.place?.rule === first.passage.place?.rule);
  const names = listed([...new Set(same.map(({ member }) => member.container.name))].toSorted());
  const who = same.length === members.length ? whoOn(view) : names;
  return stopped(
    view,
    first.passage,
    `${who} and their gateway don't find each other${family === 6 ? " by IPv6" : ""}: they reach nothing beyond this host.`,
    "LIVE-07",
  );
}

function auditBetween(view: View): Findings {
  const { firewall, bridge, family } = view;
  const { question, answer } = discoveryOf(family, "", "");
  for (const packet of [question, answer]) {
    const bridged = { ...packet, bridged: true, inDevice: bridge.device, outDevice: bridge.device };
    const passage = pass(firewall.all, bridged, ["prerouting", "forward"]);
    if (passage.outcome === "shut")
      return stopped(
        view,
        passage,
        `${whoOn(view)} don't reach each other by IPv6: nobody learns another's hardware address.`,
        "LIVE-09",
      );
  }
  return NOTHING;
}

/** What ends a question between a container and its gateway, or the answer; null where nothing does. */
function withGateway({ firewall, bridge, family }: View, member: Attachment): Passage | null {
  const { device } = bridge;
  const gateway = bridge.ranges.find((range) => range.family === family)?.gateway ?? "";
  const asks = discoveryOf(family, addressOf(member, family), gateway);
  const asked = discoveryOf(family, gateway, addressOf(member, family));
  const ways: readonly { readonly packet: Packet; readonly hooks: readonly Hook[] }[] = [
    ...[asks.question, asked.answer].map((packet) => ({
      packet: { ...packet, ...(family === 4 ? senderOf(member) : {}), inDevice: device, outDevice: null },
      hooks: ["prerouting", "input"] as const,
    })),
    ...[asked.question, asks.answer].map((packet) => ({
      packet: { ...packet, inDevice: null, outDevice: device },
      hooks: ["output"] as const,
    })),
  ];
  for (const { packet, hooks } of ways) {
    const passage = pass(firewall.all, packet, hooks);
    if (passage.outcome === "shut") return passage;
  }
  return null;
}
