import { describe, expect, test } from "vitest";
import { configFileOf, effectiveConfiguration } from "./configuration.ts";

describe("effectiveConfiguration", () => {
  test("reads the networking keys of daemon.json and nothing else", () => {
    const file = {
      bip: "10.9.0.1/24",
      mtu: 1400,
      dns: ["10.0.0.53"],
      "registry-mirrors": ["https://secret@mirror"],
      icc: false,
    };
    expect(effectiveConfiguration(file, [])).toEqual({ bip: "10.9.0.1/24", mtu: 1400, dns: ["10.0.0.53"], icc: false });
  });
  test("reads flags in every spelling", () => {
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
    expect(effectiveConfiguration({}, flags)).toEqual({
      bridge: "br0",
      icc: false,
      ipv6: true,
      mtu: 1300,
      dns: ["1.1.1.1", "9.9.9.9"],
      "dns-opts": ["ndots:1"],
    });
  });
  test("reads address pools and network options given as flags", () => {
    const flags = [
      "--default-address-pool",
      "base=10.50.0.0/16,size=24",
      "--default-network-opt=bridge=com.docker.network.driver.mtu=1280",
    ];
    expect(effectiveConfiguration({}, flags)).toEqual({
      "default-address-pools": [{ base: "10.50.0.0/16", size: 24 }],
      "default-network-opts": { bridge: { "com.docker.network.driver.mtu": "1280" } },
    });
  });
  test("mtu 0 means not set", () => expect(effectiveConfiguration({ mtu: 0 }, [])).toEqual({}));
});

describe("configFileOf", () => {
  test("default", () => expect(configFileOf(["--icc=false"])).toBe("/etc/docker/daemon.json"));
  test("both spellings", () => {
    expect(configFileOf(["--config-file", "/a.json"])).toBe("/a.json");
    expect(configFileOf(["--config-file=/b.json"])).toBe("/b.json");
  });
});
