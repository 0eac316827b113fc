import type { LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf, type Bridge } from "./bridges.ts";
import { auditClosed, auditWithin } from "./closed.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { auditDiscovery } from "./discovery.ts";
import { auditDiversions } from "./diversions.ts";
import { anyFirewallOf } from "./engine-rules.ts";
import { auditFrames, auditPortChains } from "./frames.ts";
import { auditIpsec } from "./ipsec.ts";
import { auditMarkedWay } from "./marked-way.ts";
import { addressOf, type View } from "./network-view.ts";
import { auditOutwardRoute } from "./outward-route.ts";
import { toldApart } from "./told-apart.ts";
import { auditWayOut } from "./way-out.ts";

/** What the packet filter does with what containers of bridge networks send and get, judged by its effect. */
export function auditForwarding(snapshot: LivingSnapshot): Findings {
  return ofViews(snapshot, (view, second, other) => {
    const groups = toldApart(view);
    const passing = [ofGroups(view, groups, auditWayOut), second === undefined ? NOTHING : auditWithin(view, groups)];
    return [
      ...passing,
      auditMarkedWay(view),
      auditOutwardRoute(view),
      auditDiversions(view),
      auditIpsec(view),
      // What ends all of them has ended these.
      passing.every(isNothing) ? auditDiscovery(view, second !== undefined) : NOTHING,
      auditFrames(view, second),
      auditPortChains(view),
      // What the engine makes no rules for, nobody has promised to keep apart.
      view.firewall.ruled === "by the engine" ? auditClosed(view, other) : NOTHING,
    ];
  });
}

/** Of each group of a network's members; where the same is so of all of them, of the network. */
function ofGroups(view: View, groups: readonly Attachment[][], judge: (view: View) => Findings): Findings {
  const found = groups.flatMap((concerned) => {
    const [member] = concerned;
    return member === undefined ? [] : [judge({ ...view, member, concerned: groups.length > 1 ? concerned : null })];
  });
  const [first, ...others] = found.map(causesOf);
  return others.every((one) => one === first) ? judge(view) : together(found);
}

function causesOf({ deviations, notes }: Findings): string {
  return [...new Set([...deviations.map(({ reason }) => reason.key), ...notes.map(({ key }) => key)])].join();
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
        return judge({ snapshot, host, firewall, family, bridge, member, concerned: null }, second, other);
      });
    }),
  );
}

function isNothing({ deviations, notes }: Findings): boolean {
  return deviations.length === 0 && notes.length === 0;
}
