import pLimit from "p-limit";
import { usesNftables } from "../expectations/firewall.ts";
import type { Facts } from "../model/facts.ts";
import { quoted } from "../model/shell-words.ts";
import { sectionsOf } from "../probes/parse/sections.ts";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import { HOST_PATH, type HostView } from "../vantage/host-view.ts";
import { gatherFirewall } from "./firewall/index.ts";
import type { Table } from "./firewall/model.ts";
import { readIptables } from "./firewall/read-iptables.ts";
import { HAS_POLICIES, type IpsecPolicy, POLICIES_COMMAND, readPolicies } from "./ipsec.ts";
import { resolverRulesOf } from "./printed.ts";

/** Deadline of one question. */
const SECONDS = 60;

/** Packet filters that are read wholly at the same time. */
const AT_ONCE = 4;

/** A network namespace by the process number of somebody in it. */
export interface AskedNamespace {
  readonly pid: number;
  readonly hasIpv6: boolean;
}

/** What only programs tell of a container's network namespace. */
export interface ToldByPrograms {
  /** Its packet filter, of every family; null where it could not be listed. */
  readonly tables: readonly Table[] | null;
  /** The rules that lead to the engine's resolver, of an engine with the nftables backend; null with iptables. */
  readonly resolverRules: readonly string[] | null;
  /** Its policies of IPsec. */
  readonly policies: readonly IpsecPolicy[];
}

export const UNTOLD: ToldByPrograms = { tables: null, resolverRules: null, policies: [] };

/**
 * Asks the host's own programs in each network namespace. The engine puts next to nothing there: what it puts is listed, with
 * the names of all tables, and where there are others every packet filter is read, as the host's is.
 * @returns by process number; what ended meanwhile is left out
 */
export async function lookByPrograms(
  host: HostView,
  namespaces: readonly AskedNamespace[],
  facts: Facts,
): Promise<ReadonlyMap<number, ToldByPrograms>> {
  if (namespaces.length === 0) return new Map();
  const native = usesNftables(facts);
  const dockerd = (await host.dockerdPid()) ?? 1;
  // One after the other they take longer than all else that is looked at: two at a time keep two processors busy.
  const halves = [0, 1].map((half) => namespaces.filter((_, at) => at % 2 === half));
  const printed = await Promise.all(
    halves.map(async (some) => await host.askMuch(programsScript(dockerd, some, native), { seconds: SECONDS })),
  );
  const listed = new Map(printed.flatMap(({ stdout }) => [...readListings(stdout, native)]));
  const limit = pLimit(AT_ONCE);
  const told = await Promise.all(
    namespaces.map(({ pid, hasIpv6 }) =>
      limit(async (): Promise<readonly [number, ToldByPrograms][]> => {
        const listing = listed.get(pid);
        if (listing === undefined) return [];
        const { others, ...known } = listing;
        // Without such an address nothing of IPv6 passes there.
        if (!others.some((name) => hasIpv6 || !name.startsWith("ip6 "))) return [[pid, known]];
        const { tables, unread } = await gatherFirewall(host, pid);
        return [[pid, { ...known, tables: tables.length === 0 && unread.length > 0 ? null : tables }]];
      }),
    ),
  );
  return new Map(told.flat());
}

const LEGACY_NAMES =
  'for f in ip ip6; do while read -r n; do echo "$f $n"; done </proc/net/${f}_tables_names; done 2>/dev/null';

/**
 * Prints what {@link readListings} reads, from the host's own mount namespace. BusyBox' `nsenter` finds the shell by its
 * path, for that is none of its own applets.
 */
function programsScript(dockerd: number, namespaces: readonly AskedNamespace[], native: boolean): string {
  const each = [true, false].map((wanted) => {
    const pids = namespaces.filter(({ hasIpv6 }) => hasIpv6 === wanted).map(({ pid }) => pid);
    const engines = native
      ? 'echo "== resolver"; nft list table ip docker-dns'
      : `echo "== saved"; iptables-save -c && echo "# whole"${wanted ? '; echo "== saved 6"; ip6tables-save -c && echo "# whole"' : ""}`;
    const inside = `${engines}; echo "== tables"; nft list tables; echo "== legacy"; ${LEGACY_NAMES}; echo "== ipsec"; $IPSEC`;
    return `for p in ${pids.join(" ")}; do echo "=== $p"; nsenter -t ${dockerd} -m -n/proc/$p/ns/net -- /bin/sh -c ${quoted(inside)}; done`;
  });
  const variant = `echo "=== variant"; nsenter -t ${dockerd} -m -- /bin/sh -c "iptables --version"`;
  return `export IPSEC; ${HAS_POLICIES} && IPSEC="${POLICIES_COMMAND}"; export PATH=${HOST_PATH}:$PATH; { ${[variant, ...each].join("; ")}; } 2>/dev/null; true`;
}

interface Listing extends ToldByPrograms {
  /** Tables that what was listed does not hold: `inet x`, `ip filter`. */
  readonly others: readonly string[];
}

/** Reads what was printed, by process number. @param native whether the engine's backend is nftables */
export function readListings(printed: string, native: boolean): ReadonlyMap<number, Listing> {
  const blocks = printed.split(/^=== /m).slice(1);
  const isNft = /^variant\n.*nf_tables/.test(blocks[0] ?? "");
  return new Map(
    blocks.slice(1).flatMap((block) => {
      const section = sectionsOf(block);
      // The last one: what was cut short is left out.
      if (!/^== ipsec$/m.test(block)) return [];
      const tables = native ? [] : tablesOf(whole(section("saved")), whole(section("saved 6")));
      const saved = (tables ?? []).map(({ family, name }) => `${family} ${name}`);
      const nft = [...section("tables").matchAll(/^table (\w+ .+)$/gm)].map(([, name = ""]) => name);
      const legacy = section("legacy")
        .split("\n")
        .filter((line) => line !== "");
      const isKnown = (name: string, ofNft: boolean): boolean =>
        native ? name === "ip docker-dns" : ofNft === isNft && saved.includes(name);
      return [
        [
          Number.parseInt(block, 10),
          {
            tables,
            resolverRules: native ? resolverRulesOf(section("resolver")) : null,
            policies: readPolicies(section("ipsec")),
            others: [...nft.filter((name) => !isKnown(name, true)), ...legacy.filter((name) => !isKnown(name, false))],
          },
        ] as const,
      ];
    }),
  );
}

/** What stands above the mark of its end; null where that is not there. */
function whole(text: string): string | null {
  const [saved = "", end] = text.split(/^(# whole)$/m);
  return end === undefined ? null : saved;
}

/**
 * The packet filter of what `iptables-save` and `ip6tables-save` printed; null where it can't be read.
 * @param saved null where it could not be listed
 * @param saved6 null where nobody asked for it either
 */
function tablesOf(saved: string | null, saved6: string | null): Table[] | null {
  if (saved === null) return null;
  try {
    return [...readIptables(saved, "iptables"), ...readIptables(saved6 ?? "", "ip6tables")];
  } catch (error) {
    if (error instanceof UnreadableOutput) return null;
    throw error;
  }
}
