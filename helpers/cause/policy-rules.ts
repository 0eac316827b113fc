import type { Remedy } from "../model/cause.ts";

/**
 * Has the main table asked before a policy rule is, about what comes from or is for some networks.
 * @param ranges each as `172.17.0.0/16`, or one address
 * @param rule as `ip rule` shows it, with its preference
 */
export function mainTableFirst(
  side: "from" | "to",
  ranges: readonly string[],
  rule: string,
  { ip = "ip", check = "ip rule" }: { readonly ip?: string; readonly check?: string } = {},
): Remedy {
  const preference = Math.max(1, Number.parseInt(rule, 10) - 1);
  return {
    what: `have the main table asked first about what ${side === "from" ? "comes from" : "is for"} these networks`,
    commands: ranges.map((range) => `${ip} rule add ${side} ${range} lookup main pref ${preference}`),
    cost: "It lasts until the next reboot: have what made the other rule (a VPN?) leave these ranges out.",
    check,
  };
}
