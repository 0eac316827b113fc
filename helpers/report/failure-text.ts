import type { ReportedProbe, RequirementResult } from "../model/results.ts";
import { needsLab } from "./catalogue.ts";
import { painter } from "./colour.ts";
import { labelled, sideBySide, textWidth, wrap } from "./layout.ts";
import { countOf, cut, oneLine, plainText } from "./plain-text.ts";

export interface FailureTextOptions {
  /** Columns; commands are never broken, since they are there to be copied. Default 90. */
  readonly width?: number;
  readonly colour?: boolean;
  /** Lines of output shown of each command. Default 8. */
  readonly outputLines?: number;
  /** Commands shown in full; the rest is counted. Default 3. */
  readonly probes?: number;
}

const MAX_COMMAND = 300;

/**
 * What a person needs of one `fail` or `error`: the sentence that was broken, expected beside observed, why, the positive
 * control, the commands with their answers, and how to run it alone. Many lines, without a final newline.
 */
export function formatFailure(result: RequirementResult, options: FailureTextOptions = {}): string {
  const { width = 90, colour = false, outputLines = 8, probes: maxProbes = 3 } = options;
  const paint = painter(colour);
  const text = textWidth(width);

  const word = result.verdict === "error" ? "ERROR" : result.verdict.toUpperCase();
  const id = oneLine(result.id);
  const indent = " ".repeat(word.length + id.length + 4);
  const [first = "", ...more] = wrap(oneLine(result.must), Math.max(20, width - indent.length));
  const lines = [
    `${paint(result.verdict === "error" ? "yellow" : "red", word)}  ${paint("bold", id)}  ${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...comparison(result, width),
  ];

  const reason = reasonBeside(result);
  if (reason !== "" && reason !== oneLine(result.observed ?? "")) {
    lines.push(...labelled(result.verdict === "error" ? "error" : "because", wrap(reason, text)));
  }
  const cause = oneLine(result.likelyCause ?? "");
  if (cause !== "") lines.push(...labelled("cause", wrap(`likely: ${cause}`, text)));

  const controls = result.probes.filter((probe) => probe.role === "control");
  const asked = result.probes.filter((probe) => probe.role === "probe");
  lines.push(...evidence("control", controls, 1, Math.min(2, outputLines), text));
  lines.push(...evidence("evidence", asked, maxProbes, outputLines, text));
  lines.push(...labelled("run alone", [paint("bold", runAlone(result))]));
  const script = scriptLine(result);
  if (script !== null) lines.push(...labelled("without us", wrap(script, text)));
  return lines.join("\n");
}

/** The reason without the expected and observed that stand above it. */
export function reasonBeside({ reason, expected, observed }: RequirementResult): string {
  const tail = `: expected ${expected ?? ""}, observed ${observed ?? ""}`;
  return oneLine(reason.endsWith(tail) ? reason.slice(0, -tail.length) : reason);
}

/** The script that shows it with plain docker commands, or why there is none; null where none was asked for. */
export function scriptLine({ reproduction }: Pick<RequirementResult, "reproduction">): string | null {
  if (reproduction === undefined) return null;
  return "file" in reproduction
    ? `sh ${oneLine(reproduction.file)}, beside results.json, shows it with plain docker commands`
    : `no script of plain docker commands shows it: ${oneLine(reproduction.why)}`;
}

/** The command that runs only this requirement. */
export function runAlone(result: Pick<RequirementResult, "id" | "needs">): string {
  return `${needsLab(result) ? "npm run test:lab" : "npm test"} -- ${result.id}`;
}

/** Expected and observed: one under the other when each is a line, in two columns when they are tables. */
function comparison({ expected, observed }: RequirementResult, width: number): string[] {
  if (expected === undefined && observed === undefined) return [];
  const [left, right] = [blockLines(expected ?? "–"), blockLines(observed ?? "–")];
  if (left.length > 1 || right.length > 1) {
    const columns = sideBySide(["expected", ...left], ["observed", ...right], width - 2);
    if (columns !== null) return columns.map((line) => `  ${line}`);
    const fitted = (lines: readonly string[]) =>
      lines.flatMap((line) => (line.length > textWidth(width) ? wrap(line, textWidth(width)) : [line]));
    return [...labelled("expected", fitted(left)), ...labelled("observed", fitted(right))];
  }
  const text = textWidth(width);
  return [...labelled("expected", wrap(left[0] ?? "", text)), ...labelled("observed", wrap(right[0] ?? "", text))];
}

/** Lines of a text without empty ones at its ends and without the indentation they share. */
function blockLines(block: string): string[] {
  const lines = plainText(block).replaceAll("\t", "  ").split("\n");
  const filled = lines.filter((line) => line.trim() !== "");
  const shared = Math.min(...filled.map((line) => line.length - line.trimStart().length), Number.MAX_SAFE_INTEGER);
  return filled.length === 0 ? ["(empty)"] : filled.map((line) => cut(line.slice(shared).trimEnd(), 400));
}

function evidence(
  label: string,
  probes: readonly ReportedProbe[],
  max: number,
  outputLines: number,
  width: number,
): string[] {
  const lines = probes
    .slice(0, max)
    .flatMap((probe, index) =>
      labelled(index === 0 ? label : "", [
        cut(probeLine(probe), MAX_COMMAND),
        ...wrap(`${oneLine(probe.vantage)}: ${probeEnding(probe)}`, width),
        ...output(probe, outputLines, width),
      ]),
    );
  const rest = probes.length - max;
  return rest > 0 ? [...lines, ...labelled("", [`and ${countOf(rest, "more command")} in results.json`])] : lines;
}

/** A shell command, as opposed to an API call, whose code is HTTP's where it has one. */
function isCommand(probe: ReportedProbe): boolean {
  return !isCall(probe) && (probe.exitCode !== null || probe.timedOut);
}

/** Earlier runs say where something was asked in words only. */
function isCall({ place, vantage }: ReportedProbe): boolean {
  return place === undefined ? vantage === "engine API" : place.kind === "engine";
}

/** The command as one line, a shell's with `$` before it. */
export function probeLine(probe: ReportedProbe): string {
  return `${isCommand(probe) ? "$ " : ""}${oneLine(probe.command)}`;
}

/** How a command or a call ended: `exit 1 after 12 ms`. */
export function probeEnding(probe: ReportedProbe): string {
  const after = `after ${Math.round(probe.ms)} ms`;
  if (probe.timedOut) return `killed at its deadline ${after}`;
  if (isCommand(probe)) return `exit ${probe.exitCode} ${after}`;
  return probe.exitCode === null ? `ended ${after}` : `answered ${probe.exitCode} ${after}`;
}

/** The first lines of stdout and stderr, empty ones left out; stderr keeps at least half of the room when both are long. */
function output(probe: ReportedProbe, max: number, width: number): string[] {
  const [out, err] = [filledLines(probe.stdout), filledLines(probe.stderr)];
  if (out.length + err.length === 0) return ["no output"];
  const errRoom = Math.min(err.length, Math.max(max - out.length, Math.ceil(max / 2)));
  return [...firstLines(out, "out", max - errRoom, width), ...firstLines(err, "err", errRoom, width)];
}

function firstLines(lines: readonly string[], stream: string, max: number, width: number): string[] {
  const shown = lines.slice(0, max).map((line) => `${stream} | ${cut(line, Math.max(20, width - 6))}`);
  return lines.length > max ? [...shown, `${stream} | … ${countOf(lines.length - max, "more line")}`] : shown;
}

function filledLines(text: string): string[] {
  return plainText(text)
    .replaceAll("\t", "  ")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}
