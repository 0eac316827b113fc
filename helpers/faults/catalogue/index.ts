import type { Fault } from "../fault.ts";
import { FILTER_FAULTS } from "./filter.ts";
import { LINK_FAULTS } from "./links.ts";
import { NAT_FAULTS } from "./nat.ts";
import { ROUTE_AND_SYSCTL_FAULTS } from "./routes-and-sysctls.ts";

/** Every fault, layer by layer. */
export const FAULTS: readonly Fault[] = [...NAT_FAULTS, ...FILTER_FAULTS, ...LINK_FAULTS, ...ROUTE_AND_SYSCTL_FAULTS];
