import { z } from "zod";
import type { Walk } from "../../model/walk.ts";
import { walk } from "../schema/walk.ts";
import recorded from "./ways.json" with { type: "json" };

/** How a packet goes where all is well. */
export interface HealthyWay {
  readonly id: string;
  readonly title: string;
  readonly says: string;
  /** As it was followed on Engine 28.5.2, with the names and addresses of that host; null where it passes no device between. */
  readonly walk: Walk | null;
}

const ways = z.array(z.object({ id: z.string(), title: z.string(), says: z.string(), walk: walk.nullable() }));

/** A packet for each network mode, followed on a disposable host of Engine 28.5.2 by `npm run trace`. */
export const HEALTHY_WAYS: readonly HealthyWay[] = ways.parse(recorded);
