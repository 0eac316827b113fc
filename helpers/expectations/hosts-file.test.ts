import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import files from "./captured/container-files.json" with { type: "json" };
import { expectedHostsFile, formatHostsLine, type HostsLine, missingHostsLines } from "./hosts-file.ts";

function parse(text: string): HostsLine[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [address = "", ...names] = line.split(/\s+/);
      return { address, names };
    });
}

describe.each(Object.entries(files))("Engine %s", (version, captured) => {
  test.each(["defaultBridge", "userNetwork"] as const)("writes the expected lines on the %s", (network) => {
    const seen = parse(captured[network].hosts);
    const own = seen.at(-1);
    const expected = expectedHostsFile(factsOf(version), {
      hostname: own?.names[0] ?? "",
      addresses: [`${own?.address}/16`],
    });
    expect(missingHostsLines(seen, expected)).toEqual([]);
    expect(missingHostsLines(expected, seen)).toEqual([]);
  });
});

test("added hosts stand before the container's own lines, one line per network", () => {
  const lines = expectedHostsFile(factsOf("28.5.2"), {
    hostname: "web.example.test",
    addresses: ["172.17.0.2", "10.44.0.3", "2001:db8::2"],
    extraHosts: [
      { name: "www", address: "192.168.1.80" },
      { name: "bbs", address: "192.168.1.80" },
    ],
  }).map(formatHostsLine);
  expect(lines.slice(6)).toEqual([
    "192.168.1.80 www",
    "192.168.1.80 bbs",
    "172.17.0.2 web.example.test web",
    "10.44.0.3 web.example.test web",
    "2001:db8::2 web.example.test web",
  ]);
});

test("without IPv6 in the container its lines are left out, since 26.0", () => {
  const input = { hostname: "h", addresses: ["10.0.0.2", "2001:db8::2"], ipv6: false };
  expect(expectedHostsFile(factsOf("26.1.5"), input).map(formatHostsLine)).toEqual([
    "127.0.0.1 localhost",
    "10.0.0.2 h",
  ]);
  expect(expectedHostsFile(factsOf("20.10.24"), input)).toHaveLength(8);
});

test("a line that lacks a name or has another address is missing", () => {
  const seen = [{ address: "::1", names: ["localhost"] }];
  expect(missingHostsLines(seen, [{ address: "::1", names: ["localhost", "ip6-localhost"] }])).toHaveLength(1);
  expect(missingHostsLines(seen, [{ address: "::2", names: ["localhost"] }])).toHaveLength(1);
  expect(missingHostsLines(seen, [{ address: "0::1", names: ["localhost"] }])).toEqual([]);
});
