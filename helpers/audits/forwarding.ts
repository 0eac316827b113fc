import type { LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf, type Bridge } from "./bridges.ts";
import { auditClosed, auditWithin } from "./closed.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { auditDiscovery } from "./discovery.ts";
import { auditDiversions } from "./diversions.ts";
import { anyFirewallOf } from "./engine-rules.ts";
import { auditFrames, auditPortChains } from "./frames.ts";
import { auditMarkedWay } from "./marked-way.ts";
import { addressOf, type View } from "./network-view.ts";
import { auditOutwardRoute } from "./outward-route.ts";
import { auditWayOut } from "./way-out.ts";

/** What the packet filter does with what containers of bridge networks send and get, judged by its effect. */
export function auditForwarding(snapshot: LivingSnapshot): Findings {
  return ofViews(snapshot, (view, second, other) => {
    const passing = [auditWayOut(view), ...(second === undefined ? [] : [auditWithin(view, second)])];
    return [
      ...passing,
      auditMarkedWay(view),
      auditOutwardRoute(view),
      auditDiversions(view),
      // What ends all of them has ended these.
      passing.every(isNothing) ? auditDiscovery(view, second !== undefined) : NOTHING,
      auditFrames(view, second),
      auditPortChains(view),
      // What the engine makes no rules for, nobody has promised to keep apart.
      view.firewall.ruled === "by the engine" ? auditClosed(view, other) : NOTHING,
    ];
  });
}

/** Marks alone that lead what is for containers past their bridges. */
export function auditMarks(snapshot: LivingSnapshot): Findings {
  return ofViews(snapshot, (view) => [auditMarkedWay(view)]);
}

/** @param judge is given each family of each network that is up, another container on it, and one on another network */
function ofViews(
  snapshot: LivingSnapshot,
  judge: (view: View, second: Attachment | undefined, other: Attachment | undefined) => readonly Findings[],
): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  const attachments = attachmentsOf(snapshot);
  const byNetwork = Map.groupBy(attachments, ({ bridge }) => bridge.name);
  const networks = [...byNetwork.values()].flatMap(([first]) => first?.bridge ?? []);
  return together(
    ([4, 6] as const).flatMap((family) => {
      const firewall = anyFirewallOf(snapshot, host, family);
      if (firewall === null) return [];
      const on = (bridge: Bridge): Attachment[] =>
        (byNetwork.get(bridge.name) ?? []).filter((one) => addressOf(one, family) !== "");
      return networks.flatMap((bridge) => {
        const [member, second] = on(bridge);
        const link = host.links.find(({ name }) => name === bridge.device);
        // A network whose device is gone or down is told as that.
        if (member === undefined || link?.up !== true) return [];
        const [other] = networks
          .filter((one) => one.name !== bridge.name && host.links.some(({ name, up }) => name === one.device && up))
          .flatMap((one) => on(one).slice(0, 1));
        return judge({ snapshot, host, firewall, family, bridge, member }, second, other);
      });
    }),
  );
}

function isNothing({ deviations, notes }: Findings): boolean {
  return deviations.length === 0 && notes.length === 0;
}
