import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import { idleKeys } from "./idle-keys.ts";

test.each<[NetworkConfiguration, string, string[]]>([
  [{ icc: true, mtu: 1500 }, "28.5.2", ["mtu", "icc"]],
  [{ ip6tables: true }, "28.5.2", ["ip6tables"]],
  [{ ip6tables: true }, "26.1.5", ["ip6tables"]],
  [{ ip6tables: true, experimental: true }, "26.1.5", []],
  [{ experimental: true }, "28.5.2", ["experimental"]],
  [{ "fixed-cidr-v6": "fd00:9::/64" }, "28.5.2", ["fixed-cidr-v6"]],
  [{ "fixed-cidr-v6": "fd00:9::/64", ipv6: true }, "28.5.2", []],
  [{ bridge: "none", bip: "10.9.0.1/24", icc: false }, "28.5.2", ["bip", "icc"]],
  [{ bip: "10.9.0.1/24", "fixed-cidr": "10.10.0.0/25" }, "28.5.2", ["fixed-cidr"]],
  [{ bip: "10.9.0.1/24", "fixed-cidr": "10.9.0.0/25" }, "28.5.2", []],
  [{ iptables: false, "allow-direct-routing": true }, "28.5.2", ["allow-direct-routing"]],
  [{ icc: false, mtu: 1400, dns: ["192.0.2.53"] }, "28.5.2", []],
])("%j on %s: %j", (after, version, keys) => {
  expect(idleKeys(after, factsOf(version)).flatMap((finding) => finding.keys)).toEqual(keys);
});
