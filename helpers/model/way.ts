import type { Direction } from "./question.ts";

/** Who asked, as far as an effect tells. */
export type Asker = "containers" | "the host" | "other machines";
/** What was asked. */
export type Target =
  | "each other"
  | "containers"
  | "the host"
  | "published ports"
  | "what is beyond the host"
  | "names"
  | "their gateway";

/** One way of a failed question, without the names of the run's own containers. */
export interface Way {
  readonly direction: Direction;
  readonly from: Asker;
  readonly to: Target;
  /** `ICMP`, `TCP`, `UDP`, `ARP`, `DNS` */
  readonly by: string;
}
