import type { Card } from "../model/cause.ts";
import { noteText } from "../model/note.ts";
import type { RequirementResult, Results } from "../model/results.ts";
import { formatCard } from "./cards-text.ts";
import { formatFailure } from "./failure-text.ts";
import { onlyDifference } from "./only-difference.ts";
import { cut, oneLine } from "./plain-text.ts";
import { runTroubles } from "./run-troubles.ts";
import { sourceText } from "./source-text.ts";
import { judgedLines, residueLine } from "./summary-lines.ts";
import { renderXml, type XmlElement } from "./xml.ts";

const MAX_MESSAGE = 500;

/**
 * `junit.xml`: a test suite per suite of the run, a test case per requirement. What was not judged is `<skipped>` with
 * its reason, which says first whether it is `not applicable`, `not run` or `waived`. Notes are properties of each suite.
 *
 * Residue, run errors and a run without a verdict are cases of a suite `run` that appears only then: a dashboard counts
 * nothing but cases and would otherwise show such a run green.
 */
export function renderJunit(results: Results): string {
  const properties = runProperties(results);
  const suites = [...groupBySuite(results.requirements)].map(([name, requirements]) =>
    testSuite(
      name,
      results.startedAt,
      properties,
      requirements.map((result) => requirementCase(result, results.cards)),
    ),
  );
  const troubles = runCases(results);
  if (troubles.length > 0) suites.push(testSuite("run", results.startedAt, properties, troubles));

  const cases = suites.flatMap((suite) => suite.cases);
  return renderXml({
    name: "testsuites",
    attributes: { name: "docker-network-conformance", ...tally(cases), time: seconds(results.durationMs) },
    content: suites.map((suite) => suite.element),
  });
}

interface TestCase {
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  readonly durationMs: number;
  readonly element: XmlElement;
}

interface TestSuite {
  readonly cases: readonly TestCase[];
  readonly element: XmlElement;
}

function testSuite(name: string, timestamp: string, properties: XmlElement, cases: readonly TestCase[]): TestSuite {
  const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
  return {
    cases,
    element: {
      name: "testsuite",
      attributes: { name: oneLine(name), ...tally(cases), time, timestamp },
      content: [properties, ...cases.map(({ element }) => element)],
    },
  };
}

function tally(cases: readonly TestCase[]): Record<"tests" | "failures" | "errors" | "skipped", number> {
  const count = (outcome: TestCase["outcome"]) => cases.filter((candidate) => candidate.outcome === outcome).length;
  return { tests: cases.length, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
}

function requirementCase(result: RequirementResult, cards: readonly Card[]): TestCase {
  const { outcome, element } = verdictElement(result, cards);
  const sources = result.sources.map(sourceText).join("; ");
  return {
    outcome,
    durationMs: result.durationMs,
    element: {
      name: "testcase",
      attributes: {
        classname: oneLine(result.suite),
        name: oneLine(`${result.id} ${result.must}`),
        file: oneLine(result.file),
        time: seconds(result.durationMs),
      },
      content: [propertyList({ id: result.id, sources }), ...(element === null ? [] : [element])],
    },
  };
}

function verdictElement(
  result: RequirementResult,
  cards: readonly Card[],
): { outcome: TestCase["outcome"]; element: XmlElement | null } {
  switch (result.verdict) {
    case "pass":
      return { outcome: "passed", element: null };
    case "fail": {
      const { expected, observed, reason } = result;
      const difference = onlyDifference(expected ?? "", observed ?? "");
      const message =
        expected !== undefined && observed !== undefined
          ? `expected ${difference.expected}, observed ${difference.observed}`
          : reason;
      return { outcome: "failure", element: problem("failure", message, fullText(result, cards)) };
    }
    case "error":
      return {
        outcome: "error",
        element: problem("error", result.reason, result.disturbed === true ? result.reason : fullText(result, cards)),
      };
    default: {
      const reason = oneLine(result.reason);
      const message = `${result.verdict}: ${reason === "" ? "no reason given" : reason}`;
      return { outcome: "skipped", element: { name: "skipped", attributes: { message: cut(message, MAX_MESSAGE) } } };
    }
  }
}

/** The card that explains it stands first: dashboards show the beginning. */
function fullText(result: RequirementResult, cards: readonly Card[]): string {
  const card = cards.find(({ explains }) => explains.includes(result.id));
  const failure = formatFailure(
    { ...result, likelyCause: card === undefined ? (result.likelyCause ?? "") : "" },
    { width: 100, outputLines: 40, probes: 10 },
  );
  return card === undefined ? failure : `${formatCard(card, "", 100)}\n\n${failure}`;
}

function problem(kind: "failure" | "error", message: string, body: string): XmlElement {
  const line = oneLine(message);
  const attributes = { message: cut(line === "" ? "no reason given" : line, MAX_MESSAGE), type: kind };
  return { name: kind, attributes, content: body };
}

function runCases(results: Results): TestCase[] {
  return runTroubles(results).map(({ name, kind, says }) => runCase(name, kind, says));
}

function runCase(name: string, outcome: "failure" | "error", message: string): TestCase {
  return {
    outcome,
    durationMs: 0,
    element: {
      name: "testcase",
      attributes: { classname: "run", name, time: seconds(0) },
      content: [problem(outcome, message, message)],
    },
  };
}

function runProperties(results: Results): XmlElement {
  return propertyList({
    run: results.runId,
    suiteVersion: results.suiteVersion,
    verdict: results.summary,
    ...Object.fromEntries(results.cards.map((card, index) => [`cause ${index + 1}`, `${card.what} ${card.effect}`])),
    ...Object.fromEntries(judgedLines(results)),
    residue: residueLine(results.residue),
    ...Object.fromEntries(results.notes.map((note) => [`note ${note.key}`, noteText(note)])),
  });
}

function propertyList(properties: Readonly<Record<string, string>>): XmlElement {
  return {
    name: "properties",
    content: Object.entries(properties).map(([name, value]) => ({
      name: "property",
      attributes: { name: oneLine(name), value: oneLine(value) },
    })),
  };
}

function groupBySuite(requirements: readonly RequirementResult[]): Map<string, RequirementResult[]> {
  const suites = new Map<string, RequirementResult[]>();
  for (const result of requirements) suites.set(result.suite, [...(suites.get(result.suite) ?? []), result]);
  return suites;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
