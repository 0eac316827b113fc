import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../engine/errors.ts";
import { scratchDirectory } from "../engine/scratch-directory.ts";
import { FAULTS } from "../faults/catalogue/index.ts";
import type { CatalogueEntry } from "../model/results.ts";
import { WALKS_VARIABLE } from "../model/selection.ts";
import { needsLab } from "../report/catalogue.ts";
import { walkPath } from "../report/report-paths.ts";
import { understandSelection, usage } from "../run/arguments.ts";
import { catalogue } from "../run/catalogue-index.ts";
import { judge } from "../run/judge-in-lab.ts";
import type { Walk } from "../trace/index.ts";
import { defineCommand } from "./command.ts";
import { observedLines, writtenLines } from "./explanation-text.ts";

const USAGE = "npm run explain -- [--written] requirement id…";

const ABOUT = `Explains a requirement: its sentence, where it is written, which faults break it and what mends these; and what it looks
like on this host now, where it is judged for the purpose: each question with what had to come and what came, and the
way of one of its packets, device by device. Without an engine the first part alone is told, and why.
--written  only what needs no engine
Exit codes: 0 explained, 2 the suites can't be read, 64 wrong usage.`;

/** `npm run explain`. */
async function explain(ids: readonly string[], onlyWritten: boolean): Promise<void> {
  const width = Math.min(process.stdout.columns ?? 110, 120);
  const entries = catalogue().filter(({ id }) => ids.includes(id));
  const here = onlyWritten ? null : await seenHere(entries, width);
  for (const [index, entry] of entries.entries()) {
    const blocks = [writtenLines(entry, FAULTS, width), ...(here === null ? [] : [here(entry.id)])];
    console.log(`${index > 0 ? "\n" : ""}${blocks.map((lines) => lines.join("\n")).join("\n\n")}`);
  }
}

/** What each of them looks like on this host, or why nobody knows; they are judged together. */
async function seenHere(entries: readonly CatalogueEntry[], width: number): Promise<(id: string) => string[]> {
  const shown = entries.filter((entry) => !needsLab(entry)).map(({ id }) => id);
  using reports = scratchDirectory();
  const lines = new Map<string, string[]>();
  let otherwise = "it could not be judged";
  try {
    if (shown.length > 0) {
      const env = { ...process.env, [WALKS_VARIABLE]: "1" };
      const { requirements, cards, errors } = await judge(shown, reports.path, env, "ignore");
      if (errors[0] !== undefined) otherwise = `it could not be judged: ${errors[0]}`;
      for (const result of requirements)
        lines.set(
          result.id,
          observedLines(result, cards, await walkIn(join(reports.path, walkPath(result.id))), width),
        );
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    otherwise = `it could not be judged: ${error.seen}`;
  }
  const why = (id: string) => (shown.includes(id) ? otherwise : "one host can't show it; npm run test:lab does");
  return (id) => lines.get(id) ?? [`On this host now: ${why(id)}`];
}

async function walkIn(path: string): Promise<Walk | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Walk;
  } catch {
    // No packet of it could be followed.
    return null;
  }
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { written: { type: "boolean" } },
  takesWords: true,
  run: async ({ written }, words) => {
    const { ids } = understandSelection(words);
    if (ids === null) throw usage("it takes ids of requirements", `${USAGE}, for example NAT-03`);
    await explain(ids, written);
  },
});
