import { resolve } from "node:path";
import { USER_FOLDER } from "../project-root.ts";

/** Where reports go: `DNC_REPORTS`, else `reports/` in the user's folder. */
export function reportsFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return resolve(env.DNC_REPORTS?.trim() || resolve(USER_FOLDER, "reports"));
}
