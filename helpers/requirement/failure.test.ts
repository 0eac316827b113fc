import { expect, test } from "vitest";
import { ControlFailed, type Evidence, ProbeFailed } from "../model/evidence.ts";
import type { Outcome } from "../model/outcome.ts";
import type { AskedQuestion } from "../model/question.ts";
import type { Recorded } from "../vantage/recorder.ts";
import { failureOf } from "./failure.ts";
import { Violation } from "./verdicts.ts";

const FROM = { kind: "container", name: "client" } as const;

function ping(to: string): AskedQuestion {
  return { kind: "reach", from: FROM, to, protocol: "icmp", port: null, size: null };
}

function probe(to: string, outcome: Outcome, role: Recorded["role"] = "probe"): Recorded {
  const evidence: Evidence = {
    vantage: "container client",
    place: FROM,
    question: ping(to),
    outcome,
    command: `ping ${to}`,
    exitCode: 1,
    timedOut: false,
    stdout: "",
    stderr: "",
    ms: 1,
  };
  return { evidence, role };
}

test("no sentence of a check has a part in its cause", () => {
  const parts = { direction: "blocked", questions: [ping("10.0.0.1")] } as const;
  const said = [
    new Violation("ping 10.0.0.1", { ...parts, expected: "a reply", observed: "timed out (no answer)" }),
    new Violation("eine Frage", { ...parts, expected: "Antwort", observed: "Schweigen" }),
    new Violation("a reply", { ...parts, expected: "timed out", observed: "a reply: positive control failed" }),
  ].map((violation) => failureOf(violation, [probe("10.0.0.1", "timed out")], ["client"], true));
  expect(said[0]).toMatchObject({ direction: "blocked", questions: [ping("10.0.0.1")] });
  expect(said[1]).toEqual(said[0]);
  expect(said[2]).toEqual(said[0]);
});

test("a check says which of what it has read shows its violation", () => {
  const violation = new Violation("a rule", { expected: "it", observed: "none", read: "firewall" });
  const failure = failureOf(violation, [probe("10.0.0.1", "replied")], [], true);
  expect(failure).toMatchObject({ read: "firewall", questions: [ping("10.0.0.1")] });
  expect(failureOf(new Violation("a link", { expected: "up", observed: "down" }), [], [], true)).not.toHaveProperty(
    "read",
  );
});

test("a control that went unanswered is the failure", () => {
  const failed = new ControlFailed("any words", ping("10.0.0.2"));
  expect(failureOf(failed, [probe("10.0.0.1", "timed out")], [], false)).toMatchObject({
    direction: "blocked",
    questions: [ping("10.0.0.2")],
  });
});

test("what could not be measured is looked into where something went unanswered to the end", () => {
  const error = new ProbeFailed("the server did not come up");
  const waited = [probe("10.0.0.1", "refused"), probe("10.0.0.1", "replied"), probe("10.0.0.2", "timed out")];
  expect(failureOf(error, waited, [], false)).toMatchObject({ direction: "blocked", questions: [ping("10.0.0.2")] });
  expect(failureOf(error, waited.slice(0, 2), [], false)).toBeNull();
});

test("outcomes that are compared say which way it went", () => {
  const asserted = (expected: unknown, actual: unknown) =>
    Object.assign(new Error("expected something"), { name: "AssertionError", expected, actual });
  const of = (expected: unknown, actual: unknown) =>
    failureOf(asserted(expected, actual), [probe("10.0.0.1", "timed out")], [], true)?.direction;
  expect(of("replied", "timed out")).toBe("blocked");
  expect(of("timed out", "replied")).toBe("leaked");
  expect(of("timed out", "refused")).toBe("differs");
  expect(of(1500, 1200)).toBe("differs");
});

test("what the engine said is the failure where it did not do what it has to", () => {
  const answered = (statusCode: number, message: string): Error =>
    Object.assign(new Error(message), { statusCode, json: { message } });
  const refusalOf = (error: unknown) => failureOf(error, [], [], true)?.refusal;
  expect(refusalOf(answered(500, "iptables failed"))).toBe("iptables failed");
  expect(refusalOf(answered(400, "OCI runtime create failed: runc did not terminate"))).toContain("runc");
  expect(refusalOf(answered(409, "the name is taken"))).toBe(null);
  const parts = { expected: "a running container", observed: "no docker-proxy" };
  expect(refusalOf(new Violation("docker run", { ...parts, refusal: "no docker-proxy" }))).toBe("no docker-proxy");
  expect(refusalOf(new Violation("docker run", parts))).toBe(null);
});
