import { chapter, cite, stage, theEngine } from "../../../helpers/requirement/index.ts";
import { listRules } from "../../../helpers/snapshot/firewall/rule-list.ts";
import { RULES } from "../rules.ts";

export const ISOLATE = cite(
  "docs/firewalls-28#docker-and-iptables-chains",
  "Rules to isolate Docker networks from each other.",
);

/**
 * The rules that dockerd made at its start, read before the suites make a network: a new network puts many of the
 * general rules back in place, and a host that was broken before would look whole.
 */
export const standing = stage(theEngine, async (session) => await listRules(await session.host()));

export const onRules = chapter({ given: standing, ...RULES });

/** What two requirements check that hold for one range of versions each. */
export type RulesCheck = Parameters<typeof onRules>[2];
