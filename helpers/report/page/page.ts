import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Results } from "../../model/results.ts";
import type { RunDiff } from "../../model/run-diff.ts";
import { cardsHtml } from "./cards.ts";
import { changesHtml } from "./changes.ts";
import { chaptersHtml, failuresHtml } from "./chapters.ts";
import { configurationHtml } from "./configuration.ts";
import { historyHtml } from "./history.ts";
import { type Html, html, trusted } from "./html.ts";
import { livingHtml } from "./living.ts";
import { matrices } from "./matrices.ts";
import { judgedHtml, notesHtml, verdictHtml } from "./top.ts";
import { evidenceBlock, packEvidence } from "./transcript.ts";

const own = (name: string) => readFileSync(new URL(`browser/${name}`, import.meta.url), "utf8");

/**
 * `index.html`: a run in one file that fetches nothing. What failed is readable without JavaScript and on paper; with
 * it the page is searched and filtered, and shows every question that was asked.
 * @param changes null where there is no earlier run to compare with
 */
export function renderPage(results: Results, changes: RunDiff | null): string {
  const [style, script] = [own("page.css"), own("page.js")];
  const packed = packEvidence(results.requirements);
  const sections: readonly (readonly [id: string, title: string, content: Html])[] = [
    ["causes", "Causes", cardsHtml(results)],
    ["notes", "Notes", notesHtml(results)],
    ["changes", "Changes", changesHtml(changes, results)],
    ["history", "History", historyHtml(results)],
    ["living", "This host", livingHtml(results)],
    ["failed", "Failed", failuresHtml(results, packed)],
    ["judged", "Judged", judgedHtml(results)],
    ["reach", "Reach", matrices(results)],
    ["configuration", "Configuration", configurationHtml(results)],
    ["chapters", "All", chaptersHtml(results, packed)],
  ];
  const shown = sections.filter(([, , { text }]) => text !== "");
  // The script and the style are named by their hashes: whatever a host's data may become, nothing else runs.
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  const hostname = results.engine?.hostname ?? "no engine";
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${results.verdict}: ${hostname}</title>
<style>${trusted(style)}</style></head>
<body><a class="skip" href="#main">To the report</a>
${verdictHtml(results)}
<nav aria-label="Parts of the report">${shown.map(([id, title]) => html`<a href="#${id}">${title}</a> `)}</nav>
<main id="main">${shown.map(([, , content]) => content)}</main>
${evidenceBlock(packed)}
<script>${trusted(script)}</script></body></html>
`;
  return page.text;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
