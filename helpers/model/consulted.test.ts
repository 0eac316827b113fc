import { expect, test } from "vitest";
import { consult, consulting, watchKeys } from "./consulted.ts";
import { has } from "./version-switches.ts";

const engine = { engine: { version: "28.5.2", apiVersion: "1.51" } };

test("what a judgement reads of the configuration and asks of the version is known, also when it throws", async () => {
  const configuration = watchKeys<{ icc?: boolean; bip?: string; mtu?: number }>({ icc: false, bip: "10.1.0.1/24" });
  const { done, list } = consulting(async () => {
    await Promise.resolve();
    if (configuration.icc === false && !("mtu" in configuration) && has(engine, "random-mac")) throw new Error("so");
  });
  await expect(done).rejects.toThrow("so");
  expect(list()).toEqual({ keys: ["icc", "mtu"], switches: ["random-mac"], facts: [] });
});

test("judgements side by side are kept apart, and what is asked outside of any is dropped", async () => {
  const one = consulting(async () => consult("facts", "one"));
  const other = consulting(async () => consult("facts", "other"));
  consult("facts", "nobody's");
  await Promise.all([one.done, other.done]);
  expect([one.list().facts, other.list().facts]).toEqual([["one"], ["other"]]);
});

test("a watched record is the record", () => {
  const record = { icc: false, bip: "10.1.0.1/24" };
  expect({ ...watchKeys(record) }).toEqual(record);
  expect(watchKeys(record)).toEqual(record);
  expect(JSON.stringify(watchKeys(record))).toBe(JSON.stringify(record));
});
