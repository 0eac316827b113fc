import type { Fault } from "../../fault.ts";

export const CONTAINER = /^\/containers\/[^/]+\/json$/;

export const ATTACHMENT = "NetworkSettings.Networks.*";

/** An id of the right shape that nothing has. */
export const NOBODY = "0".repeat(63).concat("1");

export const FOREIGN_MAC = "02:42:0a:00:00:63";

/** What the likely cause has to say: that the engine's answer is what is wrong, and which part of it. */
export function told(...things: readonly string[]): RegExp {
  return new RegExp(
    `(?=[^]*\\b(inspect|engine|API|docker ps|network ls|docker info))(?=[^]*(${things.join("|")}))`,
    "i",
  );
}

interface Lie extends Omit<Fault, "layer" | "strike" | "undo" | "comesBy"> {
  readonly to: RegExp;
  readonly refusals?: boolean;
  readonly alter: (answer: unknown) => unknown;
  readonly comesBy?: string;
}

/** A lie of the engine's; it ends with the engine that tells it. */
export function lie({ to, refusals = false, alter, comesBy, ...fault }: Lie): Fault {
  return {
    ...fault,
    layer: "API",
    comesBy: comesBy ?? "a defect of an engine, or a proxy between client and engine that keeps old answers",
    strike: { when: "the engine answers", to, refusals, alter },
    undo: [],
  };
}
