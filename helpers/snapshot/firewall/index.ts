export { evaluate } from "./evaluate.ts";
export {
  type Change,
  decisionOf,
  type End,
  type Evaluation,
  isDiversion,
  isStop,
  type Layer,
  type Verdict,
} from "./evaluation.ts";
export { gatherFirewall } from "./gather.ts";
export { isEngines, lacksEngine, type Manager, managerOf } from "./managers.ts";
export type { Firewall, Hook, Place, Program } from "./model.ts";
export { type Opening, openings } from "./openings.ts";
export type { Packet } from "./packet.ts";
export { isOfIptables, placeText, removal } from "./place-text.ts";
