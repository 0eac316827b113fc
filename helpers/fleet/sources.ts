import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { resolveEndpoint } from "../engine/endpoint.ts";
import { environmentOf } from "../engine/second-engine.ts";
import { withoutCredentials } from "../model/credentials.ts";

/** Where the results of a host come from: an engine that is judged now, or a file of results that are there already. */
export type Source =
  | { readonly kind: "engine"; readonly name: string; readonly env: NodeJS.ProcessEnv }
  | { readonly kind: "file"; readonly path: string };

/** Whether a name is that of a file of results: one of them, or one in each line. */
export function isResultsFile(name: string): boolean {
  return /\.jsonl?$/i.test(name);
}

/**
 * The hosts that a list names, one a line: a docker context, a `DOCKER_HOST` (it has `://`), or a file of results.
 * Empty lines and what follows `#` at a line's begin or after a blank mean nothing.
 */
export function readList(text: string, env: NodeJS.ProcessEnv = process.env): Source[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*/, "").trim())
    .filter((line) => line !== "")
    .map((line) => {
      if (isResultsFile(line) && !line.includes("://")) return { kind: "file", path: line };
      const { DOCKER_HOST: _other, ...others } = environmentOf("", env);
      return {
        kind: "engine",
        name: withoutCredentials(line),
        env: line.includes("://") ? environmentOf(line, env) : { ...others, DOCKER_CONTEXT: line },
      };
    });
}

/** The files of results in a folder, itself only, by name. Null where it is no folder. */
export async function readFolder(path: string): Promise<Source[] | null> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) return null;
  const names = (await readdir(path)).filter(isResultsFile).toSorted();
  return names.map((name) => ({ kind: "file", path: join(path, name) }));
}

/** Each engine and each file once: two runs at the same time on one engine would see each other. */
export async function eachOnce(sources: readonly Source[]): Promise<Source[]> {
  const seen = new Set<string>();
  const once: Source[] = [];
  for (const source of sources) {
    const key =
      source.kind === "file"
        ? source.path
        : await resolveEndpoint(source.env).then(
            ({ url }) => url,
            () => source.name,
          );
    if (!seen.has(key)) once.push(source);
    seen.add(key);
  }
  return once;
}
