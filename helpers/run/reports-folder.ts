import { resolve } from "node:path";

/** Where reports go: `DNC_REPORTS`, else `reports/` in the project. */
export function reportsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.DNC_REPORTS ?? resolve(import.meta.dirname, "../../reports"));
}
