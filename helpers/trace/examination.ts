import type { Leg, Walk } from "../model/walk.ts";
import type { Firewall, Packet } from "../snapshot/firewall/index.ts";
import type { Ends } from "./ends.ts";
import type { Probe } from "./probe.ts";

/** What a probe showed. */
export interface Sent {
  readonly outcome: string;
  readonly answered: boolean;
  readonly received: number;
  readonly there: Leg;
  readonly back: Leg | null;
  readonly followed: Walk["followed"];
  readonly why: string;
}

/** What an examination works on. */
export interface Examination {
  readonly firewall: Firewall;
  readonly ends: Ends;
  readonly probe: Probe;
  readonly opening: Packet;
  readonly walk: Walk;
  /** When it must be done, on the clock of `performance.now()`. */
  readonly until: number;
  /** Sends the probe again. */
  readonly send: (probe: Probe) => Promise<Sent>;
}
