import type { Standing } from "../audits/standing.ts";
import { listed } from "../cause/mend.ts";
import { PLACES } from "../reach/places.ts";
import type { ReachCell } from "../reach/try-reach.ts";
import type { WorkloadsReport } from "./workloads.ts";

/** Ports that were expected and seen to be reached alike. */
export interface ReachGroup {
  /** As expected, and nothing that is broken has it so; null where nobody can tell what to expect. */
  readonly right: boolean | null;
  readonly ports: string;
  /** By place, in their order; empty where nobody asked. */
  readonly expected: readonly (Standing | "")[];
  readonly observed: readonly (Standing | "")[];
  /** Why not all are expected to connect: rules, or that nobody listens. */
  readonly because: readonly string[];
  /** Places of the cards among the report's, from 0. */
  readonly causes: readonly number[];
  /** It differs, and no card tells why; then what follows a packet, or nothing for one of a container of ours. */
  readonly unexplained: { readonly command: string | null } | null;
}

/** The grid of tried connections: those that went otherwise than expected first. */
export function reachGroups({ reach, cards }: Pick<WorkloadsReport, "reach" | "cards">, most: number): ReachGroup[] {
  const rows = (reach?.rows ?? []).map((row) => {
    const shut = Map.groupBy(
      row.cells.filter(({ expected }) => expected !== "connects"),
      ({ by }) => by,
    );
    return {
      row,
      right: isRight(row),
      expected: inOrder(row.cells, "expected"),
      observed: inOrder(row.cells, "observed"),
      because: [...shut].map(([by, cells]) =>
        cells.length === row.cells.length ? by : `${cells.map(({ place }) => place).join(", ")}: ${by}`,
      ),
    };
  });
  const groups = Map.groupBy(rows, ({ row, expected, observed, because }) =>
    JSON.stringify([expected, observed, because, row.causes]),
  );
  return [...groups.values()]
    .flatMap((same) => {
      const [first] = same;
      if (first === undefined) return [];
      const { row, ...shown } = first;
      return [
        {
          ...shown,
          ports: portsOf(
            same.map((one) => one.row),
            most,
          ),
          causes: row.causes.map((key) => cards.findIndex((card) => card.key === key)),
          unexplained: shown.right === true || row.causes.length > 0 ? null : { command: followed(row.cells) },
        },
      ];
    })
    .toSorted((a, b) => RIGHTS.indexOf(a.right) - RIGHTS.indexOf(b.right));
}

/** The worst first. */
const RIGHTS: readonly ReachGroup["right"][] = [false, null, true];

/** What stands before a group. */
export function reachGlyph({ right }: Pick<ReachGroup, "right">): string {
  return right === null ? "~" : right ? "✓" : "✗";
}

function isRight({ causes, cells }: { readonly causes: readonly string[]; readonly cells: readonly ReachCell[] }) {
  if (causes.length > 0 || cells.some(({ agrees }) => agrees === false)) return false;
  return cells.some(({ agrees }) => agrees === null) ? null : true;
}

function inOrder(cells: readonly ReachCell[], what: "expected" | "observed"): (Standing | "")[] {
  return PLACES.map((place) => cells.find((cell) => cell.place === place)?.[what] ?? "");
}

/** `shop-web 8080/tcp, [::]:8080/tcp; shop-api 9000/tcp` */
function portsOf(rows: readonly { readonly container: string; readonly port: string }[], most: number): string {
  const byContainer = Map.groupBy(rows, ({ container }) => container);
  return listed(
    [...byContainer].map(([container, same]) => `${container} ${same.map(({ port }) => port).join(" ")}`),
    most,
  );
}

/** What follows a packet of the host itself. Containers of ours are gone by now. */
function followed(cells: readonly ReachCell[]): string | null {
  const own = cells.find(({ agrees, callerOn }) => agrees !== true && callerOn === null);
  return own === undefined ? null : `npm run trace -- host ${own.target}`;
}

/** Why it is as it was seen: `cause 1`, or that none was found; empty where it is as expected without one. */
export function causesText({ causes, unexplained }: ReachGroup): string {
  if (causes.length > 0) return `cause ${causes.map((at) => at + 1).join(", ")}`;
  if (unexplained === null) return "";
  return `no cause was found${unexplained.command === null ? "" : `; to follow it: ${unexplained.command}`}`;
}
