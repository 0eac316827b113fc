import { deflateRawSync } from "node:zlib";
import type { ReportedProbe, RequirementResult } from "../../model/results.ts";
import { isAgainst } from "../against.ts";
import { probeEnding, probeLine } from "../failure-text.ts";
import { countOf, cut, oneLine, plainText } from "../plain-text.ts";
import { anchorOf, type Html, html, trusted } from "./html.ts";
import type { PackedEvidence, TranscriptEntry } from "./packed.ts";

/** Characters of one output that the page holds; the rest is in `results.json`. */
const MAX_OUTPUT = 32_000;
/** What stands in the page itself, readable without its script. */
const SHOWN = 12;
const MAX_SHOWN_OUTPUT = 3000;
/** Characters of packed evidence; with more, what passed brings none. */
const MAX_PACKED = 900_000;

/** What was asked for a requirement, as the page tells it. */
function transcriptOf(probes: readonly ReportedProbe[], most = MAX_OUTPUT): TranscriptEntry[] {
  return probes.map((probe) => ({
    role: probe.role === "control" ? "control" : "",
    vantage: oneLine(probe.vantage),
    command: probeLine(probe),
    ending: probeEnding(probe),
    stdout: output(probe.stdout, most),
    stderr: output(probe.stderr, most),
  }));
}

function output(text: string, most: number): string {
  const whole = plainText(text).replace(/\n+$/, "");
  const shown = cut(whole, most);
  return shown === whole ? whole : `${shown}\n… cut here, all of it is in results.json`;
}

/** The first questions of a failed requirement and their answers, as they stand in the page. */
export function transcript(result: RequirementResult): Html {
  const { id, probes } = result;
  if (probes.length === 0) return html``;
  const shown = probes.slice(0, SHOWN);
  const entries = transcriptOf(shown, MAX_SHOWN_OUTPUT).map((entry, index) => {
    const probe = shown[index];
    return entryHtml(entry, probe !== undefined && isAgainst(result, probe));
  });
  const more = probes.length - SHOWN;
  return html`<div class="questions"><h4>What was asked</h4><div class="transcript">${entries}</div></div>
${more > 0 ? html`<details class="evidence" data-of="${anchorOf(id)}"><summary>and ${countOf(more, "more question")}: all of them</summary><p class="without-script">They are in results.json; here they need JavaScript.</p></details>` : null}`;
}

/** @param against whether it came out otherwise than it had to: paper shows the first of these */
function entryHtml({ role, vantage, command, ending, stdout, stderr }: TranscriptEntry, against: boolean): Html {
  return html`<div class="probe${against ? " against" : ""}"><p class="at">${role === "" ? null : html`<b>${role}</b> `}${vantage}: ${ending}</p><pre class="asked">${command}</pre>${
    stdout === "" ? null : html`<pre>${stdout}</pre>`
  }${stderr === "" ? null : html`<pre class="err">${stderr}</pre>`}</div>`;
}

/** The place where the page's script puts a requirement's transcript. */
export function foldedTranscript({ id, probes }: RequirementResult, isPacked: boolean): Html {
  if (probes.length === 0) return html``;
  const asked = countOf(probes.length, "question");
  if (!isPacked) return html`<p>${asked}: in results.json.</p>`;
  return html`<details class="evidence" data-of="${anchorOf(id)}"><summary>${asked} and what came back</summary><p class="without-script">They are in results.json; here they need JavaScript.</p></details>`;
}

/** All that was asked, packed for the page's script. */
export interface Packed {
  /** Deflated JSON ({@link PackedEvidence}) in base64: nothing in it can end the element that holds it. */
  readonly text: string;
  /** Whether the transcript of a requirement is in it. */
  holds(result: RequirementResult): boolean;
}

/** Packs the transcripts of all requirements; only those of what did not pass where all would be too much. */
export function packEvidence(requirements: readonly RequirementResult[]): Packed {
  const whole = packOf(requirements);
  if (whole.length <= MAX_PACKED) return { text: whole, holds: () => true };
  const isOpen = ({ verdict }: RequirementResult) => verdict !== "pass";
  const text = packOf(requirements.filter(isOpen));
  return text.length <= MAX_PACKED ? { text, holds: isOpen } : { text: packOf([]), holds: () => false };
}

function packOf(requirements: readonly RequirementResult[]): string {
  const evidence: PackedEvidence = Object.fromEntries(
    requirements.flatMap(({ id, probes }) => (probes.length === 0 ? [] : [[anchorOf(id), transcriptOf(probes)]])),
  );
  return deflateRawSync(JSON.stringify(evidence), { level: 9 }).toString("base64");
}

/** The packed evidence as a block of data, which no browser runs. */
export function evidenceBlock({ text }: Packed): Html {
  return html`<script type="application/octet-stream" id="evidence">${trusted(text)}</script>`;
}
