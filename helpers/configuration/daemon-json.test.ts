import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FileProblem } from "../model/configuration-facts.ts";
import { describeFileProblem, describeOtherKey, readDaemonJson } from "./daemon-json.ts";
import { textOf } from "./json-text.ts";
import { NETWORK_KEYS } from "./keys/index.ts";

const engine = (version: string) => ({ engine: { version, apiVersion: "1.41" } });
const OLD = engine("20.10.24+dfsg1");
const NEW = engine("28.5.2+dfsg1");

/** The problems in short: kind, key, whether dockerd starts. */
const brief = (text: string, which = NEW) =>
  readDaemonJson(text, which).problems.map(
    ({ kind, key, refused }) => `${kind}${key === null ? "" : ` ${key}`}${refused ? ", refused" : ""}`,
  );
const only = (text: string, which = NEW): FileProblem => {
  const [problem, ...more] = readDaemonJson(text, which).problems;
  expect(more).toEqual([]);
  if (problem === undefined) throw new Error(`no problem in ${text}`);
  return problem;
};

describe("a file that dockerd takes", () => {
  test("networking keys and others", () => {
    const text = `{
  "bip": "10.9.0.1/24",
  "dns": ["10.0.0.53", "fd00::53"],
  "registry-mirrors": ["https://mirror"],
  "log-opts": { "max-size": "10m" },
  "features": { "buildkit": true },
  "builder": { "gc": { "enabled": true, "policy": [{ "keepStorage": "1GB", "all": true }] } },
  "runtimes": { "other": { "path": "/usr/bin/other" } },
  "default-ulimits": { "nofile": { "Name": "nofile", "Hard": 1, "Soft": 1 } },
  "default-address-pools": [{ "Base": "10.8.0.0/16", "SIZE": 24 }],
  "deprecated-key-path": "/x"
}`;
    const { values, problems } = readDaemonJson(text, NEW);
    expect(problems).toEqual([]);
    expect(values).toMatchObject({ bip: "10.9.0.1/24", dns: ["10.0.0.53", "fd00::53"] });
  });
  test("{} and white space around it", () => expect(brief(" \r\n{ }\n")).toEqual([]));
  test("null leaves a key alone", () =>
    expect(brief('{"bip": null, "icc": null, "mtu": null, "dns": null}')).toEqual([]));
  test("proxies in their object", () => {
    expect(brief('{"proxies": {"http-proxy": "http://user:secret@proxy"}}')).toEqual([]);
    expect(brief('{"http-proxy": "http://proxy"}')).toEqual(["no effect http-proxy"]);
  });
});

describe("what is no JSON", () => {
  test.each([
    ["a comment", '{\n  "bip": "10.9.0.1/24" // ours\n}', 2, 24, "a comment: JSON has none"],
    ["a comment with #", '{\n  # ours\n  "icc": false\n}', 2, 3, "a comment: JSON has none"],
    [
      "a comma after the last key",
      '{\n  "icc": false,\n}',
      3,
      1,
      'a comma before "}": the last entry has none after it',
    ],
    [
      "a comma after the last item",
      '{"dns": ["1.1.1.1",]}',
      1,
      20,
      'a comma before "]": the last entry has none after it',
    ],
    ["no comma between", '{\n  "icc": false\n  "mtu": 1400\n}', 3, 3, "is one missing after the entry before?"],
    ["no colon", '{"icc" false}', 1, 8, "where the colon after a name should stand"],
    ["single quotes", "{'icc': false}", 1, 2, "JSON takes double quotes"],
    ["a name without quotes", "{icc: false}", 1, 2, "a name without quotes"],
    ["an open end", '{"icc": false', 1, 14, "the end of the file where the closing } should stand"],
    ["True", '{"icc": True}', 1, 9, "where a value should stand"],
    ["something behind", '{"icc": false} }', 1, 16, "after the end of the JSON value"],
    ["an open text", '{"bip": "10.9.0.1/24\n}', 1, 9, "a text that is not closed on its line"],
  ])("%s", (_, text, line, column, message) => {
    const problem = only(text);
    expect(problem).toMatchObject({ kind: "invalid JSON", key: null, line, column, refused: true });
    expect(problem.message).toContain(message);
    expect(readDaemonJson(text, NEW).values).toEqual({});
  });
  test("a byte order mark and an empty file, by version", () => {
    expect(brief('\uFEFF{"icc": false}')).toEqual([]);
    expect(readDaemonJson('\uFEFF{"icc": false}', NEW).values).toEqual({ icc: false });
    expect(only('\uFEFF{"icc": false}', OLD).message).toContain("byte order mark");
    expect(brief("\n")).toEqual([]);
    expect(brief("", OLD)).toEqual(["invalid JSON, refused"]);
  });
  // `dockerd --validate` of 26.1.5 and 28.5.2 says "configuration OK" of both.
  test.each(["utf16le", "big endian"])("UTF-16 with a byte order mark, %s", (order) => {
    const bytes = Buffer.from('\uFEFF{"mtu": 1400}', "utf16le");
    if (order === "big endian") bytes.swap16();
    expect(readDaemonJson(textOf(bytes), NEW)).toEqual({ values: { mtu: 1400 }, problems: [] });
    expect(only(textOf(bytes), OLD).message).toContain("byte order mark");
  });
  test.each(["[]", '"x"', "1", "true"])("%s is no object", (text) =>
    expect(brief(text)).toEqual(["not an object, refused"]),
  );
  test("null is let pass", () => expect(brief("null")).toEqual(["not an object"]));
});

describe("keys", () => {
  test("an unknown one is named with what was probably meant", () => {
    const problem = only('{\n  "bipp": "10.9.0.1/24"\n}');
    expect(problem).toMatchObject({ kind: "unknown key", key: "bipp", line: 2, column: 3, refused: true });
    expect(describeFileProblem(problem, "/etc/docker/daemon.json")).toBe(
      '/etc/docker/daemon.json:2:3: unknown key "bipp": dockerd does not start with it ("the following directives don\'t match any configuration option: bipp"); did you mean "bip"?',
    );
  });
  test.each([
    ["BIP", "bip"],
    ["live_restore", "live-restore"],
    ["registry-mirors", "registry-mirrors"],
    ["userland-porxy", "userland-proxy"],
    ["insecure-registrys", "insecure-registries"],
    ["fixed-cdir", "fixed-cidr"],
  ])("%s", (key, meant) => expect(only(`{"${key}": 1}`).message).toContain(`did you mean "${meant}"?`));
  test("nothing is suggested for a word that is near nothing", () =>
    expect(only('{"colour": 1}').message).not.toContain("did you mean"));
  test("the last of equal keys counts", () => {
    const text = '{\n "mtu": 1400,\n "icc": false,\n "mtu": 1300,\n "mtu": null\n}';
    expect(readDaemonJson(text, NEW).values).toEqual({ mtu: 1300, icc: false });
    expect(brief(text)).toEqual(["duplicate key mtu", "duplicate key mtu"]);
    const [first] = readDaemonJson(text, NEW).problems;
    expect(first).toMatchObject({ line: 2, column: 2 });
    expect(first?.message).toContain("stands again at 4:2 and 5:2");
  });

  test("a name that stands twice below a key", () => {
    const { message, key, column } = only('{"log-opts": {"max-size": "1m", "max-size": "2m"}}');
    expect({ message, key, column }).toEqual({
      message: 'inside of it, "max-size": the key stands again at 1:33, and dockerd takes the last without a word',
      key: "log-opts",
      column: 15,
    });
  });
  test("a key in other letters is another, unknown one", () =>
    expect(brief('{"bip": "10.9.0.1/24", "Bip": "10.8.0.1/24"}')).toEqual(["unknown key Bip, refused"]));
  test("what a key is called that is none about networks", () => {
    expect(describeOtherKey("log-opts")).toBe("no networking key");
    expect(describeOtherKey("default-address-pool")).toContain('the key is "default-address-pools"');
    expect(describeOtherKey("colour")).toBe("no key that dockerd knows");
  });
  test("a flag's name does nothing in a file", () => {
    const problem = only('{"dns-opt": ["ndots:1"]}');
    expect(problem).toMatchObject({ kind: "no effect", refused: false });
    expect(problem.message).toContain('the key is "dns-opts"');
  });
  test("of an object by another name only the names inside are looked at", () => {
    expect(brief('{"network": {"bip": "10.9.0.1/24"}}')).toEqual(["no effect network"]);
    expect(brief('{"network": {"bipp": "10.9.0.1/24"}}')).toEqual(["unknown key bipp, refused"]);
  });
  test("keys of other versions", () => {
    const keys = '{"allow-direct-routing": true, "min-api-version": "1.44", "firewall-backend": "iptables"}';
    expect(brief(keys, engine("29.0.0"))).toEqual([]);
    expect(brief(keys)).toEqual([
      "not at this version min-api-version, refused",
      "not at this version firewall-backend, refused",
    ]);
    expect(brief('{"cluster-store": "x"}', OLD)).toEqual([]);
    expect(only('{"cluster-store": "x"}').message).toContain("gone since Engine 24.0");
    expect(only('{"bip6": "fd00::1/64"}', OLD).message).toContain("came with Engine 28.0, and this is 20.10.24");
  });
  test("default-network-opts pass an old dockerd without effect when the driver's name is a flag's", () => {
    const bridge = '{"default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}}}';
    expect(brief(bridge)).toEqual([]);
    expect(brief(bridge, OLD)).toEqual(["not at this version default-network-opts"]);
    expect(brief('{"default-network-opts": {"macvlan": {}}}', OLD)).toEqual(["unknown key macvlan, refused"]);
  });
});

describe("types", () => {
  test.each([
    ['{"icc": "false"}', "dockerd wants true or false without quotes here and the file has a text in quotes"],
    ['{"mtu": "1400"}', "a whole number without quotes"],
    ['{"mtu": 1400.0}', "a whole number without quotes"],
    ['{"mtu": 1.4e3}', "a whole number without quotes"],
    ['{"dns": "1.1.1.1"}', 'a list of texts such as ["…", "…"]'],
    ['{"dns": [1]}', "a text in quotes"],
    ['{"bip": ["10.9.0.1/24"]}', "a text in quotes"],
    ['{"bip": {"x": 1}}', "a text in quotes"],
    ['{"default-address-pools": {"base": "10.8.0.0/16", "size": 24}}', "a list such as"],
    ['{"default-address-pools": ["10.8.0.0/16"]}', "a pool"],
    ['{"default-address-pools": [{"base": "10.8.0.0/16", "size": "24"}]}', "a whole number"],
    ['{"default-network-opts": {"com.docker.network.driver.mtu": "1400"}}', "the options of one driver"],
    ['{"default-network-opts": {"bridge": {"com.docker.network.driver.mtu": 1400}}}', "a text in quotes"],
    ['{"log-opts": {"max-file": 3}}', "a text in quotes"],
    ['{"features": {"buildkit": "true"}}', "true or false without quotes"],
  ])("%s", (text, message) => {
    const problem = only(text);
    expect(problem).toMatchObject({ kind: "wrong type", refused: true });
    expect(problem.message).toContain(message);
  });
});

describe("values", () => {
  test.each([
    ['{"bip": "10.9.0.0/24"}', "the address of the network itself; docker0 needs one of its hosts', 10.9.0.1/24 say"],
    ['{"bip": "10.9.0.255/24"}', "broadcast"],
    ['{"bip": "10.9.0.1"}', "has no /prefix"],
    ['{"bip": "fd00::1/64"}', "IPv6"],
    ['{"bip": "docker0"}', "no IPv4 address with /prefix"],
    ['{"fixed-cidr": "10.9.0.0"}', "no IPv4 network"],
    ['{"fixed-cidr-v6": "fd00::"}', "no IPv6 network"],
    ['{"default-gateway": "10.9.0.0/24"}', "without /prefix"],
    ['{"ip": "localhost"}', "not an IP address"],
    ['{"dns": ["1.1.1.1", "dns.example"]}', '"dns.example" is not an IP address'],
    ['{"dns-search": ["bad domain.example"]}', "not a valid domain"],
    ['{"mtu": -1}', "invalid default MTU: -1"],
    ['{"default-address-pools": [{"base": "10.8.0.0/16", "size": 8}]}', "larger than /16"],
    ['{"default-address-pools": [{"base": "10.8.0.0/16"}]}', "no size"],
    ['{"default-address-pools": [{"size": 24}]}', "no network as base"],
    ['{"host-gateway-ips": ["10.0.0.1", "10.0.0.2"]}', "only one IPv4 host gateway"],
    ['{"bridge": "br0", "bip": "10.9.0.1/24"}', "exclude each other"],
    ['{"icc": false, "iptables": false}', "needs iptables"],
    ['{"icc": false, "ipv6": true, "ip6tables": false}', "needs ip6tables"],
    ['{"host-gateway-ip": "10.0.0.1", "host-gateway-ips": ["10.0.0.1"]}', "must not both be specified"],
  ])("%s", (text, message) => {
    const problem = only(text);
    expect(problem).toMatchObject({ kind: "bad value", refused: true });
    expect(problem.message).toContain(message);
  });
  test.each([
    '{"bip": "", "fixed-cidr": "", "ip": ""}',
    '{"bip": "10.9.0.0/31"}',
    '{"dns-search": ["."]}',
    '{"dns-search": ["corp.example.", "a"]}',
    '{"default-address-pools": [{"base": "fd00::/48", "size": 64}]}',
    '{"bridge": "none"}',
    '{"icc": false, "ip6tables": false}',
  ])("%s is fine", (text) => expect(brief(text)).toEqual([]));
  test("mtu 0 is no mtu", () => expect(brief('{"mtu": 0}')).toEqual(["no effect mtu"]));
  test("what an old version wants beside", () => {
    expect(brief('{"ipv6": true}', OLD)).toEqual(["bad value ipv6, refused"]);
    expect(brief('{"ipv6": true, "fixed-cidr-v6": "fd00::/64"}', OLD)).toEqual([]);
    expect(brief('{"ip6tables": true}', OLD)).toEqual(["bad value ip6tables, refused"]);
    expect(brief('{"ip6tables": true, "experimental": true}', OLD)).toEqual([]);
    expect(brief('{"ipv6": true, "ip6tables": true}')).toEqual([]);
  });
  test("what a file holds about registries and proxies is never repeated", () => {
    const text =
      '{"registry-mirrors": "https://u:s3cret@x", "proxies": {"http-prox": "s3cret"}, "hosts": {"x": "s3cret"}}';
    const messages = readDaemonJson(text, NEW).problems.map((problem) => problem.message);
    expect(messages).toHaveLength(3);
    expect(messages.join()).not.toContain("s3cret");
  });
});

describe("any text", () => {
  const versions = fc.constantFrom("20.10.24", "23.0.6", "26.1.5", "28.5.2", "29.7.2").map(engine);
  test("is read without a throw, and every problem stands at a place of the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom(...'{}[]",:1e/*#tru \n') })),
        versions,
        (text, which) => {
          const { problems } = readDaemonJson(text, which);
          const lines = text.split(/\r\n|\n|\r/);
          for (const { line, column } of problems) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines.length);
            expect(column).toBeGreaterThanOrEqual(1);
            expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
          }
        },
      ),
    );
  });
  test("is called invalid exactly when JSON.parse refuses it", () => {
    const almost = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, more]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + more + text.slice(cut + more.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), almost), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = text.trim() === "";
        }
        const invalid = readDaemonJson(text, NEW).problems.some((problem) => problem.kind === "invalid JSON");
        expect(invalid).toBe(!valid);
      }),
    );
  });
  test("an object of known keys reads as JSON.parse reads it, wherever spaces stand", () => {
    const file = fc.dictionary(
      fc.constantFrom(...Object.keys(NETWORK_KEYS)),
      fc.oneof(fc.string(), fc.boolean(), fc.integer()),
    );
    fc.assert(
      fc.property(file, fc.constantFrom(0, 2, "\t"), (values, indent) => {
        expect(readDaemonJson(JSON.stringify(values, null, indent), NEW).values).toEqual(values);
      }),
    );
  });
});
