import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claimedConfiguration, claimsOf } from "./claims.ts";
import { configFileFlag, readFlags } from "./flags.ts";
import { NETWORK_KEYS } from "./keys/index.ts";

const NEW = { engine: { version: "28.5.2", apiVersion: "1.51" } };
const OLD = { engine: { version: "20.10.24", apiVersion: "1.41" } };

describe("claimedConfiguration", () => {
  test("reads the networking keys of daemon.json and nothing else", () => {
    const file = {
      bip: "10.9.0.1/24",
      mtu: 1400,
      dns: ["10.0.0.53"],
      "registry-mirrors": ["https://secret@mirror"],
      icc: false,
      "default-ipc-mode": "shareable",
    };
    expect(claimedConfiguration(file, {})).toEqual({
      bip: "10.9.0.1/24",
      mtu: 1400,
      dns: ["10.0.0.53"],
      icc: false,
      "default-ipc-mode": "shareable",
    });
  });
  test("what dockerd takes for not set is not set", () =>
    expect(
      claimedConfiguration({ mtu: 0, bip: "", dns: [], "default-address-pools": [], "default-network-opts": {} }, {}),
    ).toEqual({}));
  test("a value of another type is none", () =>
    expect(claimedConfiguration({ mtu: "1400", icc: "false", dns: "1.1.1.1", bip: null }, {})).toEqual({}));
  test("the fields of a pool stand in any case", () =>
    expect(claimedConfiguration({ "default-address-pools": [{ Base: "10.8.0.0/16", SIZE: 24 }] }, {})).toEqual({
      "default-address-pools": [{ base: "10.8.0.0/16", size: 24 }],
    }));
});

describe("claimsOf", () => {
  test("names the origin, and a key that stands in both", () =>
    expect(claimsOf({ icc: false, mtu: 1400, ipv6: false }, { mtu: 1300, bip: "10.9.0.1/24" })).toEqual({
      icc: { value: false, origin: "file" },
      ipv6: { value: false, origin: "file" },
      mtu: { value: 1300, origin: "flag", alsoInFile: 1400 },
      bip: { value: "10.9.0.1/24", origin: "flag" },
    }));
});

describe("readFlags", () => {
  test("in every spelling", () => {
    const flags = [
      "-H",
      "unix:///x.sock",
      "-b",
      "br0",
      "--icc=false",
      "--ipv6",
      "--mtu",
      "1300",
      "--dns=1.1.1.1",
      "--dns",
      "9.9.9.9",
      "--dns-opt=ndots:1",
    ];
    expect(readFlags(flags, NEW)).toEqual({
      bridge: "br0",
      icc: false,
      ipv6: true,
      mtu: 1300,
      dns: ["1.1.1.1", "9.9.9.9"],
      "dns-opts": ["ndots:1"],
    });
  });
  test("a boolean flag that is not about networks takes no value either", () =>
    expect(readFlags(["--debug", "--icc=false", "-D", "--bip=10.9.0.1/24", "--tlsverify", "--mtu=1300"], NEW)).toEqual({
      icc: false,
      bip: "10.9.0.1/24",
      mtu: 1300,
    }));
  test("a short flag with its value attached", () => {
    expect(readFlags(["-bbr0"], NEW)).toEqual({ bridge: "br0" });
    expect(readFlags(["-b=br0"], NEW)).toEqual({ bridge: "br0" });
  });
  test("address pools and network options", () => {
    const flags = [
      "--default-address-pool",
      "base=10.50.0.0/16,size=24",
      "--default-network-opt=bridge=com.docker.network.driver.mtu=1280",
    ];
    expect(readFlags(flags, NEW)).toEqual({
      "default-address-pools": [{ base: "10.50.0.0/16", size: 24 }],
      "default-network-opts": { bridge: { "com.docker.network.driver.mtu": "1280" } },
    });
  });
  test("--host-gateway-ip sets the key of its version", () => {
    expect(readFlags(["--host-gateway-ip=10.0.0.1"], NEW)).toEqual({ "host-gateway-ips": ["10.0.0.1"] });
    expect(readFlags(["--host-gateway-ip=10.0.0.1"], OLD)).toEqual({ "host-gateway-ip": "10.0.0.1" });
  });
  test("any words are read without a throw, and give known keys only", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom("--mtu", "--icc", "-b", "--dns", "--default-network-opt", "--"));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const known = [...Object.keys(NETWORK_KEYS), "default-ipc-mode"];
        expect(known).toEqual(expect.arrayContaining(Object.keys(readFlags(words, NEW))));
      }),
    );
  });
});

describe("configFileFlag", () => {
  test("none", () => expect(configFileFlag(["--icc=false"])).toBeNull());
  test("both spellings, the last counts", () => {
    expect(configFileFlag(["--config-file", "/a.json"])).toBe("/a.json");
    expect(configFileFlag(["--config-file=/a.json", "--config-file=/b.json"])).toBe("/b.json");
  });
});
