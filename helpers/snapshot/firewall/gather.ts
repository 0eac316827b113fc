import { quoted } from "../../model/shell-words.ts";
import { UnreadableOutput } from "../../probes/parse/unreadable-output.ts";
import { asHost, type HostView } from "../../vantage/host-view.ts";
import type { Firewall, Program, Table } from "./model.ts";
import { LISTING_OF_NATIVES, withNativeRules } from "./native-rules.ts";
import { isOfIptables } from "./place-text.ts";
import { readIpSets } from "./read-ipsets.ts";
import { readIptables } from "./read-iptables.ts";
import { readNft } from "./read-nft.ts";

/** What one look printed, section by section, each with the exit code and the first words of complaint. */
type Printed = ReadonlyMap<string, { readonly text: string; readonly exitCode: number; readonly complaint: string }>;

/** Runs a command and prints it as a section: a head line, the output, a foot line with how it ended. */
function section(name: string, command: string): string {
  return `echo "=== ${name}"; e=$( { ${command}; } 2>&1 >&3); rc=$?; echo; echo "=== $rc end $(echo "$e" | grep -v "^# Warning" | head -n 1)"`;
}

/** Only where the legacy tables exist: asked otherwise, the program itself would bring them up. Files of /proc have no size. */
function legacy(names: string, save: string): string {
  return `if [ -n "$(cat /proc/net/${names})" ]; then ${section(save, `${save} -c`)}; fi`;
}

/**
 * Defines `saves`, which prints what one of iptables' programs keeps in nftables; nothing where none does. It gives up where
 * a rule that somebody added with nft has what it does not know: then the other tables are asked for one by one.
 */
const NFT_SAVES = [
  "saves() { s=$1-nft-save",
  "if ! command -v $s >/dev/null; then iptables --version 2>/dev/null | grep -q nf_tables || return 0; s=$1-save; fi",
  'shift; if o=$($s $*); then echo "$o"; return 0; fi',
  'bad=0; for t in raw mangle nat filter security; do if o=$($s $* -t $t); then echo "$o"; else bad=1; fi; done',
  // nft lists the one that is left out.
  "[ $bad = 0 ] || command -v nft >/dev/null; }",
].join("; ");

/**
 * Defines `lists`, which prints nftables' tables that are none of iptables': of thousands of rules of these nft takes ten
 * times as long as iptables-save. Where one can't be listed alone (it has just gone, its name needs quotes), all are.
 */
const NFT_TABLES = [
  `of=$(for p in iptables ip6tables; do saves $p 2>/dev/null | sed -n "s/^*/$p /p"; done | sed "s/^iptables/table ip/; s/^ip6tables/table ip6/")`,
  'alone() { t=$(nft list tables) || return; echo "$t" | grep -vxF "$of" | while read -r t f n; do nft $1 list table "$f" "$n" || exit; echo; done; }',
  'lists() { o=$(alone $1 2>/dev/null) && echo "$o" || nft $1 list ruleset; }',
].join("; ");

/**
 * Prints everything in one go. The programs are the host's own. Where `iptables-save` speaks for the legacy tables, those
 * of nftables are asked for by their own name, and the other way round.
 */
const SCRIPT = [
  "exec 3>&1",
  'echo "=== variant"; iptables --version 2>&1; echo; echo "=== 0 end"',
  `${NFT_SAVES}; if command -v nft >/dev/null; then ${NFT_TABLES}; ${section("nft-json", "lists -j")}; ${section("nft-text", "lists -a")}; ${LISTING_OF_NATIVES}; ${section("native-json", "natives -j")}; ${section("native-text", "natives -a")}; fi`,
  `if command -v iptables-nft-save >/dev/null || iptables --version 2>/dev/null | grep -q nf_tables; then for p in iptables ip6tables; do ${section("$p-nft-save", "saves $p -c")}; done; fi`,
  `if command -v iptables-legacy-save >/dev/null; then ${legacy("ip_tables_names", "iptables-legacy-save")}; ${legacy("ip6_tables_names", "ip6tables-legacy-save")}; ` +
    `elif ! iptables --version 2>/dev/null | grep -q nf_tables; then for p in iptables ip6tables; do n=ip_tables_names; [ $p = ip6tables ] && n=ip6_tables_names; if [ -n "$(cat /proc/net/$n)" ] && command -v $p-save >/dev/null; then ${section("$p-legacy-save", "$p-save -c")}; fi; done; fi`,
  `if command -v ipset >/dev/null; then ${section("ipsets", "ipset save")}; fi`,
  'echo "=== legacy"; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; echo; echo "=== 0 end"',
  'echo "=== queues"; cat /proc/net/netfilter/nfnetlink_queue; echo; echo "=== 0 end"',
  'echo "=== ebtables"; cut -d" " -f1 /proc/modules | grep "^ebtable_"; echo; echo "=== 0 end"',
].join("; ");

/** Seconds: a ruleset with a large list of addresses takes its time. */
const SECONDS = 20;

/**
 * Reads every packet filter of a network namespace with the host's own programs: nftables of all families, iptables of
 * both variants and both IP versions. What iptables keeps in nftables is read once, through iptables.
 * @param pid a process in that namespace, by the host's numbers; dockerd's namespace when left out
 * @returns what could not be read is named in `unread`; never throws because of it
 * @throws ProbeFailed when the host can't be asked at all
 */
export async function gatherFirewall(host: HostView, pid?: number): Promise<Firewall> {
  const script = pid === undefined ? SCRIPT : `nsenter -t ${pid} -n -- sh -c ${quoted(SCRIPT)}`;
  const asked = await host.askMuch(`${asHost((await host.dockerdPid()) ?? 1, script)} 2>/dev/null`, {
    seconds: SECONDS,
  });
  if (asked.exitCode !== 0)
    return {
      tables: [],
      unread: [
        `the packet filter: it was not told ${asked.timedOut ? `within ${SECONDS} s` : `(${asked.stderr.trim()})`}`,
      ],
    };
  return readFirewall(asked.stdout);
}

/** Reads what {@link SCRIPT} printed. */
export function readFirewall(text: string): Firewall {
  const printed = sectionsOf(text);
  const tables: Table[] = [];
  const unread: string[] = [];
  const isNftByDefault = /nf_tables/.test(printed.get("variant")?.text ?? "");
  const read = (what: string, section: string, reader: (text: string) => Table[]): void => {
    const found = printed.get(section);
    if (found === undefined) return;
    if (found.exitCode !== 0) {
      unread.push(`${what}: ${found.complaint === "" ? `exit code ${found.exitCode}` : found.complaint}`);
      return;
    }
    try {
      tables.push(...reader(found.text));
    } catch (error) {
      if (!(error instanceof UnreadableOutput)) throw error;
      unread.push(`${what}: ${error.message}`);
    }
  };
  const programsOf = (version: "iptables" | "ip6tables"): Record<"nft" | "legacy", Program> =>
    isNftByDefault ? { nft: version, legacy: `${version}-legacy` } : { nft: `${version}-nft`, legacy: version };
  const programs = { ip: programsOf("iptables"), ip6: programsOf("ip6tables") };
  for (const [family, version] of Object.entries({ ip: "iptables", ip6: "ip6tables" } as const)) {
    for (const [variant, program] of Object.entries(programs[family as "ip" | "ip6"]))
      read(`${version} (${variant === "nft" ? "in nftables" : "legacy"})`, `${version}-${variant}-save`, (saved) =>
        readIptables(compatible(saved), program),
      );
  }
  const native = printed.get("native-json");
  if (native?.exitCode === 0)
    tables.splice(
      0,
      tables.length,
      ...withNativeRules(tables, readNft(native.text, printed.get("native-text")?.text ?? "")),
    );
  const saved = printed.get("ipsets");
  const ipsets = saved?.exitCode === 0 ? readIpSets(saved.text) : undefined;
  if (ipsets !== undefined)
    for (const [index, table] of tables.entries()) if (isOfIptables(table)) tables[index] = { ...table, ipsets };
  const ofIptables = new Set(
    tables.filter(({ program }) => !program.endsWith("legacy")).map(({ family, name }) => `${family} ${name}`),
  );
  const nftText = printed.get("nft-text")?.text ?? "";
  read("nftables", "nft-json", (json) =>
    readNft(json, nftText)
      .filter(({ family, name }) => !ofIptables.has(`${family} ${name}`))
      .map((table) => (isMadeByIptables(table) ? { ...table, program: programs[table.family].nft } : table)),
  );
  if (!printed.has("nft-json"))
    unread.push("nftables' own tables (families inet, bridge, netdev and others): the host has no program nft");
  const legacyTables = (printed.get("legacy")?.text ?? "").trim();
  if (legacyTables !== "" && ![...printed.keys()].some((name) => name.endsWith("-legacy-save")))
    unread.push(
      `the legacy tables of iptables (${[...new Set(legacyTables.split(/\s+/))].join(", ")}): the host has no iptables-legacy-save`,
    );
  // The last section that is printed: without it, whatever should have come before may be missing as well.
  const last = printed.get("ebtables");
  if (last?.exitCode !== 0) unread.push("what may have come after: the answer is cut short");
  const ebtables = (last?.text ?? "").trim();
  if (ebtables !== "") unread.push(`the legacy tables of ebtables (${ebtables.split(/\s+/).join(", ")})`);
  const queues = (printed.get("queues")?.text ?? "").split("\n").filter((line) => line.trim() !== "");
  return { tables, readQueues: queues.map((line) => Number.parseInt(line, 10)), unread };
}

function sectionsOf(text: string): Printed {
  const found = new Map<string, { text: string; exitCode: number; complaint: string }>();
  let name: string | null = null;
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    const [, exitCode, complaint = ""] = /^=== (\d+) end ?(.*)$/.exec(line) ?? [];
    if (exitCode !== undefined && name !== null) {
      found.set(name, { text: lines.join("\n"), exitCode: Number(exitCode), complaint });
      name = null;
    } else if (line.startsWith("=== ") && name === null) {
      name = line.slice(4);
      lines = [];
    } else lines.push(line);
  }
  if (name !== null) found.set(name, { text: "", exitCode: -1, complaint: "what it printed is cut short" });
  return found;
}

/** Whether iptables made a table that it does not list any more: it goes on adding to it what it is told. */
function isMadeByIptables(table: Table): table is Table & { readonly family: "ip" | "ip6" } {
  return (
    (table.family === "ip" || table.family === "ip6") &&
    /^(?:raw|mangle|nat|filter|security)$/.test(table.name) &&
    table.chains.some(({ name, base }) => base !== null && name === base.hook.toUpperCase())
  );
}

/** Without the lines on tables that only nft can show: nft's own list has those. */
function compatible(saved: string): string {
  return saved.replaceAll(/^# Table .* is incompatible.*$/gm, "");
}
