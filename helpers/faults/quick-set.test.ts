import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { labEngines } from "../lab/engine-versions.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { catalogue } from "../run/catalogue-index.ts";
import { QUICK_FILE, quickShare, readQuickSet, renderQuickSet } from "../run/quick-index.ts";
import { FAULTS } from "./catalogue/index.ts";
import type { Fault } from "./fault.ts";
import { type Candidate, quickSet, SHARE } from "./quick-set.ts";

const ENGINES = labEngines("28.5");

function candidate(id: string, containers: number, file = "suites/a/a.test.ts"): Candidate {
  return { id, file, needs: [], ...(containers === 0 ? {} : { topologies: { [id]: { containers, fromPools: 0 } } }) };
}

function fault(id: string, ...caughtBy: [string, ...string[]]): Fault {
  return {
    id,
    layer: "nat",
    breaks: "",
    comesBy: "",
    strike: { when: "before the topology", shell: [] },
    undo: [],
    caughtBy,
    cause: /./,
  };
}

const idsOf = (faults: readonly Fault[], all: readonly Candidate[]) => quickSet(faults, all, ENGINES).ids;

describe("the quick set", () => {
  test("takes what catches most for what it starts", () => {
    const all = [candidate("A-1", 9), candidate("A-2", 1), candidate("A-3", 1)];
    expect(idsOf([fault("x", "A-1", "A-2"), fault("y", "A-1", "A-3")], all)).toEqual(["A-2", "A-3"]);
  });

  test("leaves out what others that came later make superfluous", () => {
    const all = [candidate("A-1", 0), candidate("A-2", 6), candidate("A-3", 6)];
    const faults = [fault("w", "A-1", "A-2"), fault("x", "A-1", "A-3"), fault("y", "A-2"), fault("z", "A-3")];
    expect(idsOf(faults, all)).toEqual(["A-2", "A-3"]);
  });

  test("counts neither what a lab alone shows nor what befalls one container", () => {
    const all = [candidate("A-1", 1), { ...candidate("A-2", 1), needs: ["lab"] }];
    const single: Fault = { ...fault("y", "A-1"), strike: { when: "a container is up", shell: [] } };
    const set = quickSet([fault("x", "A-2"), single], all, ENGINES);
    expect(set).toEqual({ ids: [], engines: { "28.5": { faults: 0, caught: 0 } } });
  });

  test("always judges what runs on the host already", () => {
    const living = candidate("LIVE-01", 0, "suites/workloads/workloads.quiet.test.ts");
    expect(idsOf([], [living])).toEqual(["LIVE-01"]);
  });
});

describe("the one that is written down", () => {
  test("is what faults and suites say now: npm run documents", () => {
    expect(readFileSync(join(PROJECT_ROOT, QUICK_FILE), "utf8")).toBe(renderQuickSet(quickSet(FAULTS, catalogue())));
  });

  test.each(Object.entries(readQuickSet().engines))(
    "sees enough of the faults of %s",
    (version, { faults, caught }) => {
      expect(caught / faults).toBeGreaterThanOrEqual(SHARE);
      expect(quickShare(`${version}.2`)).toEqual({ faults, caught });
    },
  );
});
