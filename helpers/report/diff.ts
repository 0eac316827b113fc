import type { Results, Verdict } from "../model/results.ts";
import type { Change, RunDiff, RunIdentity, Setting } from "../model/run-diff.ts";
import { needsLab } from "./catalogue.ts";
import type { ComparedRequirement, ComparedRun } from "./compared-run.ts";
import {
  type Causes,
  explainByCause,
  explainFact,
  explainObserved,
  explainVerdict,
  networkKeysAmong,
  switchesBetween,
} from "./explain.ts";
import { hostChanges } from "./host-changes.ts";
import { OBSERVED_VALUES, type ObservedValue } from "./observed-values.ts";
import { FILE_IN_FORCE } from "./run-facts.ts";
import { selectionText } from "./selection-text.ts";

const NOT_SET = "not set";

/** Compares two runs, of whatever engines. */
export function compareRuns(before: ComparedRun, after: ComparedRun): RunDiff {
  const partial = before.selection.length > 0 || after.selection.length > 0;
  const known = new Map(before.requirements.map((result) => [result.id, result]));
  const pairs = after.requirements.flatMap((result): [ComparedRequirement, ComparedRequirement][] => {
    const earlier = known.get(result.id);
    return earlier === undefined ? [] : [[earlier, result]];
  });
  const keys = settingsOf(textsOf(before.configuration), textsOf(after.configuration));
  // A fact that one side lacks was not learnt there, or belongs to something (the default bridge, the file) whose own
  // row tells that it is gone.
  const differing = settingsOf(before.facts ?? {}, after.facts ?? {}).filter(
    ({ before, after }) => before !== NOT_SET && after !== NOT_SET,
  );
  const facts = differing.filter(({ what }) => what !== FILE_IN_FORCE);
  const takenOver = differing.filter(({ what }) => what === FILE_IN_FORCE);
  const inForce = takenOver.length === 0 ? [] : Object.keys({ ...before.configuration, ...after.configuration });
  const configuration = [...keys, ...takenOver];
  const host = hostChanges(before.hostState, after.hostState);
  const causes: Causes = {
    keys: networkKeysAmong([...new Set([...keys.map(({ what }) => what), ...inForce])]),
    switches: switchesBetween(before.engine, after.engine),
    facts: facts.map(({ what }) => what),
    host: host.filter(({ ofContainers }) => !ofContainers).map(({ aspect }) => aspect),
    hostOfContainers: host.map(({ aspect }) => aspect),
  };
  const changes: Change[] = [
    ...verdictChanges(pairs, partial, causes, { before, after }),
    ...facts.map(
      (fact): Change => ({
        ...fact,
        kind: "fact",
        ids: [],
        worse: false,
        reason: "",
        explanation: explainFact(fact.what, causes),
      }),
    ),
    ...observedChanges(pairs, causes),
  ];
  const sameEngine = before.engine !== null && before.engine.id === after.engine?.id;
  return {
    before: identityOf(before),
    after: identityOf(after),
    remarks: remarksOn(before, after, sameEngine),
    sameEngine,
    configuration,
    host,
    versions: settingsOf(versionsOf(before), versionsOf(after)),
    changes: changes.toSorted((a, b) => rank(a) - rank(b)),
    added: partial ? [] : idsWithout(after.requirements, new Set(known.keys())),
    removed: partial
      ? []
      : idsWithout(before.requirements.filter(isPartOfARun), new Set(after.requirements.map(({ id }) => id))),
  };
}

/**
 * What a run changed against an earlier one of the same engine (by its id, which survives upgrades).
 * Null without an earlier run, and where the engines are not the same or not known: two engines differ for reasons
 * that are not changes.
 */
export function changesSince(previous: ComparedRun | null, current: ComparedRun): RunDiff | null {
  if (previous?.engine == null || previous.engine.id !== current.engine?.id) return null;
  return compareRuns(previous, current);
}

/** Unexplained before explained; in each, what got worse first. */
function rank({ explanation, worse, kind }: Change): number {
  return (explanation.by === "nothing" ? 0 : 4) + (worse ? 0 : 2) + (kind === "verdict" ? 0 : 1);
}

function verdictChanges(
  pairs: readonly (readonly [ComparedRequirement, ComparedRequirement])[],
  partial: boolean,
  causes: Causes,
  found: { readonly before: ComparedRun; readonly after: ComparedRun },
): Change[] {
  return pairs.flatMap(([earlier, later]): Change[] => {
    // What a selection left out says nothing.
    const leftOut = partial && (earlier.verdict === "not run" || later.verdict === "not run");
    if (earlier.verdict === later.verdict || leftOut) return [];
    const other = explainVerdict(earlier, later, causes);
    // What mended itself, or was mended unseen, had a cause while it lasted.
    const explanation =
      other.by === "nothing" ? explainByCause(later.id, isBad(later.verdict) ? found.after : found.before) : other;
    const unjudged = earlier.verdict === "pass" && (later.verdict === "not run" || later.verdict === "not applicable");
    return [
      {
        kind: "verdict",
        what: later.id,
        ids: [later.id],
        before: earlier.verdict,
        after: later.verdict,
        worse: isBad(later.verdict) || (unjudged && explanation.by === "nothing"),
        reason: later.reason,
        explanation,
      },
    ];
  });
}

/** Earlier runs held what only a lab can show, as not run. */
function isPartOfARun(result: ComparedRequirement): boolean {
  return result.verdict !== "not run" || !needsLab(result);
}

function isBad(verdict: Verdict): boolean {
  return verdict === "fail" || verdict === "error";
}

/** Other values seen under the same verdict, those that changed alike together. */
function observedChanges(
  pairs: readonly (readonly [ComparedRequirement, ComparedRequirement])[],
  causes: Causes,
): Change[] {
  const groups = new Map<string, { value: ObservedValue; before: string; after: string; ids: string[] }>();
  for (const [earlier, later] of pairs) {
    if (earlier.verdict !== later.verdict) continue;
    for (const value of OBSERVED_VALUES) {
      const [was, is] = [earlier.seen[value], later.seen[value]];
      // A question that only one of the runs asked shows no change.
      if (was === undefined || is === undefined || was === is) continue;
      const key = JSON.stringify([value, was, is]);
      const group = groups.get(key) ?? { value, before: was, after: is, ids: [] };
      group.ids.push(later.id);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ value, before, after, ids }) => ({
    kind: "observed",
    what: `${value} in containers`,
    ids,
    before,
    after,
    worse: false,
    reason: "",
    explanation: explainObserved(value, causes),
  }));
}

function identityOf({ startedAt, engine, verdict }: ComparedRun): RunIdentity {
  return { startedAt, engine: engine?.version ?? "unknown", hostname: engine?.hostname ?? "unknown", verdict };
}

function remarksOn(before: ComparedRun, after: ComparedRun, sameEngine: boolean): string[] {
  const selected = (run: ComparedRun) => (run.selection.length === 0 ? "everything" : selectionText(run.selection));
  return [
    sameEngine ? "" : "the two runs judged different engines: what differs need not have changed",
    before.selection.length + after.selection.length === 0
      ? ""
      : `only what both runs judged is compared: ${selected(before)}; ${selected(after)}`,
    before.facts === undefined || after.facts === undefined
      ? "one of the runs recorded no facts of its host: subnets, resolvers, routes and policies are not compared"
      : "",
    before.configuration === null || after.configuration === null
      ? "one of the runs could not read the configuration: keys explain nothing"
      : "",
    Date.parse(before.startedAt) > Date.parse(after.startedAt) ? "the first file is the later run" : "",
  ].filter((remark) => remark !== "");
}

function versionsOf({ engine, suiteVersion }: ComparedRun): Record<string, string> {
  return {
    ...(engine === null
      ? {}
      : { Engine: engine.version, API: engine.apiVersion, kernel: engine.kernel, system: engine.os }),
    "this suite": suiteVersion,
  };
}

function textsOf(configuration: Results["configuration"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(configuration ?? {}).map(([key, value]) => [key, JSON.stringify(value) ?? ""]),
  );
}

function settingsOf(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): Setting[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((what) => ({ what, before: before[what] ?? NOT_SET, after: after[what] ?? NOT_SET }))
    .filter((setting) => setting.before !== setting.after);
}

function idsWithout(requirements: readonly ComparedRequirement[], known: ReadonlySet<string>): string[] {
  return requirements.map(({ id }) => id).filter((id) => !known.has(id));
}
