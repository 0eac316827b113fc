import { type Rule, ruleText } from "../../expectations/rule-match.ts";
import { ProbeFailed, reading } from "../../model/evidence.ts";
import { wordsOfRule } from "../../probes/parse/parse-iptables-save.ts";
import { UnreadableOutput } from "../../probes/parse/unreadable-output.ts";
import type { HostView } from "../../vantage/host-view.ts";
import type { Place, Program, Table } from "./model.ts";
import { readIptables } from "./read-iptables.ts";

/** A rule of iptables with what it has counted. */
export interface CountedRule extends Rule {
  readonly packets: number;
  readonly bytes: number;
}

/** A chain of one table; `policy` is null for chains that are not the kernel's own. */
export interface ListedChain {
  readonly table: string;
  readonly name: string;
  readonly policy: "ACCEPT" | "DROP" | null;
}

/** Rules of iptables as its program lists them: for who asks whether one stands there, not what becomes of a packet. */
export interface RuleList {
  readonly chains: readonly ListedChain[];
  /** Rules of one chain in their order. */
  readonly rules: readonly CountedRule[];
}

/** What one program of iptables lists, out of every table that was read. What it did not count is 0. */
export function ruleList(tables: readonly Table[], program: Program = "iptables"): RuleList {
  const own = tables.filter((table) => table.program === program);
  const chains = own.flatMap(({ name: table, chains }) => chains.map((chain) => ({ table, chain })));
  return {
    chains: chains.map(({ table, chain: { name, base } }) => ({
      table,
      name,
      policy: base === null ? null : base.policy === "drop" ? "DROP" : "ACCEPT",
    })),
    rules: chains.flatMap(({ table, chain }) =>
      chain.rules.map(({ text, counters }) => ({
        table,
        chain: chain.name,
        text,
        args: wordsOfRule(text),
        ...(counters ?? { packets: 0, bytes: 0 }),
      })),
    ),
  };
}

/** Where a rule of the list stands. Its chain's other rules are not told. */
export function placeOfRule(rule: Rule, program: Program = "iptables"): Place {
  const family = program.startsWith("ip6") ? "ip6" : "ip";
  return {
    table: { program, family, name: rule.table, chains: [], sets: {}, maps: {} },
    chain: { name: rule.chain, base: null, rules: [] },
    rule: { steps: [], text: ruleText(rule), counters: null, handle: null },
  };
}

/**
 * Reads the host's rules with their counters. Asks `iptables-save` of the host, so it needs the need "host iptables".
 * @param table only this one; all tables that are in use when left out
 * @param program the one of IPv4 unless said otherwise
 * @throws ProbeFailed when the program fails or prints what can't be read
 */
export async function listRules(
  host: HostView,
  table = "",
  program: "iptables" | "ip6tables" = "iptables",
): Promise<RuleList> {
  const evidence = await host.own(
    `${program}-save -c${table === "" ? "" : ` -t ${table}`}`,
    reading(host, "firewall", table === "" ? null : table),
  );
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`the host's firewall rules can't be listed: ${evidence.stderr.trim()}`, evidence);
  return readRuleList(evidence.stdout, program);
}

/** Reads the text of `iptables-save`, or of `ip6tables-save`. @throws ProbeFailed */
export function readRuleList(text: string, program: "iptables" | "ip6tables" = "iptables"): RuleList {
  try {
    return ruleList(readIptables(text, program), program);
  } catch (error) {
    if (error instanceof UnreadableOutput) throw new ProbeFailed(error.message);
    throw error;
  }
}
