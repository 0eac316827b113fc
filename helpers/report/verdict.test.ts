import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Residue, Verdict } from "./results.ts";
import { interruption, judgeRun } from "./verdict.ts";

const clean: Residue = { state: "clean", items: [] };
const left: Residue = { state: "left", items: ["network dnc-7f3a-appnet"] };
const unknown: Residue = { state: "unknown", items: [] };

const run = (verdicts: Partial<Record<Verdict, number>>) =>
  Object.entries(verdicts).flatMap(([verdict, n]) =>
    Array.from({ length: n }, () => ({ verdict: verdict as Verdict })),
  );

describe("the verdict and its sentence", () => {
  const all = { pass: 389, "not applicable": 12, "not run": 25 };
  test.each<[string, Partial<Record<Verdict, number>>, Residue, string[], number, string]>([
    [
      "all passed",
      all,
      clean,
      [],
      0,
      "Conformant: 389 of 389 judged requirements passed; 12 not applicable, 25 not run.",
    ],
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
      "Not conformant: 1 of 390 judged requirements failed; 12 not applicable, 25 not run.",
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
    [
      "interrupted, with a failure",
      { pass: 120, fail: 1 },
      left,
      ["a hook failed", interruption("SIGINT")],
      2,
      "Not judged: the run was interrupted by SIGINT; until then 120 passed, 1 failed, 1 thing left behind.",
    ],
  ])("%s", (_name, verdicts, residue, errors, exitCode, summary) => {
    const judgement = judgeRun(run(verdicts), residue, errors);
    expect(judgement).toMatchObject({ exitCode, summary });
    expect(judgement.verdict).toBe(["conformant", "not conformant", "not judged"][exitCode]);
  });
});

test("nothing but a run without any trouble and with a pass is conformant", () => {
  const verdict = fc.constantFrom<Verdict>("pass", "fail", "error", "not applicable", "not run", "waived");
  const anything = fc.record({
    requirements: fc.array(fc.record({ verdict })),
    residue: fc.constantFrom(clean, left, unknown),
    errors: fc.array(fc.string(), { maxLength: 2 }),
  });
  fc.assert(
    fc.property(anything, ({ requirements, residue, errors }) => {
      const { exitCode, counts, summary } = judgeRun(requirements, residue, errors);
      const has = (wanted: Verdict) => requirements.some((result) => result.verdict === wanted);
      const conformant =
        has("pass") && !has("fail") && !has("error") && residue.state !== "left" && errors.length === 0;
      expect(exitCode === 0).toBe(conformant);
      expect(Object.values(counts).reduce((a, b) => a + b)).toBe(requirements.length);
      expect(summary).toMatch(/^(Conformant|Not conformant|Not judged): [^\n]*\.$/);
    }),
  );
});
