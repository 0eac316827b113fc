export type { Explained, ReachRequest, Walk } from "../model/walk.ts";
export { NoSuchEnd } from "./ends.ts";
export { explainReach } from "./explain.ts";
export { sweepTracing } from "./tracing.ts";
export { walkLine, walkLines } from "./walk-text.ts";
