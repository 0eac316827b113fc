import { UnreadableOutput } from "../../probes/parse/unreadable-output.ts";
import { isList, type Json, listOf, objectOf, taggedOf, textOf } from "./json.ts";
import type { Base, Chain, Elements, Hook, Rule, Table, TableFamily, VerdictMap } from "./model.ts";
import { elementsOf, fieldsOfType } from "./nft-expression.ts";
import { nftStep, verdictsOf } from "./nft-statement.ts";
import { statementOfXt } from "./xt-statement.ts";

const PARSER = "nft -j list ruleset";

interface Found {
  readonly family: TableFamily;
  readonly name: string;
  readonly chains: { readonly name: string; readonly base: Base | null; readonly rules: Rule[] }[];
  readonly sets: Record<string, Elements | null>;
  readonly maps: Record<string, VerdictMap | null>;
  /** What its maps hold that lead to values, as it is printed. */
  readonly values: Record<string, Json>;
}

/**
 * Reads `nft -j list ruleset`, or several of `nft -j list table`, one below the other.
 * @param printed what `nft -a list ruleset` printed: where the rules' texts come from, by their handles
 * @throws UnreadableOutput when it is no such JSON
 */
export function readNft(json: string, printed: string): Table[] {
  const { texts, devices } = linesOf(printed);
  const found: Found[] = [];
  const begin = (family: Json | undefined, name: string): Found => {
    const table: Found = { family: familyOf(family), name, chains: [], sets: {}, maps: {}, values: {} };
    found.push(table);
    return table;
  };
  const tableOf = (item: Json): Found | undefined => {
    const { family, table } = objectOf(item);
    return found.find((each) => each.family === family && each.name === table);
  };
  for (const item of json.split(/\n+(?=\{)/).flatMap(itemsOf)) {
    const [kind, body] = taggedOf(item);
    const it = objectOf(body);
    const name = textOf(it.name);
    switch (kind) {
      case "table":
        begin(it.family, name);
        break;
      case "chain":
        // One that is listed alone comes without its table.
        (tableOf(body) ?? begin(it.family, textOf(it.table))).chains.push({
          name,
          base: baseOf(it, devices.get(`${textOf(it.family)} ${textOf(it.table)} ${name}`) ?? []),
          rules: [],
        });
        break;
      case "set": {
        const table = tableOf(body);
        const fields = fieldsOfType(it.type);
        if (table !== undefined) table.sets[name] = fields === null ? null : elementsOf(it.elem, fields);
        break;
      }
      case "map": {
        const table = tableOf(body);
        if (table !== undefined) table.maps[name] = mapOf(it);
        if (table !== undefined && it.elem !== undefined) table.values[name] = it.elem;
        break;
      }
      case "rule": {
        const table = tableOf(body);
        const chain = table?.chains.find((each) => each.name === it.chain);
        const text = texts.get(`${textOf(it.family)} ${textOf(it.table)} ${textOf(it.chain)} ${textOf(it.handle)}`);
        chain?.rules.push(ruleOf(it, text, (map) => table?.values[map]));
        break;
      }
      default:
    }
  }
  return found.map(({ family, name, chains, sets, maps }) => ({
    program: "nft",
    family,
    name,
    chains: chains satisfies Chain[],
    sets,
    maps,
  }));
}

function itemsOf(json: string): readonly Json[] {
  if (json.trim() === "") return [];
  let read: Json;
  try {
    read = JSON.parse(json) as Json;
  } catch {
    throw new UnreadableOutput(PARSER, json.slice(0, 300), "no JSON");
  }
  const items = objectOf(read).nftables;
  if (!isList(items)) throw new UnreadableOutput(PARSER, json.slice(0, 300), "no list of nftables");
  return items;
}

const FAMILIES: ReadonlySet<string> = new Set<TableFamily>(["ip", "ip6", "inet", "bridge", "arp", "netdev"]);

function familyOf(value: Json | undefined): TableFamily {
  const family = textOf(value);
  if (!FAMILIES.has(family)) throw new UnreadableOutput(PARSER, family, "no known family of tables");
  return family as TableFamily;
}

const HOOKS: ReadonlySet<string> = new Set<Hook>([
  "ingress",
  "prerouting",
  "input",
  "forward",
  "output",
  "postrouting",
  "egress",
]);

/** @param printed the devices in the text: nft 1.0 leaves them out of its JSON */
function baseOf(chain: Readonly<Record<string, Json>>, printed: readonly string[]): Base | null {
  const hook = textOf(chain.hook);
  if (hook === "") return null;
  if (!HOOKS.has(hook)) throw new UnreadableOutput(PARSER, hook, "no known hook");
  const type = textOf(chain.type);
  return {
    hook: hook as Hook,
    priority: Number(textOf(chain.prio)),
    type: type === "nat" || type === "route" ? type : "filter",
    policy: textOf(chain.policy) === "drop" ? "drop" : "accept",
    devices: chain.dev === undefined ? printed : listOf(chain.dev).map(textOf),
    policyCounters: null,
  };
}

function mapOf(map: Readonly<Record<string, Json>>): VerdictMap | null {
  const fields = fieldsOfType(map.type);
  if (fields === null || textOf(map.map) !== "verdict") return null;
  return verdictsOf(map.elem, fields);
}

function ruleOf(
  rule: Readonly<Record<string, Json>>,
  text: string | undefined,
  elementsOf: (map: string) => Json | undefined,
): Rule {
  const statements = listOf(rule.expr);
  const counter = statements.map(taggedOf).find(([kind]) => kind === "counter")?.[1];
  const { packets, bytes } = objectOf(counter ?? null);
  return {
    steps: statements.flatMap((statement) => nftStep(statementOfXt(statement, text ?? ""), elementsOf)),
    text: text ?? JSON.stringify(rule.expr),
    counters: typeof packets === "number" && typeof bytes === "number" ? { packets, bytes } : null,
    handle: typeof rule.handle === "number" ? rule.handle : null,
  };
}

/**
 * What the text tells: `family table chain handle` → the rule as printed, without counters; `family table chain` → the
 * devices that a chain is bound to.
 */
function linesOf(printed: string) {
  const texts = new Map<string, string>();
  const devices = new Map<string, readonly string[]>();
  let table = "";
  let chain = "";
  for (const raw of printed.split("\n")) {
    const line = raw.trim();
    const [, family, name] = /^table (\w+) (\S+) \{/.exec(line) ?? [];
    if (family !== undefined) table = `${family} ${name}`;
    const [, opened] = /^chain (\S+) \{/.exec(line) ?? [];
    if (opened !== undefined) chain = opened;
    const [, one, many] = /^type \w+ hook \w+ device(?:s = \{ ([^}]*) \}| "?([^" ]+)"?) priority/.exec(line) ?? [];
    const bound = one ?? many;
    if (bound !== undefined)
      devices.set(
        `${table} ${chain}`,
        bound.split(",").map((name) => name.trim().replaceAll('"', "")),
      );
    const [, text, handle] = /^(.*\S) # handle (\d+)$/.exec(line) ?? [];
    if (text !== undefined && !text.endsWith("{"))
      texts.set(`${table} ${chain} ${handle}`, text.replaceAll(/ packets \d+ bytes \d+/g, ""));
  }
  return { texts, devices };
}
