import { expect, test } from "vitest";
import { changesSince, formatChanges } from "./previous.ts";
import type { RequirementResult, Verdict } from "./results.ts";
import { conformantRun, emptyRun, nameNotFound, sampleRun } from "./sample-results.ts";

const run = (verdicts: Readonly<Record<string, Verdict>>, selection: readonly string[] = []) =>
  sampleRun(
    Object.entries(verdicts).map(([id, verdict]): RequirementResult => ({ ...nameNotFound, id, verdict })),
    { selection },
  );

test("says what changed, came and went", () => {
  const before = run({ "UDN-07": "pass", "PORT-03": "fail", "NONE-01": "pass", "OLD-01": "pass" });
  const after = run({ "UDN-07": "fail", "PORT-03": "pass", "NONE-01": "pass", "NEW-01": "pass" });
  const changes = changesSince(before, after);
  expect(changes).toMatchObject({
    changed: [
      { id: "UDN-07", before: "pass", after: "fail" },
      { id: "PORT-03", before: "fail", after: "pass" },
    ],
    added: ["NEW-01"],
    removed: ["OLD-01"],
    conditions: [],
  });
  expect(changes && formatChanges(changes)).toBe(
    "since the last run (2026-11-21 23:40 UTC): UDN-07 now fails; PORT-03 recovered; 1 new; 1 gone",
  );
});

test("names what is different about the engine first", () => {
  const before = run({ "UDN-07": "pass" });
  const { engine } = before;
  const after = {
    ...run({ "UDN-07": "error" }),
    engine: engine && { ...engine, version: "26.1.5" },
    configuration: { bip: "172.17.0.1/16", "userland-proxy": false, icc: false },
  };
  const changes = changesSince(before, after);
  expect(changes && formatChanges(changes)).toBe(
    "since the last run (2026-11-21 23:40 UTC): Engine 20.10.24+dfsg1 → 26.1.5; mtu 1450 → not set; icc not set → false; UDN-07 could not be measured any more",
  );
});

test("a long list is cut, a run without change says so", () => {
  const ids = Array.from({ length: 9 }, (_, index) => `UDN-0${index + 1}`);
  const all = (verdict: Verdict) => run(Object.fromEntries(ids.map((id) => [id, verdict])));
  const changes = changesSince(all("pass"), all("fail"));
  expect(changes && formatChanges(changes)).toMatch(/UDN-06 and 3 more now fail$/);
  const none = changesSince(conformantRun, conformantRun);
  expect(none && formatChanges(none)).toMatch(/: no change$/);
});

test("what a selection leaves out is no change", () => {
  const full = run({ "UDN-07": "pass", "PORT-03": "pass" });
  expect(changesSince(full, run({ "UDN-07": "fail", "PORT-03": "not run" }, ["UDN-07"]))).toMatchObject({
    changed: [{ id: "UDN-07" }],
    added: [],
    removed: [],
  });
  expect(changesSince(full, run({ "UDN-07": "pass" }, ["UDN-07"]))).toMatchObject({ changed: [], removed: [] });
});

test("another engine, an unknown one or none is nothing to compare with", () => {
  const other = { ...conformantRun, engine: conformantRun.engine && { ...conformantRun.engine, id: "other" } };
  expect(changesSince(other, conformantRun)).toBeNull();
  expect(changesSince(emptyRun, conformantRun)).toBeNull();
  expect(changesSince(conformantRun, emptyRun)).toBeNull();
  expect(changesSince(null, conformantRun)).toBeNull();
});
