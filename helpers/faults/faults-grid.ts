import { fragmentOf, type Html, html, trusted } from "../report/page/html.ts";
import type { Proof } from "./proof.ts";

/** How a requirement took a fault, what matters most first. */
const KINDS = ["missed", "caught", "beside", "judged"] as const;
type Kind = (typeof KINDS)[number];

/** What each kind means, for the legend. */
const MEANS: Readonly<Record<Kind, string>> = {
  caught: "red, as the fault's author expects",
  missed: "expected to be red, and was not",
  beside: "red beside",
  judged: "judged and not red",
};

/** Room for the names of layers at the left and of topics above, pixels. */
const LEFT = 130;
const ABOVE = 74;

/** The fragment where a fault's row stands. */
export function faultFragment({ engine, fault }: Pick<Proof, "engine" | "fault">): string {
  return fragmentOf("fault", `${engine} ${fault}`);
}

/**
 * Fault × requirement as a picture: a row for each fault by its layer, a column for each requirement that is red or
 * expected under any of them. A row leads to its fault; the page's script names what the pointer is at.
 * @param order ids of the catalogue, as it has them
 */
export function faultsGrid(proofs: readonly Proof[], order: readonly string[]): Html {
  const judged = proofs.filter(({ verdict }) => verdict !== "left out");
  const kinds = new Map(judged.map((proof) => [proof, kindsOf(proof)]));
  const shown = new Set(
    [...kinds.values()].flatMap((of) => [...of].flatMap(([id, kind]) => (kind === "judged" ? [] : [id]))),
  );
  const columns = order.filter((id) => shown.has(id));
  if (columns.length === 0) return html``;
  const layers = [...new Set(judged.map(({ layer }) => layer))];
  const rows = layers.flatMap((layer) => judged.filter((proof) => proof.layer === layer));
  const cell = { width: cellOf(columns.length), height: cellOf(rows.length) };
  const [width, height] = [LEFT + columns.length * cell.width + 60, ABOVE + rows.length * cell.height + 8];
  return html`<p>${KINDS.map((kind) => html`<svg class="grid key" width="14" height="14" aria-hidden="true"><path class="${kind}" d="M0 7h14" stroke-width="12"/></svg> ${MEANS[kind]}. `)}The tables below say the same in words.</p>
<p><output id="at" aria-live="off">&#160;</output></p>
<div class="wide" role="group" tabindex="0" aria-label="Fault × requirement"><svg class="grid" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true" data-left="${LEFT}" data-cell="${cell.width}" data-columns="${columns.join(" ")}">
${labels(columns.map(topicOf)).map(([at, name]) => html`<text transform="translate(${LEFT + at * cell.width + 9} ${ABOVE - 6}) rotate(-55)">${name}</text>`)}
${labels(rows.map(({ layer }) => layer)).map(([at, name]) => html`<text x="0" y="${ABOVE + at * cell.height + 10}">${name}</text>`)}
<g stroke-width="${Math.max(2, cell.height - 1)}">${rows.map((proof, index) => {
    const y = ABOVE + (index + 0.5) * cell.height;
    const of = columns.map((id) => kinds.get(proof)?.get(id) ?? null);
    return html`<a href="#${faultFragment(proof)}" tabindex="-1"><title>${proof.engine} ${proof.fault}</title>${KINDS.toReversed().map((kind) => pathOf(kind, of, y, cell))}</a>\n`;
  })}</g></svg></div>`;
}

/** Of few things each is large, of hundreds small. */
function cellOf(count: number): number {
  return count <= 40 ? 16 : count <= 150 ? 8 : count <= 300 ? 5 : 3;
}

function kindsOf({ expected, collateral, judged }: Proof): ReadonlyMap<string, Kind> {
  return new Map<string, Kind>([
    ...judged.map((id) => [id, "judged"] as const),
    ...collateral.map(({ id }) => [id, "beside"] as const),
    ...expected.flatMap(({ id, outcome }) =>
      outcome === "not judged" ? [] : [[id, outcome === "caught" ? "caught" : "missed"] as const],
    ),
  ]);
}

/** Neighbours of one kind are one stroke. What was missed is thicker than the rest, so that it is seen without colour. */
function pathOf(
  kind: Kind,
  row: readonly (Kind | null)[],
  y: number,
  { width, height }: { readonly width: number; readonly height: number },
): Html | null {
  const strokes: string[] = [];
  for (let from = 0; from < row.length; from++) {
    if (row[from] !== kind) continue;
    let to = from;
    while (row[to + 1] === kind) to++;
    strokes.push(`M${LEFT + from * width} ${y}h${(to - from + 1) * width - (width > 4 ? 1 : 0)}`);
    from = to;
  }
  return strokes.length === 0
    ? null
    : html`<path class="${kind}" d="${trusted(strokes.join(""))}"${kind === "missed" ? html` stroke-width="${height + 2}"` : null}/>`;
}

/** Where each name begins, once; one too near the last is left out. */
function labels(names: readonly string[]): (readonly [at: number, name: string])[] {
  return names.flatMap((name, at) => (at === 0 || names[at - 1] !== name ? [[at, name] as const] : []));
}

function topicOf(id: string): string {
  return id.replace(/-\d+[a-z]?$/, "");
}
