import { expect, test } from "vitest";
import { processStart } from "./process-start.ts";

// Captured on Linux 6.18, x86-64.
const STAT =
  "1290 (dockerd) S 1 1290 1290 0 -1 1077936384 21431 88033 67 412 4211 1523 401 212 20 0 24 0 45312 2466267136 21874 18446744073709551615 1 1 0 0 0 0 1002060288 0 2143420159 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
const KERNEL = "cpu  1 2 3\nbtime 1764000000\nprocesses 9\n";
const AUXV = "  33 140722 51 3632\n 16 395 6 4096\n 17 100 3 94\n 0 0\n";

test("boot time and ticks", () => expect(processStart(STAT, KERNEL, AUXV)).toBe(1764000453120));
test("the kernel's own ticks", () =>
  expect(processStart(STAT, KERNEL, AUXV.replace("17 100", "17 1024"))).toBe(1764000044250));
test("the usual ticks where it does not tell", () => expect(processStart(STAT, KERNEL, "")).toBe(1764000453120));
test("a name with spaces and brackets", () =>
  expect(processStart(STAT.replace("(dockerd)", "(a (b) c) d)"), KERNEL, AUXV)).toBe(1764000453120));
test.each([
  ["", KERNEL],
  [STAT, ""],
  ["1290 (dockerd) S 1", KERNEL],
])("nothing from half a text", (stat, kernel) => expect(processStart(stat, kernel, AUXV)).toBeNull());
