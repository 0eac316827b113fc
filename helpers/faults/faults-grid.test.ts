import { expect, test } from "vitest";
import { proofsOf } from "../report/page/testing/pages.ts";
import { readPage } from "../report/page/testing/parsed.ts";
import { faultFragment, faultsGrid } from "./faults-grid.ts";

const IDS = ["NAT-01", "NAT-02", "PORT-01", "PORT-02"];
const [proof] = proofsOf(1, ["NAT-01"], "");
if (proof === undefined) throw new Error("there is one");
const red = { verdict: "fail", reason: "", likelyCause: "" } as const;
const outcome = (id: string, of: "caught" | "silent" | "not judged") => ({
  ...{ id, ...red, outcome: of, causeNamed: false },
});

/** Strokes by the kind that they are of. */
function strokes(...parts: Parameters<typeof faultsGrid>) {
  const { elements } = readPage(faultsGrid(...parts).text);
  return elements.flatMap(({ tag, attributes: { class: kind = "", d = "" } }) =>
    tag === "path" && d !== "M0 7h14" ? [[kind, d] as const] : [],
  );
}

test("a column for what is red or expected, neighbours of one kind as one stroke", () => {
  const expected = [outcome("NAT-01", "caught"), outcome("NAT-02", "caught"), outcome("PORT-02", "silent")];
  expect(strokes([{ ...proof, expected, collateral: [], judged: IDS }], IDS)).toEqual([
    ["caught", expect.stringMatching(/^M130 \d+h31$/)],
    ["missed", expect.stringMatching(/^M162 \d+h15$/)],
  ]);
});

test("what was red beside stands beside, what only ran has no column of its own", () => {
  const one = { ...proof, expected: [outcome("NAT-01", "caught")], collateral: [{ id: "PORT-01", ...red }] };
  const other = { ...one, fault: "other", collateral: [], judged: IDS };
  const found = strokes([one, other], IDS).map(([kind]) => kind);
  expect(found).toEqual(["beside", "caught", "judged", "caught"]);
});

test("an expected requirement that was not judged is neither, and a fault that is left out has no row", () => {
  const unjudged = { ...proof, expected: [outcome("NAT-01", "not judged")], collateral: [], judged: [] };
  expect(faultsGrid([unjudged], IDS).text).toBe("");
  expect(faultsGrid([{ ...proof, verdict: "left out" }], IDS).text).toBe("");
});

test("a row leads to its fault", () => {
  const { elements } = readPage(faultsGrid([proof], IDS).text);
  expect(elements.flatMap(({ attributes }) => attributes.href ?? [])).toEqual([`#${faultFragment(proof)}`]);
});
