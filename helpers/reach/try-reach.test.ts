import { expect, test } from "vitest";
import type { Standing } from "../audits/standing.ts";
import { agree } from "./try-reach.ts";

test.each<[Standing, Standing, boolean | null]>([
  ["connects", "connects", true],
  ["connects", "blocked", false],
  ["connects", "unknown", null],
  ["blocked", "refused", true],
  ["refused", "blocked", false],
  ["blocked", "connects", false],
  ["unknown", "connects", true],
  ["unknown", "blocked", null],
  ["unknown", "refused", null],
])("expected %s, observed %s", (expected, observed, told) => {
  expect(agree(expected, observed)).toBe(told);
});
