import type { CatalogueEntry } from "../model/results.ts";
import { framePage, headerHtml, section } from "../report/page/frame.ts";
import { type Html, html, prose, table } from "../report/page/html.ts";
import { countOf } from "../report/plain-text.ts";
import type { Fault } from "./fault.ts";
import { faultFragment, faultsGrid } from "./faults-grid.ts";
import { requirementsUnderFaults } from "./faults-table.ts";
import { countsOf, type Proof, type ProofVerdict } from "./proof.ts";
import { isWrong, remediedText } from "./remedied.ts";

/** How each verdict of a fault is coloured, by the words of requirements. */
const MARKS: Readonly<Record<ProofVerdict, string>> = {
  caught: "pass",
  silent: "fail",
  errored: "error",
  "not judged": "not-run",
  "left out": "not-applicable",
};

/** `index.html` of a proof: fault × requirement, what was not caught first, and the inverse. */
export function renderFaultsPage(
  proofs: readonly Proof[],
  faults: readonly Fault[],
  catalogue: readonly CatalogueEntry[],
): string {
  const breaks = new Map(faults.map((fault) => [fault.id, fault.breaks]));
  const judged = proofs.filter(({ verdict }) => verdict !== "left out");
  const missed = judged.filter(({ verdict }) => verdict !== "caught");
  const alarms = proofs.filter(({ control, remedied }) => isAlarmed(control) || isWrong(remedied));
  const requirements = requirementsUnderFaults(catalogue, proofs);
  const never = requirements.filter(({ judgedUnder }) => judgedUnder === 0);
  const unshown = requirements.filter(({ judgedUnder, reddenedBy }) => judgedUnder > 0 && reddenedBy.length === 0);
  const shown = requirements.filter(({ reddenedBy }) => reddenedBy.length > 0);
  const good = missed.length === 0 && alarms.length === 0;
  const rows = (of: readonly Proof[], name = nameOf) =>
    of.map((proof) => proofRow(proof, breaks.get(proof.fault) ?? "", name));
  const head = [
    "fault",
    "breaks",
    "verdict",
    "caught by",
    "expected, and not red",
    "red beside",
    "cause named",
    "mended",
    "remedied",
  ];
  return framePage({
    title: "Faults and the requirements that catch them",
    header: headerHtml(
      good ? "conformant" : "not-conformant",
      good ? "every fault caught" : missed.length > 0 ? "not every fault caught" : "not green once mended",
      "Fault × requirement",
      `${judged.length - missed.length} of ${countOf(judged.length, "fault")} caught; ${countOf(alarms.length, "alarm")} after mending.`,
    ),
    sections: [
      [
        "missed",
        "Not caught",
        missed.length === 0 ? html`` : section("missed", "Not caught", table("Not caught", head, rows(missed))),
      ],
      [
        "alarms",
        "Alarms",
        alarms.length === 0
          ? html``
          : section("alarms", "Not green once mended", table("Not green once mended", head, rows(alarms))),
      ],
      ["grid", "Grid", gridSection(proofs, catalogue)],
      [
        "faults",
        "Faults",
        section(
          "faults",
          "Every fault",
          folded(countOf(proofs.length, "proof"), table("Every fault", head, rows(proofs, anchored))),
        ),
      ],
      [
        "requirements",
        "Requirements",
        section(
          "requirements",
          "Requirement × fault",
          folded(
            `${countOf(shown.length, "requirement")} reddened by a fault`,
            table(
              "Requirements",
              ["requirement", "must", "faults", "reddened by"],
              shown.map(({ id, must, reddenedBy }) => [id, prose(must), reddenedBy.length, reddenedBy.join(", ")]),
            ),
          ),
        ),
      ],
      [
        "unshown",
        "Never red",
        unshown.length === 0
          ? html``
          : section(
              "unshown",
              "Ran under faults, and none reddened it",
              table(
                "Never red",
                ["requirement", "must", "judged under"],
                unshown.map(({ id, must, judgedUnder }) => [id, prose(must), countOf(judgedUnder, "fault")]),
              ),
            ),
      ],
      [
        "never",
        "Never ran",
        never.length === 0
          ? html``
          : section("never", "Never ran under any fault", html`<p>${never.map(({ id }) => id).join(" ")}</p>`),
      ],
    ],
  });
}

function gridSection(proofs: readonly Proof[], catalogue: readonly CatalogueEntry[]): Html {
  const grid = faultsGrid(
    proofs,
    catalogue.map(({ id }) => id),
  );
  return grid.text === "" ? grid : section("grid", "Fault × requirement at a glance", grid);
}

function folded(summary: string, content: Html): Html {
  return html`<details class="fold"><summary>${summary}</summary>${content}</details>`;
}

function isAlarmed(control: Proof["control"]): boolean {
  return control !== null && (control.trouble !== "" || control.falseAlarms.length > 0);
}

function nameOf({ fault, engine }: Proof): Html {
  return html`<b>${fault}</b> ${engine}`;
}

/** Its name, where the grid leads to. */
function anchored(proof: Proof): Html {
  return html`<span class="thing" id="${faultFragment(proof)}">${nameOf(proof)}</span>`;
}

function proofRow(proof: Proof, breaks: string, name: (proof: Proof) => Html) {
  const { verdict, trouble, expected, collateral, control, remedied } = proof;
  const { caught, causeNamed } = countsOf(proof);
  return [
    name(proof),
    prose(breaks),
    html`<span class="mark ${MARKS[verdict]}">${verdict}</span> ${trouble}`,
    expected.flatMap(({ id, outcome }) => (outcome === "caught" ? [id] : [])).join(" "),
    expected.flatMap(({ id, outcome, reason }) =>
      outcome === "caught" ? [] : [html`<b class="worse">${id}</b> ${outcome} <small>${reason}</small> `],
    ),
    collateral.map(({ id }) => id).join(" "),
    caught === 0 ? "" : `${causeNamed} of ${caught}`,
    control === null ? "" : controlHtml(control),
    remedied === null ? "" : remediedText(remedied),
  ];
}

function controlHtml({ trouble, passed, falseAlarms }: NonNullable<Proof["control"]>): Html {
  if (trouble !== "") return html`<b class="worse">no control</b>: ${trouble}`;
  if (falseAlarms.length === 0) return html`${passed} passed`;
  return html`<b class="worse">still red</b>: ${falseAlarms.map(({ id }) => id).join(" ")}`;
}
