import type { Subject } from "./subject.ts";

/** Something worth knowing that is no failure: it never changes a verdict or an exit code. */
export interface Note {
  /** Same key = the same note in a later run. */
  readonly key: string;
  /** One or two sentences: what was seen and what follows. */
  readonly what: string;
  /** What one may do about it; empty when nothing is to be done. */
  readonly todo: string;
  readonly subjects: readonly Subject[];
}
