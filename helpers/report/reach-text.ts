import type { ReachCell } from "../reach/try-reach.ts";

/** What is said of the connections from one place: what was seen, and what should have been where that differs. */
export function reachCellText(cells: readonly ReachCell[]): string {
  if (cells.length === 0) return "–";
  return cells
    .map(({ expected, by, observed, agrees }) =>
      agrees ? `${observed}${observed === "connects" ? "" : ` (${by})`}` : `${observed}, expected: ${expected} (${by})`,
    )
    .join("; ");
}
