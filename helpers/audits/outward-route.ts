import { policyRuleKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { mainTableFirst } from "../cause/policy-rules.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { decidingRoute } from "../snapshot/deciding-route.ts";
import { evaluate } from "../snapshot/firewall/evaluate.ts";
import { attachmentsOf } from "./bridges.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { deviceOf, routesOf } from "./marked-way.ts";
import { about, addressOf, DATAGRAM, packetOf, senderOf, type View } from "./network-view.ts";
import { wayOutOf } from "./uplink.ts";

/** What containers send beyond this host: a policy rule may be about one protocol, or one port. */
const ASKED = [
  { at: "443/tcp", parts: { destinationPort: 443 } },
  { at: "80/tcp", parts: { destinationPort: 80 } },
  { at: "53/udp", parts: { ...DATAGRAM, destinationPort: 53 } },
] as const;

/**
 * Whether the host's policy rules leave a way for what a network's containers send beyond it: one by the sender's address
 * or the device may lead nowhere, while what the host itself sends goes out. Where it leads by another device, somebody
 * may have meant it.
 */
export function auditOutwardRoute(view: View): Findings {
  const { snapshot, host, firewall, bridge, family } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  if (bridge.internal || range === undefined || range.mode === "isolated") return NOTHING;
  const rules = family === 4 ? host.rules : host.rules6;
  if (rules.length === 0 || wayOutOf(host, family) === null) return NOTHING;
  const routes = routesOf(host, family);
  const [ip, by] = family === 4 ? ["ip", ""] : ["ip -6", " by IPv6"];
  const members = attachmentsOf(snapshot).filter(
    (one) => one.bridge.name === bridge.name && addressOf(one, family) !== "",
  );
  const lost = members.flatMap((member) =>
    ASKED.flatMap(({ at, parts }) => {
      const sent = packetOf(view, {
        ...parts,
        source: addressOf(member, family),
        ...senderOf(member),
        destination: SOMEBODY[family],
        inDevice: bridge.device,
        outDevice: null,
      });
      const { packet } = evaluate(firewall.all, sent, "prerouting");
      // What a rule may have marked, or translated, has a way that nobody can tell.
      if (packet.mark === undefined || packet.destination !== sent.destination) return [];
      const decided = decidingRoute(routes, packet, bridge.device);
      return decided === null || deviceOf(decided) !== null ? [] : [{ at, member, decided }];
    }),
  );
  const [first] = lost;
  if (first === undefined) return NOTHING;
  const { rule, route } = first.decided;
  // One rule is one cause: what another one takes is told once this one is mended.
  const same = lost.filter(({ decided }) => decided.rule === rule);
  const names = [...new Set(same.map(({ member }) => member.container.name))];
  const at = [...new Set(same.map((one) => one.at))];
  return about(view, "LIVE-07", {
    expected: "a way beyond this host",
    observed: "none",
    effect:
      at.length === ASKED.length
        ? `${listed(names)} reach nothing beyond this host${by}, and other machines get no answer from them.`
        : `${listed(names)} reach nothing beyond this host${by} at ${listed(at)}.`,
    reason: {
      key: policyRuleKey(rule),
      what: `A policy rule leads what containers send beyond this host nowhere: \`${rule}\`.`,
      act: "a program for several ways out, a VPN's kill switch, or a person added it",
      certainty: "seen",
      evidence: [`${ip} rule: ${rule}`, ...(route === null ? [] : [`${ip} route: ${route}`])],
      remedies: [mainTableFirst("from", [range.subnet], rule, { ip, check: `${ip} rule` })],
    },
  });
}
