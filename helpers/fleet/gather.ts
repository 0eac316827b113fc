import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { createInterface } from "node:readline";
import pLimit from "p-limit";
import { messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import { compactOf, outcomeText } from "../report/compact.ts";
import { FleetReport } from "./fleet.ts";
import { parseHostResults } from "./parse-host-results.ts";
import type { Source } from "./sources.ts";

/** Bytes; far more than the results of any run. */
const LARGEST = 256 * 1024 * 1024;

type Engine = Extract<Source, { kind: "engine" }>;

/** How an engine is judged: {@link gather} leaves it to its caller. */
export type JudgeEngine = (engine: Engine, folder: string) => Promise<Results>;

/** What was gathered, and where the reports of the engines that were judged lie, by the hosts' names. */
export interface Gathered {
  readonly report: FleetReport;
  readonly folders: ReadonlyMap<string, string>;
}

/**
 * Judges the engines and reads the files of a list, one result at a time. No host stops the others: what can't be judged
 * or read is a host that was not judged.
 * @param atOnce so many engines are judged at the same time
 * @param tell gets a line for each engine, once it is judged
 */
export async function gather(
  sources: readonly Source[],
  judge: JudgeEngine,
  { atOnce, tell }: { readonly atOnce: number; readonly tell: (line: string) => void },
): Promise<Gathered> {
  const report = new FleetReport();
  const engines = sources.filter((source) => source.kind === "engine");
  const folders = foldersOf(engines);
  const limit = pLimit(atOnce);
  await Promise.all(
    engines.map((engine) =>
      limit(async () => {
        try {
          const results = await judge(engine, folders.get(engine.name) ?? engine.name);
          report.add(compactOf(results), engine.name);
          tell(`${engine.name}: ${outcomeText(results)}`);
        } catch (error) {
          const why = error instanceof UserError ? error.seen : messageOf(error);
          report.addMissing(engine.name, why);
          tell(`${engine.name}: ${why}`);
        }
      }),
    ),
  );
  const files = sources.filter((source) => source.kind === "file").map(({ path }) => path);
  const folder = commonFolder(files);
  for (const path of files) await readInto(report, path, relative(folder, path));
  return { report, folders };
}

/** The folder that all files lie in, however deep: what is left of their paths tells them apart. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => dirname(path).split("/"));
  const end = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return (end === -1 ? first : first.slice(0, end)).join("/") || "/";
}

/** @param name of a host that can't be read from it */
async function readInto(report: FleetReport, path: string, name: string): Promise<void> {
  try {
    if (/\.jsonl$/i.test(path)) await readLines(report, path, name);
    else await take(report, await readWhole(path), name);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
    report.addMissing(name, code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`);
  }
}

async function readWhole(path: string): Promise<string> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  if (size > LARGEST) throw new Error(`it has more than ${LARGEST / 1024 / 1024} MiB`);
  return await file.readFile("utf8");
}

/** One host a line. A line with no results is told by its number. */
async function readLines(report: FleetReport, path: string, name: string): Promise<void> {
  let number = 0;
  let hosts = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === "") continue;
    hosts++;
    await take(report, line, `${name}:${number}`);
  }
  if (hosts === 0) report.addMissing(name, "it is empty");
}

async function take(report: FleetReport, text: string, from: string): Promise<void> {
  const results = await parseHostResults(text);
  if (typeof results === "string") report.addMissing(from, `it ${results}`);
  else report.add(results, null);
}

/** A folder for each engine, by its name, of characters that any file system takes; no two the same. */
function foldersOf(engines: readonly Engine[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    engines.map(({ name }, index) => {
      const plain = name.replace(/^[a-z]+:\/+/, "").replaceAll(/[^A-Za-z0-9._-]+/g, "-");
      const own = taken.has(plain) || /^\.*$/.test(plain) ? `${plain}-${index + 1}` : plain;
      taken.add(own);
      return [name, own];
    }),
  );
}
