import { type FirewallTable, parseIptablesSave } from "../../probes/parse/parse-iptables-save.ts";
import { iptablesSteps } from "./iptables-rule.ts";
import type { Base, Chain, Hook, Program, Table } from "./model.ts";

/** The kernel's own chains, by table: hook and priority (linux/netfilter_ipv4.h). */
const BUILT_IN: Readonly<Record<string, { readonly priority: number; readonly chains: readonly string[] }>> = {
  raw: { priority: -300, chains: ["PREROUTING", "OUTPUT"] },
  mangle: { priority: -150, chains: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] },
  nat: { priority: -100, chains: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"] },
  filter: { priority: 0, chains: ["INPUT", "FORWARD", "OUTPUT"] },
  security: { priority: 50, chains: ["INPUT", "FORWARD", "OUTPUT"] },
};
const SOURCE_NAT = 100;

const HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: "prerouting",
  INPUT: "input",
  FORWARD: "forward",
  OUTPUT: "output",
  POSTROUTING: "postrouting",
};

/**
 * Reads what one of iptables' save programs printed, with `-c`, as tables.
 * @param program the one that shows and changes these tables on this host
 * @throws UnreadableOutput
 */
export function readIptables(text: string, program: Program): Table[] {
  const family = program.startsWith("ip6") ? "ip6" : "ip";
  const counts = program.endsWith("legacy");
  return parseIptablesSave(text).map((table) => ({
    program,
    family,
    name: table.name,
    chains: table.chains.map((chain) => chainOf(table, chain.name, family, counts)),
    sets: {},
    maps: {},
  }));
}

function chainOf(table: FirewallTable, name: string, family: "ip" | "ip6", counts: boolean): Chain {
  const own = table.chains.map((chain) => chain.name);
  return {
    name,
    base: baseOf(table, name, counts),
    rules: table.rules
      .filter((rule) => rule.chain === name)
      .map(({ args, text, packets, bytes }) => ({
        steps: iptablesSteps(args, family, own, bytes ?? null),
        text,
        counters: packets === undefined || bytes === undefined ? null : { packets, bytes },
        handle: null,
      })),
  };
}

function baseOf(table: FirewallTable, name: string, counts: boolean): Base | null {
  const built = BUILT_IN[table.name];
  const hook = HOOKS[name];
  const chain = table.chains.find((candidate) => candidate.name === name);
  if (built === undefined || hook === undefined || !chain?.policy || !built.chains.includes(name)) return null;
  const late = table.name === "nat" && (name === "POSTROUTING" || name === "INPUT");
  return {
    hook,
    priority: late ? SOURCE_NAT : built.priority,
    type: table.name === "nat" ? "nat" : table.name === "mangle" && name === "OUTPUT" ? "route" : "filter",
    policy: chain.policy === "DROP" ? "drop" : "accept",
    devices: [],
    policyCounters: counts ? { packets: chain.packets, bytes: chain.bytes } : null,
  };
}
