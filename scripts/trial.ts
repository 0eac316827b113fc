import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT_ROOT } from "../helpers/project-root.ts";

let passed = 0;
let failed = 0;

/** Counts one thing that was tried, and prints it. @param seen is printed where it went wrong */
export function judge(what: string, right: boolean, seen: unknown = ""): void {
  if (right) passed++;
  else failed++;
  const shown = typeof seen === "string" ? seen : JSON.stringify(seen);
  console.log(`${right ? "ok   " : "WRONG"} ${what}${right || shown === "" ? "" : `\n${shown}`}`);
}

/** Writes the counts to `reports/NAME.json` and ends the process: exit code 0 only when nothing went wrong. */
export async function conclude(name: string): Promise<never> {
  await mkdir(join(PROJECT_ROOT, "reports"), { recursive: true });
  await writeFile(join(PROJECT_ROOT, `reports/${name}.json`), JSON.stringify({ passed, failed }));
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
