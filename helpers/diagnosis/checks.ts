import { checkAsked } from "./check-asked.ts";
import { checkDockerCommand } from "./check-docker-command.ts";
import { checkEngine } from "./check-engine.ts";
import { checkFilter } from "./check-filter.ts";
import { checkForeignRules } from "./check-foreign-rules.ts";
import { checkFrontPrograms } from "./check-front-programs.ts";
import { checkLinks } from "./check-links.ts";
import { checkMacvlan } from "./check-macvlan.ts";
import { checkNames } from "./check-names.ts";
import { checkNamespaces } from "./check-namespaces.ts";
import { checkNat } from "./check-nat.ts";
import { checkPorts } from "./check-ports.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkStrayRules } from "./check-stray-rules.ts";
import type { Finding } from "./finding.ts";
import type { Snapshot } from "./snapshot.ts";

/** In the order in which equally fitting findings are told: what most breaks first. */
const CHECKS: readonly ((snapshot: Snapshot) => Finding[])[] = [
  checkAsked,
  checkLinks,
  checkMacvlan,
  checkRoutes,
  checkForeignRules,
  checkNat,
  checkStrayRules,
  checkFilter,
  checkPorts,
  checkNames,
  checkNamespaces,
  checkEngine,
  checkDockerCommand,
  checkFrontPrograms,
];

/** Every deviation in a snapshot. A check that meets what it can't read says nothing, and keeps no other from speaking. */
export function deviations(snapshot: Snapshot): Finding[] {
  return CHECKS.flatMap((check) => {
    try {
      return check(snapshot);
    } catch {
      return [];
    }
  });
}
