import { SOMEBODY } from "../model/somebody.ts";
import { discoveryOf } from "../snapshot/firewall/discovery.ts";
import type { Hook } from "../snapshot/firewall/model.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { addressOf, DATAGRAM, packetOf, senderOf, type View, whoOn } from "./network-view.ts";
import { pass } from "./passage.ts";
import { stopped } from "./stopped.ts";

/**
 * What the packet filter of bridges (nftables' family `bridge`, ebtables) does with the frames of a network: from one
 * container to another, to the gateway, and from it. Such tables are never the engine's.
 */
export function auditFrames(view: View, second: Attachment | undefined): Findings {
  const { firewall, bridge, member, family } = view;
  if (!firewall.all.tables.some((table) => table.family === "bridge")) return NOTHING;
  const range = bridge.ranges.find((one) => one.family === family);
  const own = addressOf(member, family);
  const port = portOf(view, member);
  const ways: {
    readonly to: string;
    readonly inDevice: string | null;
    readonly outDevice: string | null;
    readonly hooks: readonly Hook[];
    readonly effect: (what: string) => string;
  }[] = [
    ...(second === undefined
      ? []
      : [
          {
            to: addressOf(second, family),
            inDevice: port,
            outDevice: portOf(view, second),
            hooks: ["prerouting", "forward", "postrouting"] as const,
            effect: (what: string) => `${whoOn(view)} don't reach each other${what}.`,
          },
        ]),
    {
      to: range?.gateway ?? "",
      inDevice: port,
      outDevice: null,
      hooks: ["prerouting", "input"],
      effect: (what) => `${whoOn(view)} reach neither this host nor anything beyond it${what}.`,
    },
    {
      to: own,
      inDevice: null,
      outDevice: port,
      hooks: ["output", "postrouting"],
      effect: (what) => `${whoOn(view)} get nothing from this host nor from beyond it${what}.`,
    },
  ];
  for (const { to, inDevice, outDevice, hooks, effect } of ways) {
    const source = to === own ? (range?.gateway ?? "") : own;
    const packet = packetOf(view, { source, destination: to, inDevice, outDevice });
    const { question, answer } = discoveryOf(family, source, to);
    const ends = { inDevice, outDevice };
    for (const [sent, what] of [
      [packet, ""],
      [{ ...packet, ...DATAGRAM }, " by UDP"],
      [{ ...question, ...ends }, UNLEARNT],
      [{ ...answer, ...ends, source: to, destination: source }, UNLEARNT],
    ] as const) {
      const passage = pass(firewall.all, sent, hooks, undefined, "bridge");
      if (passage.outcome === "shut") return stopped(view, passage, effect(what), "LIVE-09");
    }
  }
  return NOTHING;
}

/** What it means where the question for a hardware address ends, or the answer. */
const UNLEARNT = ": nobody learns another's hardware address";

/** The bridge port of a container, by the other end of its interface; the bridge itself where that is not known. */
function portOf({ host, bridge }: View, { container, endpoint }: Attachment): string {
  const nic = container.inside === null ? undefined : nicOf(container.inside, endpoint);
  return host.links.find(({ index }) => index === nic?.peerIndex)?.name ?? bridge.device;
}

/**
 * What chains of single devices (nftables' family `netdev`) do with what a container sends and gets: at its bridge port,
 * and at the bridge itself, by which all passes that this host forwards.
 */
export function auditPortChains(view: View): Findings {
  const { snapshot, firewall, bridge, family } = view;
  const ofDevices = firewall.all.tables.some(({ chains }) =>
    chains.some(({ base }) => base?.hook === "ingress" || base?.hook === "egress"),
  );
  if (!ofDevices) return NOTHING;
  return together(
    attachmentsOf(snapshot)
      .filter((one) => one.bridge.name === bridge.name && addressOf(one, family) !== "")
      .map((one) => {
        const port = portOf(view, one);
        for (const device of new Set([port, bridge.device])) {
          const where = device === port ? `on network ${bridge.name} and beyond it` : `beyond network ${bridge.name}`;
          for (const { packet, hook, effect } of atDevice(view, one, device)) {
            const passage = pass(firewall.all, packet, [hook], undefined, "device");
            if (passage.outcome === "shut") return stopped(view, passage, `${one.container.name} ${effect} ${where}.`);
          }
        }
        return NOTHING;
      }),
  );
}

/** What a container sends to somebody by a device, and what is sent to it: to its published ports, and to some other one. */
function atDevice(view: View, one: Attachment, device: string) {
  const { family } = view;
  const [own, somebody] = [addressOf(one, family), SOMEBODY[family]];
  const sent = { source: own, ...senderOf(one), destination: somebody, inDevice: device };
  const got = { source: somebody, destination: own, outDevice: device };
  const ports = new Set(one.container.ports.map(({ containerPort }) => containerPort));
  const gateway = view.bridge.ranges.find((range) => range.family === family)?.gateway ?? "";
  const asks = discoveryOf(family, own, gateway);
  const asked = discoveryOf(family, gateway, own);
  return [
    { packet: packetOf(view, sent), hook: "ingress", effect: "is heard by nobody" },
    { packet: packetOf(view, got), hook: "egress", effect: "gets nothing" },
    ...[asks.question, asked.answer].map((packet) => ({
      packet: { ...packet, ...senderOf(one), inDevice: device },
      hook: "ingress" as const,
      effect: "is found by nobody, for its hardware address is not learnt",
    })),
    ...[asked.question, asks.answer].map((packet) => ({
      packet: { ...packet, outDevice: device },
      hook: "egress" as const,
      effect: "finds nobody, for it learns no hardware addresses",
    })),
    ...[...ports].map((destinationPort) => ({
      packet: packetOf(view, { ...got, destinationPort }),
      hook: "egress" as const,
      effect: `gets nothing at its port ${destinationPort}`,
    })),
  ] as const;
}
