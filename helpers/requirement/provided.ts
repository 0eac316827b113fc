import type { LivingHostFacts } from "../audits/living-host.ts";
import type { ImageRole } from "../engine/images.ts";
import type { Facts } from "../model/facts.ts";

/** What the start of a run hands to every test worker. Plain data: it crosses a thread boundary. */
export interface ProvidedRun {
  readonly runId: string;
  readonly facts: Facts;
  readonly images: Readonly<Record<ImageRole, string>>;
  /** What ran here before the run started anything; null where it was not asked for, or could not be judged. */
  readonly living: LivingHostFacts | null;
  /** Why it could not be judged. */
  readonly livingMissing: string;
  /** How many packets of failures were followed: one number in memory that every worker shares. */
  readonly followed: Int32Array;
  /** How many keys were pressed, likewise; null where what fails is not kept. */
  readonly presses: Int32Array | null;
}

declare module "vitest" {
  interface ProvidedContext {
    run: ProvidedRun;
  }
}
