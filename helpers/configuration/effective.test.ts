import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { effectiveValues, sameValue } from "./effective.ts";
import { defaultOf } from "./keys/index.ts";

/** `network inspect bridge` of a 28.5.2 with ipv6, fixed-cidr, default-gateway, mtu, icc and ip set. */
const DUAL_STACK = {
  EnableIPv6: true,
  Options: {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1",
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1400",
  },
  IPAM: {
    Config: [
      {
        Subnet: "10.9.0.0/24",
        IPRange: "10.9.0.128/25",
        Gateway: "10.9.0.1",
        AuxiliaryAddresses: { DefaultGatewayIPv4: "10.9.0.254" },
      },
      { Subnet: "fd00:9::/64", Gateway: "fd00:9::1" },
    ],
  },
};

describe("effectiveValues", () => {
  test("of Engine 29.0, which writes an empty range where there is none", () => {
    const Config = [{ Subnet: "10.9.0.0/24", IPRange: "", Gateway: "10.9.0.1" }];
    expect(effectiveValues({ info: {}, bridge: { ...DUAL_STACK, IPAM: { Config } } })["fixed-cidr"]).toBeNull();
  });

  test("of an engine that tells all", () => {
    const info = {
      LiveRestoreEnabled: true,
      ExperimentalBuild: false,
      DefaultAddressPools: [{ Base: "10.8.0.0/16", Size: 24 }],
      FirewallBackend: { Driver: "iptables+firewalld" },
    };
    expect(effectiveValues({ info, bridge: DUAL_STACK })).toEqual({
      "live-restore": true,
      experimental: false,
      "firewall-backend": "iptables",
      "default-address-pools": [{ base: "10.8.0.0/16", size: 24 }],
      bridge: "docker0",
      bip: "10.9.0.1/24",
      bip6: "fd00:9::1/64",
      "fixed-cidr": "10.9.0.128/25",
      "fixed-cidr-v6": "fd00:9::/64",
      "default-gateway": "10.9.0.254",
      "default-gateway-v6": null,
      mtu: 1400,
      icc: false,
      "ip-masq": true,
      ip: "127.0.0.1",
      ipv6: true,
    });
  });
  test("what an engine does not tell is missing, not false", () => {
    expect(effectiveValues({ info: {}, bridge: { IPAM: { Config: [{ Subnet: "172.17.0.0/16" }] } } })).toEqual({
      "default-address-pools": [],
      "fixed-cidr": null,
      "default-gateway": null,
    });
  });
  test("without a default bridge", () =>
    expect(effectiveValues({ info: {}, bridge: null })).toEqual({ "default-address-pools": [], bridge: "none" }));
});

describe("sameValue", () => {
  test.each([
    ["fixed-cidr", "10.9.0.77/25", "10.9.0.0/25", true],
    ["bip", "10.9.0.1/24", "10.9.0.2/24", false],
    ["bip6", "FD00:0009::1/64", "fd00:9::1/64", true],
    ["fixed-cidr-v6", "fd00:9::5/64", "fd00:9::/64", true],
    ["default-gateway-v6", "fd00:9:0::1", "fd00:9::1", true],
    ["mtu", 1400, 1400, true],
    ["mtu", 1400, "1400", false],
    ["fixed-cidr", null, "10.9.0.0/25", false],
  ] as const)("%s %s and %s: %s", (key, one, other, same) => expect(sameValue(key, one, other)).toBe(same));
  test("pools, in their order, whatever the order of their fields", () => {
    const pools = [
      { base: "10.8.1.0/16", size: 24 },
      { base: "10.7.0.0/16", size: 24 },
    ];
    const told = [
      { size: 24, base: "10.8.0.0/16" },
      { size: 24, base: "10.7.0.0/16" },
    ];
    expect(sameValue("default-address-pools", pools, told)).toBe(true);
    expect(sameValue("default-address-pools", pools, told.toReversed())).toBe(false);
  });
  test("every value is the same as itself", () =>
    fc.assert(fc.property(fc.jsonValue(), (value) => sameValue("bip", value, value))));
});

test("without iptables dockerd masquerades nothing", () => {
  expect(defaultOf("ip-masq", factsOf("28.5.2"))).toBe(true);
  expect(defaultOf("ip-masq", factsOf("28.5.2", { iptables: false }))).toBe(false);
});
