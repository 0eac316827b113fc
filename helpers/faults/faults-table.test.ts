import { expect, test } from "vitest";
import { conformantRun, HOSTILE } from "../report/sample-results.ts";
import type { Fault } from "./fault.ts";
import { faultsMarkdown, formatFaults, proofLine, requirementsUnderFaults } from "./faults-table.ts";
import type { Proof, ProofVerdict } from "./proof.ts";

const catalogue = conformantRun.requirements.slice(0, 3);
const [first = "", second = "", third = ""] = catalogue.map(({ id }) => id);

function proof(fault: string, verdict: ProofVerdict, parts: Partial<Proof> = {}): Proof {
  const outcome = verdict === "caught" ? "caught" : verdict === "silent" ? "silent" : "not judged";
  return {
    schemaVersion: 2,
    suites: "a",
    engine: "28.5",
    fault,
    layer: "nat",
    content: "0",
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 21,
    verdict,
    trouble: verdict === "not judged" ? "could not strike: no device" : "",
    strikes: 1,
    expected: [
      {
        id: first,
        outcome,
        verdict: verdict === "silent" ? "pass" : "fail",
        reason: "the rule is not there",
        likelyCause: "the rule is gone",
        causeNamed: verdict === "caught",
      },
    ],
    collateral: [],
    judged: [first, second],
    control: null,
    remedied: null,
    ...parts,
  };
}

const red = (id: string) => ({ id, verdict: "fail", reason: "red", likelyCause: "" }) as const;

test("a requirement is reddened by what it was expected to catch and by what it caught beside; a run that shows nothing counts for none", () => {
  const proofs = [
    proof("one", "caught", { collateral: [red(second)] }),
    proof("two", "silent"),
    proof("three", "not judged", { collateral: [red(third)], judged: [third] }),
  ];
  expect(
    requirementsUnderFaults(catalogue, proofs).map(({ id, reddenedBy, judgedUnder }) => [id, reddenedBy, judgedUnder]),
  ).toEqual([
    [first, ["28.5 one"], 2],
    [second, ["28.5 one"], 2],
    [third, [], 0],
  ]);
});

test("what could not be measured has reddened nothing", () => {
  const proofs = [proof("one", "caught", { collateral: [{ ...red(second), verdict: "error" }] })];
  expect(requirementsUnderFaults(catalogue, proofs)[1]?.reddenedBy).toEqual([]);
});

test("a line says what was caught, whether the cause was named, how it went when mended, and how far the run is", () => {
  const control = { trouble: "", passed: 4, falseAlarms: [] };
  expect(proofLine(proof("nat-flushed", "caught", { control }), "3 of 9")).toMatch(
    /^28\.5 +nat-flushed +caught +caught 1\/1 {2}cause named 1\/1 {2}mended: 4 passed {2}21 s {2}\(3 of 9\)$/,
  );
  expect(proofLine(proof("nat-flushed", "silent"), "3 of 9")).toContain(`SILENT      caught 0/1  silent: ${first}`);
  expect(proofLine(proof("nat-flushed", "not judged"), "3 of 9")).toContain("could not strike: no device");
  expect(
    proofLine(proof("nat-flushed", "caught", { control: { ...control, falseAlarms: [red(second)] } }), "3 of 9"),
  ).toContain(`STILL RED when mended: ${second}`);
});

test("the summary counts per engine and names what was not caught", () => {
  const text = formatFaults(
    [proof("one", "caught"), proof("two", "silent"), proof("one", "left out", { engine: "20.10", expected: [] })],
    catalogue,
  );
  expect(text).toMatch(/ +28\.5 +20\.10\n +faults +2 +0\n +caught +1 +0\n +silent +1 +0/);
  expect(text).toContain(`28.5 two: silent ${first}`);
  expect(text).not.toContain("28.5 one:");
  expect(text).toContain("Of 3 requirements, 1 were reddened by a fault, 1 ran and were not, 1 never ran under any.");
});

test("the page holds both tables, what nothing reddens and what never ran, and hostile text stays in its cell", () => {
  const fault = { id: "one", breaks: HOSTILE } as Fault;
  const page = faultsMarkdown([proof("one", "caught", { trouble: HOSTILE })], [fault], catalogue);
  expect(page).toContain(
    `## Ran under faults, and none reddened it\n\n| requirement | must | judged under |\n| --- | --- | --- |\n| ${second} |`,
  );
  expect(page.trimEnd().endsWith(`## Never ran under any fault\n\n${third}`)).toBe(true);
  expect(page).not.toMatch(/<(?!br>)/);
  expect(page).not.toMatch(/^# head/m);
});
