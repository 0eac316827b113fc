import type { Fault } from "../fault.ts";
import { AROUND_FAULTS } from "./workloads/around.ts";
import { INSIDE_FAULTS } from "./workloads/inside.ts";

/**
 * What breaks under containers that run already. None of these strikes a container of the suites: only who looks at
 * everybody's can find them.
 */
export const WORKLOAD_FAULTS: readonly Fault[] = [...INSIDE_FAULTS, ...AROUND_FAULTS];
