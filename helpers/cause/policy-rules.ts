import type { Cause, Remedy } from "../model/cause.ts";

/**
 * The kernel's own rule that has every packet ask the main table is gone, and with it every route that is of no table of
 * its own.
 * @param ip the command in the namespace that lacks it
 * @param where a part of a sentence: which namespace that is
 */
export function mainTableUnasked(
  ip = "ip",
  where = "of this host",
): Pick<Cause, "key" | "what" | "act" | "evidence" | "remedies"> {
  return {
    key: "policy rule of the main table",
    what: `No policy rule ${where} asks the main routing table: its routes, those to containers and the default one, are not used.`,
    act: "systemd-networkd removes foreign policy rules when it restarts (ManageForeignRoutingPolicyRules=no stops that); `ip rule flush` does so too.",
    evidence: ["ip rule: no line `from all lookup main`"],
    remedies: [
      {
        what: "put the kernel's own rule back",
        commands: [`${ip} rule add lookup main pref 32766`],
        cost: "",
        check: `${ip} rule`,
      },
    ],
  };
}

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

/** Takes a policy rule away. @param rule as `ip rule` shows it, with its preference */
export function ruleAway(rule: string, ip = "ip"): Remedy {
  return {
    what: "delete the rule (whoever made it loses what it is for)",
    commands: [`${ip} rule del ${rule.replace(/^\d+: /, "").replace(/^from all /, "")}`],
    cost: "",
    check: `${ip} rule`,
  };
}
