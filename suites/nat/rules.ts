import { defaultBridgeSubnet, expectedDefaultBridge } from "../../helpers/expectations/default-bridge.ts";
import { ruleLayout, usesNftables } from "../../helpers/expectations/firewall.ts";
import type { PacketKind } from "../../helpers/expectations/rule-walk.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { NotApplicable } from "../../helpers/requirement/index.ts";

/** Why this engine has no iptables rules to judge. */
export function noRules(facts: Facts): string | null {
  if (facts.configuration.iptables === false) return "dockerd makes no rules (iptables: false)";
  if (usesNftables(facts)) return "the firewall backend is nftables, whose rules are laid out differently";
  if (facts.engine.rootless) return "a rootless engine keeps its rules in a namespace of its own";
  return ruleLayout(facts) === null ? "Engine 28.0.0 alone laid its rules out with ipset" : null;
}

/** What most rows of this chapter have in common. */
export const RULES = { needs: ["default bridge", "host iptables"], unless: noRules } as const;

/** The default bridge as the rules name it. */
export function docker0(facts: Facts): { device: string; subnet: string; icc: boolean } {
  const expected = expectedDefaultBridge(facts);
  const subnet = defaultBridgeSubnet(facts);
  if (expected === null || subnet === null) throw new NotApplicable("there is no default bridge with an IPv4 subnet");
  return { device: facts.defaultBridge?.device ?? "docker0", subnet: subnet.toString(), icc: expected.icc };
}

/** A new TCP connection or one that is going on, between the default bridge and what lies beyond the host. */
export function passing(facts: Facts, way: "in" | "out" | "within", state: "NEW" | "ESTABLISHED" = "NEW"): PacketKind {
  const { device, subnet } = docker0(facts);
  const bridge = { device, addresses: cidr(subnet) };
  const uplink = facts.host?.uplink?.interface;
  const beyond = uplink === undefined ? {} : { device: uplink };
  return { from: way === "in" ? beyond : bridge, to: way === "out" ? beyond : bridge, protocol: "tcp", state };
}

/** Packets that are to stop: whatever stops them before does what is wanted. */
export const STOPPED = ["DROP", "REJECT"] as const;
