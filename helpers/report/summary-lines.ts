import type { Counts, RequirementResult, Residue, Results, Verdict } from "../model/results.ts";
import { countOf, cut, oneLine } from "./plain-text.ts";
import { selectionText } from "./selection-text.ts";

// What console and Markdown both print, so that they can't tell different stories.

/** The verdicts in the order of every count strip, with the word a reader sees. */
export const VERDICT_ORDER: readonly (readonly [Verdict, string])[] = [
  ["fail", "failed"],
  ["error", "error"],
  ["pass", "passed"],
  ["waived", "waived"],
  ["not applicable", "not applicable"],
  ["not run", "not run"],
];

/** `failed 2 · error 0 · passed 386 · …`: always all six, always in this order. */
export function countStrip(counts: Counts): string {
  return VERDICT_ORDER.map(([verdict, word]) => `${word} ${counts[verdict]}`).join(" · ");
}

/** `nothing`, or what stayed, or why it is not known; to be put after `left behind:`. */
export function residueLine(residue: Residue): string {
  if (residue.state === "clean") return "nothing";
  const items = residue.items.map(oneLine).join("; ");
  if (residue.state === "unknown") {
    return items === ""
      ? "unknown, the host could not be looked at"
      : `unknown, the host could not be looked at (${items})`;
  }
  return items === "" ? "something, see results.json" : `${countOf(residue.items.length, "thing")}: ${items}`;
}

/** What the verdict is about, as label and text: engine, host, configuration, images, and the selection if there was one. */
export function judgedLines(results: Results): [label: string, text: string][] {
  const { engine } = results;
  const lines: [string, string][] = [];
  if (engine === null) {
    lines.push(["engine", "unknown: it did not answer"]);
  } else {
    const mode = engine.rootless ? ", rootless" : "";
    lines.push(
      ["engine", `Docker ${engine.version}, API ${engine.apiVersion}${mode}, at ${engine.endpoint}`],
      ["host", `${engine.hostname}: ${engine.os}, kernel ${engine.kernel}, ${engine.architecture}`],
      ["firewall", engine.firewallBackend === "" ? "not reported by the engine" : engine.firewallBackend],
    );
  }
  lines.push(["configured", configurationLine(results.configuration)]);
  if (results.images.length > 0) {
    lines.push([
      "images",
      results.images.map((image) => `${image.role} ${image.origin} (${image.reference})`).join(", "),
    ]);
  }
  if (results.selection.length > 0)
    lines.push(["selection", `${selectionText(results.selection)} (only a part of the suite${seenByQuick(results)})`]);
  if (results.onlyInLab > 0)
    lines.push([
      "elsewhere",
      `${countOf(results.onlyInLab, "requirement")} that only a lab can show: npm run test:lab`,
    ]);
  return lines.map(([label, text]) => [label, oneLine(text)]);
}

function seenByQuick({ quick }: Results): string {
  return quick === undefined
    ? ""
    : `: it sees ${quick.caught} of the ${quick.faults} known faults that strike a whole host`;
}

function configurationLine(configuration: Results["configuration"]): string {
  if (configuration === null) return "unknown: the host's daemon.json could not be read";
  const keys = Object.entries(configuration).map(([key, value]) => `${key}=${cut(JSON.stringify(value) ?? "", 40)}`);
  return keys.length === 0 ? "no networking key: the engine's defaults hold" : keys.join(" ");
}

/** The reasons of one verdict with the requirements that have it, most frequent first. */
export function reasonsOf(
  requirements: readonly RequirementResult[],
  verdict: Verdict,
): (readonly [reason: string, ids: readonly string[]])[] {
  const idsByReason = new Map<string, string[]>();
  for (const result of requirements) {
    if (result.verdict !== verdict) continue;
    const reason = result.reason === "" ? "no reason given" : result.reason;
    idsByReason.set(reason, [...(idsByReason.get(reason) ?? []), result.id]);
  }
  return [...idsByReason].sort(([, a], [, b]) => b.length - a.length);
}

/** `850 ms`, `41 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** An ISO 8601 time as `2026-11-21 23:40 UTC`; anything else as it stands. */
export function moment(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? oneLine(iso) : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
