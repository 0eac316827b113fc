import { expect, test } from "vitest";
import { codeOf } from "./exit-code.ts";

test("only a verdict ends a run with 0 or 1", () => {
  expect([0, 1, 2, 64, 134].map((code) => codeOf(undefined, code))).toEqual([2, 2, 2, 64, 134]);
  expect([0, 1, 2].map((verdict) => codeOf(verdict, 1))).toEqual([0, 1, 2]);
});
