import { expect, test } from "vitest";
import { mustBeRefused } from "./refusal.ts";
import { Violation } from "./verdicts.ts";

/** dockerode's error for the answer of a 26.1.5 engine. */
function refused(): Promise<never> {
  const message = "invalid subnet 172.20.16.0/16: it should be 172.20.0.0/16";
  return Promise.reject(
    Object.assign(new Error(`(HTTP code 400) unexpected - ${message}`), { statusCode: 400, json: { message } }),
  );
}

test("gives the engine's own words", async () => {
  const refusal = await mustBeRefused("a subnet with host bits", refused, /should be 172\.20\.0\.0/);
  expect(refusal).toEqual({ statusCode: 400, message: "invalid subnet 172.20.16.0/16: it should be 172.20.0.0/16" });
});

test("other words are a violation that quotes them", async () => {
  await expect(mustBeRefused("a subnet", refused, /overlaps/)).rejects.toThrow(
    /a subnet: expected a refusal that says .*overlaps.*observed 400: invalid subnet/,
  );
});

test("no refusal is a violation", async () => {
  await expect(mustBeRefused("a subnet", async () => undefined)).rejects.toBeInstanceOf(Violation);
});

test("an engine that can't be reached has refused nothing", async () => {
  const broken = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  await expect(mustBeRefused("a subnet", () => Promise.reject(broken))).rejects.toBe(broken);
});

test("that somebody else removes a container at this moment is no refusal of the call", async () => {
  const message = "container is marked for removal and cannot be started";
  const pruned = Object.assign(new Error(`(HTTP code 409) conflict - ${message}`), {
    statusCode: 409,
    json: { message },
  });
  await expect(mustBeRefused("a taken address", () => Promise.reject(pruned), /in use/)).rejects.toBe(pruned);
});
