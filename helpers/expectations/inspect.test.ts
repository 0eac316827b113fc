import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { isBlank } from "./inspect.ts";
import { defaultIpcMode, networksApart, sharesUserNamespace } from "./namespaces.ts";

test("null, absent and empty say the same; false and text do not", () => {
  for (const blank of [null, undefined, "", 0, [], {}]) expect(isBlank(blank)).toBe(true);
  for (const value of [false, true, "0", 1, [null], { a: null }]) expect(isBlank(value)).toBe(false);
});

test("IPC is private and the user namespace the host's unless configured otherwise", () => {
  expect(defaultIpcMode(factsOf("20.10.24"))).toBe("private");
  expect(defaultIpcMode(factsOf("28.5.2", { "default-ipc-mode": "shareable" }))).toBe("shareable");
  expect(sharesUserNamespace(factsOf("28.5.2"))).toBe(true);
  const facts = factsOf("28.5.2");
  expect(sharesUserNamespace({ ...facts, engine: { ...facts.engine, usernsRemap: true } })).toBe(false);
  expect(sharesUserNamespace({ ...facts, engine: { ...facts.engine, rootless: true } })).toBe(true);
  expect(networksApart(facts)).toBeNull();
  expect(networksApart({ engine: { ...facts.engine, networksDetached: true } })).toContain("--detach-netns");
});
