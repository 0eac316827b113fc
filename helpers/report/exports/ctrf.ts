import type { RequirementResult, Results, Verdict } from "../../model/results.ts";
import { formatFailure } from "../failure-text.ts";
import { cut, oneLine } from "../plain-text.ts";
import { runTroubles } from "../run-troubles.ts";

/** Of the format's specification, https://github.com/ctrf-io/ctrf/blob/main/spec/ctrf.md */
const SPECIFICATION = "0.0.0";
const MAX_MESSAGE = 500;
/** Characters of a failure with its questions: what is more stands in `results.json`. */
const MAX_TRACE = 20_000;

/** What could not be measured is red as well: readers count `failed` and nothing else. */
const STATUS: Readonly<Record<Verdict, CtrfTest["status"]>> = {
  pass: "passed",
  fail: "failed",
  error: "failed",
  waived: "skipped",
  "not applicable": "skipped",
  "not run": "skipped",
};

interface CtrfTest {
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Milliseconds. */
  readonly duration: number;
  readonly suite: readonly string[];
  readonly rawStatus?: Verdict;
  readonly filePath?: string;
  readonly tags?: readonly string[];
  readonly message?: string;
  readonly trace?: string;
  readonly extra?: Readonly<Record<string, string>>;
}

/**
 * `ctrf.json`: the Common Test Report Format. A test is a requirement; its own verdict stands as `rawStatus`. What went
 * wrong with the run itself is a failed test of suite `run`, because readers count nothing but tests.
 */
export function renderCtrf(results: Results): string {
  const { runId, startedAt, durationMs, engine, suiteVersion, requirements, verdict, summary, cards } = results;
  const start = Date.parse(startedAt);
  const tests: CtrfTest[] = [...requirements.map((result) => testOf(result, results)), ...runTests(results)];
  const count = (status: CtrfTest["status"]) => tests.filter((one) => one.status === status).length;
  const report = {
    reportFormat: "CTRF",
    specVersion: SPECIFICATION,
    timestamp: startedAt,
    generatedBy: "docker-network-conformance",
    results: {
      tool: { name: "docker-network-conformance", version: suiteVersion },
      summary: {
        tests: tests.length,
        passed: count("passed"),
        failed: count("failed"),
        pending: 0,
        skipped: count("skipped"),
        other: 0,
        suites: new Set(requirements.map(({ suite }) => suite)).size,
        start,
        stop: start + durationMs,
        duration: durationMs,
      },
      tests,
      ...(engine === null
        ? {}
        : {
            environment: {
              reportName: oneLine(engine.hostname),
              osPlatform: "linux",
              osRelease: oneLine(engine.kernel),
              osVersion: oneLine(engine.os),
              extra: { engine: oneLine(engine.version), engineId: oneLine(engine.id) },
            },
          }),
      extra: {
        run: runId,
        verdict,
        summary,
        causes: cards.map(({ what, effect, explains }) => ({ what, effect, explains })),
      },
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function testOf(result: RequirementResult, { cards }: Results): CtrfTest {
  const { id, must, suite, file, tags, verdict, reason, durationMs } = result;
  const card = cards.find(({ explains }) => explains.includes(id));
  const bad = verdict === "fail" || verdict === "error";
  return {
    name: oneLine(`${id} ${must}`),
    status: STATUS[verdict],
    duration: durationMs,
    rawStatus: verdict,
    suite: [oneLine(suite)],
    filePath: oneLine(file),
    tags: tags.map(oneLine),
    ...(reason === "" ? {} : { message: cut(oneLine(reason), MAX_MESSAGE) }),
    ...(bad ? { trace: cut(formatFailure(result, { width: 100, outputLines: 40, probes: 10 }), MAX_TRACE) } : {}),
    ...(card === undefined ? {} : { extra: { cause: card.what } }),
  };
}

function runTests(results: Results): CtrfTest[] {
  return runTroubles(results).map(({ name, says }) => ({
    name,
    status: "failed",
    duration: 0,
    suite: ["run"],
    message: cut(oneLine(says), MAX_MESSAGE),
  }));
}
