import { expect, test } from "vitest";
import { sectionsOf } from "./sections.ts";

test("a part is what stands below its name, however little", () => {
  const section = sectionsOf("== routes\ndefault via 10.0.0.1\n== links\n== rules\n0: from all\nx == y\n");
  expect(section("routes")).toBe("default via 10.0.0.1\n");
  expect(section("links")).toBe("");
  expect(section("rules")).toBe("0: from all\nx == y\n");
});

test("what was not printed is empty, and so is what was cut behind its name", () => {
  expect(sectionsOf("")("routes")).toBe("");
  expect(sectionsOf("== links\nlo\n== routes\n")("routes")).toBe("");
  expect(sectionsOf("== links\nlo\n")("routes")).toBe("");
});
