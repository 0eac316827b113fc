import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";

test("gives the first value that is not an error", async () => {
  let looks = 0;
  const value = await eventually(() => {
    looks++;
    if (looks < 3) throw new Error("not yet");
    return looks;
  });
  expect(value).toBe(3);
});

test("after the deadline throws what the last look threw", async () => {
  let looks = 0;
  const never = eventually(() => {
    looks++;
    throw new Error(`look ${looks}`);
  }, 120);
  await expect(never).rejects.toThrow(/^look [2-9]$/);
});
