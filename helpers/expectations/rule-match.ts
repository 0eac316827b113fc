/** One iptables rule as any parser of `iptables-save` can give it; rules of one chain in their order. */
export interface Rule {
  readonly table: string;
  readonly chain: string;
  /** The tokens behind the chain: `["-i", "docker0", "-j", "RETURN"]`. */
  readonly args: readonly string[];
  /** As its program printed it, with the quotes that its words need: `-A DOCKER -i docker0 -j RETURN`. */
  readonly text?: string;
}

/** What a rule must say: option (`-i`) → value, or `{ not: value }` for `! -i value`. Nothing else may be said, apart from `-m` and comments. */
export type Conditions = Readonly<Record<string, string | { readonly not: string }>>;

/** A rule that is looked for. */
export interface WantedRule {
  readonly table: string;
  readonly chain: string;
  readonly conditions: Conditions;
}

/** Whether a rule is there, what was looked for, and the most similar rules seen, for a report. */
export interface RuleFinding {
  readonly present: boolean;
  /** In the syntax of `iptables`: `-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE`. */
  readonly wanted: string;
  /** At most three, the most similar first; the rule itself when it is present. */
  readonly nearest: readonly string[];
}

/** What `iptables-save` calls an option that a rule may have by its long name. */
export const LONG_NAMES: Readonly<Record<string, string>> = {
  "--source": "-s",
  "--destination": "-d",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--protocol": "-p",
  "--jump": "-j",
};

/** One spelling per value: a single address without /32 or, of IPv6, /128; the state list sorted. */
function canonical(option: string, value: string): string {
  if (option === "-s" || option === "-d") return value.replace(value.includes(":") ? /\/128$/ : /\/32$/, "");
  if (option === "--ctstate") return value.split(",").sort().join(",");
  return value;
}

/** The conditions of a rule as a flat map, negation as a leading `! `; `-m` and comments left out since they restrict nothing by themselves. */
function conditionsOf(args: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  let negated = false;
  for (let index = 0; index < args.length; index++) {
    const token = args[index] ?? "";
    if (token === "!") {
      negated = true;
      continue;
    }
    if (!token.startsWith("-")) continue;
    const option = LONG_NAMES[token] ?? token;
    const values: string[] = [];
    while (index + 1 < args.length && args[index + 1] !== "!" && !/^--?[a-z]/i.test(args[index + 1] ?? "")) {
      index++;
      values.push(args[index] ?? "");
    }
    if (option !== "-m" && option !== "--comment") {
      found.set(option, `${negated ? "! " : ""}${canonical(option, values.join(" "))}`);
    }
    negated = false;
  }
  return found;
}

function flatten(conditions: Conditions): Map<string, string> {
  return new Map(
    Object.entries(conditions).map(([option, value]) => [
      option,
      typeof value === "string" ? canonical(option, value) : `! ${canonical(option, value.not)}`,
    ]),
  );
}

/** True when the rule stands in the wanted chain and says exactly the wanted conditions. */
export function matches(rule: Rule, wanted: WantedRule): boolean {
  if (rule.table !== wanted.table || rule.chain !== wanted.chain) return false;
  const said = conditionsOf(rule.args);
  const conditions = flatten(wanted.conditions);
  return said.size === conditions.size && [...conditions].every(([option, value]) => said.get(option) === value);
}

/** The rule as `iptables -S` shows it, without its table. */
export function ruleText({ text, chain, args }: Rule): string {
  return text ?? `-A ${chain} ${args.join(" ")}`.trimEnd();
}

/** The rule in the syntax of the `iptables` command. */
export function formatRule(rule: Rule): string {
  return `${rule.table === "filter" ? "" : `-t ${rule.table} `}${ruleText(rule)}`;
}

/** Options that iptables takes only behind their match; those of TCP and UDP come with `-p`. */
const OPTIONS_MATCH: Readonly<Record<string, string>> = {
  "--dst-type": "addrtype",
  "--src-type": "addrtype",
  "--ctstate": "conntrack",
};

function formatWanted(wanted: WantedRule): string {
  const args = Object.entries(wanted.conditions).flatMap(([option, value]) => [
    ...(OPTIONS_MATCH[option] === undefined ? [] : ["-m", OPTIONS_MATCH[option]]),
    ...(typeof value === "string" ? [option, value] : ["!", option, value.not]),
  ]);
  return formatRule({ table: wanted.table, chain: wanted.chain, args });
}

/** How much a rule resembles the wanted one: shared conditions, then the same chain; 0 when it shares nothing but a chain or a target. */
function likeness(rule: Rule, wanted: WantedRule): number {
  if (rule.table !== wanted.table) return 0;
  const said = conditionsOf(rule.args);
  const conditions = [...flatten(wanted.conditions)];
  const shared = conditions.filter(([option, value]) => said.get(option) === value);
  const sameKind = shared.some(([option]) => option === "-j") && rule.chain === wanted.chain;
  const telling = shared.filter(([option]) => option !== "-j" && option !== "-p").length;
  if (telling === 0 && !sameKind) return 0;
  return telling * 2 + (rule.chain === wanted.chain ? 1 : 0) + (sameKind ? 1 : 0);
}

/** Looks for one rule. */
export function findRule(rules: readonly Rule[], wanted: WantedRule): RuleFinding {
  const hit = rules.find((rule) => matches(rule, wanted));
  const nearest =
    hit !== undefined
      ? [hit]
      : rules
          .map((rule) => ({ rule, score: likeness(rule, wanted) }))
          .filter(({ score }) => score > 0)
          .sort((one, other) => other.score - one.score)
          .slice(0, 3)
          .map(({ rule }) => rule);
  return { present: hit !== undefined, wanted: formatWanted(wanted), nearest: nearest.map(formatRule) };
}

/** The rules that name an address, network, device or chain anywhere among their arguments (`172.17.0.2` also finds `172.17.0.2/32` and `172.17.0.2:80`). */
export function rulesNaming(rules: readonly Rule[], name: string): Rule[] {
  return rules.filter((rule) =>
    rule.args.some((arg) => arg === name || arg === `${name}/32` || arg.startsWith(`${name}:`)),
  );
}
