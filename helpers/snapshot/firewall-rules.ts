import type { Rule } from "../expectations/rule-match.ts";
import { ProbeFailed, reading } from "../model/evidence.ts";
import { type FirewallChain, parseIptablesSave } from "../probes/parse/parse-iptables-save.ts";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import type { HostView } from "../vantage/host-view.ts";

/** A rule with what it has counted. */
export interface CountedRule extends Rule {
  readonly packets: number;
  readonly bytes: number;
}

/** A chain of one table; `policy` is null for chains that are not the kernel's own. */
export interface TableChain extends FirewallChain {
  readonly table: string;
}

/** The host's IPv4 packet filter as its own `iptables-save` prints it. */
export interface Firewall {
  readonly chains: readonly TableChain[];
  /** Rules of one chain in their order. */
  readonly rules: readonly CountedRule[];
}

/**
 * Reads the host's IPv4 rules with their counters. Asks `iptables-save` of the host, so it needs the need "host
 * iptables".
 * @param table only this one; all tables that are in use when left out
 * @throws ProbeFailed when the program fails or prints what can't be read
 */
export async function firewall(host: HostView, table = ""): Promise<Firewall> {
  const evidence = await host.own(
    `iptables-save -c${table === "" ? "" : ` -t ${table}`}`,
    reading(host, "firewall", table === "" ? null : table),
  );
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`the host's firewall rules can't be listed: ${evidence.stderr.trim()}`, evidence);
  return readFirewall(evidence.stdout);
}

/** Reads the text of `iptables-save`; without `-c` every rule has counted nothing. @throws ProbeFailed */
export function readFirewall(text: string): Firewall {
  try {
    const tables = parseIptablesSave(text);
    return {
      chains: tables.flatMap(({ name: table, chains }) => chains.map((chain) => ({ table, ...chain }))),
      rules: tables.flatMap(({ name: table, rules }) =>
        rules.map(({ chain, args, packets = 0, bytes = 0 }) => ({ table, chain, args, packets, bytes })),
      ),
    };
  } catch (error) {
    if (error instanceof UnreadableOutput) throw new ProbeFailed(error.message);
    throw error;
  }
}

/** Just the rules of {@link firewall}, for matchers that don't count. */
export async function firewallRules(host: HostView): Promise<readonly CountedRule[]> {
  return (await firewall(host)).rules;
}
