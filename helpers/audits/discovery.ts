import { filtersBridged } from "../expectations/kernel-values.ts";
import { DISCOVERY } from "../snapshot/firewall/discovery.ts";
import type { Hook } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { type Findings, NOTHING } from "./deviation.ts";
import { type View, whoOn } from "./network-view.ts";
import { pass } from "./passage.ts";
import { stopped } from "./stopped.ts";

/**
 * Whether the packet filter lets the containers of a network and their gateway learn each other's hardware addresses. Of
 * IPv6 that is a packet like others; without it nothing else is sent.
 */
export function auditDiscovery(view: View, hasNeighbours: boolean): Findings {
  const { host, firewall, bridge, family } = view;
  if (family === 4) return NOTHING;
  const mode = bridge.ranges.find((range) => range.family === family)?.mode;
  const stopAt = (hooks: readonly Hook[], devices: Partial<Packet>, effect: string, claim: "LIVE-07" | "LIVE-09") => {
    for (const packet of DISCOVERY) {
      const passage = pass(firewall.all, { ...packet, ...devices }, hooks);
      if (passage.outcome === "shut") return stopped(view, passage, effect, claim);
    }
    return null;
  };
  const { device } = bridge;
  const nobody = "nobody learns another's hardware address";
  const within =
    hasNeighbours && bridge.icc && filtersBridged(host.sysctls, family)
      ? stopAt(
          ["prerouting", "forward"],
          { bridged: true, inDevice: device, outDevice: device },
          `${whoOn(view)} don't reach each other by IPv6: ${nobody}.`,
          "LIVE-09",
        )
      : null;
  if (within !== null) return within;
  if (bridge.internal || mode === "isolated") return NOTHING;
  const effect = `${whoOn(view)} and their gateway don't find each other by IPv6: they reach nothing beyond this host.`;
  return (
    stopAt(["prerouting", "input"], { inDevice: device, outDevice: null }, effect, "LIVE-07") ??
    stopAt(["output"], { inDevice: null, outDevice: device }, effect, "LIVE-07") ??
    NOTHING
  );
}
