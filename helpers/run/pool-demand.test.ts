import { expect, test, vi } from "vitest";
import { isSelected, SELECTED_IDS_VARIABLE } from "../model/selection.ts";
import type { IndexedRequirement } from "./catalogue-index.ts";
import { poolDemand } from "./pool-demand.ts";

function entry(id: string, file: string, held?: Readonly<Record<string, number>>): IndexedRequirement {
  const base = {
    id,
    file,
    must: "It MUST",
    sources: [],
    suite: "some",
    tags: [],
    appliesTo: "every engine",
    needs: [],
  };
  const topologies = Object.entries(held ?? {}).map(([name, fromPools]) => [name, { containers: 1, fromPools }]);
  return held === undefined ? base : { ...base, topologies: Object.fromEntries(topologies) };
}

const ALL = [
  entry("AB-01", "suites/a/one.test.ts", { pair: 2 }),
  entry("AB-02", "suites/a/one.test.ts", { pair: 2 }),
  entry("AB-03", "suites/a/one.test.ts", { other: 1 }),
  entry("AB-04", "suites/a/two.test.ts", { pair: 1 }),
  entry("AB-05", "suites/a/two.test.ts"),
];

test.each([
  [["AB-01"], 2],
  [["AB-01", "AB-02"], 2],
  [["AB-01", "AB-03"], 3],
  // Two files may call their topologies alike.
  [["AB-01", "AB-04"], 3],
  [["AB-05"], 0],
  [[], 0],
  [["AB-01", "AB-02", "AB-03", "AB-04", "AB-05"], 4],
])("%j hold %i subnets at once: a topology is up once", (ids: readonly string[], subnets) => {
  expect(poolDemand((id) => ids.includes(id), ALL)).toBe(subnets);
});

test("the run's own selection is asked as it is", () => {
  vi.stubEnv(SELECTED_IDS_VARIABLE, "NONE-01");
  expect(poolDemand(isSelected)).toBe(0);
  vi.stubEnv(SELECTED_IDS_VARIABLE, "UDN-12");
  expect(poolDemand(isSelected)).toBe(1);
});

test("a whole run on one host asks for one subnet, and one that judges no pools for none", () => {
  expect(poolDemand(() => true)).toBe(1);
  expect(poolDemand((id) => id === "UDN-11")).toBe(1);
  expect(poolDemand((id) => id === "UDN-10")).toBe(0);
});
