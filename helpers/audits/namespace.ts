import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { auditFilter } from "./namespace-filter.ts";
import { auditNeighbours } from "./namespace-neighbours.ts";
import { auditPolicies } from "./namespace-policies.ts";
import { auditDeadRoutes, auditWaysOut } from "./namespace-routes.ts";
import { auditPolicyRules } from "./namespace-rules.ts";
import { auditValues } from "./namespace-values.ts";

/** What somebody put into a container's network namespace, and what stops or diverts its packets there. */
export function auditNamespace(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  if (container.endpoints.length === 0) return NOTHING;
  return together([
    auditFilter(snapshot, container, inside),
    auditDeadRoutes(snapshot, container, inside),
    auditWaysOut(snapshot, container, inside),
    auditNeighbours(snapshot, container, inside),
    auditPolicyRules(snapshot, container, inside),
    auditPolicies(snapshot, container, inside),
    auditValues(snapshot, container, inside),
  ]);
}
