import { oneLine } from "./plain-text.ts";

/**
 * Expected and observed for where one line is all there is: of two tables only the lines that differ, joined by `; `.
 * Texts of one line come back as they are.
 */
export function onlyDifference(expected: string, observed: string): { expected: string; observed: string } {
  const [left, right] = [expected.split("\n"), observed.split("\n")];
  if (left.length === 1 || right.length === 1) return { expected: oneLine(expected), observed: oneLine(observed) };
  const different = Array.from({ length: Math.max(left.length, right.length) }, (_, index) => index).filter(
    (index) => oneLine(left[index] ?? "") !== oneLine(right[index] ?? ""),
  );
  const pick = (lines: readonly string[]) => different.map((index) => oneLine(lines[index] ?? "")).join("; ");
  return { expected: pick(left), observed: pick(right) };
}
