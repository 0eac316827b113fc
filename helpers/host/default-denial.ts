/** What of `iptables-save` {@link defaultDenial} asks for (an expression of grep -E): a busy host has thousands of rules. */
export const DENIALS_OF_IPTABLES = "^(:INPUT |-A INPUT -[jg] |-A [^ ]+ -j (DROP|REJECT)( --reject-with [^ ]+)?$)";
/** What of `nft list ruleset` it asks for (a program of BusyBox awk): the base chains at the hook `input`. */
export const INPUT_CHAINS_OF_NFT =
  '/^table /{t=$0} /^\\tchain /{b="";c=1} c{b=b "\\n" $0} /^\\t}/{if(b ~ /hook input/)print t b;c=0;b=""}';

/**
 * What of the host's own packet filter denies by default what is sent to the host itself: a policy, or a last rule
 * without any condition. A rule that names devices, addresses or ports is none: somebody meant just those.
 * @param iptables `iptables-save -t filter`, the lines that {@link DENIALS_OF_IPTABLES} lets through
 * @param nft `nft list ruleset`, what {@link INPUT_CHAINS_OF_NFT} lets through
 * @returns in words: `chain INPUT has the policy DROP`; null where what is not forbidden is let in
 */
export function defaultDenial(iptables: string, nft: string): string | null {
  return ofIptables(iptables.split("\n").map((line) => line.trim())) ?? ofNftables(nft);
}

function ofIptables(lines: readonly string[]): string | null {
  if (lines.some((line) => /^:INPUT DROP\b/.test(line))) return "chain INPUT has the policy DROP";
  const endings = new Map<string, string>();
  for (const line of lines) {
    const [, chain = "", target = ""] = /^-A (\S+) -j (DROP|REJECT)(?: --reject-with \S+)?$/.exec(line) ?? [];
    if (chain !== "") endings.set(chain, target);
  }
  for (const line of lines) {
    const target = /^-A INPUT -[jg] (\S+)(?: --reject-with \S+)?$/.exec(line)?.[1] ?? "";
    const ending = endings.get(target === "DROP" || target === "REJECT" ? "INPUT" : target);
    if (ending !== undefined) return `chain INPUT ends with ${ending} for all that no rule before it accepts`;
  }
  return null;
}

function ofNftables(text: string): string | null {
  for (const block of text.split(/^(?=table )/m)) {
    const table = /^table (\S+ \S+)/.exec(block)?.[1] ?? "";
    for (const [, name = "", body = ""] of block.matchAll(/^\s*chain (\S+) \{\n([\s\S]*?)^\s*\}/gm)) {
      if (!/hook input\b/.test(body)) continue;
      const where = `chain ${name} of the nftables table ${table}`;
      if (/policy drop\b/.test(body)) return `${where} has the policy drop`;
      const rules = body.split("\n").map((line) => line.trim());
      const bare = rules.find((line) => /^(counter packets \d+ bytes \d+ )?(drop|reject( with .*)?)$/.test(line));
      if (bare !== undefined) return `${where} ends with \`${bare}\` for all that no rule before it accepts`;
    }
  }
  return null;
}
