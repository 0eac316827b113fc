import { ipsecPolicy } from "../cause/ipsec.ts";
import { listed } from "../cause/mend.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { answerTo } from "../snapshot/firewall/answer.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { decidingPolicy, type IpsecPolicy } from "../snapshot/ipsec.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { about, addressOf, packetOf, senderOf, type View } from "./network-view.ts";
import { addressAt, wayOutOf } from "./uplink.ts";

/** A packet of a container's, or for one, by the directions in which this host asks its policies. */
interface Asked {
  readonly packet: Packet;
  readonly directions: readonly string[];
  readonly beyond: boolean;
}

/**
 * Whether a policy of IPsec on the host drops what a network's containers send and get. Where one asks for a tunnel, only
 * its keys tell whether there is one: those nobody reads.
 */
export function auditIpsec(view: View): Findings {
  const { snapshot, host, bridge, family } = view;
  if (!host.policies.some(({ blocks }) => blocks)) return NOTHING;
  const members = attachmentsOf(snapshot).filter(
    (one) => one.bridge.name === bridge.name && addressOf(one, family) !== "",
  );
  const hit = members.flatMap((member) =>
    askedOf(view, member).flatMap(({ packet, directions, beyond }) =>
      directions.flatMap((direction) => {
        const policy = decidingPolicy(host.policies, packet, [direction]);
        return policy?.blocks === true ? [{ member, policy, beyond }] : [];
      }),
    ),
  );
  return together([...Map.groupBy(hit, ({ policy }) => policy)].map(([policy, same]) => told(view, policy, same)));
}

function askedOf(view: View, member: Attachment): Asked[] {
  const { host, bridge, family } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  const way = wayOutOf(host, family);
  const own = addressOf(member, family);
  const sent = packetOf(view, { source: own, ...senderOf(member), destination: SOMEBODY[family] });
  const hidden = way === null || range?.masquerade !== true ? null : addressAt(host, way, family);
  const passedOn = ["fwd", "out"];
  const withGateway = packetOf(view, { source: range?.gateway ?? "", destination: own });
  return [
    ...(bridge.internal || range?.mode === "isolated" || way === null
      ? []
      : [
          { packet: sent, directions: passedOn, beyond: true },
          { packet: answerTo(sent), directions: passedOn, beyond: true },
          // Behind the translation the kernel asks once more.
          ...(hidden === null ? [] : [{ packet: { ...sent, source: hidden }, directions: ["out"], beyond: true }]),
        ]),
    { packet: withGateway, directions: ["out"], beyond: false },
    { packet: answerTo(withGateway), directions: ["in"], beyond: false },
  ];
}

function told(
  view: View,
  policy: IpsecPolicy,
  hit: readonly { readonly member: Attachment; readonly beyond: boolean }[],
): Findings {
  const names = listed([...new Set(hit.map(({ member }) => member.container.name))].toSorted());
  const by = view.family === 6 ? " by IPv6" : "";
  const effect = hit.some(({ beyond }) => beyond)
    ? `${names}: what is sent beyond this host${by}, or the answers, are dropped.`
    : `${names}: what is sent to this host${by}, or by it, is dropped.`;
  return about(view, "LIVE-07", {
    expected: "no policy drops the packet",
    observed: policy.text,
    effect,
    topics: ["ipsec"],
    reason: { ...ipsecPolicy(policy, "of this host"), certainty: "seen" },
  });
}
