/** The vocabulary that suites are written in. */

export { bridge, busybox, macvlan, nginx } from "../topology/spec.ts";
export { note } from "../vantage/recorder.ts";
export { chapter } from "./chapter.ts";
export { type Given, stage, theEngine, topology } from "./given.ts";
export { mustHaveReached, mustMatchTable, mustNotReach, mustReach } from "./reachability.ts";
export { requirement } from "./requirement.ts";
export type { Session } from "./session.ts";
export { cite, D0, D1, D2, D3, D4, differs, engine, observed } from "./sources.ts";
export { NotApplicable, NotRun, Violation } from "./verdicts.ts";
