import { inspect } from "node:util";
import { test } from "vitest";
import type { Failure } from "../diagnosis/index.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { networkNotMade, networkNotSetUp } from "../expectations/refusals.ts";
import type { Cause } from "../model/cause.ts";
import { type Consulted, consulting } from "../model/consulted.ts";
import type { Demand } from "../model/demand.ts";
import { ProbeFailed } from "../model/evidence.ts";
import { causesText } from "../model/explanation.ts";
import type { Facts } from "../model/facts.ts";
import type { ReportedProbe, ReportedTable } from "../model/results.ts";
import { areWalksWanted, isSelected } from "../model/selection.ts";
import type { Site } from "../model/site.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";
import type { Judged, RequirementMeta } from "../report/task-meta.ts";
import { newRecording, type Recorded, record, recordingInto } from "../vantage/recorder.ts";
import { causeInLab } from "./cause-in-lab.ts";
import { causeFromConfiguration, causeOfRefusal } from "./configuration-cause.ts";
import { concludedWalk, diagnosed, explanationOf, followed, ofConfiguration } from "./diagnosed-cause.ts";
import { failureOf } from "./failure.ts";
import { poolsAnswer } from "./full-pools.ts";
import { subnetAnswer } from "./full-subnet.ts";
import type { Given } from "./given.ts";
import { walkOf } from "./healthy-walk.ts";
import { keepStanding } from "./keep-standing.ts";
import { type Missing, missingNeed } from "./needs.ts";
import { reproductionOf } from "./reproduction.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import { type Session, session } from "./session.ts";
import { siteNews } from "./site-news.ts";
import { NotApplicable, NotRun, OnlyInLab, Violation } from "./verdicts.ts";

/** Longest piece of a probe's output that goes into the report. */
const OUTPUT_LIMIT = 6000;
/** A check may wait for a whole topology on a busy engine; probes have deadlines of their own. */
const TIMEOUT_MS = 150_000;
/** Rows of the lab wait for a host's turn: its engine starts once per file that is tried, a second or two each when idle. */
const LAB_TIMEOUT_MS = 900_000;

/** What a check may hand back for the report when it passes. */
// biome-ignore lint/suspicious/noConfusingVoidType: it is a return type, and most checks return nothing
type Shown = ReportedTable | void;

/**
 * One requirement: an ordinary vitest test that carries its id, its sentence and its sources, and ends in one of the
 * six verdicts. Throwing a {@link Violation} or failing an `expect` is `fail`; {@link NotApplicable} and {@link NotRun}
 * are what they say; anything else that is thrown means that it could not be measured: `error`.
 */
export function requirement<T>(
  id: string,
  spec: RequirementSpec,
  given: Given<T>,
  check: (value: T, session: Session) => Promise<Shown> | Shown,
): void {
  if (!isSelected(id)) return;
  const { must, from, until, since, needs = [], tags = [] } = spec;
  const appliesTo = [
    until === undefined ? "" : `before ${VERSION_SWITCHES[until].since}`,
    since === undefined ? "" : `since ${VERSION_SWITCHES[since].since}`,
    spec.appliesTo ?? "",
  ]
    .filter((part) => part !== "")
    .join("; ");
  const meta: RequirementMeta = {
    id,
    must,
    sources: from,
    ...(spec.differs === undefined ? {} : { differs: spec.differs }),
    tags,
    appliesTo: appliesTo === "" ? "every engine" : appliesTo,
    needs,
  };
  test(`${id} ${must}`, {
    meta: { requirement: meta, demand: demandOf(spec, given) },
    timeout: needs.includes("lab") ? LAB_TIMEOUT_MS : TIMEOUT_MS,
  }, async ({ task, skip }) => {
    const recording = newRecording();
    const { probes } = recording;
    // What is worth knowing of a host of the lab is not worth knowing of this one.
    const remarked = (consulted: Consulted, outcome: Judged) => ({
      ...siteOf(),
      ...(Object.values(consulted).every(({ length }) => length === 0) ? {} : { consulted }),
      probes: reported(probes),
      ...reproductionOf({ id, spec, outcome, recording }),
      endedAt: Date.now(),
      // A lab's engine is another one.
      uses: needs.includes("lab") ? [] : [...recording.uses],
      ...(recording.notes.length === 0 || needs.includes("lab") ? {} : { notes: recording.notes }),
    });
    const judge = async (): Promise<Shown> => {
      const context = await session();
      const missing = await missingNeed(needs, context.facts);
      if (missing?.kind === "only in a lab") throw new OnlyInLab(missing.why);
      const excluded = otherVersion(context.facts, until, since) ?? spec.unless?.(context.facts) ?? null;
      if (excluded !== null) throw new NotApplicable(excluded);
      if (missing !== null) throw asVerdict(missing);
      return await check(await given.obtain(), context);
    };
    const judged = consulting(async () => await recordingInto(recording, judge));
    try {
      const table = await judged.done;
      const passed: Judged = {
        verdict: "pass",
        reason: "",
        ...(table === undefined ? {} : { table }),
        ...(areWalksWanted() ? await walkOf(probes, session) : {}),
      };
      task.meta.outcome = { ...passed, ...remarked(judged.list(), passed) };
    } catch (thrown) {
      const error = (await poolsAnswer(thrown, spec, session)) ?? (await subnetAnswer(thrown, spec, session)) ?? thrown;
      const outcome = outcomeOf(error, spec);
      const failure = failureOf(error, probes, given.scope(), outcome.verdict === "fail");
      const known = error instanceof Violation ? error.causes : [];
      task.meta.outcome = {
        ...(known.length > 0
          ? { ...withCause(outcome, causesText(known)), explanation: { causes: known, ways: [], unread: [] } }
          : await withLikelyCause(id, spec, outcome, failure, error)),
        ...remarked(judged.list(), outcome),
        ...(outcome.verdict === "fail" || outcome.verdict === "error" ? keepStanding(given.scope()) : {}),
      };
      if (isSkip(error)) skip(error.message);
      throw error;
    }
  });
}

function siteOf(): { readonly site?: Omit<Site, "file"> } {
  const site = siteNews();
  return site === null ? {} : { site };
}

function asVerdict({ kind, why }: Missing): Error {
  return kind === "impossible" ? new NotApplicable(why) : new NotRun(why);
}

function isSkip(error: unknown): error is Error {
  return error instanceof NotApplicable || error instanceof NotRun || error instanceof OnlyInLab;
}

/** What vitest adds for a programmer. */
const HOW_COMPARED = / \/\/ (Object\.is|deep|strict) equality$/;

/** The verdict that something thrown by a check means. */
export function outcomeOf(error: unknown, spec: RequirementSpec): Judged {
  if (error instanceof NotApplicable) return { verdict: "not applicable", reason: error.message };
  if (error instanceof NotRun) return { verdict: "not run", reason: error.message };
  if (error instanceof OnlyInLab) return { verdict: "only in a lab", reason: error.message };
  if (error instanceof Violation) {
    return withCause(
      {
        verdict: "fail",
        reason: error.message,
        expected: error.expected,
        observed: error.observed,
        ...(error.about.length === 0 ? {} : { about: error.about }),
        ...(error.table === undefined ? {} : { table: error.table }),
      },
      error.likelyCause ?? spec.cause,
    );
  }
  if (error instanceof Error && error.name === "AssertionError") {
    const { expected, actual } = error as Error & { expected?: unknown; actual?: unknown };
    return withCause(
      {
        verdict: "fail",
        reason: firstLine(error.message).replace(HOW_COMPARED, ""),
        expected: show(expected),
        observed: show(actual),
      },
      spec.cause,
    );
  }
  if (error instanceof ProbeFailed && error.evidence !== undefined) record(error.evidence);
  const docker = dockerErrorOf(error);
  if (docker?.statusCode === 500 && networkNotSetUp(docker.message)) {
    return {
      verdict: "fail",
      reason: "the engine could not give a container its network",
      expected: "a container that starts",
      observed: firstLine(docker.message),
    };
  }
  if (docker?.statusCode === 500 && networkNotMade(docker.message)) {
    return {
      verdict: "fail",
      reason: "the engine could not make a network",
      expected: "a network",
      observed: firstLine(docker.message),
    };
  }
  const said =
    docker?.message ??
    (error instanceof Error ? `${error.name === "Error" ? "" : `${error.name}: `}${error.message}` : String(error));
  return {
    verdict: "error",
    reason:
      docker?.statusCode === undefined
        ? firstLine(said)
        : `the engine answered ${docker.statusCode}: ${firstLine(said)}`,
  };
}

/** A failure with what configuration and host say of it in the place of the guess. */
async function withLikelyCause(
  id: string,
  spec: RequirementSpec,
  outcome: Judged,
  failure: Failure | null,
  thrown: unknown,
): Promise<Judged> {
  if (outcome.verdict === "fail" && spec.needs?.includes("lab")) {
    const known = [causeInLab(spec.tags ?? []), outcome.likelyCause].filter((cause) => cause != null);
    return withCause(outcome, known.length === 0 ? undefined : known.join("; or "));
  }
  // Hosts of the lab are others than the one that is looked at.
  if (failure === null || spec.needs?.includes("lab")) return outcome;
  if (outcome.verdict !== "fail" && outcome.verdict !== "error") return outcome;
  const [configuration, diagnosis] = await Promise.all([
    outcome.verdict === "fail" ? explained(id, spec, outcome) : null,
    diagnosed(failure, thrown, session),
  ]);
  const packet = configuration === null ? await followed(diagnosis, session) : null;
  const found = { configuration, diagnosis, packet };
  const explanation = await explanationOf(outcome.likelyCause, failure.direction, found, session);
  const { likelyCause: _, ...rest } = outcome;
  const { causes } = explanation;
  const walk = packet?.walk ?? concludedWalk(diagnosis.walk, configuration);
  return {
    ...withCause(rest, causes.length === 0 ? undefined : causesText(causes)),
    explanation,
    ...(walk === null ? {} : { walk }),
  };
}

/** What the engine's configuration and the host's facts say of a failure; never a reason to lose the failure itself. */
async function explained(id: string, { because }: RequirementSpec, { observed = "" }: Judged): Promise<Cause | null> {
  try {
    const context = await session();
    const { facts } = context;
    const said = because?.(facts) ?? causeOfRefusal(observed, facts);
    return said == null ? await causeFromConfiguration(id, context) : ofConfiguration(said);
  } catch {
    return null;
  }
}

/** What has to be known of it before anything starts. */
function demandOf({ since, until }: RequirementSpec, { topologies }: Given<unknown>): Demand {
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(topologies === undefined ? {} : { topologies }),
  };
}

/** Why this engine's version excludes a requirement, in the words of the table of version differences. */
function otherVersion(facts: Facts, until: SwitchKey | undefined, since: SwitchKey | undefined): string | null {
  if (until !== undefined && has(facts, until))
    return `since ${VERSION_SWITCHES[until].since}: ${VERSION_SWITCHES[until].after}`;
  if (since !== undefined && !has(facts, since))
    return `before ${VERSION_SWITCHES[since].since}: ${VERSION_SWITCHES[since].before}`;
  return null;
}

function withCause(outcome: Judged, cause: string | undefined): Judged {
  return cause === undefined ? outcome : { ...outcome, likelyCause: cause };
}

function show(value: unknown): string {
  return typeof value === "string"
    ? value
    : inspect(value, { depth: 6, compact: true, breakLength: 200, maxStringLength: 1000 });
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function reported(probes: readonly Recorded[]): ReportedProbe[] {
  return probes.map(({ evidence, role, expected }) => ({
    role,
    ...(expected === undefined ? {} : { expected }),
    ...evidence,
    stdout: cut(evidence.stdout),
    stderr: cut(evidence.stderr),
  }));
}

function cut(text: string): string {
  return text.length <= OUTPUT_LIMIT
    ? text
    : `${text.slice(0, OUTPUT_LIMIT)}\n… ${text.length - OUTPUT_LIMIT} characters more`;
}
