import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { classifyArping } from "./arping.ts";

function answer(stdout: string, stderr = "", exitCode = 0): Evidence {
  return { vantage: "container x", command: "arping …", exitCode, timedOut: false, stdout, stderr, ms: 5 };
}

// Captured from BusyBox 1.35 in two macvlan containers on one host.
const REPLY = `ARPING 10.231.7.100 from 10.231.7.33 eth0
Unicast reply from 10.231.7.100 [02:42:0a:e7:07:64] 0.011ms
Sent 1 probe(s) (1 broadcast(s))
Received 1 response(s) (0 request(s), 0 broadcast(s))
`;
const SILENCE = `ARPING 192.0.2.2 from 10.231.7.33 eth0
Sent 2 probe(s) (2 broadcast(s))
Received 0 response(s) (0 request(s), 0 broadcast(s))
`;

test.each(["02:42:0a:e7:07:64", "02:42:0A:E7:07:64", "2:42:a:e7:7:64"])("a reply of %s, however written", (mac) => {
  expect(classifyArping(answer(REPLY), [mac])).toEqual({ outcome: "replied", detail: "answered by 02:42:0a:e7:07:64" });
});

test("a reply of somebody else is none", () => {
  expect(classifyArping(answer(REPLY), ["02:42:0a:00:00:01"]).outcome).toBe("timed out");
});

test("silence", () => {
  expect(classifyArping(answer(SILENCE, "", 1), ["02:42:0a:00:00:01"])).toEqual({
    outcome: "timed out",
    detail: "nobody answered",
  });
});

test.each([
  "arping: interface eth7 not found: No such device",
  "arping: socket: Operation not permitted",
  "sh: arping: not found",
])("%s: the probe failed", (words) => {
  expect(classifyArping(answer("", `${words}\n`, 1), ["02:42:0a:00:00:01"])).toEqual({
    outcome: "probe failed",
    detail: words,
  });
});
