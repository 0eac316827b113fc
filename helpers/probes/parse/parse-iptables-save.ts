import { UnreadableOutput } from "./unreadable-output.ts";

export interface FirewallChain {
  readonly name: string;
  /** null for chains made by users (Docker's among them). */
  readonly policy: string | null;
  /**
   * Of packets that reached the policy. The nft variant always says 0 for base chains (measured with 1.8.9): only the
   * legacy variant counts here.
   */
  readonly packets: number;
  readonly bytes: number;
}

export interface FirewallRule {
  readonly chain: string;
  /** As printed, without counters: `-A FORWARD -o docker0 -j DOCKER`. */
  readonly text: string;
  /** Only with `-c`. */
  readonly packets?: number;
  readonly bytes?: number;
  /** The words after `-A <chain>`, quotes and their escapes removed. */
  readonly args: readonly string[];
}

export interface FirewallTable {
  readonly name: string;
  readonly chains: readonly FirewallChain[];
  /** In order; the order of the chains among each other is the program's. */
  readonly rules: readonly FirewallRule[];
}

const PARSER = "iptables-save";

/**
 * Reads `iptables-save` and `ip6tables-save`, legacy and nft variants, with or without `-c`. Empty text means no table:
 * the legacy variant prints nothing until a table was used.
 * @throws UnreadableOutput also when a table is cut short, or when the nft variant says that it can't show one
 */
export function parseIptablesSave(text: string): FirewallTable[] {
  const tables: FirewallTable[] = [];
  let open: { name: string; chains: FirewallChain[]; rules: FirewallRule[] } | null = null;
  for (const line of text.split("\n")) {
    if (/^# Table .* is incompatible/.test(line))
      throw new UnreadableOutput(PARSER, line, "a table can't be shown by iptables");
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (line.startsWith("*")) {
      if (open !== null) throw new UnreadableOutput(PARSER, line, `the table ${open.name} has no COMMIT`);
      open = { name: line.slice(1).trim(), chains: [], rules: [] };
    } else if (open === null) throw new UnreadableOutput(PARSER, line, "outside of a table");
    else if (line.trim() === "COMMIT") {
      tables.push(open);
      open = null;
    } else if (line.startsWith(":")) open.chains.push(readChain(line));
    else open.rules.push(readRule(line, open.chains));
  }
  if (open !== null) throw new UnreadableOutput(PARSER, `*${open.name}`, "the table has no COMMIT");
  return tables;
}

function readChain(line: string): FirewallChain {
  const [, name, policy, packets, bytes] = /^:(\S+) (\S+) \[(\d+):(\d+)\]\s*$/.exec(line) ?? [];
  if (name === undefined || policy === undefined)
    throw new UnreadableOutput(PARSER, line, "no chain with policy and counters");
  return { name, policy: policy === "-" ? null : policy, packets: Number(packets), bytes: Number(bytes) };
}

function readRule(line: string, chains: readonly FirewallChain[]): FirewallRule {
  const [, packets, bytes, text, chain, rest] = /^(?:\[(\d+):(\d+)\] )?(-A (\S+)(.*))$/.exec(line) ?? [];
  if (text === undefined || chain === undefined || rest === undefined)
    throw new UnreadableOutput(PARSER, line, "no rule");
  if (!chains.some((candidate) => candidate.name === chain))
    throw new UnreadableOutput(PARSER, line, `the chain ${chain} was not declared`);
  const counters = packets === undefined ? {} : { packets: Number(packets), bytes: Number(bytes) };
  return { chain, text: text.trimEnd(), ...counters, args: wordsOf(line, rest) };
}

/** The words behind `-A <chain>` of a rule as it is printed, quotes and their escapes removed. @throws UnreadableOutput */
export function wordsOfRule(text: string): string[] {
  return wordsOf(text, text.replace(/^-A \S+/, ""));
}

/** Splits at blanks; double quotes keep blanks, and inside them a backslash takes the next character literally. */
function wordsOf(line: string, text: string): string[] {
  const words: string[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)/y;
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const match = pattern.exec(text);
    if (match === null) throw new UnreadableOutput(PARSER, line, "unbalanced quotes");
    words.push(match[1]?.replaceAll(/\\(.)/g, "$1") ?? match[2] ?? "");
  }
  return words;
}
