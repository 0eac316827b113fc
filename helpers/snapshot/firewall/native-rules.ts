import type { Chain, Field, Rule, Step, Table } from "./model.ts";

/** Tables of more rules nft takes too long for: of those only the chains are listed where somebody adds rules by hand. */
const MOST_RULES = 400;
const MOST_IN_CHAIN = 100;

/** Prints, of what a save program prints, what nft is to list. */
const CHOICE = [
  "/^[*]/ { t = substr($1, 2) }",
  // Only base chains have a policy.
  '/^:/ && ($2 != "-" || $1 == ":DOCKER-USER") { base[t " " substr($1, 2)] = t }',
  '/^-A/ { all[t]++; some[t " " $2]++ }',
  `END { for (t in all) if (all[t] <= ${MOST_RULES}) print "table", f, t; for (c in base) if (all[base[c]] > ${MOST_RULES} && some[c] > 0 && some[c] <= ${MOST_IN_CHAIN}) print "chain", f, c }`,
].join(" ");

/**
 * Defines `natives`, which has nft list the tables that iptables keeps in nftables. A rule that somebody added there with nft
 * itself is printed by `iptables-save` without what iptables has no words for: `ip saddr { 192.0.2.0/24, 198.51.100.7 } drop`
 * as `-j DROP` (measured with 1.8.9 and 1.8.13).
 */
export const LISTING_OF_NATIVES = `natives() { for f in ip ip6; do saves \${f}tables 2>/dev/null | awk -v f=$f '${CHOICE}'; done | while read -r some; do nft $1 list $some && echo; done; }`;

/**
 * The tables of iptables with those of their rules as nft shows them that iptables does not show whole.
 * @param natives the same tables, or some of their chains, as nft lists them
 */
export function withNativeRules(tables: readonly Table[], natives: readonly Table[]): Table[] {
  return tables.map((table) => {
    const native = natives.find(({ family, name }) => family === table.family && name === table.name);
    if (native === undefined || table.program.endsWith("-legacy")) return table;
    return {
      ...table,
      chains: table.chains.map((chain) => withNativeOf(chain, native)),
      sets: { ...table.sets, ...native.sets },
    };
  });
}

function withNativeOf(chain: Chain, native: Table): Chain {
  const rules = native.chains.find(({ name }) => name === chain.name)?.rules ?? [];
  // Somebody changed the chain between the two lists.
  if (rules.length !== chain.rules.length) return chain;
  return {
    ...chain,
    rules: chain.rules.map((rule, at) => {
      const shown = rules[at];
      return shown !== undefined && asksMore(shown, rule) ? shown : rule;
    }),
  };
}

/** Whether nft shows a condition that iptables leaves out. What is made of iptables' own matches nft does not know. */
function asksMore(shown: Rule, rule: Rule): boolean {
  if (shown.steps.some(({ kind }) => kind === "unknown" || kind === "unknown action")) return false;
  const told = new Set(rule.steps.flatMap(fieldsOf));
  const ranges = new Set(rule.steps.flatMap(rangesOf));
  return (
    shown.steps.flatMap(fieldsOf).some((field) => !told.has(field)) ||
    shown.steps.flatMap(rangesOf).some((range) => !ranges.has(range))
  );
}

function fieldsOf(step: Step): readonly Field[] {
  return step.kind === "field" || step.kind === "set" ? step.fields : [];
}

/** Of addresses and ports, which both write as numbers: what exactly is asked. */
function rangesOf(step: Step): string[] {
  if (step.kind !== "field" || step.fields.length !== 1 || !/ (?:address|port)$/.test(step.fields[0] ?? "")) return [];
  const values = step.any.map(([value]) =>
    value !== undefined && "from" in value ? `${value.from}-${value.to}` : null,
  );
  return values.includes(null) ? [] : [`${step.fields[0]} ${step.not} ${values.toSorted().join(" ")}`];
}
