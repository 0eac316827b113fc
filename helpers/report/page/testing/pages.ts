import { audit } from "../../../audits/judge.ts";
import { shop } from "../../../audits/testing/shop.ts";
import { change, danger } from "../../../configuration/finding.ts";
import { renderFaultsPage } from "../../../faults/faults-page.ts";
import type { Proof, ProofVerdict } from "../../../faults/proof.ts";
import { FleetReport } from "../../../fleet/fleet.ts";
import { renderFleetPage } from "../../../fleet/fleet-page.ts";
import { judgeRehearsal } from "../../../rehearsal/rehearsal.ts";
import { renderRehearsalPage } from "../../../rehearsal/rehearsal-page.ts";
import { compactOf } from "../../compact.ts";
import { brokenRun, conformantRun, HOSTILE, hostileRun } from "../../sample-results.ts";
import { workloadsReport } from "../../workloads.ts";
import { renderMatrixPage } from "../matrix-page.ts";
import { renderWorkloadsPage } from "../workloads-page.ts";

/** The workloads of the shop, one container of it cut off, its names made of a text. */
function workloads(name: string): string {
  const snapshot = shop();
  const [web] = snapshot.containers;
  if (web !== undefined) web.name = name;
  for (const link of snapshot.host?.links ?? []) if (link.name === "veth200") link.master = null;
  return renderWorkloadsPage(
    workloadsReport({ judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot }, new Date(0), null),
  );
}

/** Three hosts, one of them hostile, and one without results. Told apart by their engines, as a fleet's hosts are. */
function fleet(): string {
  const report = new FleetReport();
  for (const [hostname, results] of [
    ["web-1", brokenRun],
    [HOSTILE, hostileRun],
    ["web-2", conformantRun],
  ] as const)
    if (results.engine !== null)
      report.add(compactOf({ ...results, engine: { ...results.engine, hostname, id: hostname } }), null);
  report.addMissing(HOSTILE, HOSTILE);
  return renderFleetPage(report.finish(), new Map([[HOSTILE, "there"]]));
}

/** A proof in which each verdict of a fault comes in turn. */
export function proofsOf(faults: number, requirements: readonly string[], text: string): Proof[] {
  const verdicts: readonly ProofVerdict[] = ["caught", "silent", "errored", "not judged", "left out"];
  return Array.from({ length: faults }, (_, index): Proof => {
    const verdict = verdicts[index % verdicts.length] ?? "caught";
    const outcome = verdict === "left out" ? "not judged" : verdict;
    const id = requirements[index % requirements.length] ?? "";
    const red = { id, verdict: "fail", reason: text, likelyCause: text } as const;
    return {
      schemaVersion: 2,
      suites: "a",
      engine: "28.5",
      fault: `nat-fault-${index}`,
      layer: "nat",
      content: "0",
      startedAt: "2026-01-01T00:00:00.000Z",
      seconds: 21,
      verdict,
      trouble: verdict === "not judged" ? text : "",
      strikes: 1,
      expected: [{ ...red, outcome, causeNamed: false }],
      collateral: [red],
      judged: requirements,
      control: { trouble: "", passed: 3, falseAlarms: index % 7 === 0 ? [red] : [] },
      remedied: null,
    };
  });
}

const rehearsal = judgeRehearsal({
  startedAt: "2026-11-24T14:00:00.000Z",
  candidate: HOSTILE,
  host: { hostname: HOSTILE, engine: "28.5.2", file: "/etc/docker/daemon.json" },
  rehearsedOn: { engine: "28.5.2", sameVersion: true },
  problems: [],
  keys: [{ key: "bip", before: HOSTILE, after: '"10.200.0.1/24"', covered: false }],
  otherKeys: [],
  steps: [{ name: "start", state: "failed", text: HOSTILE }],
  findings: [change(["bip"], HOSTILE), danger(["bip"], HOSTILE)],
  accepted: [],
  suites: null,
  notRehearsed: [HOSTILE],
  troubles: [],
});

const ids = conformantRun.requirements.map(({ id }) => id);

/** Pages that are of no single run, made of hostile texts where hosts have a say. */
export const OTHER_PAGES: Readonly<Record<string, string>> = {
  workloads: workloads(HOSTILE),
  matrix: renderMatrixPage(
    "engine",
    [
      { name: "20.10", folder: "20.10", results: brokenRun },
      { name: "28.5", folder: "28.5", results: hostileRun },
      { name: "this host", folder: "this-host", results: conformantRun },
    ],
    [`26.1: ${HOSTILE}`],
  ),
  configs: renderMatrixPage(
    "configuration",
    [
      { name: "28.5 bip", folder: "28.5-bip", results: brokenRun },
      { name: "28.5 icc-off", folder: "28.5-icc-off", results: hostileRun },
    ],
    [`28.5 dns: ${HOSTILE}`],
  ),
  faults: renderFaultsPage(proofsOf(12, ids, HOSTILE), [], conformantRun.requirements),
  rehearsal: renderRehearsalPage(rehearsal),
  fleet: fleet(),
};
