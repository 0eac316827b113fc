import { expect, test } from "vitest";
import type { CatalogueEntry } from "../model/results.ts";
import { suitesMark } from "./suites-mark.ts";

const entry = (id: string, file: string) => ({ id, file }) as CatalogueEntry;
const catalogue = [
  entry("NAT-01", "suites/nat/nat.test.ts"),
  entry("NAT-02", "suites/nat/standing.quiet.test.ts"),
  entry("DNS-01", "suites/dns/embedded-resolver.test.ts"),
];

test("the mark is that of the suites' folders, whatever requirement of them is named", () => {
  const mark = suitesMark({ caughtBy: ["NAT-01"] }, catalogue);
  expect(mark).toMatch(/^[0-9a-f]{16}$/);
  expect(suitesMark({ caughtBy: ["NAT-02", "NAT-01"] }, catalogue)).toBe(mark);
  expect(suitesMark({ caughtBy: ["NAT-01", "DNS-01"] }, catalogue)).not.toBe(mark);
});
