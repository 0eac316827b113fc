import fc from "fast-check";
import { expect, test } from "vitest";
import { parseResults } from "./read-results.ts";
import { brokenRun, emptyRun } from "./sample-results.ts";

test("reads what a run writes, also from before runs recorded facts", async () => {
  for (const results of [brokenRun, emptyRun]) expect(await parseResults(JSON.stringify(results))).toEqual(results);
});

test("what earlier runs did not record is empty", async () => {
  const { notes: _notes, disturbances: _disturbances, onlyInLab: _onlyInLab, ...earlier } = brokenRun;
  expect(await parseResults(JSON.stringify(earlier))).toEqual({
    ...brokenRun,
    notes: [],
    disturbances: [],
    onlyInLab: 0,
  });
});

test.each([
  ["", /not JSON/],
  ["{", /not JSON/],
  ["[]", /not the results of a run/],
  ['{"name":"x"}', /not the results of a run/],
  [JSON.stringify({ ...brokenRun, schemaVersion: 7 }), /schema version is 7, this project reads 1/],
  [JSON.stringify({ ...brokenRun, requirements: [{ id: "A-1" }] }), /damaged/],
  [JSON.stringify({ ...brokenRun, requirements: null }), /damaged/],
  [JSON.stringify({ ...brokenRun, engine: 3 }), /damaged/],
  [JSON.stringify({ ...brokenRun, notes: "none" }), /damaged/],
])("refuses %.30s in one sentence", async (text, why) => {
  expect(await parseResults(text)).toMatch(why);
});

test("never throws", async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => void (await parseResults(text))));
});
