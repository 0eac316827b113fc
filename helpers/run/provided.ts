import type { Facts } from "../engine/facts.ts";
import type { ImageRole } from "../engine/images.ts";

/** What the start of a run hands to every test worker. Plain data: it crosses a thread boundary. */
export interface ProvidedRun {
  readonly runId: string;
  readonly facts: Facts;
  readonly images: Readonly<Record<ImageRole, string>>;
}

declare module "vitest" {
  interface ProvidedContext {
    run: ProvidedRun;
  }
}
