import type { Change, RunDiff, Setting } from "../diff.ts";
import { arrow, conclusion, explanationText, gathered } from "../diff-text.ts";
import { moment } from "../summary-lines.ts";
import { type Html, html, requirementLinks, table } from "./html.ts";

/** What changed since an earlier run of the same engine, what is unexplained first. Nothing where there is no such run. */
export function changesHtml(diff: RunDiff | null): Html {
  if (diff === null) return html``;
  const settings = [...diff.versions, ...diff.configuration];
  return html`<section id="changes" aria-labelledby="changes-title"><h2 id="changes-title">Since the run before</h2>
<p>${moment(diff.before.startedAt)}, ${diff.before.verdict}. ${conclusion(diff)}</p>
${diff.remarks.map((remark) => html`<p>${remark}</p>`)}
${settings.length === 0 ? null : table("Settings and versions that changed", ["what", "before → after"], settings.map(settingRow))}
${diff.changes.length === 0 ? null : table("What is otherwise", ["what", "before → after", "explained", "why it is so now", "requirements"], gathered(diff.changes).map(changeRow))}
${diff.added.length === 0 ? null : html`<p>New: ${requirementLinks(diff.added)}</p>`}</section>`;
}

function settingRow(setting: Setting) {
  return [setting.what, arrow(setting)];
}

function changeRow(change: Change) {
  const what = change.kind === "verdict" ? "verdict" : change.what;
  return [
    change.worse ? html`<b class="worse">worse</b>: ${what}` : what,
    arrow(change),
    explanationText(change.explanation),
    change.reason,
    requirementLinks(change.ids),
  ];
}
