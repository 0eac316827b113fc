import { expect, test, vi } from "vitest";
import { chapter } from "./chapter.ts";
import { theEngine } from "./given.ts";
import { requirement } from "./requirement.ts";
import { engine } from "./sources.ts";

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

test("sources that a chapter cites are those of its requirements", () => {
  const from = [engine("moby#48808")];
  const check = (): void => undefined;
  chapter({ given: theEngine, from })("NAT-03", { must: "It MUST." }, check);
  expect(vi.mocked(requirement).mock.lastCall?.[1]).toEqual({ must: "It MUST.", from });
});
