import { resolve } from "node:path";
import { PROJECT_ROOT } from "../project-root.ts";

/** Where reports go: `DNC_REPORTS`, else `reports/` in the project. */
export function reportsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.DNC_REPORTS ?? resolve(PROJECT_ROOT, "reports"));
}
