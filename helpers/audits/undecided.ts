import { SOMEBODY } from "../model/somebody.ts";
import type { Subject } from "../model/subject.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf, bridgesOf } from "./bridges.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { addressOf, packetOf } from "./network-view.ts";
import { pass } from "./passage.ts";
import { leadsByHost, publishedPorts, subjectOf } from "./published.ts";
import { questions } from "./translation.ts";
import { uplinkOf } from "./uplink.ts";

/**
 * Rules that drop or reject by a condition that nobody here can decide, where what containers send, or what is sent to
 * published ports, comes to them: a note for each.
 */
export function auditUndecided(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null || !hasUnknown(host)) return NOTHING;
  // What a program keeps, it keeps for all of its users.
  const struck = [...fromNetworks(snapshot, host), ...toPorts(snapshot, host)].filter(
    ({ place }) => managerOf(place)?.byHand !== false,
  );
  return together(
    [...Map.groupBy(struck, ({ place }) => placeText(place))].map(([rule, same]) =>
      notes({
        key: `undecided ${rule}`,
        what: `A rule may stop packets of containers, or to their published ports; whom its condition means can't be told here: \`${rule}\`.`,
        todo: "Whether it strikes them, its counter shows.",
        subjects: same.map(({ subject }) => subject),
      }),
    ),
  );
}

interface Struck {
  readonly place: Place;
  readonly subject: Subject;
}

/** Thousands of packets need not be asked where no rule has such a condition. */
function hasUnknown({ filters }: LivingHost): boolean {
  return (filters?.tables ?? []).some(({ chains }) =>
    chains.some(({ rules }) => rules.some(({ steps }) => steps.some(({ kind }) => kind === "unknown"))),
  );
}

function fromNetworks(snapshot: LivingSnapshot, host: LivingHost): Struck[] {
  const attachments = attachmentsOf(snapshot);
  return bridgesOf(snapshot).flatMap((bridge) =>
    bridge.ranges.flatMap(({ family }) => {
      const uplink = uplinkOf(host, family);
      const member = attachments.find((one) => one.bridge === bridge && addressOf(one, family) !== "");
      if (bridge.internal || uplink === null || member === undefined || host.filters === null) return [];
      const sent = packetOf(
        { family },
        { source: addressOf(member, family), destination: SOMEBODY[family], inDevice: bridge.device, outDevice: null },
      );
      const passage = pass(host.filters, sent, ["prerouting", "forward", "postrouting"], () => uplink.device);
      return passage.doubtful.map((place): Struck => ({ place, subject: { kind: "network", name: bridge.name } }));
    }),
  );
}

function toPorts(snapshot: LivingSnapshot, host: LivingHost): Struck[] {
  return publishedPorts(snapshot).flatMap((published) => {
    const { outside } = questions(snapshot, host, published);
    const [end] = published.ends;
    if (outside === null || end === undefined || host.filters === null || !leadsByHost(snapshot, published)) return [];
    const passage = pass(host.filters, outside, ["prerouting", "forward"], () => end.attachment.bridge.device);
    return passage.doubtful.map((place) => ({ place, subject: subjectOf(published.container, published.port) }));
  });
}
