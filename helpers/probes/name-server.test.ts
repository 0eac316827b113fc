import fc from "fast-check";
import { expect, test } from "vitest";
import { nameServerAnswers } from "./name-server.ts";
import { answering } from "./testing/answering.ts";

const SERVER = "Server:\t\t192.0.2.53\nAddress:\t192.0.2.53:53\n\n";

test.each([
  [`${SERVER}** server can't find 1.0.0.127.in-addr.arpa: NXDOMAIN\n\n`, "NXDOMAIN"],
  [`${SERVER}** server can't find 1.0.0.127.in-addr.arpa: REFUSED\n\n`, "REFUSED"],
  [`${SERVER}Non-authoritative answer:\n1.0.0.127.in-addr.arpa\tname = localhost\n\n`, "NOERROR"],
])("over UDP every answer is one: %j", async (stdout, code) => {
  const reached = await nameServerAnswers(answering({ stdout, exitCode: 1 }), "192.0.2.53", "UDP").ask(5);
  expect(reached).toMatchObject({ outcome: "replied", answer: code });
});

test("silence and refusal over UDP are none", async () => {
  const silent = answering({ stdout: ";; connection timed out; no servers could be reached\n\n", exitCode: 1 });
  expect((await nameServerAnswers(silent, "192.0.2.53", "UDP").ask(5)).outcome).toBe("timed out");
  const refused = answering({ stderr: "nslookup: read: Connection refused\n", exitCode: 1 });
  expect((await nameServerAnswers(refused, "192.0.2.53", "UDP").ask(5)).outcome).toBe("refused");
});

test("a server by an interface that is not there is out of reach", async () => {
  const nowhere = answering({ stderr: "nslookup: bad address 'fe80::1%wlan0'\n", exitCode: 1 });
  expect((await nameServerAnswers(nowhere, "fe80::1%wlan0", "UDP").ask(5)).outcome).toBe("unreachable");
});

test.each([
  [" 00 28 4e 43 81 83\n", "replied", "NXDOMAIN"],
  [" 00 28 4e 43 81 85\n", "replied", "REFUSED"],
  [" 00 28 4e 43 81 80\n", "replied", "NOERROR"],
  // Another id, a question instead of an answer, a web server, half an answer.
  [" 00 28 4e 44 81 80\n", "refused", ""],
  [" 00 28 4e 43 01 00\n", "refused", ""],
  [" 48 54 54 50 2f 31\n", "refused", ""],
  [" 00 28\n", "refused", ""],
  ["", "refused", ""],
])("over TCP %j", async (stdout, outcome, answer) => {
  expect(await nameServerAnswers(answering({ stdout }), "192.0.2.53", "TCP").ask(5)).toMatchObject({ outcome, answer });
});

test.each([
  ["nc: can't connect to remote host (127.0.0.53): Connection refused\n", "refused"],
  ["nc: can't connect to remote host (fd00::53): Network is unreachable\n", "unreachable"],
])("what nc says over TCP: %j", async (stdout, outcome) => {
  const reached = await nameServerAnswers(answering({ stdout, exitCode: 1 }), "127.0.0.53", "TCP").ask(5);
  expect(reached.outcome).toBe(outcome);
});

test("whatever comes over TCP, only an answer to the question counts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 6 }), async (bytes) => {
      const stdout = ` ${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}\n`;
      const { outcome } = await nameServerAnswers(answering({ stdout }), "192.0.2.53", "TCP").ask(5);
      const ours = bytes.length === 6 && bytes[2] === 0x4e && bytes[3] === 0x43 && ((bytes[4] ?? 0) & 0x80) !== 0;
      expect(outcome === "replied").toBe(ours);
    }),
  );
});

test("what is asked of a server is a matter of reach: a packet to its port 53", () => {
  const place = { kind: "container", name: "web" } as const;
  const { asked } = nameServerAnswers({ ...answering({ stdout: "" }), place }, "192.0.2.53", "TCP");
  expect(asked).toEqual({ kind: "reach", from: place, to: "192.0.2.53", protocol: "tcp", port: 53, size: null });
});
