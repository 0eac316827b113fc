import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import { CLAIMS, type ClaimId } from "../audits/claims.ts";
import { OF_FILTERS } from "../audits/judge.ts";
import { type LivingDeviation, type LivingHostFacts, livingHost } from "../audits/living-host.ts";
import { judgeWith } from "../audits/look-twice.ts";
import { whyUnasked } from "../audits/subjects.ts";
import type { Source } from "../model/source.ts";
import { subjectKey, subjectText } from "../model/subject.ts";
import { takeSnapshot } from "../snapshot/take-snapshot.ts";
import "./provided.ts";
import { newRecording, note, recordingInto } from "../vantage/recorder.ts";
import { type Given, stage, theEngine } from "./given.ts";
import { requirement } from "./requirement.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import { NotApplicable, NotRun, Violation } from "./verdicts.ts";

/**
 * A claim about what runs on the host already, as a requirement: judged once for the whole run, before the run starts
 * anything of its own, by the audit that has its id.
 */
export function livingRequirement(id: ClaimId, from: readonly Source[]): void {
  requirement(id, { ...specOf(id, from), appliesTo: "what runs on the host beside this run" }, theEngine, () => {
    const { living, livingMissing } = inject("run");
    if (living === null) throw new NotRun(livingMissing);
    mustStandAsMade(id, living);
  });
}

/**
 * The same claim of containers of this run: what another machine sends can't be tried from one host, but what every
 * packet filter of the host does with it can be read.
 * @param judged of {@link judgeLikewise}
 */
export function likewiseRequirement(
  id: string,
  claim: ClaimId,
  from: readonly Source[],
  judged: Given<LivingHostFacts>,
): void {
  const spec: RequirementSpec = {
    ...specOf(claim, from),
    needs: ["host view", "default bridge"],
    appliesTo: "containers of this run",
  };
  requirement(id, spec, judged, (found) => mustStandAsMade(claim, found));
}

/** Containers of this run, judged as everybody's are. */
export function judgeLikewise(given: Given<unknown>): Given<LivingHostFacts> {
  return stage(given, async (_, session) => {
    const { docker, runId, facts } = session;
    // Other suites work on containers of theirs meanwhile.
    const looker = { docker, runId, facts, host: await session.host(), only: given.scope() };
    // What is gathered stands in no report: the rule or the value that it comes to is the evidence.
    const judged = await recordingInto(
      newRecording(),
      async () =>
        await judgeWith({
          audits: OF_FILTERS,
          look: async () => await takeSnapshot(looker),
          // Nobody but this run changes them.
          changedSince: () => Promise.resolve([]),
          wait: async (ms) => void (await pause(ms)),
        }),
    );
    const found = livingHost(judged, "npm test -- OWN");
    for (const one of found.notes) note(one);
    return found;
  });
}

function specOf(claim: ClaimId, from: readonly Source[]): RequirementSpec {
  return {
    must: CLAIMS[claim],
    from,
    needs: ["host view"],
    unless: (facts) =>
      facts.engine.rootless
        ? "the engine is rootless: its networks lie in a namespace of its user's"
        : whyUnasked(claim, facts),
  };
}

function mustStandAsMade(id: ClaimId, { asked, deviations, changed, unseen, cards }: LivingHostFacts): void {
  const found = deviations.filter(({ claim }) => claim === id);
  if (found.length === 0) {
    // It deviates, and may have been under way: that is neither a failure nor a pass.
    const unsettled = new Set(changed.filter(({ claim }) => claim === id).map(({ subject }) => subjectText(subject)));
    if (unsettled.size > 0)
      throw new NotRun(`the engine changed ${[...unsettled].join(", ")} each time that it was looked at`);
    const blind = unseen.filter(({ claims }) => claims.includes(id)).map(({ why }) => why);
    if (blind.length > 0) throw new NotRun(blind.join("; "));
    if (asked[id] === 0) throw new NotApplicable("nothing of the kind runs on this host");
    return;
  }
  const mending = cards.filter(({ key }) => found.some(({ card }) => card === key));
  const subjects = new Set(found.map(({ subject }) => subjectKey(subject))).size;
  throw new Violation(`${subjects} of ${asked[id]} ${subjects === 1 ? "is" : "are"} not as the engine made them`, {
    expected: lines(found, ({ expected }) => expected),
    observed: lines(found, ({ observed }) => observed),
    cause: mending
      .map(({ what, remedies }) => {
        const [first] = remedies;
        return first === undefined ? what : `${what} To ${first.what}: ${first.commands.join("; ")}`;
      })
      .join(" "),
    causes: mending,
    about: found.map(({ subject, project }) => ({ subject, project })),
  });
}

/** At most so many subjects are told in words; `npm run workloads` tells all. */
const TOLD = 10;

function lines(found: readonly LivingDeviation[], say: (one: LivingDeviation) => string): string {
  // A port may miss the same on two ways: said once.
  const all = [...new Set(found.map((one) => `${subjectText(one.subject)}: ${say(one)}`))];
  return [...all.slice(0, TOLD), ...(all.length > TOLD ? [`and ${all.length - TOLD} more`] : [])].join("\n");
}
