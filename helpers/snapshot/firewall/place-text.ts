import type { Place, Program, Table } from "./model.ts";

const OF_IPTABLES: ReadonlySet<Program> = new Set([
  "iptables",
  "ip6tables",
  "iptables-nft",
  "ip6tables-nft",
  "iptables-legacy",
  "ip6tables-legacy",
]);

/** Whether a table is one of iptables', whose rules have no handles. */
export function isOfIptables({ program }: Table): boolean {
  return OF_IPTABLES.has(program);
}

/** Whether iptables has words for this: a rule that somebody added to its tables with nft has a handle. */
function isSaidByIptables({ table, rule }: Place): boolean {
  return isOfIptables(table) && (rule === null || rule.handle === null);
}

/**
 * A rule or policy in the words of its own program: `iptables -t mangle -A FORWARD -j DROP`,
 * `nft rule inet host_fw forward ip saddr 10.0.0.0/8 drop`, `policy drop of chain forward in table inet host_fw`.
 */
export function placeText(place: Place): string {
  const { table, chain, rule } = place;
  if (isSaidByIptables(place)) {
    if (rule !== null) return `${table.program} -t ${table.name} ${rule.text}`;
    return `${table.program} -t ${table.name} -P ${chain.name} ${(chain.base?.policy ?? "").toUpperCase()}`;
  }
  const where = `${table.family} ${table.name}`;
  if (rule !== null) return `nft rule ${where} ${chain.name} ${rule.text}`;
  return `policy ${chain.base?.policy ?? ""} of chain ${chain.name} in the nft table ${where}`;
}

/** What takes this away, and nothing else; null when it can't be said as one line. */
export function removal(place: Place): string | null {
  const { table, chain, rule } = place;
  if (isSaidByIptables(place)) {
    if (rule !== null) return `${table.program} -t ${table.name} ${rule.text.replace(/^-A /, "-D ")}`;
    return `${table.program} -t ${table.name} -P ${chain.name} ACCEPT`;
  }
  const where = `${table.family} ${quotedName(table.name)} ${quotedName(chain.name)}`;
  if (rule !== null) return rule.handle === null ? null : `nft delete rule ${where} handle ${rule.handle}`;
  return `nft chain ${where} '{ policy accept; }'`;
}

/** A name as nft takes it back. */
export function quotedName(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
}
