import { firewallKey } from "../cause/keys.ts";
import { remedyOf } from "../cause/mend.ts";
import type { Card, Remedy } from "../model/cause.ts";
import type { Note } from "../model/note.ts";
import { subjectKey } from "../model/subject.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { auditBridgeDevices } from "./bridge-devices.ts";
import { type Audit, type Breach, type Findings, type LivingNote, together } from "./deviation.ts";
import { auditEndpoints } from "./endpoints.ts";
import { auditExposure } from "./exposure.ts";
import { auditForeignGateways } from "./foreign-gateway.ts";
import { auditForwarding } from "./forwarding.ts";
import { auditForwardingTables } from "./forwarding-tables.ts";
import { auditFreeAddresses } from "./free-addresses.ts";
import { auditFurtherUplinks } from "./further-uplinks.ts";
import { auditHost } from "./host.ts";
import { auditKernelValues } from "./kernel-values.ts";
import { auditLeftovers } from "./leftovers.ts";
import { auditNames } from "./names.ts";
import { auditNeighbours } from "./neighbours.ts";
import { auditNetworks } from "./networks.ts";
import { asOneRestore, manyAsOne } from "./one-act.ts";
import { auditOverlays } from "./overlays.ts";
import { auditPorts, auditPublications } from "./ports.ts";
import { auditRunning } from "./running.ts";
import { auditSeveralEngines, takenByAnother } from "./several-engines.ts";
import { auditSwarmState } from "./swarm-state.ts";
import { auditSwarmWays } from "./swarm-ways.ts";
import { auditUndecided } from "./undecided.ts";
import { type Unseen, unseenOf } from "./unseen.ts";
import { auditUpstreams } from "./upstreams.ts";
import { auditWaysToServers } from "./ways-to-servers.ts";

const AUDITS: readonly Audit[] = [
  auditHost,
  auditLeftovers,
  auditSeveralEngines,
  auditKernelValues,
  auditNetworks,
  auditForeignGateways,
  auditBridgeDevices,
  auditNeighbours,
  auditFreeAddresses,
  auditForwarding,
  auditForwardingTables,
  auditEndpoints,
  auditOverlays,
  auditSwarmState,
  auditSwarmWays,
  auditPorts,
  auditFurtherUplinks,
  auditNames,
  auditUpstreams,
  auditWaysToServers,
  auditRunning,
  auditExposure,
  auditUndecided,
];

/** Those that ask what every packet filter of the host does with packets that nobody has to send. */
export const OF_FILTERS: readonly Audit[] = [auditForwarding, auditPublications];

/** Everything that every audit finds in one look. What is the cause of a deviation, or a part of it, is no note beside it. */
export function audit(snapshot: LivingSnapshot, audits = AUDITS): Findings {
  const { deviations, notes } = together(audits.map((each) => each(snapshot)));
  const causes = new Set(deviations.flatMap(({ reason }) => [reason.key, ...reason.evidence.map(firewallKey)]));
  return { deviations: takenByAnother(deviations, snapshot), notes: notes.filter(({ key }) => !causes.has(key)) };
}

/** Findings of a living host, with what could not be judged: because it changed meanwhile, or was not to be seen. */
export interface Judgement extends Findings {
  readonly changed: readonly Breach[];
  readonly unseen: readonly Unseen[];
}

/** What one look has brought. */
interface Look {
  readonly found: Findings;
  readonly unseen: readonly Unseen[];
}

/** @returns what a look finds, and what it does not show */
export function judge(snapshot: LivingSnapshot, audits = AUDITS): Look {
  return { found: audit(snapshot, audits), unseen: unseenOf(snapshot) };
}

/**
 * @param happened names of containers and networks that the engine changed, with {@link THE_GONE} for those that it has no more
 *
 * A deviation counts only when a second look finds it as well, and the engine did nothing to its subjects since before
 * the first.
 */
export function confirmed(first: Look, second: Look, happened: readonly string[]): Judgement {
  const seen = new Set(first.found.deviations.map(({ key }) => key));
  const noted = new Set(first.found.notes.map(({ key }) => key));
  const changing = new Set(happened);
  const again = second.found.deviations.filter(({ key }) => seen.has(key));
  const isChanging = ({ concerns }: Pick<Breach, "concerns">): boolean => concerns.some((name) => changing.has(name));
  return {
    deviations: manyAsOne(asOneRestore(again.filter((deviation) => !isChanging(deviation)))),
    notes: second.found.notes.filter(
      ({ key, concerns }) => concerns === undefined || (noted.has(key) && !isChanging({ concerns })),
    ),
    changed: again.filter(isChanging),
    // A container that ended while it was looked at is none that can't be seen.
    unseen: second.unseen.filter((one) => first.unseen.some(({ why }) => why === one.why) && !isChanging(one)),
  };
}

/**
 * One card for each cause, the one with the most subjects first; remedies that are one kind of deed become one.
 * @param again the line that judges again
 */
export function cardsOf(
  deviations: readonly Breach[],
  { costs }: Pick<LivingSnapshot, "costs">,
  again = "npm run workloads",
): Card[] {
  const groups = Map.groupBy(deviations, ({ reason }) => reason.key);
  return [...groups.values()]
    .map((group) => {
      const [first] = group;
      if (first === undefined) throw new Error("a group has a member");
      const { reason } = first;
      const subjects = [...new Map(group.map(({ subject }) => [subjectKey(subject), subject])).values()];
      return {
        key: reason.key,
        what: reason.what,
        act: reason.act,
        certainty: reason.certainty,
        subjects,
        evidence: [...new Set(group.flatMap((one) => one.reason.evidence))],
        remedies: merged(group.flatMap((one) => one.reason.remedies.map((mend) => remedyOf(mend, costs, again)))),
        effect: someOf([...new Set(group.map(({ effect }) => effect))]),
        explains: [...new Set(group.map(({ claim }) => claim))].toSorted(),
      };
    })
    .toSorted((a, b) => b.subjects.length - a.subjects.length || a.key.localeCompare(b.key));
}

const MOST_EFFECTS = 4;

function someOf(effects: readonly string[]): string {
  const rest = effects.length - MOST_EFFECTS;
  return [...effects.slice(0, MOST_EFFECTS), ...(rest > 0 ? [`… and ${rest} more of the kind.`] : [])].join(" ");
}

/** Remedies that do the same thing to several subjects, as one. Order stays. */
function merged(remedies: readonly Remedy[]): Remedy[] {
  const byDeed = Map.groupBy(remedies, ({ what }) => what);
  return [...byDeed.entries()].map(([what, same]) => ({
    what,
    commands: [...new Set(same.flatMap(({ commands }) => commands))],
    cost: [...new Set(same.map(({ cost }) => cost))].filter((cost) => cost !== "").join(" "),
    check: same[0]?.check ?? "",
  }));
}

/** Notes of one key are one, about all of their subjects. */
export function distinct(notes: readonly LivingNote[]): Note[] {
  return [...Map.groupBy(notes, ({ key }) => key).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const subjects = same.flatMap((note) => note.subjects);
    const { key, what, todo } = first;
    return [
      { key, what, todo, subjects: [...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values()] },
    ];
  });
}
