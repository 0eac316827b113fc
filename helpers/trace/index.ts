export type { Explained, Hop, Leg, LegEnd, Protocol, ReachRequest, Walk, Where } from "../model/walk.ts";
export { NoSuchEnd } from "./ends.ts";
export { explainReach } from "./explain.ts";
export { sweepTracing, TRACING_LEFT } from "./tracing.ts";
export { walkLine, walkLines } from "./walk-text.ts";
