import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { bridgesNotSeparated, defaultBridgeClosed, publishedOpenToBridges, userBridgesClosed } from "./separation.ts";

const engine = (version: string) => ({ version, apiVersion: "1.43" });

test("dockerd's defaults keep bridges apart and let containers of one bridge talk", () => {
  expect(bridgesNotSeparated({ configuration: {} })).toBeNull();
  expect(userBridgesClosed({ configuration: {}, engine: engine("24.0.7") as never })).toBeNull();
  expect(defaultBridgeClosed({ configuration: {} })).toBeNull();
});

test("iptables off: no separation of bridges, and icc can't close the default one", () => {
  expect(bridgesNotSeparated({ configuration: { iptables: false } })).toContain('"iptables": false');
  expect(defaultBridgeClosed({ configuration: { iptables: false, icc: false } })).toBeNull();
});

test("icc closes the default bridge only, default-network-opts the user-defined ones", () => {
  expect(defaultBridgeClosed({ configuration: { icc: false } })).toContain('"icc": false');
  expect(userBridgesClosed({ configuration: { icc: false }, engine: engine("28.0.0") as never })).toBeNull();
  const closed = { "default-network-opts": { bridge: { "com.docker.network.bridge.enable_icc": "false" } } };
  expect(userBridgesClosed({ configuration: closed, engine: engine("28.0.0") as never })).toContain(
    "default-network-opts",
  );
  // The key came with 24.0; an older daemon does not start with it.
  expect(userBridgesClosed({ configuration: closed, engine: engine("20.10.24") as never })).toBeNull();
});

test("direct routing opens published ports to other bridges since 29.0 only", () => {
  const open = { "allow-direct-routing": true };
  expect(publishedOpenToBridges(factsOf("29.0.0", open))).toContain("allow-direct-routing");
  expect(publishedOpenToBridges(factsOf("28.5.2", open))).toBeNull();
  expect(publishedOpenToBridges(factsOf("29.7.2"))).toBeNull();
});
