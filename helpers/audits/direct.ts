import { isLoopback } from "../model/address.ts";
import { SOMEBODY } from "../model/somebody.ts";
import { has } from "../model/version-switches.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { firewallOf, missingBasics } from "./engine-rules.ts";
import { packetOf } from "./network-view.ts";
import { pass } from "./passage.ts";
import { about, type Published, portText } from "./published.ts";
import { rulesGone } from "./rules-gone.ts";
import { uplinkOf } from "./uplink.ts";

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
  const [open] = ends.filter(({ attachment: { bridge }, address }) => {
    const mode = bridge.ranges.find((range) => range.family === family)?.mode;
    if (mode !== "nat") return false;
    const passage = pass(
      firewall.all,
      { ...asked, destination: address, destinationPort: port.containerPort },
      ["prerouting", "forward"],
      () => bridge.device,
    );
    return passage.outcome === "open";
  });
  const atLoopback =
    isLoopback(port.hostAddress) &&
    pass(
      firewall.all,
      { ...asked, destination: port.hostAddress, destinationPort: port.hostPort, destinationType: "local" },
      ["prerouting"],
    ).outcome === "open";
  if ((open === undefined && !atLoopback) || missingBasics(snapshot, firewall, family).length > 0) return NOTHING;
  const where = open === undefined ? `${port.hostAddress}:${port.hostPort}` : `${open.address}:${port.containerPort}`;
  return about(published, "LIVE-10", {
    expected: `what other machines send to ${where} is dropped`,
    observed: "it passes every rule",
    effect: `Machines beside this host reach port ${portText(container, port)} at ${where}, wherever it is published.`,
    reason: rulesGone(
      snapshot,
      { part: open === undefined ? "guarded loopback" : "direct", container },
      [],
      [],
      "concluded",
    ),
  });
}
