import { Graph, layout } from "@dagrejs/dagre";
import type { Drawn } from "./drawing-cards.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a box is: its upper left corner. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Size {
  readonly boxes: ReadonlyMap<string, Box>;
  /** Where the line runs that leads down each column from the uplinks, and what is in the column. */
  readonly columns: readonly { readonly x: number; readonly members: readonly string[] }[];
}

/** Room between a network and the groups on it. */
const RANKS = 46;
/** Room between what hangs together and the next. */
const GAP = 28;
/** Room at the left of a column for its line. */
const GUTTER = 34;
/** Width over height that is aimed at: a screen's. */
const ASPECT = 1.6;
const MOST_COLUMNS = 8;

/**
 * Places networks at the left of the groups that hang on them. What hangs together is laid out as one graph; these are
 * put one below the other in as many columns as make a screen of them, those with something broken on top. Same report,
 * same places.
 */
export function place(drawn: Drawn, sizes: ReadonlyMap<string, Size>): Placed {
  const broken = new Set<string>();
  for (const { id, state } of drawn.networks) if (state === "broken") broken.add(id);
  for (const { id, lines } of drawn.groups) if (lines.some(({ state }) => state === "broken")) broken.add(id);
  const holdsBroken = (ids: readonly string[]) => Number(ids.some((id) => broken.has(id)));
  const parts = partsOf(drawn)
    .toSorted((a, b) => holdsBroken(b) - holdsBroken(a))
    .map((ids) => laidOut(ids, drawn, sizes));
  const candidates = Array.from({ length: MOST_COLUMNS }, (_, index) => inColumns(parts, index + 1));
  const [best] = candidates.toSorted((a, b) => farFrom(a) - farFrom(b));
  if (best === undefined) throw new Error("there is a candidate");
  return best;
}

function farFrom({ width, height }: Size): number {
  return Math.abs(Math.log(width / Math.max(1, height) / ASPECT));
}

/** Ids of what hangs together, in the order of the drawing. */
function partsOf({ networks, groups, edges }: Drawn): string[][] {
  const seen = new Set<string>();
  const parts: string[][] = [];
  for (const { id } of [...networks, ...groups]) {
    if (seen.has(id)) continue;
    const part: string[] = [];
    const waiting = [id];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (seen.has(next)) continue;
      seen.add(next);
      part.push(next);
      for (const { network, group } of edges) {
        if (network === next) waiting.push(group);
        if (group === next) waiting.push(network);
      }
    }
    parts.push(part);
  }
  return parts;
}

interface Part extends Size {
  readonly boxes: ReadonlyMap<string, Box>;
}

function laidOut(ids: readonly string[], { edges }: Drawn, sizes: ReadonlyMap<string, Size>): Part {
  if (ids.length <= 2) return inARow(ids, sizes);
  const graph = new Graph().setGraph({ rankdir: "LR", nodesep: 14, ranksep: RANKS, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...(sizes.get(id) ?? { width: 0, height: 0 }) });
  for (const { network, group } of edges) if (ids.includes(network)) graph.setEdge(network, group);
  layout(graph);
  const boxes = new Map(
    ids.map((id) => {
      const { x, y, width, height } = graph.node(id) as Box;
      return [id, { x: x - width / 2, y: y - height / 2, width, height }] as const;
    }),
  );
  const all = [...boxes.values()];
  return {
    boxes,
    width: Math.max(...all.map(({ x, width }) => x + width)),
    height: Math.max(...all.map(({ y, height }) => y + height)),
  };
}

/** A network alone, or with its one group, as the library lays them out, which takes a millisecond for each such pair. */
function inARow(ids: readonly string[], sizes: ReadonlyMap<string, Size>): Part {
  const boxes = new Map<string, Box>();
  const all = ids.map((id) => ({ id, ...(sizes.get(id) ?? { width: 0, height: 0 }) }));
  const height = Math.max(...all.map((one) => one.height));
  let x = 0;
  for (const { id, width, height: own } of all) {
    boxes.set(id, { x, y: (height - own) / 2, width, height: own });
    x += width + RANKS;
  }
  return { boxes, width: x - RANKS, height };
}

/** Each part goes to the column that is the shortest by then. */
function inColumns(parts: readonly Part[], count: number): Placed {
  const columns = Array.from({ length: count }, () => ({ parts: [] as Part[], height: 0, width: 0 }));
  for (const part of parts) {
    const [shortest] = columns.toSorted((a, b) => a.height - b.height);
    if (shortest === undefined) break;
    shortest.parts.push(part);
    shortest.height += part.height + GAP;
    shortest.width = Math.max(shortest.width, part.width);
  }
  const boxes = new Map<string, Box>();
  const lines: Placed["columns"][number][] = [];
  let left = 0;
  for (const column of columns.filter((one) => one.parts.length > 0)) {
    let top = 0;
    for (const part of column.parts) {
      for (const [id, box] of part.boxes) boxes.set(id, { ...box, x: left + GUTTER + box.x, y: top + box.y });
      top += part.height + GAP;
    }
    const members = column.parts.flatMap((part) => [...part.boxes.keys()]);
    lines.push({ x: left + GUTTER / 3, members });
    left += GUTTER + column.width + GAP;
  }
  return {
    boxes,
    columns: lines,
    width: left - GAP,
    height: Math.max(0, ...columns.map(({ height }) => height - GAP)),
  };
}
