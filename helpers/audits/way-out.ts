import { listed } from "../cause/mend.ts";
import { masquerades } from "../expectations/firewall.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { evaluate } from "../snapshot/firewall/evaluate.ts";
import { isDiversion } from "../snapshot/firewall/evaluation.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import { comesBack } from "./answers.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { auditForeignSource, isOfHost } from "./foreign-source.ts";
import { leadsInward } from "./inward-route.ts";
import { about, addressOf, DATAGRAM, packetOf, senderOf, UNPUBLISHED, type View, whoOn } from "./network-view.ts";
import { type Passage, pass } from "./passage.ts";
import { RULE_BACK } from "./published.ts";
import { byHand } from "./remedies.ts";
import { rulesGone } from "./rules-gone.ts";
import { stopped } from "./stopped.ts";
import { insertion } from "./translation.ts";
import { addressAt, inwardDefault, wayOutOf } from "./uplink.ts";

/** What containers send beyond this host: the first of it that no rule leads elsewhere (to a proxy) shows the way. */
const ASKED: readonly Partial<Packet>[] = [
  { destinationPort: 443 },
  { destinationPort: 80 },
  { destinationPort: UNPUBLISHED },
  { ...DATAGRAM, destinationPort: UNPUBLISHED },
];

/** The largest packet that a network's containers send. */
function lengthOn({ host, bridge }: View): number {
  return Math.min(host.links.find(({ name }) => name === bridge.device)?.mtu ?? WHOLE, WHOLE);
}

const WHOLE = 1500;

function portOf({ destinationPort, protocol }: Packet): string {
  return `${destinationPort}/${protocol}`;
}

/** The way of a network's containers beyond this host, and that of the answers. */
export function auditWayOut(view: View): Findings {
  const { snapshot, host, firewall, family, bridge, member } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  const way = wayOutOf(host, family);
  if (bridge.internal || range === undefined || range.mode === "isolated" || way === null) return NOTHING;
  const inward = inwardDefault(host, family);
  if (inward !== null) return leadsInward(view, inward);
  const address = addressOf(member, family);
  const ipv6 = family === 6 ? " by IPv6" : "";
  const asked = ASKED.map((parts) =>
    packetOf(view, {
      ...parts,
      source: address,
      ...senderOf(member),
      destination: SOMEBODY[family],
      inDevice: bridge.device,
      outDevice: null,
    }),
  ).filter((packet) => {
    const { changes, ends } = evaluate(firewall.all, packet, "prerouting");
    return !changes.some(isDiversion) && !ends.some(({ verdict }) => verdict === "take");
  });
  const [sent] = asked;
  if (sent === undefined) return NOTHING;
  const leave = (packet: Packet): Passage =>
    pass(firewall.all, packet, ["prerouting", "forward", "postrouting"], () => way);
  const out = leave(sent);
  if (out.outcome === "shut") {
    const shut = asked.filter((packet) => leave(packet).outcome === "shut");
    const at = shut.length === asked.length ? "" : ` at port ${listed(shut.map(portOf))}`;
    return stopped(view, out, `${whoOn(view)} reach nothing beyond this host${at}${ipv6}.`);
  }
  const hidden = out.translatedBy.length > 0;
  const answering = {
    enters: way,
    leaves: bridge.device,
    // Its way back is judged also where no rule masquerades any more: mending the one must not uncover the other. What is
    // meant for a container's own address, as without masquerade, the engine itself (28) shuts as it arrives.
    ...(hidden || range.masquerade ? { arrivesFor: addressAt(host, way, family) } : {}),
    asker: address,
  };
  const back = comesBack(firewall.all, out.packet, answering);
  if (back.outcome === "shut")
    return stopped(view, back, `${whoOn(view)} get no answers from beyond this host${ipv6}.`, "LIVE-07", {
      chosen: false,
      // Whom a list lets send to this host is the operator's word.
      listed: !back.arrives,
    });
  const later = { tcpFlags: ["ack"], length: lengthOn(view) };
  const large = leave({ ...sent, ...later, state: "established" });
  for (const [passage, what] of [
    [large, "send beyond this host"],
    [comesBack(firewall.all, out.packet, { ...answering, parts: later }), "get from beyond this host"],
  ] as const)
    if (passage.outcome === "shut")
      return stopped(
        view,
        passage,
        `${whoOn(view)} lose what they ${what}${ipv6} in packets of ${later.length} bytes: short messages pass, and longer ones hang.`,
      );
  for (const [passage, what] of [
    [out, "what they send beyond this host"],
    [back, "the answers from beyond this host"],
  ] as const)
    if (passage.lossy !== null)
      return stopped(view, { ...passage, place: passage.lossy }, `${whoOn(view)} lose a part of ${what}${ipv6}.`);
  if (firewall.ruled !== "by the engine") return NOTHING;
  const { source = null } = out.packet;
  const [changer] = out.translatedBy;
  // Masquerading takes an address of the device, and leaves the packet's unknown.
  if (changer !== undefined && source !== null && source !== address && !isOfHost(view, source))
    return auditForeignSource(view, way, { source, changer });
  if (out.outcome === "unsure" || hidden || !range.masquerade || !out.packet.source) return NOTHING;
  const basics = missingBasics(snapshot, firewall, family);
  const withNat = basics.some(({ what }) => what.includes("nat"));
  const wanted = masquerades([], range.subnet, bridge.device).wanted;
  const byRule = firewall.layout === null || family === 6 ? [] : [insertion(firewall, wanted)];
  return about(view, "LIVE-08", {
    expected: `what ${range.subnet} sends by ${way} gets the host's address`,
    observed: `it keeps its own${out.place === null ? "" : ` (${placeText(out.place)})`}`,
    effect: `${whoOn(view)} reach nothing beyond this host${ipv6}: answers to ${address} find no way back.`,
    reason: withNat
      ? reasonOfBasics(basics)
      : rulesGone(
          snapshot,
          { part: "masquerade", network: bridge.name },
          [],
          byRule.map((line) =>
            byHand(RULE_BACK, [line], `${firewall.program} -t nat -S POSTROUTING | grep -- '${range.subnet}'`),
          ),
          "concluded",
        ),
  });
}
