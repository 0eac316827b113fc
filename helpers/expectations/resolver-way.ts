import { EMBEDDED_RESOLVER } from "./resolver.ts";
import type { Rule } from "./rule-match.ts";
import { said } from "./rule-words.ts";

/** The rules of a container's network namespace as far as they lead to the engine's resolver. */
interface ResolverRules {
  /** Of its iptables; null where they were not read. */
  readonly rules: readonly Rule[] | null;
  /** Of the engine's nftables table; null where it has none of its own. */
  readonly resolverRules: readonly string[] | null;
}

/** The port to which what is asked of 127.0.0.11 is led; null: no rule does; undefined: they were not read. */
export function resolverWay(
  { rules: listed, resolverRules }: ResolverRules,
  protocol: "udp" | "tcp",
): string | null | undefined {
  if (resolverRules !== null) {
    const rule = resolverRules.find((one) => one.includes(`daddr ${EMBEDDED_RESOLVER} ${protocol} dport 53 `));
    return rule === undefined ? null : (/ dnat to [\d.]+:(\d+)/.exec(rule)?.[1] ?? "");
  }
  if (listed === null) return undefined;
  const rules = listed.filter(({ table }) => table === "nat");
  const rule = rules.find(
    (one) =>
      said(one, "-j") === "DNAT" &&
      said(one, "-d") === EMBEDDED_RESOLVER &&
      said(one, "-p") === protocol &&
      said(one, "--dport") === "53",
  );
  if (rule === undefined) return null;
  const isLed =
    rule.chain === "OUTPUT" || rules.some((one) => one.chain === "OUTPUT" && said(one, "-j") === rule.chain);
  return isLed ? (said(rule, "--to-destination")?.split(":")[1] ?? "") : null;
}
