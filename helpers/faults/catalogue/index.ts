import type { Fault } from "../fault.ts";
import { NAT_FAULTS } from "./nat.ts";

/** Every fault, layer by layer. */
export const FAULTS: readonly Fault[] = [...NAT_FAULTS];
