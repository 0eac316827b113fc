import { exclusion, labEngines } from "../lab/engine-versions.ts";
import { markdownTable, markdownText } from "../report/markdown-text.ts";
import { countOf } from "../report/plain-text.ts";
import { BEYOND_PROOF } from "./beyond-proof.ts";
import { FAULTS } from "./catalogue/index.ts";
import type { Fault } from "./fault.ts";

/** `docs/faults.md`: what is done, how one comes by it, and what must catch it. */
export function faultsDocument(faults: readonly Fault[] = FAULTS): string {
  const layers = [...new Set(faults.map(({ layer }) => layer))];
  return `${[
    "# Faults, and the requirements that must catch them",
    "Generated from the data (`npm run documents`); edits are overwritten.",
    `${countOf(faults.length, "fault")} in ${countOf(layers.length, "layer")}. \`npm run prove\` does each of them to a disposable host and runs the suites unchanged against it: the requirements on the right have to be red, and to say in their likely cause what is broken.`,
    ...layers.flatMap((layer) => [
      `## ${markdownText(layer)}`,
      markdownTable(
        ["fault", "what is broken", "how one comes by it", "strikes when", "engines", "caught by"],
        faults.filter((fault) => fault.layer === layer).map(row),
      ),
    ]),
    "## Requirements that no fault is expected to redden",
    markdownTable(
      ["requirement", "why"],
      Object.entries(BEYOND_PROOF).map((cells) => cells.map((cell) => markdownText(cell))),
    ),
  ].join("\n\n")}\n`;
}

function row(fault: Fault): readonly string[] {
  return [fault.id, fault.breaks, fault.comesBy, fault.strike.when, enginesOf(fault), fault.caughtBy.join(", ")].map(
    (cell) => markdownText(cell),
  );
}

/** Debian's engines that can have the fault. */
function enginesOf(fault: Fault): string {
  const all = labEngines("20.10,26.1,28.5");
  const those = all.filter((engine) => exclusion(engine, fault) === null);
  return those.length === all.length ? "every" : those.map(({ version }) => version).join(", ");
}
