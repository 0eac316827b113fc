import type { Facts } from "../model/facts.ts";
import { fileChangedAfterStart, staleFile, untoldKeys } from "./mismatch.ts";

/**
 * What is to be said before all else when something failed: everything is expected by a file that dockerd may not have
 * read. Empty where the file is in force as far as the engine tells.
 */
export function fileInDoubt(facts: Facts): string[] {
  const stale = staleFile(facts);
  const consequence =
    "every expectation of this run follows the file, so other requirements may fail for this reason alone";
  if (stale !== null) return [`${stale.text}; ${consequence}`];
  const { configurationFile } = facts;
  const untold = untoldKeys(facts);
  if (fileChangedAfterStart(facts) !== "yes" || configurationFile?.present !== true || untold.length === 0) return [];
  return [
    `${configurationFile.path} was changed after dockerd's start, and the engine does not tell whether it has ${untold.map((key) => `"${key}"`).join(", ")} as the file says; ${consequence}: restart dockerd to be sure`,
  ];
}
