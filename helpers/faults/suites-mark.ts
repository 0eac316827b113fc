import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CatalogueEntry } from "../model/results.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import type { Fault } from "./fault.ts";

/**
 * A mark of the suites that a fault's expected requirements stand in, file by file: a proof by another text of them is
 * no proof. Helpers are not in it; who changes how is probed proves anew.
 */
export function suitesMark({ caughtBy }: Pick<Fault, "caughtBy">, catalogue: readonly CatalogueEntry[]): string {
  const folders = new Set(catalogue.filter(({ id }) => caughtBy.includes(id)).map(({ file }) => dirname(file)));
  const hash = createHash("sha256");
  for (const folder of [...folders].toSorted()) {
    // Chapters lie in folders beside the file that they belong to.
    const files = readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" });
    for (const name of files.filter((one) => /\.[jt]s$/.test(one)).toSorted())
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(PROJECT_ROOT, folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
