import { basename, dirname, resolve } from "node:path";

/** Names a file for the metrics of a run, which outlasts the reports of one that was killed. */
export const METRICS_VARIABLE = "DNC_METRICS";

/** Where a run's metrics go beside the reports; null where nobody asked for it. */
export function metricsFile(
  env: Readonly<Record<string, string | undefined>> = process.env,
): { readonly folder: string; readonly name: string } | null {
  const path = env[METRICS_VARIABLE]?.trim() ?? "";
  if (path === "") return null;
  const file = resolve(path);
  return { folder: dirname(file), name: basename(file) };
}
