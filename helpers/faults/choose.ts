import { nearMiss } from "../configuration/near-miss.ts";
import { EXIT, type ExitCode } from "../engine/errors.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { type Fault, LAYERS } from "./fault.ts";
import type { Proof } from "./proof.ts";
import { isWrong } from "./remedied.ts";

/** How faults are chosen; what is left out chooses all. */
export interface FaultChoice {
  /** Ids with commas between them. */
  readonly ids?: string | undefined;
  readonly layer?: string | undefined;
  /** Suites, requirements and tags: the faults under which one of these runs. */
  readonly words?: readonly string[];
}

/** The faults that are wanted, in the catalogue's order. @throws UserError (exit code 64) for a word that chooses none */
export function chooseFaults(faults: readonly Fault[], { ids, layer, words = [] }: FaultChoice): readonly Fault[] {
  const names = ids?.split(",").map((id) => id.trim());
  const unknown = names?.find((id) => faults.every((fault) => fault.id !== id));
  if (unknown !== undefined) throw unknownFault(unknown, faults);
  if (layer !== undefined && !LAYERS.some((one) => one === layer))
    throw usage(`there is no layer ${JSON.stringify(layer)}`, `The layers are ${LAYERS.join(", ")}.`);
  const selected = understandSelection(words).ids;
  const chosen = faults.filter(
    (fault) =>
      (names === undefined || names.includes(fault.id)) &&
      (layer === undefined || fault.layer === layer) &&
      (selected === null || requirementsUnder(fault).some((id) => selected.includes(id))),
  );
  if (chosen.length === 0) throw usage("there is no such fault", "npm run prove -- --list shows all");
  return chosen;
}

/** Ids of the requirements that are run under a fault. */
export function requirementsUnder({ caughtBy, beside = [] }: Fault): readonly string[] {
  return understandSelection([...caughtBy, ...beside]).ids ?? [];
}

function unknownFault(word: string, faults: readonly Fault[]): Error {
  const known = faults.map(({ id }) => id);
  // Ids are long: a near miss is tried first, then whatever holds the word.
  const near = nearMiss(word, known);
  const holding = known.filter((id) => word !== "" && id.includes(word));
  const hint = near !== null ? `; did you mean ${near}?` : holding.length > 0 ? `; there is ${holding.join(", ")}` : "";
  return usage(`there is no fault ${JSON.stringify(word)}${hint}`, "npm run prove -- --list shows all");
}

/** The first of each layer: what is mended and judged again by default. */
export function firstOfLayers(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter((fault, index) => faults.findIndex(({ layer }) => layer === fault.layer) === index);
}

/** 2 comes before 1: of a series with holes nobody can say that only this much is missed. */
export function exitCodeOf(proofs: readonly Proof[]): ExitCode {
  const any = (is: (proof: Proof) => boolean) => proofs.some(is);
  if (proofs.every(({ verdict }) => verdict === "left out")) return EXIT.notJudged;
  if (
    any(({ verdict, control }) => verdict === "not judged" || verdict === "errored" || (control?.trouble ?? "") !== "")
  )
    return EXIT.notJudged;
  if (any(({ remedied }) => isWrong(remedied))) return EXIT.nonconformant;
  if (any(({ verdict, control }) => verdict === "silent" || (control?.falseAlarms.length ?? 0) > 0))
    return EXIT.nonconformant;
  return EXIT.conformant;
}
