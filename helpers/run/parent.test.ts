import { expect, test } from "vitest";
import { parseStat } from "./parent.ts";

test("the parent stands after a command's name, whatever that holds", () => {
  expect(parseStat("4242 (sh) S 17 4242 17 34816 4242 4194304 1")).toEqual({ command: "sh", parent: 17 });
  expect(parseStat("7 (a) b (c) R 1 7 7 0")).toEqual({ command: "a) b (c", parent: 1 });
  expect(parseStat("")).toBeNull();
  expect(parseStat("7 (sh")).toBeNull();
});
