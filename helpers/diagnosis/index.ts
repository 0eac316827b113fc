/** Why a requirement failed: what the engine says exists, against what the kernel has. */
export { type Diagnosis, diagnose, takeLook } from "./diagnose.ts";
export { strayRule } from "./finding.ts";
export { type Followable, reachRequestOf } from "./followable.ts";
export type { Failure } from "./relevance.ts";
