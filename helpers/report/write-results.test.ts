import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../engine/errors.ts";
import { readResults } from "./read-results.ts";
import { brokenRun, conformantRun, hostileRun } from "./sample-results.ts";
import { assertWritable } from "./write-files.ts";
import { REPORT_NAMES, setAside, writeReports } from "./write-results.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dnc-reports-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("writes whole files and nothing else, into a folder that need not exist", async () => {
  const reports = join(folder, "a", "b");
  expect(await writeReports(hostileRun, reports)).toBeNull();
  expect((await readdir(reports)).sort()).toEqual([...REPORT_NAMES, "results.json"].sort());
  expect(JSON.parse(await readFile(join(reports, "results.json"), "utf8"))).toEqual(
    JSON.parse(JSON.stringify(hostileRun)),
  );
});

test("keeps the run before, and says what changed since", async () => {
  await writeReports({ ...conformantRun, runId: "older" }, folder);
  await writeReports(conformantRun, folder);
  const changes = await writeReports(brokenRun, folder);
  expect(changes?.added).toContain("UDN-04");
  expect(await readResults(join(folder, "results.previous.json"))).toEqual(conformantRun);
  expect(await readFile(join(folder, "summary.md"), "utf8")).toContain(
    "Since the last run (2026-11-21 23:40 UTC): 6 new",
  );
  expect((await readdir(folder)).sort()).toEqual([...REPORT_NAMES, "results.json", "results.previous.json"].sort());
});

test.each([
  ["damaged", "{"],
  ["of another schema version", JSON.stringify({ ...conformantRun, schemaVersion: 0 })],
  ["something else", '{"schemaVersion":1,"requirements":[null]}'],
])("an earlier file that is %s costs only the comparison", async (_name, text) => {
  await writeFile(join(folder, "results.json"), text);
  expect(await writeReports(conformantRun, folder)).toBeNull();
  expect(await readFile(join(folder, "results.previous.json"), "utf8")).toBe(text);
});

test("a folder that can't be written to is named with the reason, before and after the run", async () => {
  const blocked = join(folder, "file", "reports");
  await writeFile(join(folder, "file"), "");
  for (const attempt of [() => assertWritable(blocked), () => writeReports(conformantRun, blocked)]) {
    const error = await attempt().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      tried: `Writing the reports to ${blocked}`,
      seen: "not a directory (ENOTDIR)",
      exitCode: 2,
    });
  }
});

test("what it can't write whole is not there at all, nor are the reports of the run before", async () => {
  await writeReports(conformantRun, folder);
  await mkdir(join(folder, `.summary.md.${process.pid}.tmp`));
  await expect(writeReports(brokenRun, folder)).rejects.toThrow(UserError);
  await rm(join(folder, `.summary.md.${process.pid}.tmp`), { recursive: true });
  expect(await readdir(folder)).toEqual(["results.previous.json"]);
});

test("from the start of a run nothing there can be taken for its reports", async () => {
  await setAside(folder);
  await writeReports(conformantRun, folder);
  await setAside(folder);
  expect(await readdir(folder)).toEqual(["results.previous.json"]);
  // A run that wrote none does not cost the comparison with the one before it.
  await setAside(folder);
  expect((await writeReports(brokenRun, folder))?.before.verdict).toBe("conformant");
});

test("assertWritable creates the folder and leaves it empty", async () => {
  const reports = join(folder, "reports");
  await assertWritable(reports);
  expect(await readdir(reports)).toEqual([]);
});
