import { resolve } from "node:path";
import { PROJECT_ROOT } from "../project-root.ts";

/** Where reports go: `DNC_REPORTS`, else `reports/` in the project. */
export function reportsFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return resolve(env.DNC_REPORTS?.trim() || resolve(PROJECT_ROOT, "reports"));
}
