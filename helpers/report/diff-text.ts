import type { Results } from "../model/results.ts";
import type { Change, ChangeExplanation, HostChange, RunDiff, RunIdentity, Setting } from "../model/run-diff.ts";
import { VERSION_SWITCHES } from "../model/version-switches.ts";
import { type Paint, painter } from "./colour.ts";
import { labelled, textWidth, wrap } from "./layout.ts";
import { countOf, cut, oneLine } from "./plain-text.ts";
import { moment } from "./summary-lines.ts";

const MAX_IDS = 6;
const MAX_VALUE = 160;

/** What explains a change, in words: `by bip, dns` or `by nothing that this comparison knows`. */
export function explanationText({ by, names }: ChangeExplanation): string {
  if (by === "nothing") return "unexplained";
  if (by === "key") return `by ${names.join(", ")} in daemon.json or dockerd's flags`;
  if (by === "cause") return `by the cause that was found: ${names.join(" ")}`;
  if (by === "host") return `by what the host has otherwise: ${names.join(", ")}`;
  return `by the Engine's version: ${names.map((name) => switchText(name)).join("; ")}`;
}

function switchText(name: string): string {
  const row = Object.entries(VERSION_SWITCHES).find(([key]) => key === name)?.[1];
  return row === undefined ? name : `since ${row.since}, ${row.after}`;
}

/** `172.17.0.0/16 → 10.200.0.0/24` */
export function arrow({ before, after }: Pick<Setting, "before" | "after">): string {
  return `${cut(oneLine(before), MAX_VALUE)} → ${cut(oneLine(after), MAX_VALUE)}`;
}

/** The requirements that show a change, shortened. */
export function idsText(ids: readonly string[]): string {
  const more = ids.length > MAX_IDS ? ` and ${ids.length - MAX_IDS} more` : "";
  return `${ids.slice(0, MAX_IDS).join(", ")}${more}`;
}

/** Verdict changes with the same arrow and explanation as one row; the rest as it stands. */
export function gathered(changes: readonly Change[]): Change[] {
  const rows = new Map<string, Change>();
  for (const change of changes) {
    const { kind, before, after, explanation, reason } = change;
    // A failure is worth a line of its own: its reason is.
    const key = JSON.stringify(
      kind === "verdict" && !change.worse ? [before, after, explanation, reason] : [kind, change.what, before, after],
    );
    const row = rows.get(key);
    rows.set(key, row === undefined ? change : { ...row, ids: [...row.ids, ...change.ids] });
  }
  return [...rows.values()];
}

function runText({ startedAt, engine, hostname, verdict }: RunIdentity): string {
  return `${moment(startedAt)}, Docker ${engine} on ${oneLine(hostname)}: ${verdict}`;
}

/** The whole comparison for a terminal. Ends with a newline. */
export function formatDiff(
  diff: RunDiff,
  options: { readonly width?: number; readonly colour?: boolean } = {},
): string {
  const { width = 90, colour = false } = options;
  const paint = painter(colour);
  const text = textWidth(width);
  const row = (label: string, words: string) => labelled(label, wrap(oneLine(words), text));
  const settings = (rows: readonly Setting[]) =>
    rows.flatMap((setting) => row("", `${setting.what}: ${arrow(setting)}`));
  const unexplained = diff.changes.filter(({ explanation }) => explanation.by === "nothing");
  const explained = diff.changes.filter(({ explanation }) => explanation.by !== "nothing");
  const lines = [
    ...row("before", runText(diff.before)),
    ...row("after", runText(diff.after)),
    ...diff.remarks.flatMap((remark) => row("note", remark)),
    "",
    paint("bold", heading("Configuration", diff.configuration.length)),
    ...settings(diff.configuration),
    ...(diff.versions.length === 0 ? [] : ["", paint("bold", heading("Versions", diff.versions.length))]),
    ...settings(diff.versions),
    ...diff.host.flatMap((change) => [
      "",
      paint("bold", `The host's ${hostText(change)}`),
      ...hostLines(change).flatMap((line) => row("", line)),
    ]),
    "",
    paint("bold", heading("Unexplained", unexplained.length)),
    ...gathered(unexplained).flatMap((change) => changeRows(change, width, paint)),
    "",
    paint("bold", heading("Explained", explained.length)),
    ...byExplanation(explained).flatMap(([explanation, changes]) => [
      ...row("", `${cut(explanation, 400)}:`),
      ...gathered(changes).flatMap((change) => changeRows(change, width, paint)),
    ]),
    ...cameAndWent(diff).flatMap((line) => ["", line]),
    "",
    paint("bold", conclusion(diff)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Changes by what explains them, in words: one change of a key is one paragraph, however much follows from it. */
function byExplanation(changes: readonly Change[]): [string, Change[]][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const words = explanationText(change.explanation);
    groups.set(words, [...(groups.get(words) ?? []), change]);
  }
  return [...groups];
}

function heading(what: string, count: number): string {
  return `${what}: ${count === 0 ? "no change" : countOf(count, "change")}`;
}

function changeRows(change: Change, width: number, paint: Paint): string[] {
  const text = textWidth(width);
  const subject = change.kind === "verdict" ? idsText(change.ids) : change.what;
  const head = `${subject}: ${arrow(change)}${change.kind === "observed" ? ` (${idsText(change.ids)})` : ""}`;
  const said = oneLine(change.reason);
  return [
    ...labelled(
      change.worse ? "WORSE" : "",
      wrap(head, text).map((line) => (change.worse ? paint("red", line) : line)),
    ),
    ...(change.kind === "verdict" && said !== "" ? labelled("", wrap(`  ${cut(said, 300)}`, text)) : []),
  ];
}

function cameAndWent({ added, removed }: RunDiff): string[] {
  return [
    added.length === 0 ? "" : `  ${countOf(added.length, "new requirement")}: ${idsText(added)}`,
    removed.length === 0 ? "" : `  ${countOf(removed.length, "requirement")} gone: ${idsText(removed)}`,
  ].filter((line) => line !== "");
}

/** The comparison in one sentence. */
export function conclusion({ changes }: RunDiff): string {
  const worse = changes.filter((change) => change.worse);
  const unexplained = changes.filter(({ explanation }) => explanation.by === "nothing");
  if (changes.length === 0) return "Nothing changed.";
  const got =
    worse.length === 0
      ? "No requirement got worse"
      : `${countOf(worse.length, "requirement")} got worse: ${idsText(worse.map(({ what }) => what))}`;
  return `${got}; ${countOf(changes.length, "change")}, ${unexplained.length} unexplained.`;
}

/** `firewall rules: 12 gone, 1 new` */
function hostText({ aspect, gone, came }: HostChange): string {
  const counts = [gone.length > 0 ? `${gone.length} gone` : "", came.length > 0 ? `${came.length} new` : ""];
  return `${aspect}: ${counts.filter((part) => part !== "").join(", ")}`;
}

/** Lines of an aspect of the host that are shown; the rest is counted. */
const HOST_LINES = 12;

/** The lines that differ, those of one aspect as `- …` and `+ …`. */
export function hostLines({ gone, came }: HostChange): string[] {
  const lines = [...gone.map((line) => `- ${line}`), ...came.map((line) => `+ ${line}`)];
  const more = lines.length - HOST_LINES;
  return more > 1 ? [...lines.slice(0, HOST_LINES), `and ${countOf(more, "more line")}`] : lines;
}

/** What changed for a run: since the run before, and since the baseline where that is another one. */
export function changeLines(changes: RunDiff | null, results: Pick<Results, "history">): string[] {
  const baseline = results.history?.sinceBaseline ?? null;
  const same = baseline !== null && baseline.before.startedAt === changes?.before.startedAt;
  return [
    ...(changes === null ? [] : [diffLine(changes)]),
    ...(baseline === null || same ? [] : [diffLine(baseline, "the baseline")]),
  ];
}

/** What flickers, with its ratio; nothing where nothing does. */
export function flakyLines({ history }: Pick<Results, "history">): string[] {
  const flaky = history?.flaky ?? [];
  if (flaky.length === 0) return [];
  const told = flaky.slice(0, MAX_IDS).map(({ id, bad, of }) => `${id} (bad in ${bad} of ${of} runs)`);
  const more = flaky.length - told.length;
  return [
    `comes and goes although nothing that is recorded changed: ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
  ];
}

/** One line for the end of a run: `since the last run (2026-11-20 23:40 UTC): bip … → …; UDN-07 now fails (unexplained)`. */
export function diffLine(diff: RunDiff, since = "the last run"): string {
  const settings = [...diff.versions, ...diff.configuration];
  const verdicts = diff.changes.filter(({ kind }) => kind === "verdict");
  const named = (wanted: readonly Change[], one: string, many: string) => {
    if (wanted.length === 0) return "";
    const unexplained = wanted.filter(({ explanation }) => explanation.by === "nothing").length;
    const mark =
      unexplained === 0 ? "" : unexplained === wanted.length ? " (unexplained)" : ` (${unexplained} unexplained)`;
    return `${idsText(wanted.map(({ what }) => what))} ${wanted.length === 1 ? one : many}${mark}`;
  };
  const to = (verdict: string) => verdicts.filter(({ after }) => after === verdict);
  const recovered = verdicts.filter(
    ({ before, after }) => (before === "fail" || before === "error") && after === "pass",
  );
  const otherwise = verdicts.length - to("fail").length - to("error").length - recovered.length;
  const moved = diff.changes.filter(({ kind }) => kind === "fact");
  const unexplained = moved.filter(({ explanation }) => explanation.by === "nothing");
  const seen = diff.changes.filter(({ kind }) => kind === "observed");
  const parts = [
    ...settings.slice(0, 3).map((setting) => `${setting.what} ${arrow(setting)}`),
    settings.length > 3 ? `${settings.length - 3} more settings changed` : "",
    named(to("fail"), "now fails", "now fail"),
    named(to("error"), "could not be measured any more", "could not be measured any more"),
    named(recovered, "recovered", "recovered"),
    unexplained.length === 0
      ? ""
      : `unexplained: ${unexplained
          .slice(0, 3)
          .map((fact) => `${fact.what} ${arrow(fact)}`)
          .join(", ")}`,
    unexplained.length > 3 ? `${unexplained.length - 3} more facts of the host changed unexplained` : "",
    otherwise > 0 ? `${countOf(otherwise, "other change")} of verdict` : "",
    moved.length > unexplained.length ? `${countOf(moved.length - unexplained.length, "fact")} followed` : "",
    ...diff.host.map(hostText),
    seen.length > 0
      ? `containers saw other ${[...new Set(seen.map(({ what }) => what.replace(/ in containers$/, "")))].join(", ")}`
      : "",
    diff.added.length > 0 ? `${diff.added.length} new` : "",
    diff.removed.length > 0 ? `${diff.removed.length} gone` : "",
  ].filter((part) => part !== "");
  return oneLine(
    `since ${since} (${moment(diff.before.startedAt)}): ${parts.length === 0 ? "no change" : parts.join("; ")}`,
  );
}
