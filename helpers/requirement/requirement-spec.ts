import type { Facts } from "../model/facts.ts";
import type { Difference, Source } from "../model/source.ts";
import type { SwitchKey } from "../model/version-switches.ts";
import type { Need } from "./needs.ts";

/** What stands beside a requirement's check. */
export interface RequirementSpec {
  /** One sentence with MUST: what Docker has to do. */
  readonly must: string;
  /** Where it is written. */
  readonly from: readonly Source[];
  /** Documents that say otherwise, and what engines were seen to do. */
  readonly differs?: readonly Difference[];
  /** It holds only on engines before this switch of behaviour (a key of the table of version differences). */
  readonly until?: SwitchKey;
  /** It holds only on engines from this switch of behaviour on. */
  readonly since?: SwitchKey;
  /** Says why this engine's configuration or facts exclude the requirement; null when it applies. */
  readonly unless?: (facts: Facts) => string | null;
  /** The same in words for the catalogue. */
  readonly appliesTo?: string;
  readonly needs?: readonly Need[];
  readonly tags?: readonly string[];
  /** What is most likely broken when this fails, in the words of the one who has to mend it. */
  readonly cause?: string;
  /**
   * It says that the engine's address pools give subnets: where they are exhausted it fails, while every other requirement
   * that needs one is not run. One condition is one failure.
   */
  readonly judgesPools?: true;
  /** Why it fails on a host with these facts, where they tell for certain; null where they don't. */
  readonly because?: (facts: Facts) => string | null;
}
