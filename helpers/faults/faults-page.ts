import type { CatalogueEntry } from "../model/results.ts";
import { framePage, headerHtml, section } from "../report/page/frame.ts";
import { type Html, html, prose, table } from "../report/page/html.ts";
import { countOf } from "../report/plain-text.ts";
import type { Fault } from "./fault.ts";
import { faultFragment, faultsGrid } from "./faults-grid.ts";
import { sortRequirements } from "./faults-table.ts";
import type { Proof } from "./proof.ts";
import { PROOF_COLUMNS } from "./proof-columns.ts";
import { isWrong } from "./remedied.ts";

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
  const { reddened, silent, never } = sortRequirements(catalogue, proofs);
  const good = missed.length === 0 && alarms.length === 0;
  const rows = (of: readonly Proof[], name = nameOf) =>
    of.map((proof) => [
      name(proof),
      ...PROOF_COLUMNS.map(({ text, html: shown = text }) => shown(proof, breaks.get(proof.fault) ?? "")),
    ]);
  const head = ["fault", ...PROOF_COLUMNS.map(({ head }) => head)];
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
            `${countOf(reddened.length, "requirement")} reddened by a fault`,
            table(
              "Requirements",
              ["requirement", "must", "faults", "reddened by"],
              reddened.map(({ id, must, reddenedBy }) => [id, prose(must), reddenedBy.length, reddenedBy.join(", ")]),
            ),
          ),
        ),
      ],
      [
        "unshown",
        "Never red",
        silent.length === 0
          ? html``
          : section(
              "unshown",
              "Ran under faults, and none reddened it",
              table(
                "Never red",
                ["requirement", "must", "judged under"],
                silent.map(({ id, must, judgedUnder }) => [id, prose(must), countOf(judgedUnder, "fault")]),
              ),
            ),
      ],
      [
        "never",
        "Never ran",
        never.length === 0
          ? html``
          : section(
              "never",
              "Never ran under any fault",
              folded(
                countOf(never.length, "requirement"),
                html`<p>${never.map(({ id }) => html`<span class="id">${id}</span> `)}</p>`,
              ),
            ),
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
