import { UnreadableOutput } from "./unreadable-output.ts";

export interface NftChain {
  readonly name: string;
  /** `type filter hook forward priority filter; policy accept;`; null for a chain that only others jump to. */
  readonly base: string | null;
  /** As printed, without what counters have counted: `iifname "docker0" counter accept comment "ICC"`. */
  readonly rules: readonly string[];
}

/** A named set or map. */
export interface NftSet {
  readonly name: string;
  /** As printed: `"docker0" : jump filter-forward-in__docker0`. */
  readonly elements: readonly string[];
}

export interface NftTable {
  readonly family: string;
  readonly name: string;
  readonly chains: readonly NftChain[];
  readonly sets: readonly NftSet[];
}

const PARSER = "nft list";

interface Block {
  readonly kind: string;
  readonly name: string;
  /** Statements, each on one line. */
  readonly lines: string[];
}

/**
 * Reads `nft list table` and `nft list ruleset`, with or without `--stateless`. Sets and maps are read alike; flowtables
 * and stateful objects are passed over.
 * @throws UnreadableOutput also when a block is cut short
 */
export function parseNftTables(text: string): NftTable[] {
  const tables: { family: string; name: string; blocks: Block[] }[] = [];
  let block: Block | null = null;
  let inTable = false;
  let elements: string | null = null;
  for (const printed of text.split("\n")) {
    const line = printed.trim();
    if (line === "" || line.startsWith("#")) continue;
    const table = tables.at(-1);
    if (elements !== null) {
      elements += ` ${line}`;
      if (closes(elements)) {
        block?.lines.push(elements);
        elements = null;
      }
    } else if (block !== null) {
      if (line === "}") block = null;
      else if (/^elements = \{/.test(line) && !closes(line)) elements = line;
      else block.lines.push(line);
    } else if (inTable && table !== undefined) {
      if (line === "}") inTable = false;
      else {
        const [, kind = "", name = ""] = /^(\w+(?: \w+)?) (\S+) \{$/.exec(line) ?? [];
        if (kind !== "") {
          block = { kind, name, lines: [] };
          table.blocks.push(block);
        } else if (!/^(flags|comment) /.test(line)) throw new UnreadableOutput(PARSER, line, "no part of a table");
      }
    } else {
      const [, family = "", name = ""] = /^table (\w+) (\S+) \{/.exec(line) ?? [];
      if (family === "") throw new UnreadableOutput(PARSER, line, "outside of a table");
      tables.push({ family, name, blocks: [] });
      inTable = !line.endsWith("}");
    }
  }
  if (inTable) throw new UnreadableOutput(PARSER, `table ${tables.at(-1)?.name}`, "the table is cut short");
  return tables.map(({ family, name, blocks }) => ({
    family,
    name,
    chains: blocks.filter(({ kind }) => kind === "chain").map(readChain),
    sets: blocks.filter(({ kind }) => kind === "set" || kind === "map").map(readSet),
  }));
}

/** Whether a list of elements ends here: a brace inside quotes does not. */
function closes(text: string): boolean {
  return text.replaceAll(/"[^"]*"/g, "").endsWith("}");
}

function readChain({ name, lines }: Block): NftChain {
  const base = lines.find((line) => /^type \w+ hook /.test(line)) ?? null;
  const rules = lines.filter((line) => line !== base && !/^(comment|policy) /.test(line));
  return { name, base, rules: rules.map((rule) => rule.replaceAll(/ packets \d+ bytes \d+/g, "")) };
}

function readSet({ name, lines }: Block): NftSet {
  const listed = lines.find((line) => line.startsWith("elements = {")) ?? "";
  const inner = listed.replace(/^elements = \{/, "").replace(/\}$/, "");
  const elements = inner.match(/(?:"[^"]*"|\{[^{}]*\}|[^,"{}])+/g) ?? [];
  return { name, elements: elements.map((element) => element.trim()).filter((element) => element !== "") };
}
