import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Residue, Verdict } from "../model/results.ts";
import { exitMeaning, type JudgedRun, judgeRun } from "./verdict.ts";

const clean: Residue = { state: "clean", items: [] };
const left: Residue = { state: "left", items: ["network dnc-7f3a-appnet"] };
const unknown: Residue = { state: "unknown", items: [] };

const run = (verdicts: Partial<Record<Verdict, number>>) =>
  Object.entries(verdicts).flatMap(([verdict, n]) =>
    Array.from({ length: n }, () => ({ verdict: verdict as Verdict, reason: `why ${verdict}` })),
  );

const ordinary = { residue: clean, errors: [], disturbances: [], onlyInLab: 0, complete: false };
const judged = (verdicts: Partial<Record<Verdict, number>>, parts: Partial<JudgedRun> = {}) =>
  judgeRun({ ...ordinary, requirements: run(verdicts), ...parts });

describe("the verdict and its sentence", () => {
  const all = { pass: 389, "not applicable": 12 };
  test.each<[string, Partial<Record<Verdict, number>>, Residue, string[], number, string]>([
    ["all passed", all, clean, [], 0, "Conformant: 389 of 389 judged requirements passed; 12 not applicable."],
    ["one alone", { pass: 1 }, clean, [], 0, "Conformant: 1 of 1 judged requirement passed."],
    ["waived", { pass: 2, waived: 1 }, clean, [], 0, "Conformant: 2 of 3 judged requirements passed; 1 waived."],
    [
      "residue unseen",
      { pass: 2 },
      unknown,
      [],
      0,
      "Conformant: 2 of 2 judged requirements passed; whether anything was left behind could not be seen.",
    ],
    [
      "a failure",
      { ...all, fail: 1 },
      clean,
      [],
      1,
      "Not conformant: 1 of 390 judged requirements failed; 12 not applicable.",
    ],
    [
      "a failure beside errors",
      { pass: 1, fail: 2, error: 3 },
      clean,
      ["the engine stopped answering"],
      1,
      "Not conformant: 2 of 3 judged requirements failed; 3 could not be measured.",
    ],
    ["residue", { pass: 2 }, left, [], 1, "Not conformant: 1 thing left behind; 2 of 2 judged requirements passed."],
    [
      "an error",
      { pass: 2, error: 1 },
      clean,
      [],
      2,
      "Not judged: 1 of 3 requirements could not be measured; none failed, 2 passed.",
    ],
    [
      "a run error",
      { pass: 2 },
      clean,
      ["suites/dns.test.ts could not be loaded."],
      2,
      "Not judged: suites/dns.test.ts could not be loaded; 2 of 2 judged requirements passed.",
    ],
    ["nothing", {}, clean, [], 2, "Not judged: no requirement was run."],
    ["nothing but residue", {}, left, [], 1, "Not conformant: 1 thing left behind; 0 of 0 judged requirements passed."],
    [
      "all left out",
      { "not applicable": 2, "not run": 1 },
      clean,
      [],
      2,
      "Not judged: none of 3 requirements passed or failed; 2 not applicable, 1 not run.",
    ],
    ["all waived", { waived: 3 }, clean, [], 2, "Not judged: none of 3 requirements passed or failed; 3 waived."],
  ])("%s", (_name, verdicts, residue, errors, exitCode, summary) => {
    const judgement = judged(verdicts, { residue, errors });
    expect(judgement).toMatchObject({ exitCode, summary });
    expect(judgement.verdict).toBe(["conformant", "not conformant", "not judged"][exitCode]);
  });
});

test("an interrupted run is judged by nothing that was seen", () => {
  const parts: Partial<JudgedRun> = {
    residue: left,
    errors: ["a hook failed"],
    disturbances: [{ kind: "interrupted", by: "SIGINT" }],
  };
  expect(judged({ pass: 120, fail: 1 }, parts)).toMatchObject({
    verdict: "not judged",
    exitCode: 2,
    summary: "Not judged: the run was interrupted by SIGINT; until then 120 passed, 1 failed, 1 thing left behind.",
  });
});

test("a run that ended with its engine is neither partial nor conformant, whatever passed before", () => {
  const at = "2026-11-27T12:03:04.120Z";
  const parts: Partial<JudgedRun> = { disturbances: [{ kind: "engine went away", at, back: null }] };
  const gone = "the engine went away at 12:03:04 UTC and was not seen again";
  for (const verdicts of [{ pass: 31, "not run": 90 }, { pass: 31 }])
    expect(judged(verdicts, parts)).toMatchObject({ verdict: "not judged", exitCode: 2 });
  expect(judged({ pass: 31, error: 4, "not run": 90 }, parts).summary).toBe(
    `Not judged: ${gone}; 31 judged, 4 could not be measured, none failed, 90 not run.`,
  );
  expect(judged({ pass: 30, fail: 1, "not run": 90 }, parts)).toMatchObject({ verdict: "not conformant", exitCode: 1 });
});

test("nor is one whose engine hung", () => {
  const hang = { kind: "engine hangs", at: "", method: "POST", path: "/networks/create", wait: null } as const;
  for (const verdicts of [{ pass: 31, "not run": 90 }, { pass: 31 }])
    expect(judged(verdicts, { disturbances: [hang] })).toMatchObject({ verdict: "not judged", exitCode: 2 });
});

describe("a partial run", () => {
  test("says so first, with what and why; it is a success unless a complete one is asked for", () => {
    const partial = judged({ pass: 389, "not applicable": 12, "not run": 25 });
    expect(partial).toMatchObject({
      verdict: "partial",
      exitCode: 0,
      summary:
        "Partial: 389 of 389 judged requirements passed, 25 more could be shown here and were not: why not run (25); 12 not applicable.",
    });
    expect(exitMeaning(partial)).toMatch(/^everything/);
    const wanted = judged({ pass: 389, "not run": 1 }, { complete: true });
    expect(wanted).toMatchObject({ verdict: "partial", exitCode: 2 });
    expect(wanted.summary).toContain("1 more could be shown here and was not: why not run (1).");
    expect(exitMeaning(wanted)).toBe("a complete run was asked for, and this one is partial");
  });

  test("names the most frequent reasons, and counts the others", () => {
    const requirements = ["a", "b", "b", "c", "d", "e"].map((reason) => ({ verdict: "not run" as const, reason }));
    const { summary } = judgeRun({ ...ordinary, requirements: [...run({ pass: 1 }), ...requirements] });
    expect(summary).toContain(": b (2); a (1); c (1); 2 more reasons.");
  });

  test("a complete run stays a success where one is asked for", () => {
    expect(judged({ pass: 2, "not applicable": 3 }, { complete: true, onlyInLab: 292 })).toMatchObject({
      verdict: "conformant",
      exitCode: 0,
      summary: "Conformant: 2 of 2 judged requirements passed; 3 not applicable.",
    });
  });
});

test("a selection that only a lab can show is no success, and says where it is shown", () => {
  expect(judged({}, { onlyInLab: 7 })).toMatchObject({
    exitCode: 2,
    summary: "Not judged: only a lab can show what was asked for (7 requirements), see npm run test:lab.",
  });
});

test("nothing but a run without any trouble and with a pass is conformant", () => {
  const verdict = fc.constantFrom<Verdict>("pass", "fail", "error", "not applicable", "not run", "waived");
  const anything = fc.record({
    requirements: fc.array(fc.record({ verdict, reason: fc.string() })),
    onlyInLab: fc.nat(9),
    complete: fc.boolean(),
    interrupted: fc.boolean(),
    residue: fc.constantFrom(clean, left, unknown),
    errors: fc.array(fc.string(), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(anything, ({ interrupted, ...parts }) => {
      const { requirements, residue, errors, complete } = parts;
      const disturbances = interrupted ? [{ kind: "interrupted" as const, by: "SIGINT" }] : [];
      const { verdict, exitCode, counts, summary } = judgeRun({ ...parts, disturbances });
      const has = (wanted: Verdict) => requirements.some((result) => result.verdict === wanted);
      const conformant =
        has("pass") && !has("fail") && !has("error") && residue.state !== "left" && errors.length === 0 && !interrupted;
      expect(exitCode === 0).toBe(conformant && !(complete && has("not run")));
      expect(verdict === "conformant").toBe(conformant && !has("not run"));
      expect(verdict === "partial").toBe(conformant && has("not run"));
      expect(Object.values(counts).reduce((a, b) => a + b)).toBe(requirements.length);
      expect(summary).toMatch(/^(Conformant|Partial|Not conformant|Not judged): [^\n]*\.$/);
    }),
  );
});
