import { formatRule } from "../../expectations/rule-match.ts";
import type { RuleList } from "../firewall/rule-list.ts";

/** A list of rules as `iptables-save -c` prints it. */
export function printed({ chains, rules }: RuleList): string {
  const lines = [...new Set(chains.map(({ table }) => table))].flatMap((table) => [
    `*${table}`,
    ...chains.filter((chain) => chain.table === table).map(({ name, policy }) => `:${name} ${policy ?? "-"} [0:0]`),
    ...rules
      .filter((rule) => rule.table === table)
      // Below its table's name a rule does not name it again.
      .map((rule) => `[${rule.packets}:${rule.bytes}] ${formatRule({ ...rule, table: "filter" })}`),
    "COMMIT",
  ]);
  return `${lines.join("\n")}\n`;
}
