import { isEngines } from "./managers.ts";
import {
  type Action,
  type Chain,
  type Field,
  type Firewall,
  type Hook,
  isMatch,
  type Match,
  type Place,
  type Rule,
  type Table,
  type Value,
} from "./model.ts";

/** How packets come to a rule that does something: by all that it and the rules which lead to it ask of them. */
export interface WayTo {
  readonly place: Place & { readonly rule: Rule };
  readonly asked: readonly Match[];
}

/** Deep enough for any ruleset that the kernel takes. */
const DEEPEST = 16;

/**
 * Every way by which packets come, at a hook, to a rule that does what is looked for. The engine's own chains are left out.
 * @param wanted whether an action is looked for; of a ruleset of thousands few should be
 */
export function waysTo({ tables }: Firewall, hook: Hook, wanted: (action: Action) => boolean): WayTo[] {
  return tables.flatMap((table) => {
    const chains = new Map(table.chains.map((chain) => [chain.name, chain]));
    const leading = chainsLeadingTo(table, wanted);
    const follow = (chain: Chain, asked: readonly Match[], depth: number): WayTo[] => {
      if (!leading.has(chain.name) || depth > DEEPEST) return [];
      return chain.rules.flatMap((rule) =>
        deedsOf(rule, table).flatMap(({ action, matches }) => {
          const so = [...asked, ...matches];
          if (wanted(action)) return [{ place: { table, chain, rule }, asked: so }];
          const next = targetOf(action) === null ? undefined : chains.get(targetOf(action) ?? "");
          return next === undefined ? [] : follow(next, so, depth + 1);
        }),
      );
    };
    return table.chains.filter(({ base }) => base?.hook === hook).flatMap((chain) => follow(chain, [], 0));
  });
}

/** Names of the chains in which, or behind which, something that is looked for is done. */
function chainsLeadingTo(table: Table, wanted: (action: Action) => boolean): ReadonlySet<string> {
  const others = table.chains.filter((chain) => !isEngines({ table, chain, rule: null }));
  const does = others.map(({ name, rules }) => ({
    name,
    actions: rules.flatMap((rule) => deedsOf(rule, table).map(({ action }) => action)),
  }));
  const leading = new Set(does.filter(({ actions }) => actions.some(wanted)).map(({ name }) => name));
  for (let before = -1; before !== leading.size; ) {
    before = leading.size;
    for (const { name, actions } of does)
      if (actions.some((action) => leading.has(targetOf(action) ?? ""))) leading.add(name);
  }
  return leading;
}

function targetOf(action: Action): string | null {
  return action.kind === "jump" || action.kind === "goto" ? action.chain : null;
}

/** What a rule does, and what it asks before. */
function deedsOf({ steps }: Rule, table: Table): { readonly action: Action; readonly matches: readonly Match[] }[] {
  const matches: Match[] = [];
  return steps.flatMap((step) => {
    if (isMatch(step)) {
      matches.push(step);
      return [];
    }
    if (step.kind !== "map") return [{ action: step, matches: [...matches] }];
    const map = typeof step.map === "string" ? (table.maps[step.map] ?? []) : step.map;
    return map.map(({ key, action }) => ({
      action,
      matches: [...matches, { kind: "field" as const, fields: step.fields, not: false, any: [key] }],
    }));
  });
}

/** The values of a property that lead this way, where it asks for any; of sets what they held. */
export function valuesAsked({ place, asked }: WayTo, field: Field): readonly Value[] {
  return asked.flatMap((match) => {
    if ((match.kind !== "field" && match.kind !== "set") || match.not) return [];
    const at = match.fields.indexOf(field);
    const elements = match.kind === "field" ? match.any : (place.table.sets[match.set] ?? []);
    return at < 0 ? [] : elements.flatMap((element) => element[at] ?? []);
  });
}
