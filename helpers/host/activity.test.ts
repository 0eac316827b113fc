import { describe, expect, test } from "vitest";
import type { OwnEnd } from "../engine/own-removals.ts";
import { LABEL } from "../engine/run-identity.ts";
import type { EngineEvent } from "../model/engine-answers.ts";
import { ActivityLedger } from "./activity.ts";

const RUN = "r1234567";
const START = Date.parse("2026-11-27T12:00:00Z");
const at = (ms: number): Date => new Date(START + ms);

function container(Action: string, id: string, attributes: Record<string, string> = { [LABEL.run]: RUN }): EngineEvent {
  return { Type: "container", Action, Actor: { ID: id, Attributes: { name: `dnc-${RUN}-${id}`, ...attributes } } };
}

function network(Action: string, id: string): EngineEvent {
  return { Type: "network", Action, Actor: { ID: id, Attributes: { name: `dnc-${RUN}-${id}` } } };
}

/** What a ledger says after these events, each with its moment in ms. */
function told(events: readonly (readonly [ms: number, event: EngineEvent])[], asked: readonly OwnEnd[] = []) {
  const ledger = new ActivityLedger(RUN);
  for (const [ms, event] of events) ledger.take(event, at(ms));
  return { ledger, ...ledger.activity(asked) };
}

const A = "aaaaaaaaaaaa0000";
const N = "nnnnnnnnnnnn0000";

describe("what ends an object of the run", () => {
  const removal = [
    [10, container("kill", A)],
    [20, container("die", A)],
    [30, container("destroy", A)],
  ] as const;

  test("the run itself, by id, short id or name", () => {
    for (const id of [A, A.slice(0, 12), `dnc-${RUN}-${A}`])
      expect(told(removal, [{ id, how: "removed", at: START + 5 }])).toMatchObject({
        foreign: false,
        disturbances: [],
      });
  });

  test("not the run, where it asked only later, or only stopped what stays", () => {
    expect(told(removal, [{ id: A, how: "removed", at: START + 5000 }]).disturbances).toHaveLength(1);
    expect(told(removal, [{ id: A, how: "stopped", at: START + 5 }]).disturbances).toHaveLength(1);
  });

  test("somebody else, with when and what", () => {
    const { foreign, disturbances } = told([
      [0, container("kill", A)],
      [10, container("die", A)],
      [20, container("destroy", A)],
      [30, network("destroy", N)],
    ]);
    expect(foreign).toBe(true);
    const common = { kind: "removed by others", pruned: false };
    expect(disturbances).toEqual([
      { ...common, at: at(20).toISOString(), what: "container", id: A, name: `dnc-${RUN}-${A}` },
      { ...common, at: at(30).toISOString(), what: "network", id: N, name: `dnc-${RUN}-${N}` },
    ]);
  });

  test("itself, where it leaves by itself and nobody else ended it", () => {
    const label = { [LABEL.run]: RUN, [LABEL.leaves]: "true" };
    const leaving = (...actions: string[]) =>
      actions.map((action, index) => [index * 5000, container(action, A, label)] as const);
    expect(told(leaving("die", "destroy")).disturbances).toEqual([]);
    expect(told(leaving("destroy")).disturbances).toMatchObject([{ id: A }]);
    expect(told(leaving("kill", "die", "destroy"), [{ id: A, how: "stopped", at: START }]).disturbances).toEqual([]);
    expect(told(leaving("kill", "die", "destroy")).disturbances).toMatchObject([{ id: A, pruned: false }]);
  });

  test("a prune, which the engine tells of afterwards", () => {
    const prune: EngineEvent = { Type: "network", Action: "prune", Actor: { ID: "", Attributes: {} } };
    const { disturbances } = told([
      [0, network("destroy", N)],
      [0, container("destroy", A)],
      [50, prune],
    ]);
    expect(disturbances).toMatchObject([
      { id: N, pruned: true },
      { id: A, pruned: false },
    ]);
  });

  test("what others own is theirs", () => {
    const { foreign, disturbances } = told([[0, container("destroy", A, { [LABEL.run]: "r7654321" })]]);
    expect({ foreign, disturbances }).toEqual({ foreign: true, disturbances: [] });
  });
});

test("what ends with the engine was removed by nobody", () => {
  const { ledger } = told([
    [1000, container("kill", A)],
    [1100, container("die", A)],
    [1200, container("destroy", A)],
  ]);
  ledger.gone(at(9000));
  expect(ledger.activity([]).disturbances).toEqual([
    { kind: "engine went away", at: at(1200).toISOString(), back: null },
  ]);
});

test("an engine that goes away and comes back", () => {
  const { ledger } = told([]);
  ledger.gone(at(0));
  expect(ledger.activity([]).disturbances).toEqual([{ kind: "engine went away", at: at(0).toISOString(), back: null }]);
  ledger.back(at(4000));
  expect(ledger.activity([])).toMatchObject({
    foreign: true,
    disturbances: [{ kind: "engine went away", back: at(4000).toISOString() }],
  });
  // Whoever sees it later again saw nothing new.
  ledger.back(at(9000));
  expect(ledger.activity([])).toMatchObject({ disturbances: [{ back: at(4000).toISOString() }] });
});
