import { EXIT } from "../engine/errors.ts";
import { shared } from "./state.ts";

/**
 * From now on only a verdict ends this process with 0 or 1: whatever else ends it (memory that runs out, an error of the
 * runtime, vitest's own 1 for what it could not do) has judged nothing. Wrong usage keeps its code.
 */
export function onlyVerdictsEndWell(): void {
  process.on("exit", (code) => {
    const ours = codeOf(shared().exitCode, code);
    if (ours !== code && shared().exitCode === undefined)
      process.stderr.write("\nThe run ended without a verdict: what ended it stands above.\n");
    process.exitCode = ours;
  });
}

/** The exit code of a run: @param verdict undefined before there is one @param code what the process is about to end with */
export function codeOf(verdict: number | undefined, code: number): number {
  return verdict ?? (code === EXIT.conformant || code === EXIT.nonconformant ? EXIT.notJudged : code);
}

/** A verdict is there, and told: the process ends with its code, whatever vitest or a late error sets. */
export function endWith(exitCode: number): void {
  shared().exitCode = exitCode;
  process.exitCode = exitCode;
  process.once("exit", () => {
    process.exitCode = exitCode;
  });
}
