import { describeOtherKey } from "../configuration/daemon-json.ts";
import type { Finding } from "../configuration/finding.ts";
import { type Paint, painter } from "../report/colour.ts";
import { labelled, textWidth, wrap } from "../report/layout.ts";
import { oneLine } from "../report/plain-text.ts";
import { isAccepted, type Rehearsal, type RehearsalStep } from "./rehearsal.ts";

const MARK: Readonly<Record<RehearsalStep["state"], string>> = { ok: "ok", failed: "FAILED", "not done": "not done" };

/** The last lines of a rehearsal: verdict and reasons first, then what would change. Ends with a newline. */
export function formatRehearsal(
  rehearsal: Rehearsal,
  options: { readonly width?: number; readonly colour?: boolean } = {},
): string {
  const { width = 100, colour = false } = options;
  const paint = painter(colour);
  const { findings, accepted, notRehearsed, keys, otherKeys } = rehearsal;
  const of = (kind: Finding["kind"]) => findings.filter((finding) => finding.kind === kind).map(({ text }) => text);
  const taken = findings
    .filter((finding) => finding.kind === "danger" && isAccepted(finding, accepted))
    .map(({ text }) => text);
  const changed = [
    ...keys.map(
      ({ key, before, after, covered }) =>
        `${key}: ${before} → ${after}${covered ? "" : " (no requirement covers it)"}`,
    ),
    ...otherKeys.map((key) => `${key}: ${describeOtherKey(key)}`),
  ];
  return [
    paint("dim", "─".repeat(Math.min(width, 100))),
    ...wrap(conclusion(rehearsal), width).map((line) => paint(moodOf(rehearsal), paint("bold", line))),
    ...list(rehearsal.reasons, width),
    ...section("Changed keys", changed, width, paint),
    ...section("Accepted", taken, width, paint),
    ...section("What the restart would change on this host", of("change"), width, paint),
    ...section("Does nothing", of("idle"), width, paint),
    ...section("Worth knowing", of("note"), width, paint),
    ...section("Not rehearsed", notRehearsed, width, paint),
    "",
  ].join("\n");
}

/** The verdict as one sentence. */
export function conclusion({ verdict, reasons, exitCode, rehearsedOn, host }: Rehearsal): string {
  const on =
    rehearsedOn === null
      ? ""
      : rehearsedOn.sameVersion
        ? ` Rehearsed on Docker ${rehearsedOn.engine}, the version of this host.`
        : rehearsedOn.asked === true
          ? ` Rehearsed on Docker ${rehearsedOn.engine}, as you asked; this host has ${host.engine}.`
          : ` Rehearsed on Docker ${rehearsedOn.engine}; this host has ${host.engine}: where the two differ nothing is rehearsed.`;
  const word = verdict.slice(0, 1).toUpperCase() + verdict.slice(1);
  return reasons.length === 0
    ? `${word}.${on} Exit code ${exitCode}.`
    : `${word} (exit code ${exitCode}).${on} ${reasons.length === 1 ? "The reason" : `The ${reasons.length} reasons`}:`;
}

function moodOf({ verdict }: Rehearsal): "green" | "red" | "yellow" {
  return verdict === "safe to apply" ? "green" : verdict === "not safe to apply" ? "red" : "yellow";
}

/** A step as it is told while the rehearsal goes on. */
export function formatStep({ name, state, text }: RehearsalStep, width = 100): string {
  return labelled(name, wrap(`${MARK[state]}: ${oneLine(text)}`, textWidth(width))).join("\n");
}

function section(title: string, lines: readonly string[], width: number, paint: Paint): string[] {
  return lines.length === 0 ? [] : ["", paint("bold", title), ...list(lines, width)];
}

function list(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) =>
    wrap(oneLine(line), width - 4).map((part, index) => `${index === 0 ? "  - " : "    "}${part}`),
  );
}
