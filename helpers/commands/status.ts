import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../engine/errors.ts";
import { SERVICE_STATES, type Status, statusData, statusOf, statusText } from "../report/exports/status-line.ts";
import { usage } from "../run/arguments.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { defineCommand } from "./command.ts";
import { readRun } from "./read-run.ts";

const USAGE = "npm run --silent status -- [results.json] [--max-age 26h] [--part] [--json]";

const ABOUT = `Says what the last run said, as a plugin of Nagios, Icinga and their kind: one line with performance data, then a line for
each cause. It asks no engine; a timer runs npm test.
  --max-age AGE   how old that run may be, as 90m, 26h or 8d; an older one is UNKNOWN. Default 26h
  --part          a run of a selection may be OK as well; without, it is a WARNING
  --json          for programs
Without a file: reports/results.json, and while a run is under way the one before it.
Exit codes: 0 OK (conformant or partial), 1 WARNING (the same, of a selection), 2 CRITICAL (not conformant), 3 UNKNOWN (not
judged, too old, no run), 64 wrong usage.`;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws UserError (64) for what is no age */
function ageOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw usage(`--max-age ${text} is no age: 90m, 26h or 8d`, USAGE);
  return Number(number) * factor;
}

function lastRun(): string {
  const [now = "", before = ""] = ["results.json", "results.previous.json"].map((name) => join(reportsFolder(), name));
  return !existsSync(now) && existsSync(before) ? before : now;
}

async function statusFrom(file: string, maxAgeMs: number, isPartEnough: boolean): Promise<Status> {
  try {
    return statusOf(await readRun(file), new Date(), maxAgeMs, isPartEnough);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { state: "UNKNOWN", says: `${error.tried}: ${error.seen}` };
  }
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { "max-age": { type: "string" }, part: { type: "boolean" }, json: { type: "boolean" } },
  takesWords: true,
  async run({ "max-age": maxAge = "26h", part = false, json }, files) {
    if (files.length > 1) throw usage(`status takes one file, not ${files.length}`, USAGE);
    const status = await statusFrom(files[0] ?? lastRun(), ageOf(maxAge), part);
    process.stdout.write(json ? `${JSON.stringify(statusData(status), null, 2)}\n` : statusText(status));
    process.exitCode = SERVICE_STATES[status.state];
  },
});
