import { expect, test } from "vitest";
import type { RequirementResult, Results, Verdict } from "../model/results.ts";
import { conformantRun } from "../report/sample-results.ts";
import type { Fault } from "./fault.ts";
import { contentOf, countsOf, judgeControl, judgeFault, PROOF_SCHEMA, type Proof, stillHolds } from "./proof.ts";

const CAUSE = "the masquerade rule is gone";

function results(verdicts: Readonly<Record<string, Verdict>>, likelyCause = CAUSE): Results {
  const [sample] = conformantRun.requirements;
  if (sample === undefined) throw new Error("the sample has no requirement");
  const requirements = Object.entries(verdicts).map(
    ([id, verdict]): RequirementResult => ({ ...sample, id, verdict, reason: `${id} is ${verdict}`, likelyCause }),
  );
  return { ...conformantRun, requirements };
}

const fault: Fault = {
  id: "nat-masquerade-removed",
  layer: "nat",
  breaks: "no masquerading",
  comesBy: "a script",
  strike: { when: "before the topology", shell: ["true"] },
  undo: ["true"],
  caughtBy: ["NAT-05", "NAT-20"],
  cause: /masquerade/i,
};

const judge = (verdicts: Readonly<Record<string, Verdict>>, strikes = 1, trouble: string | null = null) =>
  judgeFault(fault, { strikes, trouble, results: results(verdicts) });

test("caught: every expected requirement that applies failed, and one does", () => {
  expect(judge({ "NAT-05": "fail", "NAT-20": "fail" }).verdict).toBe("caught");
  expect(judge({ "NAT-05": "fail", "NAT-20": "not applicable" }).verdict).toBe("caught");
  expect(judge({ "NAT-05": "fail" }).verdict).toBe("caught");
});

test("silent: one of them passed, whatever the others said", () => {
  const judged = judge({ "NAT-05": "fail", "NAT-20": "pass" });
  expect(judged.verdict).toBe("silent");
  expect(judged.expected.map(({ outcome }) => outcome)).toEqual(["caught", "silent"]);
  expect(judge({ "NAT-05": "error", "NAT-20": "pass" }).verdict).toBe("silent");
});

test("what could not be measured is red and has caught nothing", () => {
  const judged = judge({ "NAT-05": "error", "NAT-20": "fail" });
  expect(judged.verdict).toBe("errored");
  expect(countsOf(judged)).toEqual({ caught: 1, judged: 2, causeNamed: 1 });
});

test("a fault that was not done is not caught, however red everything is", () => {
  const red: Record<string, Verdict> = { "NAT-05": "fail", "NAT-20": "fail" };
  expect(judge(red, 0)).toMatchObject({ verdict: "not judged", trouble: expect.stringContaining("never struck") });
  expect(judge(red, 3, "could not strike: no device")).toMatchObject({
    verdict: "not judged",
    trouble: "could not strike: no device",
  });
  expect(judgeFault(fault, { strikes: 1, trouble: null, results: null }).verdict).toBe("not judged");
});

test("where nothing that was expected applies or runs, nothing is proven, and the reasons are said", () => {
  const judged = judge({ "NAT-05": "not applicable", "NAT-20": "not run", "NAT-06": "fail" });
  expect(judged).toMatchObject({ verdict: "not judged", trouble: expect.stringContaining("NAT-20 is not run") });
  expect(judge({}).verdict).toBe("not judged");
});

test("red ones that nobody expected are collateral, and an id that is part of another is another", () => {
  const judged = judge({
    "NAT-05": "fail",
    "NAT-05b": "fail",
    "DNS-01": "error",
    "DNS-02": "pass",
    "DNS-03": "not run",
  });
  expect(judged.collateral.map(({ id, verdict }) => [id, verdict])).toEqual([
    ["NAT-05b", "fail"],
    ["DNS-01", "error"],
  ]);
  expect(judged.judged).toEqual(["NAT-05", "NAT-05b", "DNS-01", "DNS-02"]);
});

test("a cause is named by the likely cause of what was caught, and by nothing else", () => {
  const named = (text: string, verdicts: Readonly<Record<string, Verdict>>) =>
    countsOf(judgeFault(fault, { strikes: 1, trouble: null, results: results(verdicts, text) })).causeNamed;
  expect(named(CAUSE, { "NAT-05": "fail", "NAT-20": "pass" })).toBe(1);
  expect(named("it timed out", { "NAT-05": "fail", "NAT-20": "fail" })).toBe(0);
  expect(named("", { "NAT-05": "fail", "NAT-20": "fail" })).toBe(0);
});

test("a control that is red anywhere has raised a false alarm", () => {
  expect(judgeControl(results({ "NAT-05": "pass", "NAT-20": "not run" }))).toEqual({
    trouble: "",
    passed: 1,
    falseAlarms: [],
  });
  expect(judgeControl(results({ "NAT-05": "pass", "NAT-20": "error" })).falseAlarms.map(({ id }) => id)).toEqual([
    "NAT-20",
  ]);
});

const proof: Proof = {
  schemaVersion: PROOF_SCHEMA,
  suites: "a",
  engine: "28.5",
  fault: fault.id,
  layer: "nat",
  content: contentOf(fault),
  startedAt: "2026-01-01T00:00:00.000Z",
  seconds: 20,
  ...judge({ "NAT-05": "fail", "NAT-20": "fail" }),
  control: null,
  remedied: null,
};

test("an earlier proof holds for the same fault, the same suites and the control that is asked for", () => {
  expect(stillHolds(proof, fault, "a", false)).toBe(true);
  expect(stillHolds(proof, fault, "a", true)).toBe(false);
  expect(stillHolds({ ...proof, control: judgeControl(results({})) }, fault, "a", true)).toBe(true);
  expect(stillHolds(proof, fault, "b", false)).toBe(false);
  expect(stillHolds({ ...proof, verdict: "not judged" }, fault, "a", false)).toBe(false);
  for (const damaged of [null, 7, "proof", [], {}]) expect(stillHolds(damaged, fault, "a", false)).toBe(false);
});

test("a fault is another when anything of it is, a pattern and a function too", () => {
  const lies = (other: string): Fault => ({
    ...fault,
    strike: { when: "the engine answers", to: /x/, alter: new Function(`return "${other}"`) as () => unknown },
  });
  const contents = [fault, { ...fault, cause: /masquerade/ }, { ...fault, undo: [] }, lies("one"), lies("other")].map(
    contentOf,
  );
  expect(new Set(contents).size).toBe(contents.length);
});
