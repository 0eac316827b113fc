import type { CatalogueEntry } from "../model/results.ts";
import { markdownTable, markdownText } from "../report/markdown-text.ts";
import { countOf, cut, oneLine } from "../report/plain-text.ts";
import type { Fault } from "./fault.ts";
import { countsOf, type Proof } from "./proof.ts";
import { controlText, idsOf, PROOF_COLUMNS } from "./proof-columns.ts";
import { isWrong, remediedText } from "./remedied.ts";

/** A requirement as the faults show it. */
export interface RequirementUnderFaults {
  readonly id: string;
  readonly must: string;
  /** `28.5 nat-docker-chain-flushed`: where it was red. */
  readonly reddenedBy: readonly string[];
  /** How many faults' runs judged it. */
  readonly judgedUnder: number;
}

/** The catalogue as a proof leaves it. */
export interface SortedRequirements {
  readonly reddened: readonly RequirementUnderFaults[];
  /** Ran under faults, and none reddened it. */
  readonly silent: readonly RequirementUnderFaults[];
  /** Ran under no fault. */
  readonly never: readonly RequirementUnderFaults[];
}

/** Every requirement of the catalogue by what the faults did to it. */
export function sortRequirements(catalogue: readonly CatalogueEntry[], proofs: readonly Proof[]): SortedRequirements {
  const all = requirementsUnderFaults(catalogue, proofs);
  return {
    reddened: all.filter(({ reddenedBy }) => reddenedBy.length > 0),
    silent: all.filter(({ reddenedBy, judgedUnder }) => judgedUnder > 0 && reddenedBy.length === 0),
    never: all.filter(({ judgedUnder }) => judgedUnder === 0),
  };
}

/** Every requirement of the catalogue with the faults that redden it. */
export function requirementsUnderFaults(
  catalogue: readonly CatalogueEntry[],
  proofs: readonly Proof[],
): readonly RequirementUnderFaults[] {
  const telling = proofs.filter(({ verdict }) => verdict !== "not judged" && verdict !== "left out");
  return catalogue.map(({ id, must }) => ({
    id,
    must,
    reddenedBy: telling.filter((proof) => reddenedIn(proof).has(id)).map(({ engine, fault }) => `${engine} ${fault}`),
    judgedUnder: telling.filter(({ judged }) => judged.includes(id)).length,
  }));
}

/** Ids of all that failed under a fault; one that could not be measured has found nothing. */
function reddenedIn({ expected, collateral }: Proof): ReadonlySet<string> {
  return new Set([
    ...expected.filter(({ outcome }) => outcome === "caught").map(({ id }) => id),
    ...collateral.filter(({ verdict }) => verdict === "fail").map(({ id }) => id),
  ]);
}

/** One line about a fault that has just been proven. @param place which of how many */
export function proofLine(proof: Proof, place: string): string {
  const { caught, judged, causeNamed } = countsOf(proof);
  const { engine, fault, verdict, seconds, control, remedied } = proof;
  const silent = proof.expected.filter(({ outcome }) => outcome === "silent").map(({ id }) => id);
  const errored = proof.expected.filter(({ outcome }) => outcome === "errored").map(({ id }) => id);
  return [
    `${engine.padEnd(6)} ${fault.padEnd(38)} ${(verdict === "caught" ? verdict : verdict.toUpperCase()).padEnd(10)}`,
    ...(verdict === "left out" || verdict === "not judged"
      ? [cut(oneLine(proof.trouble), 160)]
      : [
          `caught ${caught}/${judged}`,
          caught === 0 ? "" : causeNamed === 0 ? "cause not named" : `cause named ${causeNamed}/${caught}`,
          silent.length === 0 ? "" : `silent: ${silent.join(" ")}`,
          errored.length === 0 ? "" : `errored: ${errored.join(" ")}`,
          proof.collateral.length === 0 ? "" : `beside: ${idsOf(proof.collateral)}`,
        ]),
    control === null ? "" : controlText(control),
    remedied === null ? "" : remediedText(remedied),
    `${seconds} s`,
    `(${place})`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}

/** What is counted per engine. */
const COUNTED: readonly (readonly [string, (proofs: readonly Proof[]) => number])[] = [
  ["faults", (proofs) => proofs.filter(({ verdict }) => verdict !== "left out").length],
  ["caught", ofVerdict("caught")],
  ["silent", ofVerdict("silent")],
  ["errored", ofVerdict("errored")],
  ["not judged", ofVerdict("not judged")],
  ["left out", ofVerdict("left out")],
  ["expected", (proofs) => sum(proofs, (proof) => countsOf(proof).judged)],
  ["red", (proofs) => sum(proofs, (proof) => countsOf(proof).caught)],
  ["cause named", (proofs) => sum(proofs, (proof) => countsOf(proof).causeNamed)],
  ["remedy tried", (proofs) => proofs.filter(({ remedied }) => (remedied?.typed.length ?? 0) > 0).length],
  ["remedied", (proofs) => proofs.filter(({ remedied }) => remedied !== null && remedied.after !== null).length],
  ["mended", (proofs) => proofs.filter(({ control }) => control !== null && control.trouble === "").length],
  ["false alarms", (proofs) => sum(proofs, ({ control }) => control?.falseAlarms.length ?? 0)],
];

function ofVerdict(wanted: Proof["verdict"]): (proofs: readonly Proof[]) => number {
  return (proofs) => proofs.filter(({ verdict }) => verdict === wanted).length;
}

function sum(proofs: readonly Proof[], of: (proof: Proof) => number): number {
  return proofs.reduce((total, proof) => total + of(proof), 0);
}

function byEngine(proofs: readonly Proof[]): readonly (readonly [string, readonly Proof[]])[] {
  return [...new Set(proofs.map(({ engine }) => engine))].map((engine) => [
    engine,
    proofs.filter((proof) => proof.engine === engine),
  ]);
}

/** The end of a run on the console: counts per engine, what was not caught, false alarms, what nothing reddened. */
export function formatFaults(proofs: readonly Proof[], catalogue: readonly CatalogueEntry[]): string {
  const engines = byEngine(proofs);
  const line = (label: string, cells: readonly string[]) =>
    `  ${label.padEnd(14)} ${cells.map((cell) => cell.padStart(6)).join("  ")}`;
  const missed = proofs.filter(({ verdict }) => verdict !== "caught" && verdict !== "left out");
  const alarmed = proofs.filter(
    ({ control }) => control !== null && (control.trouble !== "" || control.falseAlarms.length > 0),
  );
  const wrong = proofs.filter(({ remedied }) => isWrong(remedied));
  const { reddened, silent, never } = sortRequirements(catalogue, proofs);
  return [
    line(
      "",
      engines.map(([engine]) => engine),
    ),
    ...COUNTED.map(([label, of]) =>
      line(
        label,
        engines.map(([, own]) => String(of(own))),
      ),
    ),
    ...block("Not caught", missed, missedLine),
    ...block(
      "Not green once mended",
      alarmed,
      ({ engine, fault, control }) => `${engine} ${fault}: ${control === null ? "" : controlText(control)}`,
    ),
    ...block(
      "Not green once remedied",
      wrong,
      ({ engine, fault, remedied }) => `${engine} ${fault}: ${remedied === null ? "" : remediedText(remedied)}`,
    ),
    "",
    `  Of ${countOf(catalogue.length, "requirement")}, ${reddened.length} were reddened by a fault, ${silent.length} ran and were not, ${never.length} never ran under any.`,
  ].join("\n");
}

/** Proofs with something in common, a line each below what it is; nothing where there are none. */
function block(what: string, proofs: readonly Proof[], line: (proof: Proof) => string): string[] {
  return proofs.length === 0 ? [] : ["", `  ${what}:`, ...proofs.map((proof) => `  ${line(proof)}`)];
}

function missedLine(proof: Proof): string {
  const { engine, fault, verdict, trouble, expected } = proof;
  const open = expected
    .filter(({ outcome }) => outcome === "silent" || outcome === "errored")
    .map(({ id, outcome, reason }) => (outcome === "errored" ? `${id} (error: ${cut(oneLine(reason), 120)})` : id));
  return `${engine} ${fault}: ${verdict}${trouble === "" ? "" : `: ${cut(oneLine(trouble), 300)}`}${open.length === 0 ? "" : ` ${open.join(" ")}`}`;
}

/** `reports/prove/faults.md`: fault × requirement, and the inverse. */
export function faultsMarkdown(
  proofs: readonly Proof[],
  faults: readonly Fault[],
  catalogue: readonly CatalogueEntry[],
): string {
  const breaks = new Map(faults.map((fault) => [fault.id, fault.breaks]));
  const { reddened, silent, never } = sortRequirements(catalogue, proofs);
  const alarms = proofs.flatMap(({ engine, fault, control }) =>
    (control?.falseAlarms ?? []).map(({ id, verdict, reason }) => [id, `${engine} ${fault}`, verdict, reason]),
  );
  return `${[
    "# Faults and the requirements that catch them",
    markdownTable(
      ["engine", ...COUNTED.map(([label]) => label)],
      byEngine(proofs).map(([engine, own]) => [engine, ...COUNTED.map(([, of]) => String(of(own)))]),
    ),
    "## Fault × requirement",
    markdownTable(
      ["fault", "engine", ...PROOF_COLUMNS.map(({ head }) => head)],
      proofs.map((proof) =>
        [proof.fault, proof.engine, ...PROOF_COLUMNS.map(({ text }) => text(proof, breaks.get(proof.fault) ?? ""))].map(
          (cell) => markdownText(cell),
        ),
      ),
    ),
    "## False alarms",
    alarms.length === 0
      ? "None: after each mending that was tried, nothing was red."
      : markdownTable(
          ["requirement", "fault mended", "verdict", "reason"],
          alarms.map((cells) => cells.map((cell) => markdownText(cell))),
        ),
    "## Requirement × fault",
    reddened.length === 0
      ? "None was red."
      : markdownTable(
          ["requirement", "must", "reddened by"],
          reddened.map(({ id, must, reddenedBy }) => [
            markdownText(id),
            markdownText(must),
            markdownText(reddenedBy.join(", ")),
          ]),
        ),
    "## Ran under faults, and none reddened it",
    silent.length === 0
      ? "None."
      : markdownTable(
          ["requirement", "must", "judged under"],
          silent.map(({ id, must, judgedUnder }) => [
            markdownText(id),
            markdownText(must),
            countOf(judgedUnder, "fault"),
          ]),
        ),
    "## Never ran under any fault",
    never.length === 0 ? "None." : never.map(({ id }) => markdownText(id)).join(" "),
  ].join("\n\n")}\n`;
}
