import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { endText, parseTcpdump } from "./parse-tcpdump.ts";
import { UnreadableOutput } from "./unreadable-output.ts";

test("an echo with its hardware addresses, its time to the nanosecond and its TTL", () => {
  expect(parseTcpdump(captured("tcpdump-4.99.6/tcpdump-lan.txt"))[0]).toEqual({
    time: 1795321988463662557n,
    sourceMac: "02:42:0a:8f:f1:04",
    destinationMac: "02:42:0a:8f:f1:05",
    ttl: 64,
    length: 84,
    source: { address: "10.143.241.4", port: null },
    destination: { address: "10.143.241.5", port: null },
    echo: { type: "request", id: 17403, sequence: 0 },
  });
});

test.each(["4.99.3", "4.99.6"])("pings and a TCP connection of tcpdump %s", (version) => {
  const packets = parseTcpdump(captured(`tcpdump-${version}/tcpdump-lan.txt`));
  const kinds = packets.map(({ echo, flags }) => echo?.type ?? flags);
  expect(kinds.slice(0, 7)).toEqual("request reply S S. . P. .".split(" "));
  expect(kinds.slice(-3)).toEqual([".", "request", "reply"]);
  expect(packets.slice(0, 7).map(({ length }) => length)).toEqual([84, 84, 60, 60, 52, 75, 52]);
  expect(packets.slice(-2).map(({ length }) => length)).toEqual([361, 361]);
  expect(packets[2]?.destination.port).toBe(2375);
});

test("the text of HTTP is left out, and so is a packet whose second line is not there yet", () => {
  const packets = parseTcpdump(captured("tcpdump-4.99.6/tcpdump-web.txt"));
  expect(packets.map(({ flags, ttl }) => `${flags} ${ttl}`)).toEqual(
    "S 63,S. 64,. 63,P. 63,. 64,P. 64,. 63,F. 63,F. 64,. 63,S 63,S. 64,. 63,P. 63,. 64".split(","),
  );
  expect(packets[0]?.source).toEqual({ address: "10.143.241.5", port: 48886 });
  expect(packets.slice(0, 2).map(({ destination }) => endText(destination))).toEqual([
    "172.17.0.6:80",
    "10.143.241.5:48886",
  ]);
});

test("half a line is left for the next reading", () => {
  const text = captured("tcpdump-4.99.6/tcpdump-lan.txt");
  const two = text.split("\n").slice(0, 4).join("\n");
  expect(parseTcpdump(two)).toHaveLength(1);
  expect(parseTcpdump(`${two}\n`)).toHaveLength(2);
});

test("nothing captured, and what is no packet", () => {
  expect(parseTcpdump("")).toEqual([]);
  expect(() => parseTcpdump("1795321988.463662557 ARP, Request who-has 10.0.0.1\n    x\n")).toThrow(UnreadableOutput);
});
