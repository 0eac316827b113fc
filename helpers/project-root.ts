import { resolve } from "node:path";

/** Folder of the project: of package.json, the suites and the reports. */
export const PROJECT_ROOT = resolve(import.meta.dirname, "..");
