import { expect, test } from "vitest";
import { NETWORK_KEYS } from "../configuration/keys/index.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { understandSelection, writtenSuites } from "./arguments.ts";

test("without words everything is meant", () => {
  expect(understandSelection([])).toEqual({ ids: null, files: [] });
});

test("a suite, its path, its file and an id in any case are understood, each once", () => {
  const suite = understandSelection(["none"]);
  expect(suite.ids?.length).toBeGreaterThan(10);
  expect(suite.ids?.every((id) => id.startsWith("NONE-"))).toBe(true);
  expect(suite.files.every((file) => file.startsWith("suites/none/"))).toBe(true);
  expect(understandSelection(["./suites/none/"])).toEqual(suite);
  const file = "suites/none/none.test.ts";
  expect(understandSelection([`./${file}`])).toMatchObject({ files: [file] });
  const one = understandSelection(["none-01", "NONE-01"]);
  expect(one.ids).toEqual(["NONE-01"]);
  expect(one.files).toHaveLength(1);
  expect(understandSelection(["NONE-01", "none"]).ids?.toSorted()).toEqual(suite.ids?.toSorted());
});

test("what ids begin with, in capitals, means all of them, in whichever suite they stand", () => {
  const { ids, files } = understandSelection(["PATH"]);
  expect(ids?.length).toBeGreaterThan(20);
  expect(ids?.every((id) => id.startsWith("PATH-"))).toBe(true);
  expect(files.every((file) => file.startsWith("suites/packet-paths/"))).toBe(true);
});

test("every word that a networking key influences means requirements", () => {
  const suites = writtenSuites();
  const missing = Object.entries(NETWORK_KEYS).flatMap(([key, { influences }]) =>
    influences.filter((word) => !suites.knows(word)).map((word) => `${key}: ${word}`),
  );
  expect(missing).toEqual([]);
});

test.each([
  [["--watch"], "unknown option --watch"],
  [["NONE-999"], "there is no suite, requirement or tag NONE-999; NONE goes from NONE-01 to "],
  [["nonsense"], "the suites are "],
  [["dsn"], "there is no suite, requirement or tag dsn; did you mean dns"],
  [["isolate"], "there is no suite, requirement or tag isolate; the suites are "],
  [["port"], "there is no suite, requirement or tag port; did you mean PORT?"],
  [["published"], "there is no suite, requirement or tag published; did you mean published-ports?"],
  [["icc:efect"], "did you mean icc:effect"],
  [["none", "typo"], "there is no suite, requirement or tag typo"],
])("%j is told, with exit code 64", (words, seen) => {
  try {
    understandSelection(words);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ seen: expect.stringContaining(seen), exitCode: EXIT.usage });
  }
});
