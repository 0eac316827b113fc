import { expect, test } from "vitest";
import { ProbeFailed } from "../model/evidence.ts";
import { newRecording, recordingInto } from "../vantage/recorder.ts";
import { outcomeOf } from "./requirement.ts";
import { NotApplicable, NotRun, Violation } from "./verdicts.ts";

const SPEC = { must: "It MUST", from: [], cause: "a firewall" };

async function thrown(body: () => unknown): Promise<unknown> {
  try {
    await body();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a violation is a fail with what was expected and observed; its own cause beats the requirement's", () => {
  expect(outcomeOf(new Violation("ping", { expected: "a reply", observed: "timed out" }), SPEC)).toEqual({
    verdict: "fail",
    reason: "ping: expected a reply, observed timed out",
    expected: "a reply",
    observed: "timed out",
    likelyCause: "a firewall",
  });
  const own = new Violation("ping", { expected: "a", observed: "b", cause: "a cable" });
  expect(outcomeOf(own, SPEC)).toMatchObject({ likelyCause: "a cable" });
  expect(outcomeOf(own, { must: "It MUST", from: [] })).toMatchObject({ likelyCause: "a cable" });
});

test("a failed expect is a fail", async () => {
  const failed = await thrown(() => expect(["lo", "eth0"], "interfaces").toEqual(["lo"]));
  expect(outcomeOf(failed, SPEC)).toMatchObject({
    verdict: "fail",
    reason: expect.stringContaining("interfaces: expected"),
    expected: "[ 'lo' ]",
    observed: "[ 'lo', 'eth0' ]",
  });
  const text = await thrown(() => expect("down").toBe("up"));
  expect(outcomeOf(text, SPEC)).toMatchObject({
    verdict: "fail",
    reason: "expected 'down' to be 'up'",
    expected: "up",
    observed: "down",
  });
});

test("not applicable and not run are what they say", () => {
  expect(outcomeOf(new NotApplicable("since 28"), SPEC)).toEqual({ verdict: "not applicable", reason: "since 28" });
  expect(outcomeOf(new NotRun("no CLI"), SPEC)).toEqual({ verdict: "not run", reason: "no CLI" });
});

test("everything else could not be measured", async () => {
  expect(outcomeOf(new Error("first line\nsecond"), SPEC)).toEqual({ verdict: "error", reason: "first line" });
  expect(outcomeOf(new TypeError("x is undefined"), SPEC)).toEqual({
    verdict: "error",
    reason: "TypeError: x is undefined",
  });
  expect(outcomeOf("a word", SPEC)).toEqual({ verdict: "error", reason: "a word" });
  const refused = Object.assign(new Error("(HTTP code 409) unexpected - port is already allocated "), {
    statusCode: 409,
    json: { message: "port is already allocated" },
  });
  expect(outcomeOf(refused, SPEC)).toEqual({
    verdict: "error",
    reason: "the engine answered 409: port is already allocated",
  });
});

test.each([
  "failed to set up container networking: driver failed programming external connectivity on endpoint dnc-x (7c77): adding rules for bridge docker0: rule exists",
  "driver failed programming external connectivity on endpoint dnc-x (7c77): (iptables failed: iptables --wait -t nat -A DOCKER -p tcp -d 0/0 --dport 32768: iptables: No chain/target/match by that name.",
  "failed to create endpoint dnc-x on network bridge: adding interface veth0a1b to bridge docker0 failed: could not find bridge docker0",
])("an engine that can't give a container its network fails, in its own words: %s", (message) => {
  const refused = Object.assign(new Error(message), { statusCode: 500, json: { message } });
  expect(outcomeOf(refused, SPEC)).toEqual({
    verdict: "fail",
    reason: "the engine could not give a container its network",
    expected: "a container that starts",
    observed: message,
  });
});

test.each([
  "driver failed programming external connectivity on endpoint dnc-x (7c77): Bind for 0.0.0.0:8080 failed: port is already allocated",
  "failed to set up container networking: no available IPv4 addresses on this network's address pools: bridge (0123)",
])("what somebody else holds leaves it unmeasured: %s", (message) => {
  const refused = Object.assign(new Error(message), { statusCode: 500, json: { message } });
  expect(outcomeOf(refused, SPEC).verdict).toBe("error");
});

test("a probe that failed leaves its evidence", async () => {
  const evidence = {
    vantage: "host",
    command: "ip addr",
    exitCode: 127,
    timedOut: false,
    stdout: "",
    stderr: "not found",
    ms: 1,
  };
  const recording = newRecording();
  await recordingInto(recording, async () => {
    expect(outcomeOf(new ProbeFailed("no ip", evidence), SPEC)).toMatchObject({
      verdict: "error",
      reason: "ProbeFailed: no ip",
    });
  });
  expect(recording.probes).toEqual([{ evidence, role: "probe" }]);
});

test("an engine that can't make a network's rules fails at what it has to do", () => {
  const message =
    "Failed to Setup IP tables: Unable to enable SKIP DNAT rule:  (iptables failed: iptables --wait -t nat -I DOCKER -i br-d20a5e05da1e -j RETURN: iptables: No chain/target/match by that name.\n (exit status 1))";
  const refused = Object.assign(new Error(message), { statusCode: 500, json: { message } });
  expect(outcomeOf(refused, SPEC)).toMatchObject({
    verdict: "fail",
    reason: "the engine could not make a network",
    expected: "a network",
  });
});
