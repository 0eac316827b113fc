import type { Direction, ReadThing } from "./question.ts";

/** Who asked, or whose state was read, as far as an effect tells. */
export type Asker = "containers" | "the host" | "other machines" | "the engine";
/** What was asked. */
export type Target =
  | "each other"
  | "containers"
  | "the host"
  | "published ports"
  | "what is beyond the host"
  | "names"
  | "their gateway";
/** What the engine makes. */
export type Made = "networks" | "containers with a network";

/** One way of a failed question, without the names of the run's own containers. */
export interface Way {
  readonly direction: Direction;
  readonly from: Asker;
  /** Of what differs: the thing that was read. */
  readonly to: Target | Made | ReadThing;
  /** `ICMP`, `TCP`, `UDP`, `ARP`, `DNS`; `API` of what the engine was asked for; `read` of what differs */
  readonly by: string;
}
