import type { Results } from "../../model/results.ts";
import type { Change, HostChange, RunDiff, Setting } from "../../model/run-diff.ts";
import { arrow, conclusion, explanationText, hostLines } from "../diff-text.ts";
import { moment } from "../summary-lines.ts";
import { type Html, html, requirementLinks, table } from "./html.ts";

/**
 * What changed: since the baseline, and since the run before where that is another one. Nothing where there is neither.
 * @param last what changed since the run before; null where there is none of the same engine
 */
export function changesHtml(last: RunDiff | null, { history }: Pick<Results, "history">): Html {
  const baseline = history?.sinceBaseline ?? null;
  const differ = baseline?.before.startedAt !== last?.before.startedAt;
  const parts = [
    ...(baseline === null ? [] : [diffHtml("Since the baseline", baseline)]),
    ...(last === null || !differ ? [] : [diffHtml("Since the run before", last)]),
  ];
  if (parts.length === 0) return html``;
  return html`<section id="changes" aria-labelledby="changes-title"><h2 id="changes-title">What changed</h2>${parts}</section>`;
}

function diffHtml(title: string, diff: RunDiff): Html {
  const settings = [...diff.versions, ...diff.configuration];
  return html`<h3>${title}</h3>
<p>${moment(diff.before.startedAt)}, ${diff.before.verdict}. ${conclusion(diff)}</p>
${diff.remarks.map((remark) => html`<p>${remark}</p>`)}
${settings.length === 0 ? null : table(`${title}: settings and versions`, ["what", "before → after"], settings.map(settingRow))}
${diff.host.map(hostHtml)}
${diff.changes.length === 0 ? null : table(`${title}: what is otherwise`, ["what", "before → after", "explained", "requirements", "why it is so now"], alike(diff.changes).map(changeRow))}
${diff.added.length === 0 ? null : html`<p>New: ${requirementLinks(diff.added)}</p>`}`;
}

function hostHtml(change: HostChange): Html {
  return html`<p>The host's ${change.aspect}${change.ofContainers ? " of single containers" : ""}: <b>${change.gone.length}</b> gone, <b>${change.came.length}</b> new.</p>
<pre class="delta">${hostLines(change).map((line) => html`<span class="${line.startsWith("-") ? "gone" : line.startsWith("+") ? "came" : "more"}">${line}</span>\n`)}</pre>`;
}

function settingRow(setting: Setting) {
  return [setting.what, arrow(setting)];
}

/** Changes with the same arrow and explanation, as one row. Why each is so stands with the requirement. */
function alike(changes: readonly Change[]): (readonly Change[])[] {
  const key = ({ kind, what, worse, explanation, ...change }: Change) =>
    JSON.stringify([kind, kind === "verdict" ? worse : what, change.before, change.after, explanation]);
  return [...Map.groupBy(changes, key).values()];
}

function changeRow(changes: readonly Change[]) {
  const [change, ...others] = changes;
  if (change === undefined) return [];
  const what = change.kind === "verdict" ? "verdict" : change.what;
  return [
    change.worse ? html`<b class="worse">worse</b>: ${what}` : what,
    arrow(change),
    explanationText(change.explanation),
    requirementLinks(changes.flatMap(({ ids }) => ids)),
    others.length > 0 ? "said with each" : change.reason,
  ];
}
