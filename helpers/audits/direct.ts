import { isLoopback } from "../model/address.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { has } from "../model/version-switches.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import type { Bridge } from "./bridges.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { firewallOf, missingBasics } from "./engine-rules.ts";
import { packetOf } from "./network-view.ts";
import { pass } from "./passage.ts";
import { about, type Published, portText } from "./published.ts";
import { reasonOfRuleBefore } from "./rule-before.ts";
import { rulesGone } from "./rules-gone.ts";
import { uplinkOf } from "./uplink.ts";
import { missingOf } from "./written-rules.ts";

/**
 * Since Engine 28 a published port is reached at the addresses that it is published on, and not at the container's own by
 * a neighbour who routes packets for it to this host, nor at a loopback address (moby#45610).
 */
export function auditDirect(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port, family, ends } = published;
  const { facts } = snapshot;
  const firewall = firewallOf(snapshot, host, family);
  const uplink = uplinkOf(host, family);
  if (firewall === null || uplink === null) return NOTHING;
  if (!has(facts, "raw-drop-for-published") || facts.configuration["allow-direct-routing"] === true) return NOTHING;
  const asked = packetOf(published, {
    protocol: port.protocol,
    source: SOMEBODY[family],
    inDevice: uplink.device,
    outDevice: null,
  });
  const ways = [
    ...ends
      .filter(({ attachment }) => isNatted(attachment.bridge, family))
      .map(({ attachment: { bridge }, address }) => ({
        part: "direct" as const,
        where: `${address}:${port.containerPort}`,
        passage: pass(
          firewall.all,
          { ...asked, destination: address, destinationPort: port.containerPort },
          ["prerouting", "forward"],
          () => bridge.device,
        ),
      })),
    // What comes from outside for ::1 the kernel itself drops.
    ...(family === 4 && isLoopback(port.hostAddress)
      ? [
          {
            part: "guarded loopback" as const,
            where: `${port.hostAddress}:${port.hostPort}`,
            passage: pass(
              firewall.all,
              { ...asked, destination: port.hostAddress, destinationPort: port.hostPort, destinationType: "local" },
              ["prerouting"],
            ),
          },
        ]
      : []),
  ];
  const open = ways.find(({ passage }) => passage.outcome === "open");
  if (open === undefined || missingBasics(snapshot, firewall, family).length > 0) return NOTHING;
  const { part, where, passage } = open;
  const gone = { part, container } as const;
  const isThere = missingOf(snapshot, family, gone)?.length === 0;
  const taken = isThere ? reasonOfRuleBefore(snapshot, passage, `what is sent to ${where}`) : null;
  return about(published, "LIVE-10", {
    expected: `what other machines send to ${where} is dropped`,
    observed: "it passes every rule",
    effect: `Machines beside this host reach port ${portText(container, port)} at ${where}, wherever it is published.`,
    reason: taken ?? rulesGone(snapshot, gone, [], [], "concluded"),
  });
}

function isNatted({ ranges }: Bridge, family: 4 | 6): boolean {
  return ranges.find((range) => range.family === family)?.mode === "nat";
}
