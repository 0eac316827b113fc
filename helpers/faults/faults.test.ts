import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exclusion, labEngines } from "../lab/engine-versions.ts";
import { understandSelection } from "../run/arguments.ts";
import { FAULTS } from "./catalogue/index.ts";
import { faultsDocument } from "./document.ts";
import { type Fault, LAYERS } from "./fault.ts";

/** Ids of the faults that something is wrong with. */
const wrong = (is: (fault: Fault) => boolean) => FAULTS.filter(is).map(({ id }) => id);

test("no id stands for two faults, and each is words with hyphens", () => {
  const seen = new Set<string>();
  expect(wrong(({ id }) => seen.size === seen.add(id).size)).toEqual([]);
  expect(wrong(({ id }) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id))).toEqual([]);
});

test("faults of one layer stand together, in the order of the layers", () => {
  const order = FAULTS.map(({ layer }) => LAYERS.indexOf(layer));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("each says what is broken and how one comes by it", () => {
  expect(wrong(({ breaks, comesBy }) => breaks.trim() === "" || comesBy.trim() === "" || breaks.endsWith("."))).toEqual(
    [],
  );
});

test("each expects requirements that there are, none twice, and runs beside them what there is", () => {
  const isId = (word: string) => {
    const { ids } = understandSelection([word]);
    return ids?.length === 1 && ids[0] === word;
  };
  expect(
    FAULTS.flatMap(({ id, caughtBy }) => caughtBy.filter((one) => !isId(one)).map((one) => `${id}: ${one}`)),
  ).toEqual([]);
  expect(wrong(({ caughtBy }) => new Set(caughtBy).size < caughtBy.length)).toEqual([]);
  for (const { beside = [] } of FAULTS) expect(() => understandSelection(beside)).not.toThrow();
});

test("a cause is the broken thing: no symptom and no empty text has it, and it remembers no position", () => {
  const symptoms = [
    "",
    " ",
    "it timed out",
    "timed out",
    "the connection was refused",
    "it failed",
    "expected",
    "error",
  ];
  expect(wrong(({ cause }) => symptoms.some((text) => cause.test(text)))).toEqual([]);
  expect(wrong(({ cause }) => /[gy]/.test(cause.flags))).toEqual([]);
});

test("what is struck on the host can be mended there", () => {
  const onHost = ({ strike, undo, undoOnSecondHost = [] }: Fault) =>
    strike.when === "before the topology" || (strike.when === "before the engine" && (strike.shell ?? []).length > 0)
      ? undo.length + undoOnSecondHost.length === 0
      : false;
  expect(wrong(onHost)).toEqual([]);
});

test("every line of shell is one line", () => {
  const lines = FAULTS.flatMap(({ id, strike, undo }) =>
    [...undo, ...("shell" in strike ? (strike.shell ?? []) : [])].map((line) => [id, line] as const),
  );
  expect(lines.filter(([, line]) => line.trim() === "" || /[\n\r\0]/.test(line))).toEqual([]);
});

test("every fault can be done on an engine that the lab can run", () => {
  const engines = labEngines("20.10,26.1,28.5,29.7");
  expect(wrong((fault) => engines.every((engine) => exclusion(engine, fault) !== null))).toEqual([]);
});

test("docs/faults.md is what the data say (npm run documents)", () => {
  const written = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
  expect(written).toBe(faultsDocument());
});
