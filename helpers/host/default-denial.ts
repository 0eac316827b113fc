/** What of `iptables-save` {@link defaultDenial} asks for (an expression of grep -E): a busy host has thousands of rules. */
export const DENIALS_OF_IPTABLES = "^(:INPUT |-A [^ ]+ -[jg] [^ ]+( --reject-with [^ ]+)?$)";
/**
 * What of `nft list ruleset` it asks for (a program of BusyBox awk): the base chains at the hook `input`, and what other
 * chains do without any condition.
 */
export const INPUT_CHAINS_OF_NFT =
  '/^table /{t=$0} /^\\tchain /{b="";u="";n=0;c=1} c{b=b "\\n" $0} ' +
  'c&&/^\\t(chain |[}])/{u=u "\\n" $0} ' +
  'c&&/^\\t\\t(counter packets [0-9]+ bytes [0-9]+ )?(accept|return|drop|reject.*|(jump|goto) [^ ]+)$/{u=u "\\n" $0;n=1} ' +
  '/^\\t}/{if(b ~ /hook input/)print t b;else if(n)print t u;c=0;b="";n=0}';

/**
 * What of the host's own packet filter denies by default what is sent to the host itself: a policy, or a last rule
 * without any condition, there or in a chain to which such rules lead. A rule that names devices, addresses or ports is
 * none: somebody meant just those.
 * @param iptables `iptables-save -t filter`, the lines that {@link DENIALS_OF_IPTABLES} lets through
 * @param nft `nft list ruleset`, what {@link INPUT_CHAINS_OF_NFT} lets through
 * @returns in words: `chain INPUT has the policy DROP`; null where what is not forbidden is let in
 */
export function defaultDenial(iptables: string, nft: string): string | null {
  return ofIptables(iptables.split("\n").map((line) => line.trim())) ?? ofNftables(nft);
}

function ofIptables(lines: readonly string[]): string | null {
  if (lines.some((line) => /^:INPUT DROP\b/.test(line))) return "chain INPUT has the policy DROP";
  const always = lines.flatMap((line) => {
    const [, chain = "", target = ""] = /^-A (\S+) -[jg] (\S+)(?: --reject-with \S+)?$/.exec(line) ?? [];
    return chain === "" ? [] : [{ chain, does: target }];
  });
  const ending = endOf("INPUT", always);
  return ending === null ? null : `chain INPUT ends with ${ending} for all that no rule before it accepts`;
}

/** What a chain does whatever comes: a target, or another chain to which it leads. */
interface Always {
  readonly chain: string;
  readonly does: string;
}

/** With what a chain denies what reaches its end; null where it lets that through. @param always in the order of the rules */
function endOf(chain: string, always: readonly Always[], from: readonly string[] = []): string | null {
  for (const { does } of always.filter((one) => one.chain === chain)) {
    if (/^(drop|reject)/i.test(does)) return does;
    if (/^(accept|return)$/i.test(does)) return null;
    const ending = from.includes(does) ? null : endOf(does, always, [...from, chain]);
    if (ending !== null) return ending;
  }
  return null;
}

function ofNftables(text: string): string | null {
  const chains = text.split(/^(?=table )/m).flatMap((block) => {
    const table = /^table (\S+ \S+)/.exec(block)?.[1] ?? "";
    return [...block.matchAll(/^\s*chain (\S+) \{\n([\s\S]*?)^\s*\}/gm)].map(([, name = "", body = ""]) => ({
      table,
      name,
      body,
    }));
  });
  for (const { table, name, body } of chains) {
    if (!/hook input\b/.test(body)) continue;
    const where = `chain ${name} of the nftables table ${table}`;
    if (/policy drop\b/.test(body)) return `${where} has the policy drop`;
    const ofTable = chains.filter((chain) => chain.table === table);
    const ending = endOf(
      name,
      ofTable.flatMap((chain) => alwaysOf(chain.name, chain.body)),
    );
    if (ending !== null) return `${where} ends with \`${ending}\` for all that no rule before it accepts`;
  }
  return null;
}

function alwaysOf(chain: string, body: string): Always[] {
  return body.split("\n").flatMap((line) => {
    const rule = line.trim().replace(/^counter packets \d+ bytes \d+ /, "");
    const does = /^(?:(?:jump|goto) (\S+)|accept|return|drop|reject( with .*)?)$/.exec(rule);
    return does === null ? [] : [{ chain, does: does[1] ?? rule }];
  });
}
