import { expect, test } from "vitest";
import type { Results, Verdict } from "../model/results.ts";
import { formatMatrix, matrixMarkdown, matrixRows } from "./matrix.ts";
import { conformantRun } from "./sample-results.ts";

/** A run in which these requirements had these verdicts. */
function run(verdicts: Readonly<Record<string, Verdict>>): Results {
  const [sample] = conformantRun.requirements;
  if (sample === undefined) throw new Error("the sample has no requirement");
  return {
    ...conformantRun,
    requirements: Object.entries(verdicts).map(([id, verdict]) => ({
      ...sample,
      id,
      must: `${id} MUST | hold`,
      verdict,
    })),
  };
}

const columns = [
  { name: "20.10", results: run({ "UDN-10": "pass", "UDN-2": "pass", "DNS-1": "not applicable" }) },
  { name: "28.5", results: run({ "UDN-10": "fail", "UDN-2": "pass", "DNS-1": "pass", "PATH-1": "pass" }) },
];

test("one row per requirement of any run, in the order of the ids, with a gap where a run does not know it", () => {
  expect(matrixRows(columns).map(({ id, verdicts }) => [id, ...verdicts])).toEqual([
    ["DNS-1", "not applicable", "pass"],
    ["PATH-1", null, "pass"],
    ["UDN-2", "pass", "pass"],
    ["UDN-10", "pass", "fail"],
  ]);
});

test("the console shows the requirements on which engines differ or that fail, and only these", () => {
  const text = formatMatrix(columns);
  expect(text).toContain("4 requirements; the 3 on which the engines differ, or one fails:");
  expect(text).toMatch(/UDN-10 +pass +FAIL/);
  expect(text).not.toMatch(/UDN-2 /);
});

test("a requirement that fails everywhere is shown although the engines agree", () => {
  const both = [columns[1], columns[1]].flatMap((column) => (column === undefined ? [] : [column]));
  expect(formatMatrix(both)).toMatch(/UDN-10 +FAIL +FAIL/);
});

test("what a failed requirement saw follows the table, once, with the engines that it failed on", () => {
  const text = formatMatrix([...columns, ...columns.slice(1)]);
  expect(text.match(/FAIL {2}UDN-10/g)?.length).toBe(1);
  expect(text).toContain("On 28.5, 28.5:");
});

test("of many failures the first are shown and the rest is counted", () => {
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`NAT-${index + 10}`, "fail" as const]));
  expect(formatMatrix([{ name: "28.5", results: run(many) }])).toContain("2 more failures: see the summary.md");
});

test("the Markdown table holds every requirement, and text can't break its cells", () => {
  const text = matrixMarkdown(columns);
  expect(text).toContain("| UDN-2 | pass | pass | UDN-2 MUST \\| hold |");
  expect(text.match(/^\| /gm)?.length).toBe(6);
});
