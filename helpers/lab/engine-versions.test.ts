import { expect, test } from "vitest";
import { EXIT, UserError } from "../engine/errors.ts";
import { labEngines, nearestEngine } from "./engine-versions.ts";

test("all engines, oldest first, unless some are named", () => {
  expect(labEngines("").map(({ version }) => version)).toEqual(["20.10", "26.1", "28.5"]);
  expect(labEngines("28.5, 20.10").map(({ version }) => version)).toEqual(["28.5", "20.10"]);
});

test("a version that the lab does not have is wrong usage, with those that it has", () => {
  const wrong = () => labEngines("19.03");
  expect(wrong).toThrow(UserError);
  try {
    wrong();
  } catch (error) {
    expect(error).toMatchObject({ exitCode: EXIT.usage, todo: "Choose among 20.10, 26.1, 28.5." });
  }
});

test.each([
  ["20.10.24+dfsg1", "20.10"],
  ["24.0.7", "26.1"],
  ["26.1.5", "26.1"],
  ["28.2.2", "28.5"],
  ["29.0.1", "28.5"],
])("the engine nearest to %s is %s", (version, nearest) => {
  expect(nearestEngine(version).version).toBe(nearest);
});
