import { afterEach, expect, test, vi } from "vitest";
import { isSelected, SELECTED_IDS_VARIABLE } from "../model/selection.ts";
import { demandOf, poolDemand } from "./pool-demand.ts";

afterEach(() => void vi.unstubAllEnvs());

const SUITE = `
const two = topology("two", {
  networks: { one: bridge({ subnet: "automatic" }), other: bridge({ subnet: "automatic" }), own: bridge() },
});

const own = topology("own", { networks: { own: bridge() } });

const later = stage(
  two,
  async () => look(),
);

async function look() {
  return "two own AB-02";
}

requirement(
  "AB-01",
  { must: "x" },
  later,
  () => undefined,
);

requirement("AB-02", { must: "x" }, own, () => undefined);

for (const id of ["AB-03", "AB-04"])
  requirement(id, { must: "x" }, two, () => undefined);
`;

test("a topology counts once, through every stage of it, and only for what is selected", () => {
  const demand = (...ids: string[]) => demandOf(SUITE, (id) => ids.includes(id));
  expect(demand("AB-01", "AB-02", "AB-03")).toBe(2);
  expect(demand("AB-01")).toBe(2);
  expect(demand("AB-04")).toBe(2);
  expect(demand("AB-02")).toBe(0);
  expect(demand()).toBe(0);
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
