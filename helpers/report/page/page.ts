import type { Results } from "../../model/results.ts";
import type { RunDiff } from "../../model/run-diff.ts";
import { cardsHtml } from "./cards.ts";
import { changesHtml } from "./changes.ts";
import { chaptersHtml, failuresHtml } from "./chapters.ts";
import { configurationHtml } from "./configuration.ts";
import { framePage } from "./frame.ts";
import { historyHtml } from "./history.ts";
import { mapsHtml } from "./maps.ts";
import { matrices } from "./matrices.ts";
import { teachingHtml } from "./teaching.ts";
import { judgedHtml, notesHtml, verdictHtml } from "./top.ts";
import { evidenceBlock, packEvidence } from "./transcript.ts";

/**
 * `index.html`: a run as a page. What failed is readable without JavaScript; with it the page is searched and filtered,
 * and shows every question that was asked.
 * @param changes null where there is no earlier run to compare with
 */
export function renderPage(results: Results, changes: RunDiff | null): string {
  const packed = packEvidence(results.requirements);
  return framePage({
    title: `${results.verdict}: ${results.engine?.hostname ?? "no engine"}`,
    header: verdictHtml(results),
    sections: [
      ["causes", "Causes", cardsHtml(results)],
      ["notes", "Notes", notesHtml(results)],
      ["changes", "Changes", changesHtml(changes, results)],
      ["history", "History", historyHtml(results)],
      ["living", "Map", mapsHtml(results)],
      ["failed", "Failed", failuresHtml(results, packed)],
      ["judged", "Judged", judgedHtml(results)],
      ["reach", "Reach", matrices(results)],
      ["ways", "How packets go", teachingHtml()],
      ["configuration", "Configuration", configurationHtml(results)],
      ["chapters", "All", chaptersHtml(results, packed)],
    ],
    data: evidenceBlock(packed),
  });
}
