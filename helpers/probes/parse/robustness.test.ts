import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captured, capturedFiles } from "./captured/read-captured.ts";
import { parseBridgeFdb } from "./parse-bridge-fdb.ts";
import { parseHostsFile } from "./parse-hosts-file.ts";
import { parseIpAddress } from "./parse-ip-address.ts";
import { parseIpRoute } from "./parse-ip-route.ts";
import { parseIptablesSave } from "./parse-iptables-save.ts";
import { parseNftTables } from "./parse-nft-table.ts";
import { parseNslookup } from "./parse-nslookup.ts";
import { parsePing } from "./parse-ping.ts";
import { parseProcNetDev } from "./parse-proc-net-dev.ts";
import { parseProcNetIfInet6 } from "./parse-proc-net-if-inet6.ts";
import { parseProcNetRoute } from "./parse-proc-net-route.ts";
import { parseProcNetTcp } from "./parse-proc-net-tcp.ts";
import { parseTcpdump } from "./parse-tcpdump.ts";
import { UnreadableOutput } from "./unreadable-output.ts";

const PARSERS = [
  [parseIpAddress, /ip-(j-)?(addr|link)-/],
  [parseIpRoute, /ip-(6-)?route-/],
  [parseProcNetRoute, /proc-net-route-/],
  [parseProcNetDev, /proc-net-dev-/],
  [parseProcNetTcp, /proc-net-(tcp|udp)/],
  [parseProcNetIfInet6, /proc-net-if-inet6-/],
  [parseHostsFile, /\/hosts-/],
  [parseIptablesSave, /ip6?tables-[^/]*\.txt/],
  [parseNftTables, /\/nft-/],
  [parseBridgeFdb, /bridge-fdb-/],
  [parseTcpdump, /tcpdump-[^/]*\.txt/],
  [parsePing, /no text file/],
  [parseNslookup, /no text file/],
] as const;

/** Pieces that the formats are made of, so that random text comes close to them. */
const piece = fc.constantFrom(
  ...'eth0 lo 10.0.0.1 10.0.0.0/24 fe80::1 fe80::1/64 1: 2: inet inet6 link/ether dev via default scope brd <UP> mtu 1500 0A 0100007F:0050 00000000 * : [0:0] -A -j "x \\ COMMIT *filter :INPUT {} [ ] nameserver search Server: Address: ** tcp udp table chain map elements = { }'.split(
    " ",
  ),
  " ",
  "    ",
  "\t",
  "\n",
);
const nearlyOutput = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(" ").replaceAll(" \n ", "\n"));

describe.each(PARSERS)("%o", (parse: (text: string) => unknown, files) => {
  const throwsNothingElse = (text: string): void => {
    try {
      parse(text);
    } catch (error) {
      expect(error).toBeInstanceOf(UnreadableOutput);
    }
  };

  test("reads every captured file", () => {
    for (const file of capturedFiles(files)) expect(() => parse(captured(file)), file).not.toThrow();
  });

  test("throws nothing but UnreadableOutput on arbitrary text", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), nearlyOutput), throwsNothingElse));
  });

  test("throws nothing but UnreadableOutput on captured text with a piece cut out", () => {
    const texts = capturedFiles(files).map(captured);
    if (texts.length === 0) return;
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat(60), (text, at, length) => {
        const start = at % (text.length + 1);
        throwsNothingElse(text.slice(0, start) + text.slice(start + length));
      }),
    );
  });

  test("refuses what is not its format", () => {
    for (const text of ["Cannot connect to the Docker daemon\n", "sh: ip: not found\n", "<html>\n"])
      expect(() => parse(text)).toThrow(UnreadableOutput);
  });
});

test("every captured text file is read by a parser", () => {
  // What reads resolv.conf has no line that it refuses: its own test reads those.
  const texts = capturedFiles(/\.txt$/).filter((file) => !file.includes("/resolv-conf-"));
  const unread = texts.filter((file) => !PARSERS.some(([, files]) => files.test(file)));
  expect(unread).toEqual([]);
});

test("the error names the parser and quotes the line", () => {
  expect(() => parseIpRoute("default via nowhere dev eth0")).toThrow(
    'unreadable output of ip route: "nowhere" is no address: "default via nowhere dev eth0"',
  );
});
