import { type Html, html, type Part, prose } from "../report/page/html.ts";
import { cut, oneLine } from "../report/plain-text.ts";
import { countsOf, type Proof, type ProofVerdict, type Reddened } from "./proof.ts";
import { remediedText } from "./remedied.ts";

/** How each verdict of a fault is coloured, by the words of requirements. */
const MARKS: Readonly<Record<ProofVerdict, string>> = {
  caught: "pass",
  silent: "fail",
  errored: "error",
  "not judged": "not-run",
  "left out": "not-applicable",
};

/** One column of the table fault × requirement, on paper and on the page. */
interface ProofColumn {
  readonly head: string;
  readonly text: (proof: Proof, breaks: string) => string;
  /** Where the page shows more than the text. */
  readonly html?: (proof: Proof, breaks: string) => Part;
}

/** The columns behind the fault itself. */
export const PROOF_COLUMNS: readonly ProofColumn[] = [
  { head: "breaks", text: (_, breaks) => breaks, html: (_, breaks) => prose(breaks) },
  {
    head: "verdict",
    text: ({ verdict, trouble }) => (trouble === "" ? verdict : `${verdict}: ${trouble}`),
    html: ({ verdict, trouble }) => html`<span class="mark ${MARKS[verdict]}">${verdict}</span> ${trouble}`,
  },
  {
    head: "caught by",
    text: ({ expected }) =>
      caughtOf(expected)
        .map(({ id }) => id)
        .join(" "),
  },
  {
    head: "expected, and not red",
    text: ({ expected }) =>
      missedOf(expected)
        .map(({ id, verdict }) => `${id} (${verdict ?? "did not run"})`)
        .join(" "),
    html: ({ expected }) =>
      missedOf(expected).map(
        ({ id, outcome, reason }) => html`<b class="worse">${id}</b> ${outcome} <small>${reason}</small> `,
      ),
  },
  { head: "red beside", text: ({ collateral }) => idsOf(collateral) },
  {
    head: "cause named",
    text: (proof) => {
      const { caught, causeNamed } = countsOf(proof);
      return caught === 0 ? "" : `${causeNamed} of ${caught}`;
    },
  },
  {
    head: "likely cause",
    text: ({ expected }) =>
      [...new Set(caughtOf(expected).map(({ likelyCause }) => likelyCause))].filter((cause) => cause !== "").join("; "),
  },
  {
    head: "mended",
    text: ({ control }) => (control === null ? "" : controlText(control)),
    html: ({ control }) => (control === null ? "" : controlHtml(control)),
  },
  { head: "remedied", text: ({ remedied }) => (remedied === null ? "" : remediedText(remedied)) },
];

function caughtOf(expected: Proof["expected"]): Proof["expected"] {
  return expected.filter(({ outcome }) => outcome === "caught");
}

function missedOf(expected: Proof["expected"]): Proof["expected"] {
  return expected.filter(({ outcome }) => outcome !== "caught");
}

/** What was red, with a word where it could not be measured. */
export function idsOf(reddened: readonly Reddened[]): string {
  return reddened.map(({ id, verdict }) => (verdict === "error" ? `${id} (error)` : id)).join(" ");
}

/** What was seen once the fault was mended. */
export function controlText({ trouble, passed, falseAlarms }: NonNullable<Proof["control"]>): string {
  if (trouble !== "") return `NO CONTROL: ${cut(oneLine(trouble), 160)}`;
  return falseAlarms.length === 0 ? `mended: ${passed} passed` : `STILL RED when mended: ${idsOf(falseAlarms)}`;
}

function controlHtml({ trouble, passed, falseAlarms }: NonNullable<Proof["control"]>): Html {
  if (trouble !== "") return html`<b class="worse">no control</b>: ${trouble}`;
  if (falseAlarms.length === 0) return html`${passed} passed`;
  return html`<b class="worse">still red</b>: ${idsOf(falseAlarms)}`;
}
