import { expect, test } from "vitest";
import { atThisMoment } from "./moment.ts";

test("a value is given when it is asked for", async () => {
  const told = await atThisMoment(Promise.resolve(7));
  expect(told()).toBe(7);
});

test("a failure is kept until it is asked for, each time anew", async () => {
  const failure = new Error("out of reach");
  const told = await atThisMoment(Promise.reject(failure));
  expect(told).toThrow(failure);
  expect(told).toThrow(failure);
});
