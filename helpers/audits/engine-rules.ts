import { MISSING_RULES } from "../cause/keys.ts";
import { RESTART_ENGINE } from "../cause/mend.ts";
import { ruleLayout, usesNftables, usesProxy } from "../expectations/firewall.ts";
import { has } from "../model/version-switches.ts";
import type { Chain, Firewall, Place, Program, Table } from "../snapshot/firewall/model.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { bridgesOf } from "./bridges.ts";
import type { Reason } from "./deviation.ts";
import { leadsByHost, publishedPorts } from "./published.ts";
import { byHand } from "./remedies.ts";

/** The packet filter of a host, and what the engine makes in it for one family. */
export interface JudgedFirewall {
  /** Every table of every family: a packet passes them all. */
  readonly all: Firewall;
  /**
   * Whether the engine makes rules for this family; where it makes none, because it was told so or because this version
   * makes none unless it is told to. Then only what others stop is judged.
   */
  readonly ruled: "by the engine" | "not unasked" | "not, as configured";
  /** How the engine lays its iptables rules out; null where it writes nftables' own, or where the layout is not known. */
  readonly layout: ReturnType<typeof ruleLayout>;
  /** The program that changes its rules on this host: `iptables`, `iptables-legacy`… */
  readonly program: Program;
}

/** Null where nothing can be concluded about the engine's rules: it makes none, or they could not be read. */
export function firewallOf(snapshot: LivingSnapshot, host: LivingHost, family: 4 | 6): JudgedFirewall | null {
  const found = anyFirewallOf(snapshot, host, family);
  return found?.ruled === "by the engine" ? found : null;
}

/** The same where the engine makes no rules as well; null where they could not be read. */
export function anyFirewallOf(snapshot: LivingSnapshot, host: LivingHost, family: 4 | 6): JudgedFirewall | null {
  const { facts } = snapshot;
  const { filters: firewall } = host;
  if (firewall === null) return null;
  const program = family === 4 ? "iptables" : "ip6tables";
  const nftables = usesNftables(facts);
  const mine = firewall.unread.some((what) =>
    nftables ? what.startsWith("nftables") : what.startsWith(`${program} (`) || what.startsWith("the packet filter"),
  );
  if (mine) return null;
  return {
    all: firewall,
    ruled: ruledBy(snapshot, family),
    layout: nftables ? null : ruleLayout(facts),
    program: engineTable(firewall, family, "nat")?.program ?? program,
  };
}

/** Whether a policy ends what the engine's own rules would have let pass: they stand in the same chain. */
export function isPolicyBehindEngines({ all, program }: JudgedFirewall, { rule, chain, table }: Place): boolean {
  if (rule !== null || chain.base?.hook !== "forward") return false;
  const native = all.tables.some(({ name }) => name === "docker-bridges");
  return native ? table.name === "docker-bridges" : table.name === "filter" && table.program === program;
}

function ruledBy({ facts }: LivingSnapshot, family: 4 | 6): JudgedFirewall["ruled"] {
  const { iptables, ip6tables } = facts.configuration;
  if (iptables === false || (family === 6 && ip6tables === false)) return "not, as configured";
  return family === 4 || ip6tables === true || has(facts, "ip6tables-by-default") ? "by the engine" : "not unasked";
}

/** The engine's own tables of one family: of iptables in whichever variant it uses, or nftables' `docker-bridges`. */
function engineTable(firewall: Firewall, family: 4 | 6, name: "nat" | "filter" | "docker-bridges"): Table | null {
  const wanted = family === 4 ? "ip" : "ip6";
  const candidates = firewall.tables.filter((table) => table.family === wanted && table.name === name);
  return (
    candidates.find(({ chains }) => chains.some((chain) => chain.name.startsWith("DOCKER"))) ?? candidates[0] ?? null
  );
}

function chainOf(table: Table | null, name: string): Chain | undefined {
  return table?.chains.find((chain) => chain.name === name);
}

/** One of the rules that all networks share and that is missing. */
export interface MissingBasic {
  /** `the nat table has no chain DOCKER` */
  readonly what: string;
  /** The command that puts it back; null where that takes more than one. */
  readonly repair: string | null;
  readonly table: "nat" | "filter";
  /** True for what leads to the engine's other rules: without it, those are idle. */
  readonly leads: boolean;
}

/** What of the rules that all networks share is missing; empty where they are there. */
export function missingBasics(
  snapshot: LivingSnapshot,
  { all, program }: JudgedFirewall,
  family: 4 | 6,
): MissingBasic[] {
  const { facts } = snapshot;
  if (usesNftables(facts)) return missingOfNftables(engineTable(all, family, "docker-bridges"));
  const v6 = family === 6 ? "IPv6 " : "";
  const publishing = new Set(
    publishedPorts(snapshot)
      .filter((one) => one.family === family && one.ends.length > 0 && leadsByHost(snapshot, one))
      .map(({ container }) => container.id),
  ).size;
  const natted = bridgesOf(snapshot).filter(({ internal }) => !internal);
  const nat = engineTable(all, family, "nat");
  const filter = engineTable(all, family, "filter");
  const jumps = (chain: Chain | undefined, to: RegExp): boolean =>
    chain?.rules.some(({ steps }) =>
      steps.some((step) => (step.kind === "jump" || step.kind === "goto") && to.test(step.chain)),
    ) ?? false;
  const missing: MissingBasic[] = [];
  const miss = (table: MissingBasic["table"], leads: boolean, what: string, repair: string | null = null): void => {
    missing.push({ what, repair, table, leads });
  };
  const translating = chainOf(nat, "DOCKER");
  if (translating === undefined) miss("nat", true, `the ${v6}nat table has no chain DOCKER`);
  else {
    const loopback = family === 6 ? "! -d ::1/128 " : "! -d 127.0.0.0/8 ";
    for (const [chain, but] of [
      ["PREROUTING", ""],
      ["OUTPUT", usesProxy(facts) ? loopback : ""],
    ] as const)
      if (!jumps(chainOf(nat, chain), /^DOCKER$/))
        miss(
          "nat",
          true,
          `nat ${v6}${chain} does not lead to chain DOCKER`,
          `${program} -t nat -A ${chain} ${but}-m addrtype --dst-type LOCAL -j DOCKER`,
        );
    // What one container publishes may lack its rules alone; with the way there gone as well, one act took both.
    if (
      publishing > (missing.length > 0 ? 0 : 1) &&
      !translating.rules.some(({ steps }) => steps.some(({ kind }) => kind === "dnat"))
    )
      miss("nat", false, `chain DOCKER of the ${v6}nat table translates nothing`);
  }
  const masquerading = natted.some(({ ranges }) => ranges.some((one) => one.family === family && one.masquerade));
  const hidden = chainOf(nat, "POSTROUTING")?.rules.some(({ steps }) =>
    steps.some(({ kind }) => kind === "masquerade" || kind === "snat"),
  );
  if (missing.length > 0 && masquerading && hidden !== true)
    miss("nat", false, `nat ${v6}POSTROUTING masquerades nothing`);
  if (chainOf(filter, "DOCKER") === undefined) miss("filter", true, `the ${v6}filter table has no chain DOCKER`);
  else if (!jumps(chainOf(filter, "FORWARD"), /^DOCKER($|-FORWARD|-ISOLATION)/))
    miss(
      "filter",
      true,
      `filter ${v6}FORWARD does not lead to the engine's chains`,
      // Before 28 its rules stand in FORWARD itself.
      has(facts, "docker-forward-chain")
        ? `${program} -I FORWARD -j DOCKER-FORWARD && ${program} -I FORWARD -j DOCKER-USER`
        : null,
    );
  else if (has(facts, "docker-forward-chain") && (chainOf(filter, "DOCKER-FORWARD")?.rules.length ?? 0) === 0)
    miss("filter", true, `chain DOCKER-FORWARD of the ${v6}filter table is empty`);
  // Since 28 it has a rule for each bridge; before, one for each published port.
  const filtering = chainOf(filter, "DOCKER");
  if (filtering?.rules.length === 0 && (has(facts, "docker-forward-chain") ? natted.length > 0 : publishing > 1))
    miss("filter", false, `chain DOCKER of the ${v6}filter table is empty`);
  return missing;
}

function missingOfNftables(table: Table | null): MissingBasic[] {
  if (table === null)
    return [{ what: "the nftables table docker-bridges is gone", repair: null, table: "filter", leads: true }];
  return ["filter-FORWARD", "nat-PREROUTING", "nat-OUTPUT", "nat-POSTROUTING"].flatMap((name) =>
    (chainOf(table, name)?.rules.length ?? 0) === 0
      ? [
          {
            what: `chain ${name} of the nftables table docker-bridges is empty`,
            repair: null,
            table: name.startsWith("nat") ? ("nat" as const) : ("filter" as const),
            leads: true,
          },
        ]
      : [],
  );
}

/** At most so many missing things in a sentence; where there are more, the evidence lists them all. */
const SAID = 2;

/** The one cause of everything that follows from rules which all networks share. */
export function reasonOfBasics(basics: readonly MissingBasic[], evidence: readonly string[] = []): Reason {
  const repairs = basics.map(({ repair }) => repair).filter((repair) => repair !== null);
  const words = basics.map(({ what }) => what);
  return {
    key: MISSING_RULES,
    what: `The engine's own firewall rules are gone: ${words.slice(0, SAID).join("; ")}${words.length > SAID ? `; and ${words.length - SAID} more` : ""}.`,
    act: "a firewall reload or flush removed them while dockerd ran",
    certainty: "seen",
    evidence: [...(words.length > SAID ? words : []), ...evidence],
    remedies: [...(repairs.length === basics.length ? [byHand("put the rules back", repairs)] : []), RESTART_ENGINE],
  };
}
