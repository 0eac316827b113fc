import { expect, test } from "vitest";
import { addressPools, isInPools, poolSubnets } from "../model/address-pools.ts";
import { factsOf } from "../model/captured/facts.ts";
import files from "./captured/container-files.json" with { type: "json" };
import { defaultBridgeRange, defaultBridgeSubnet, expectedDefaultBridge, withoutForwarding } from "./default-bridge.ts";

test.each(Object.entries(files))("the default options are those of a fresh Engine %s", (version, { bridgeOptions }) => {
  expect(expectedDefaultBridge(factsOf(version))?.options).toEqual(bridgeOptions);
});

test("without bip nothing is asserted about the subnet, since docker0 may have been adopted", () => {
  const expected = expectedDefaultBridge(factsOf("28.5.2"));
  expect(expected).toMatchObject({
    device: { value: "docker0" },
    subnet: { known: false },
    deviceAddress: { known: false },
    containerGateway: { known: false },
    mtu: 1500,
    deviceMtu: { value: 1500 },
    icc: true,
    masquerade: true,
    subnetFromPools: false,
  });
  expect(defaultBridgeSubnet(factsOf("28.5.2"))?.toString()).toBe("172.17.0.0/16");
});

test("bip fixes subnet, device address and gateway, also when it is not the first host", () => {
  const expected = expectedDefaultBridge(
    factsOf("28.5.2", { bip: "192.168.1.5/24", "fixed-cidr": "192.168.1.128/25" }),
  );
  expect(expected).toMatchObject({
    deviceAddress: { value: "192.168.1.5" },
    containerGateway: { value: "192.168.1.5" },
  });
  expect(expected?.subnet.known && expected.subnet.value.toString()).toBe("192.168.1.0/24");
});

test("default-gateway moves the route only", () => {
  const expected = expectedDefaultBridge(
    factsOf("26.1.5", { bip: "192.168.1.5/24", "default-gateway": "192.168.1.77" }),
  );
  expect(expected).toMatchObject({
    containerGateway: { value: "192.168.1.77" },
    deviceAddress: { value: "192.168.1.5" },
  });
});

test("fixed-cidr is the range of addresses inside the subnet, be that bip's or the engine's choice, and ignored outside", () => {
  const range = (version: string, configuration: object, subnet: string): string => {
    const facts = factsOf(version, configuration);
    const bridge = { id: "", device: "docker0", gateway: "", options: {}, ipv6: false, subnet };
    return String(defaultBridgeRange({ ...facts, defaultBridge: bridge }));
  };
  const inBip = { bip: "192.168.1.5/24", "fixed-cidr": "192.168.1.128/25" };
  expect(range("28.5.2", inBip, "192.168.1.0/24")).toBe("192.168.1.128/25");
  expect(range("26.1.5", { ...inBip, "fixed-cidr": "10.20.0.0/16" }, "192.168.1.0/24")).toBe("192.168.1.0/24");
  expect(range("28.5.2", { "fixed-cidr": "10.155.0.0/20" }, "10.155.0.0/20")).toBe("10.155.0.0/20");
  expect(range("20.10.24", { "fixed-cidr": "10.155.0.0/20" }, "172.17.0.0/16")).toBe("172.17.0.0/16");
  expect(range("20.10.24", {}, "172.17.0.0/16")).toBe("172.17.0.0/16");
});

test("every other key shows where it counts", () => {
  const expected = expectedDefaultBridge(
    factsOf("28.5.2", { mtu: 1400, icc: false, ip: "127.0.0.1", ipv6: true, "ip-masq": false }),
  );
  expect(expected).toMatchObject({
    mtu: 1400,
    deviceMtu: { value: 1400 },
    icc: false,
    masquerade: false,
    ipv6: true,
    hostBindingIp: "127.0.0.1",
  });
  expect(expected?.options).toMatchObject({
    "com.docker.network.driver.mtu": "1400",
    "com.docker.network.bridge.enable_icc": "false",
  });
  expect(expectedDefaultBridge(factsOf("20.10.24", { mtu: 1400 }))?.deviceMtu.known).toBe(false);
  // Measured on 28.5.2: inspect says enable_ip_masquerade false with iptables off.
  expect(expectedDefaultBridge(factsOf("28.5.2", { iptables: false }))?.masquerade).toBe(false);
});

test("the bridge may be another one, or none", () => {
  expect(expectedDefaultBridge(factsOf("28.5.2", { bridge: "none" }))).toBeNull();
  expect(defaultBridgeSubnet(factsOf("28.5.2", { bridge: "none" }))).toBeNull();
  expect(expectedDefaultBridge(factsOf("28.5.2", { bridge: "br0" }))).toMatchObject({ device: { value: "br0" } });
});

test("the built-in pools hold 31 networks, docker0's first", () => {
  const networks = [...poolSubnets(addressPools(factsOf("28.5.2")))].map(String);
  expect(networks).toHaveLength(31);
  expect(networks.slice(0, 4)).toEqual(["172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16", "172.20.0.0/16"]);
  expect(networks.at(-1)).toBe("192.168.240.0/20");
  for (const network of networks) expect(isInPools(network, factsOf("28.5.2"))).toBe(true);
  expect(isInPools("172.18.0.0/24", factsOf("28.5.2"))).toBe(false);
  expect(isInPools("10.0.0.0/16", factsOf("28.5.2"))).toBe(false);
});

test("configured pools replace the built-in ones, IPv6 pools are left aside", () => {
  const facts = factsOf("28.5.2", {
    "default-address-pools": [
      { base: "10.200.0.0/16", size: 24 },
      { base: "fd00::/48", size: 64 },
    ],
  });
  expect(isInPools("10.200.7.0/24", facts)).toBe(true);
  expect(isInPools("172.18.0.0/16", facts)).toBe(false);
  expect(expectedDefaultBridge(facts)?.subnetFromPools).toBe(true);
  const seen = factsOf("28.5.2");
  expect(
    isInPools("10.9.0.0/24", {
      ...seen,
      engine: { ...seen.engine, addressPools: [{ base: "10.9.0.0/16", size: 24 }] },
    }),
  ).toBe(true);
});

test("forwarding that is off excuses nothing unless dockerd was told to leave it off", () => {
  const off = { ipForward: false };
  expect(withoutForwarding(factsOf("28.5.2", {}, off))).toBeNull();
  expect(withoutForwarding(factsOf("28.5.2", { "ip-forward": true }, off))).toBeNull();
  expect(withoutForwarding(factsOf("28.5.2", { "ip-forward": false }, off))).toMatch(/ip_forward is 0/);
  expect(withoutForwarding(factsOf("28.5.2", { "ip-forward": false }))).toBeNull();
});
