export { answerTo } from "./answer.ts";
export { diversionsText } from "./diversions-text.ts";
export { evaluate } from "./evaluate.ts";
export {
  decisionOf,
  type End,
  type Evaluation,
  isDiversion,
  isStop,
  type Layer,
  type Verdict,
} from "./evaluation.ts";
export { gatherFirewall } from "./gather.ts";
export { isEngines, lacksEngine, managerOf } from "./managers.ts";
export type { Firewall, Hook, Place, Program } from "./model.ts";
export { openings } from "./openings.ts";
export { HOPS, type Packet } from "./packet.ts";
export { isOfIptables, placeText } from "./place-text.ts";
