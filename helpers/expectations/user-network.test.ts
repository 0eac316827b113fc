import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { cidr } from "../model/cidr.ts";
import {
  automaticGateway,
  bridgeDeviceName,
  expectedNetworkMtu,
  expectedNetworkOptions,
  firstContainerAddress,
  mtuAgainstIpv6,
  spelledOut,
} from "./user-network.ts";

const MTU = "com.docker.network.driver.mtu";
const defaults = { "default-network-opts": { bridge: { [MTU]: "1400" } } };

test("the MTU comes from the network, then from default-network-opts, never from the daemon's mtu", () => {
  expect(expectedNetworkMtu(factsOf("28.5.2", { mtu: 1300 }))).toBe(1500);
  expect(expectedNetworkMtu(factsOf("28.5.2", defaults))).toBe(1400);
  expect(expectedNetworkMtu(factsOf("28.5.2", defaults), { [MTU]: "1450" })).toBe(1450);
  expect(expectedNetworkMtu(factsOf("20.10.24", defaults))).toBe(1500);
  expect(expectedNetworkOptions(factsOf("28.5.2", defaults), { a: "b" })).toEqual({ [MTU]: "1400", a: "b" });
  expect(expectedNetworkOptions(factsOf("28.5.2", defaults), {}, "macvlan")).toEqual({});
});

test("a run's own networks say themselves what default-network-opts says otherwise", () => {
  const [mode, name] = ["com.docker.network.bridge.gateway_mode_ipv4", "com.docker.network.container_iface_prefix"];
  const routed = factsOf("28.5.2", {
    "default-network-opts": { bridge: { [mode]: "routed", [name]: "eth", [MTU]: "1400" } },
  });
  expect(spelledOut(routed)).toEqual({ [mode]: "nat" });
  expect(spelledOut(routed, "macvlan")).toEqual({});
  expect(expectedNetworkOptions(routed)).toEqual({ [mode]: "nat", [name]: "eth", [MTU]: "1400" });
  expect(expectedNetworkOptions(routed, { [mode]: "isolated" })).toMatchObject({ [mode]: "isolated" });
  expect(spelledOut(factsOf("28.5.2", defaults))).toEqual({});
  expect(spelledOut(factsOf("20.10.24", { "default-network-opts": { bridge: { [mode]: "routed" } } }))).toEqual({});
});

test("an MTU that IPv6 can't have keeps networks from having it, unless they are given another", () => {
  const small = factsOf("28.5.2", { "default-network-opts": { bridge: { [MTU]: "1200" } } });
  expect(mtuAgainstIpv6(small)).toMatch(/MTU of 1200/);
  expect(mtuAgainstIpv6(small, { [MTU]: "1280" })).toBeNull();
  expect(mtuAgainstIpv6(factsOf("28.5.2", defaults))).toBeNull();
});

test("the device is named after the network's id, or as asked", () => {
  expect(bridgeDeviceName(`3ad60ea3b43e${"8".repeat(52)}`)).toBe("br-3ad60ea3b43e");
  expect(bridgeDeviceName("3ad60ea3b43e", { "com.docker.network.bridge.name": "lan0" })).toBe("lan0");
});

test("addresses are given from the lowest, past the gateway", () => {
  expect(automaticGateway(cidr("172.18.0.0/16"))).toBe("172.18.0.1");
  expect(firstContainerAddress(cidr("172.18.0.0/16"), "172.18.0.1")).toBe("172.18.0.2");
  expect(firstContainerAddress(cidr("172.20.0.0/16"), "172.20.16.1")).toBe("172.20.0.1");
});
