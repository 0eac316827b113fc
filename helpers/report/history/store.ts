import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { parseRecord, type RunRecord } from "./record.ts";

/** How long runs are kept, milliseconds. */
const KEPT_MS = 90 * 24 * 3_600_000;
/** Runs of one engine that are kept at most: of a host that is judged every hour, a month. */
const MOST = 800;
const ENDING = ".json.gz";
/** Bytes of one run, unpacked; far more than the largest comes to. */
const MOST_BYTES = 64 * 1024 * 1024;

const pack = promisify(gzip);
const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

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
  const name = `${run.startedAt.replaceAll(/[^0-9]/g, "")}-${folderOf(run.runId)}${ENDING}`;
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, await pack(JSON.stringify(run)));
    await rename(temporary, join(folder, name));
  } finally {
    await rm(temporary, { force: true });
  }
  await removeOld(folder, await historyIn(folder), new Date(run.startedAt));
}

/** The runs of an engine, oldest first; damaged ones and those of other engines are passed over. None where there is no folder. */
export async function historyOf(root: string, engineId: string): Promise<RunRecord[]> {
  const kept = await historyIn(join(root, folderOf(engineId)));
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
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith(ENDING) && !name.startsWith("."),
  );
  const kept = await Promise.all(
    names.map(async (name): Promise<Kept[]> => {
      try {
        const text = await unpack(await readFile(join(folder, name)), { maxOutputLength: MOST_BYTES });
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

async function removeOld(folder: string, kept: readonly Kept[], now: Date): Promise<void> {
  const baseline = kept.findLast(({ run }) => run.whole && (run.verdict === "conformant" || run.verdict === "partial"));
  const old = kept.filter(
    (one, index) =>
      one !== baseline && (index < kept.length - MOST || now.getTime() - Date.parse(one.run.startedAt) > KEPT_MS),
  );
  await Promise.all(old.map(async ({ name }) => await rm(join(folder, name), { force: true })));
}
