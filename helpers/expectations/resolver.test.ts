import { describe, expect, test } from "vitest";
import { CAPTURE_HOST, factsOf } from "../model/captured/facts.ts";
import files from "./captured/container-files.json" with { type: "json" };
import type { Expectation } from "./expectation.ts";
import {
  defaultBridgeResolvConf,
  type ExpectedResolvConf,
  hostModeResolvConf,
  loopbackCopied,
  userNetworkResolvConf,
} from "./resolver.ts";

/** The lines of a resolv.conf without comments. */
function parse(text: string) {
  const rows = text
    .split("\n")
    .map((line) => line.split(/\s+/))
    .filter(([word = ""]) => word !== "" && !word.startsWith("#"));
  const of = (keyword: string) => rows.filter(([word]) => word === keyword).flatMap((row) => row.slice(1));
  return { nameservers: of("nameserver"), search: of("search"), options: of("options") };
}

const value = <T>(expected: Expectation<T>) => (expected.known ? expected.value : "unknown");
const values = (expected: ExpectedResolvConf) => ({
  nameservers: value(expected.nameservers),
  search: value(expected.search),
  options: value(expected.options),
});
const resolver = (nameservers: string[], search: string[] = [], options: string[] = []) => ({
  resolver: { nameservers, search, options },
});

describe.each(Object.entries(files))("Engine %s", (version, captured) => {
  test("writes the resolv.conf that is expected, on both kinds of network", () => {
    expect(values(defaultBridgeResolvConf(factsOf(version)))).toEqual(parse(captured.defaultBridge.resolvConf));
    expect(values(userNetworkResolvConf(factsOf(version)))).toEqual(parse(captured.userNetwork.resolvConf));
  });
});

describe("on the default bridge", () => {
  test("loopback and IPv6 resolvers of the host are left out", () => {
    const facts = factsOf("28.5.2", {}, resolver(["127.0.0.1", "2001:db8::53", "192.0.2.53"], ["lan"], ["edns0"]));
    expect(values(defaultBridgeResolvConf(facts))).toEqual({
      nameservers: ["192.0.2.53"],
      search: ["lan"],
      options: ["edns0"],
    });
    expect(value(defaultBridgeResolvConf(facts, {}, { ipv6: true }).nameservers)).toEqual([
      "2001:db8::53",
      "192.0.2.53",
    ]);
  });

  test("Google's stand in when none is left", () => {
    const facts = factsOf("20.10.24", {}, resolver(["127.0.0.53"]));
    expect(value(defaultBridgeResolvConf(facts).nameservers)).toEqual(["8.8.8.8", "8.8.4.4"]);
    expect(value(defaultBridgeResolvConf(facts, {}, { ipv6: true }).nameservers)).toHaveLength(4);
  });

  test("the container's options win over the daemon's, those over the host's", () => {
    const daemon = { dns: ["198.51.100.1"], "dns-search": ["corp"], "dns-opts": ["timeout:1"] };
    const facts = factsOf("28.5.2", daemon, resolver(["192.0.2.53"], ["lan"]));
    expect(values(defaultBridgeResolvConf(facts))).toEqual({
      nameservers: ["198.51.100.1"],
      search: ["corp"],
      options: ["timeout:1"],
    });
    expect(values(defaultBridgeResolvConf(facts, { dns: ["127.0.0.1", "198.51.100.2"], search: ["."] }))).toEqual({
      nameservers: ["127.0.0.1", "198.51.100.2"],
      search: [],
      options: ["timeout:1"],
    });
  });

  test("before 26.0 any option kept the host's resolvers unfiltered", () => {
    const host = resolver(["127.0.0.1"]);
    expect(value(defaultBridgeResolvConf(factsOf("20.10.24", {}, host), { search: ["a"] }).nameservers)).toEqual([
      "127.0.0.1",
    ]);
    expect(value(defaultBridgeResolvConf(factsOf("26.1.5", {}, host), { search: ["a"] }).nameservers)).toEqual([
      "8.8.8.8",
      "8.8.4.4",
    ]);
  });

  test("one option may hold several words, which the file has one by one", () => {
    const facts = factsOf("26.1.5", { "dns-opts": ["ndots:1 timeout:2"] });
    expect(value(defaultBridgeResolvConf(facts).options)).toEqual(["ndots:1", "timeout:2"]);
    expect(value(hostModeResolvConf(facts).options)).toEqual(["ndots:1", "timeout:2"]);
  });

  test("without the host's view only what is chosen is known", () => {
    const expected = defaultBridgeResolvConf(factsOf("28.5.2", { dns: ["192.0.2.1"] }, null));
    expect(values(expected)).toEqual({ nameservers: ["192.0.2.1"], search: "unknown", options: "unknown" });
  });
});

describe("on a user-defined network", () => {
  test("ndots of the user is kept", () => {
    expect(value(userNetworkResolvConf(factsOf("28.5.2"), { options: ["ndots:2", "edns0"] }).options)).toEqual([
      "ndots:2",
      "edns0",
    ]);
    expect(value(userNetworkResolvConf(factsOf("28.5.2"), { options: ["edns0"] }).options)).toEqual([
      "edns0",
      "ndots:0",
    ]);
  });

  test("ndots is found at the beginning of an option only, before 26.0 also among its words", () => {
    const options = ["timeout:2 ndots:1"];
    expect(value(userNetworkResolvConf(factsOf("28.5.2"), { options }).options)).toEqual([
      "timeout:2",
      "ndots:1",
      "ndots:0",
    ]);
    expect(value(userNetworkResolvConf(factsOf("20.10.24"), { options }).options)).toEqual(["timeout:2", "ndots:1"]);
  });

  test("IPv6 resolvers stood behind 127.0.0.11 before 26.0", () => {
    const six = { dns: ["192.0.2.1", "2001:db8::53"] };
    expect(value(userNetworkResolvConf(factsOf("20.10.24"), six).nameservers)).toEqual(["127.0.0.11", "2001:db8::53"]);
    expect(value(userNetworkResolvConf(factsOf("28.5.2"), six).nameservers)).toEqual(["127.0.0.11"]);
    expect(userNetworkResolvConf(factsOf("20.10.24", {}, resolver(["2001:db8::53"]))).nameservers.known).toBe(false);
    // Google's, on a network with IPv6, where the host has none that a container could ask.
    for (const [host, known] of [
      [["127.0.0.53"], false],
      [[], false],
      [["192.0.2.1"], true],
    ] satisfies [string[], boolean][])
      expect(userNetworkResolvConf(factsOf("20.10.24", {}, resolver(host))).nameservers.known, host.join()).toBe(known);
  });
});

test("host mode copies the host's file unless something is chosen", () => {
  expect(values(hostModeResolvConf(factsOf("28.5.2")))).toEqual({
    nameservers: "unknown",
    search: "unknown",
    options: "unknown",
  });
  expect(values(hostModeResolvConf(factsOf("28.5.2"), { dns: ["192.0.2.1"] }))).toEqual({
    nameservers: ["192.0.2.1"],
    search: [],
    options: [],
  });
});

describe("where the host's resolv.conf names systemd-resolved's stub", () => {
  // Ubuntu 24.04.
  const host = {
    nameservers: ["192.168.1.1"],
    search: ["lan"],
    options: [],
    own: { nameservers: ["127.0.0.53"], search: ["lan"], options: ["edns0", "trust-ad"] },
  };
  const facts = { ...factsOf("28.5.2", {}), host: { ...CAPTURE_HOST, resolver: host } };

  test("the default bridge is given what stands behind it", () => {
    const { nameservers, options } = defaultBridgeResolvConf(facts);
    expect([nameservers, options]).toMatchObject([{ value: ["192.168.1.1"] }, { value: [] }]);
  });

  test("networks of the user's are given the host's own file, whose stub the engine's resolver asks from the host", () => {
    const { search, options } = userNetworkResolvConf(facts);
    expect([search, options]).toMatchObject([{ value: ["lan"] }, { value: ["edns0", "trust-ad", "ndots:0"] }]);
  });
});

test("before 26.0 options without servers hand the host's loopback servers to containers", () => {
  const of = (version: string, configuration: object, nameservers: readonly string[]) => {
    const facts = factsOf(version, configuration as never, {});
    return loopbackCopied({
      ...facts,
      host: facts.host === null ? null : { ...facts.host, resolver: { ...facts.host.resolver, nameservers } },
    });
  };
  expect(of("20.10.24", { "dns-opts": ["ndots:3"] }, ["127.0.0.1"])).toMatch(/^"dns-opts" .* nameserver 127\.0\.0\.1 /);
  expect(of("20.10.24", { "dns-opts": ["ndots:3"] }, ["192.0.2.53"])).toBeNull();
  expect(of("20.10.24", { "dns-search": ["a.example"], dns: ["192.0.2.53"] }, ["127.0.0.1"])).toBeNull();
  expect(of("20.10.24", {}, ["127.0.0.1"])).toBeNull();
  expect(of("26.1.5", { "dns-search": ["a.example"] }, ["127.0.0.1"])).toBeNull();
});
