import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { Results } from "../model/results.ts";
import { withHistory } from "./history/fold.ts";
import { type RunRecord, recordOf } from "./history/record.ts";
import * as sample from "./sample-results.ts";
import { publishedSchema } from "./schema/published.ts";

const schema = publishedSchema();
// These two checks object to conditions on properties whose type the surrounding schema declares.
const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false }).compile(
  schema,
);

test("docs/results.schema.json is made of it: npm run documents", () => {
  expect(JSON.parse(readFileSync(new URL("../../docs/results.schema.json", import.meta.url), "utf8"))).toEqual(schema);
});

function historyRecord(results: Results): RunRecord {
  return recordOf({ ...results, runId: "earlier", startedAt: "2026-11-20T23:40:00Z" }) ?? expect.fail("kept nothing");
}

/** As `results.json` holds it. */
function written(results: unknown): unknown {
  return JSON.parse(JSON.stringify(results));
}

describe("what a run writes is valid", () => {
  const { conformantRun, brokenRun, SAMPLE_RUNS } = sample;
  test.each(
    Object.entries({
      ...SAMPLE_RUNS,
      withItsHistory: withHistory(brokenRun, [historyRecord(conformantRun)]),
    }),
  )("%s", (_name, results) => {
    validate(written(results));
    expect(validate.errors).toBeNull();
  });
});

describe("what no run may write is refused", () => {
  const good = sample.conformantRun;
  const first = good.requirements[0];
  test.each<[string, unknown]>([
    ["a missing key", { ...good, residue: undefined }],
    ["an unknown key", { ...good, verdicts: [] }],
    ["another schema version", { ...good, schemaVersion: 2 }],
    ["an unknown verdict", { ...good, requirements: [{ ...first, verdict: "skipped" }] }],
    ["a failure without a reason", { ...good, requirements: [{ ...first, verdict: "fail", reason: "" }] }],
    ["a pass with a reason", { ...good, requirements: [{ ...first, reason: "almost" }] }],
    ["conformant with exit code 1", { ...good, exitCode: 1 }],
    ["conformant with a failure", { ...good, counts: { ...good.counts, fail: 1 } }],
    ["conformant with something not run", { ...good, counts: { ...good.counts, "not run": 1 } }],
    ["conformant and interrupted", { ...good, disturbances: [{ kind: "interrupted", by: "SIGINT" }] }],
    ["partial with everything run", { ...sample.partialRun, counts: good.counts }],
    ["partial with exit code 1", { ...sample.partialRun, exitCode: 1 }],
    ["a disturbance of an unknown kind", { ...sample.interruptedRun, disturbances: [{ kind: "weather" }] }],
    ["conformant without a pass", { ...good, counts: { ...good.counts, pass: 0 } }],
    ["conformant with residue", { ...good, residue: { state: "left", items: ["link veth0"] } }],
    ["conformant with a run error", { ...good, errors: ["the engine was lost"] }],
    ["conformant without requirements", { ...good, requirements: [] }],
    ["a local time", { ...good, startedAt: "2026-11-21 23:40" }],
    ["a probe without a role", { ...good, requirements: [{ ...first, probes: [{ command: "ip a" }] }] }],
    ["something else", []],
  ])("%s", (_name, results) => {
    expect(validate(written(results))).toBe(false);
  });
});
