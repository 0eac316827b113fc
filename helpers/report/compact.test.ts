import { describe, expect, test } from "vitest";
import type { Results } from "../model/results.ts";
import { compactOf, MAX_COMPACT, renderCompact } from "./compact.ts";
import * as sample from "./sample-results.ts";
import { compact } from "./schema/compact.ts";

const [card] = sample.brokenRun.cards;

/** A run in which everything that a host decides is long. */
function longRun(cards: number, characters: number): Results {
  const long = "ä".repeat(characters);
  const one = card ?? expect.fail();
  return {
    ...sample.brokenRun,
    cards: Array.from({ length: cards }, (_, index) => ({
      ...one,
      key: `cause ${index}`,
      what: long,
      evidence: Array.from({ length: 50 }, () => long),
      remedies: one.remedies.flatMap((remedy) => [remedy, { ...remedy, commands: [long] }]),
    })),
    facts: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`fact ${index}`, long])),
  };
}

describe("the compact form", () => {
  test.each(Object.entries(sample.SAMPLE_RUNS))("%s: one line that its schema takes", (_name, results) => {
    const line = renderCompact(results);
    expect(line.split("\n")).toHaveLength(2);
    expect(compact.parse(JSON.parse(line))).toEqual(JSON.parse(line));
    expect(JSON.parse(line)).toMatchObject({ verdict: results.verdict, exitCode: results.exitCode });
  });

  test("keeps verdict, facts and cards whole where they are short", () => {
    const { cards, facts, leftOut, engine } = compactOf(sample.brokenRun);
    expect({ cards, facts, engine }).toEqual({
      cards: sample.brokenRun.cards,
      facts: sample.brokenRun.facts,
      engine: sample.brokenRun.engine,
    });
    expect(leftOut).toEqual([]);
  });

  test("names the failures that no card explains", () => {
    expect(compactOf({ ...sample.brokenRun, cards: [] }).unexplained).not.toEqual([]);
  });

  test.each([
    [1, 100],
    [5, 700],
    [30, 700],
    [400, 50],
  ])("%d cards of %d characters fit, and what is left out is told", (cards, characters) => {
    const results = longRun(cards, characters);
    expect(Buffer.byteLength(renderCompact(results))).toBeLessThanOrEqual(MAX_COMPACT);
    const { leftOut, cards: kept } = compactOf(results);
    expect(leftOut.length > 0).toBe(JSON.stringify(kept) !== JSON.stringify(results.cards));
    expect(kept.length).toBeGreaterThan(0);
  });

  test("a configuration that fills it goes before the verdict does", () => {
    const configuration = { "insecure-registries": Array.from({ length: 2000 }, (_, index) => `registry-${index}`) };
    const { configuration: kept, verdict, leftOut } = compactOf({ ...sample.brokenRun, configuration });
    expect({ kept, verdict }).toEqual({ kept: null, verdict: "not conformant" });
    expect(leftOut).toContain("configuration and facts");
  });

  test("no command is cut", () => {
    const commands = longRun(3, 2000).cards.flatMap(({ remedies }) => remedies.flatMap((one) => one.commands));
    for (const { remedies } of compactOf(longRun(3, 2000)).cards)
      for (const remedy of remedies) expect(commands).toContain(remedy.commands[0]);
  });
});
