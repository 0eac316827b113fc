import { expect, test } from "vitest";
import { EXIT, UserError } from "../engine/errors.ts";
import { labEngines, nearestEngine } from "./engine-versions.ts";

test("all engines, oldest first, unless some are named", () => {
  expect(labEngines("").map(({ version }) => version)).toEqual(["20.10", "26.1", "28.5"]);
  expect(labEngines("28.5, 20.10").map(({ version }) => version)).toEqual(["28.5", "20.10"]);
});

test("any other version is one that a registry has", () => {
  expect(labEngines("29.0,27.5.1")).toEqual([
    { version: "29.0", debian: null },
    { version: "27.5.1", debian: null },
  ]);
});

test.each(["latest", "28", "28.5-dind", "28.5,,26.1"])(
  "%s is wrong usage, with the versions that are at hand",
  (word) => {
    const wrong = () => labEngines(word);
    expect(wrong).toThrow(UserError);
    try {
      wrong();
    } catch (error) {
      expect(error).toMatchObject({ exitCode: EXIT.usage, todo: expect.stringContaining("20.10, 26.1, 28.5 are") });
    }
  },
);

test.each([
  ["20.10.24+dfsg1", "20.10"],
  ["24.0.7", "26.1"],
  ["26.1.5", "26.1"],
  ["28.2.2", "28.5"],
  ["29.0.1", "28.5"],
])("the engine nearest to %s is %s", (version, nearest) => {
  expect(nearestEngine(version).version).toBe(nearest);
});
