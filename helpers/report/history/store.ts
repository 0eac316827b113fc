import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";
import { isGood } from "./baseline.ts";
import { parseRecord, type RunRecord } from "./record.ts";

/** How long runs are kept, milliseconds. */
const KEPT_MS = 90 * 24 * 3_600_000;
/** Runs of one engine that are kept at most: of a host that is judged every hour, a month. */
const MOST = 800;
/** Runs that a run's end reads. */
const RECENT = 60;
const ENDING = ".json.gz";
/** Bytes of one run, unpacked; far more than the largest comes to. */
const MOST_BYTES = 64 * 1024 * 1024;

const pack = promisify(gzip);

/** A folder's name for an engine: its id, without what a path could take for more. */
function folderOf(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 100) || "_";
}

/**
 * Adds a run to the history of its engine: a file of its own, whole or not at all, so that runs of one host on several
 * terminals don't meet. What is older than 90 days goes; the last good whole run stays, it is the baseline.
 * @param root the folder of all histories; it need not exist
 * @throws what the file system says
 */
export async function keepRun(root: string, run: RunRecord): Promise<void> {
  const folder = join(root, folderOf(run.engine?.id ?? ""));
  await mkdir(folder, { recursive: true });
  const name = nameOf(run.startedAt, run.runId);
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, await pack(JSON.stringify(run)));
    await rename(temporary, join(folder, name));
  } finally {
    await rm(temporary, { force: true });
  }
  await removeOld(folder, new Date(run.startedAt));
}

/** The runs of an engine, oldest first; damaged ones and those of other engines are passed over. None where there is no folder. */
export async function historyOf(root: string, engineId: string): Promise<RunRecord[]> {
  return runsOf(await historyIn(join(root, folderOf(engineId))), engineId);
}

/**
 * The newest runs of an engine, oldest first, and the last good whole one before them where they have none: what a run's
 * end has time to read.
 */
export async function recentHistory(root: string, engineId: string): Promise<RunRecord[]> {
  const folder = join(root, folderOf(engineId));
  const names = (await namesIn(folder)).toSorted();
  const older = names.slice(0, -RECENT);
  const recent = runsOf(await readRuns(folder, names.slice(-RECENT)), engineId);
  while (!recent.some(isGood)) {
    const name = older.pop();
    if (name === undefined) break;
    const [run] = runsOf(await readRuns(folder, [name]), engineId);
    if (run !== undefined && isGood(run)) return [run, ...recent];
  }
  return recent;
}

function runsOf(kept: readonly Kept[], engineId: string): RunRecord[] {
  return kept.map(({ run }) => run).filter(({ engine }) => engine?.id === engineId);
}

/** The histories of all engines that were judged from here. */
export async function allHistories(root: string): Promise<RunRecord[][]> {
  const names = await readdir(root).catch(() => []);
  const histories = await Promise.all(names.map(async (name) => await historyIn(join(root, name))));
  return histories.map((kept) => kept.map(({ run }) => run)).filter((runs) => runs.length > 0);
}

interface Kept {
  readonly name: string;
  readonly run: RunRecord;
}

async function historyIn(folder: string): Promise<Kept[]> {
  return await readRuns(folder, await namesIn(folder));
}

/** In the order of their beginning. */
async function readRuns(folder: string, names: readonly string[]): Promise<Kept[]> {
  const kept = await Promise.all(
    names.map(async (name): Promise<Kept[]> => {
      try {
        // Ten kilobytes each: at once they are unpacked in a fraction of the time that handing them over takes.
        const text = gunzipSync(await readFile(join(folder, name)), { maxOutputLength: MOST_BYTES });
        const run = parseRecord(text.toString());
        return run === null ? [] : [{ name, run }];
      } catch {
        // As with a damaged record: it costs that run.
        return [];
      }
    }),
  );
  return kept.flat().toSorted((a, b) => Date.parse(a.run.startedAt) - Date.parse(b.run.startedAt));
}

/** What is too old goes. Only where something is, the runs are read: to spare the baseline. */
async function removeOld(folder: string, now: Date): Promise<void> {
  const names = (await namesIn(folder)).toSorted();
  const oldest = nameOf(new Date(now.getTime() - KEPT_MS).toISOString(), "");
  const old = names.filter((name, index) => index < names.length - MOST || name < oldest);
  if (old.length === 0) return;
  const baseline = (await historyIn(folder)).findLast(({ run }) => isGood(run));
  const removed = old.filter((name) => name !== baseline?.name);
  await Promise.all(removed.map(async (name) => await rm(join(folder, name), { force: true })));
}

/** A run's file: names in their order are runs in their order. */
function nameOf(startedAt: string, runId: string): string {
  return `${new Date(startedAt).toISOString().replaceAll(/\D/g, "")}-${folderOf(runId)}${ENDING}`;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(ENDING) && !name.startsWith("."));
}
