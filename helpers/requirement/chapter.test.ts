import { expect, test, vi } from "vitest";
import { chapter } from "./chapter.ts";
import { theEngine } from "./given.ts";
import { requirement } from "./requirement.ts";

vi.mock(import("./requirement.ts"), () => ({ requirement: vi.fn() }));

test("what a chapter says holds for each of its requirements, and what one says itself stands in its place", () => {
  const onTheEngine = chapter({ given: theEngine, needs: ["host view"], tags: ["slow"] });
  const check = (): void => undefined;
  onTheEngine("NAT-01", { must: "It MUST.", from: [] }, check);
  onTheEngine("NAT-02", { must: "It MUST too.", from: [], needs: ["ipv6"] }, check);
  expect(vi.mocked(requirement).mock.calls).toEqual([
    ["NAT-01", { must: "It MUST.", from: [], needs: ["host view"], tags: ["slow"] }, theEngine, check],
    ["NAT-02", { must: "It MUST too.", from: [], needs: ["ipv6"], tags: ["slow"] }, theEngine, check],
  ]);
});
