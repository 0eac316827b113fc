import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { Disturbance } from "../model/disturbance.ts";
import type { History, HistoryRun } from "../model/history.ts";
import type { HostState } from "../model/host-state.ts";
import type { ContainerRow, LivingMap, NetworkRow } from "../model/living-map.ts";
import type { Note } from "../model/note.ts";
import type {
  Counts,
  EngineFactsReport,
  ImageReport,
  ReportedProbe,
  RequirementResult,
  Residue,
  Results,
  RunVerdict,
  Verdict,
} from "../model/results.ts";
import type { RunDiff } from "../model/run-diff.ts";
import type { Site, SiteContainer, SiteNetwork } from "../model/site.ts";
import type { Difference, Source, SourceKind } from "../model/source.ts";
import type { Subject } from "../model/subject.ts";
import type { Hop, Leg, Walk } from "../model/walk.ts";
import { withHistory } from "./history/fold.ts";
import { type RunRecord, recordOf } from "./history/record.ts";
import * as sample from "./sample-results.ts";

const schema = JSON.parse(readFileSync(new URL("../../docs/results.schema.json", import.meta.url), "utf8"));
// These two checks object to conditions on properties whose type the surrounding schema declares.
const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false }).compile(
  schema,
);

function historyRecord(results: Results): RunRecord {
  return recordOf({ ...results, runId: "earlier", startedAt: "2026-11-20T23:40:00Z" }) ?? expect.fail("kept nothing");
}

/** As `results.json` holds it. */
function written(results: unknown): unknown {
  return JSON.parse(JSON.stringify(results));
}

describe("what a run writes is valid", () => {
  const { conformantRun, brokenRun, SAMPLE_RUNS } = sample;
  test.each(
    Object.entries({
      ...SAMPLE_RUNS,
      withItsHistory: withHistory(brokenRun, [historyRecord(conformantRun)]),
    }),
  )("%s", (_name, results) => {
    validate(written(results));
    expect(validate.errors).toBeNull();
  });
});

describe("what no run may write is refused", () => {
  const good = sample.conformantRun;
  const first = good.requirements[0];
  test.each<[string, unknown]>([
    ["a missing key", { ...good, residue: undefined }],
    ["an unknown key", { ...good, verdicts: [] }],
    ["another schema version", { ...good, schemaVersion: 2 }],
    ["an unknown verdict", { ...good, requirements: [{ ...first, verdict: "skipped" }] }],
    ["a failure without a reason", { ...good, requirements: [{ ...first, verdict: "fail", reason: "" }] }],
    ["a pass with a reason", { ...good, requirements: [{ ...first, reason: "almost" }] }],
    ["conformant with exit code 1", { ...good, exitCode: 1 }],
    ["conformant with a failure", { ...good, counts: { ...good.counts, fail: 1 } }],
    ["conformant with something not run", { ...good, counts: { ...good.counts, "not run": 1 } }],
    ["conformant and interrupted", { ...good, disturbances: [{ kind: "interrupted", by: "SIGINT" }] }],
    ["partial with everything run", { ...sample.partialRun, counts: good.counts }],
    ["partial with exit code 1", { ...sample.partialRun, exitCode: 1 }],
    ["a disturbance of an unknown kind", { ...sample.interruptedRun, disturbances: [{ kind: "weather" }] }],
    ["conformant without a pass", { ...good, counts: { ...good.counts, pass: 0 } }],
    ["conformant with residue", { ...good, residue: { state: "left", items: ["link veth0"] } }],
    ["conformant with a run error", { ...good, errors: ["the engine was lost"] }],
    ["conformant without requirements", { ...good, requirements: [] }],
    ["a local time", { ...good, startedAt: "2026-11-21 23:40" }],
    ["a probe without a role", { ...good, requirements: [{ ...first, probes: [{ command: "ip a" }] }] }],
    ["something else", []],
  ])("%s", (_name, results) => {
    expect(validate(written(results))).toBe(false);
  });
});

/** Which keys a type has and which of them may be absent: the compiler refuses a key too many, too few or wrong. */
type Keys<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? "optional" : "required" };
type Members<T extends string> = { readonly [K in T]: true };
const must = "required";

describe("the schema has the keys of the type", () => {
  const results: Keys<Results> = {
    schemaVersion: must,
    suiteVersion: must,
    runId: must,
    startedAt: must,
    durationMs: must,
    verdict: must,
    summary: must,
    exitCode: must,
    counts: must,
    selection: must,
    quick: "optional",
    engine: must,
    configuration: must,
    facts: "optional",
    hostState: "optional",
    history: "optional",
    living: "optional",
    sites: "optional",
    configurationFile: "optional",
    configurationKeys: "optional",
    images: must,
    cards: must,
    findings: must,
    notes: must,
    onlyInLab: must,
    disturbances: must,
    residue: must,
    errors: must,
    requirements: must,
  };
  const requirement: Keys<RequirementResult> = {
    id: must,
    must: must,
    sources: must,
    differs: "optional",
    suite: must,
    file: must,
    tags: must,
    appliesTo: must,
    needs: must,
    verdict: must,
    reason: must,
    expected: "optional",
    observed: "optional",
    likelyCause: "optional",
    about: "optional",
    explanation: "optional",
    table: "optional",
    consulted: "optional",
    disturbed: "optional",
    reproduction: "optional",
    walk: "optional",
    durationMs: must,
    probes: must,
  };
  const walk: Keys<Walk> = {
    from: must,
    to: must,
    protocol: must,
    port: must,
    size: must,
    outcome: must,
    arrived: must,
    burst: must,
    there: must,
    back: must,
    relay: must,
    followed: must,
    translations: must,
    unread: must,
  };
  const leg: Keys<Leg> = { hops: must, end: must };
  const hop: Keys<Hop> = { device: must, where: must, direction: must, length: must, ms: must };
  const history: Keys<History> = {
    runs: must,
    verdicts: must,
    flaky: must,
    keysSince: "optional",
    baseline: must,
    sinceBaseline: must,
  };
  const historyRun: Keys<HistoryRun> = {
    startedAt: must,
    runId: must,
    verdict: must,
    whole: must,
    failed: must,
    causes: must,
  };
  const runDiff: Keys<RunDiff> = {
    before: must,
    after: must,
    remarks: must,
    sameEngine: must,
    configuration: must,
    host: must,
    versions: must,
    changes: must,
    added: must,
    removed: must,
  };
  const living: Keys<LivingMap> = { uplinks: must, nameServers: "optional", networks: must, stopped: must };
  const network: Keys<NetworkRow> = {
    name: must,
    driver: must,
    device: must,
    subnets: must,
    state: must,
    internal: must,
    containers: must,
  };
  const container: Keys<ContainerRow> = {
    name: must,
    project: must,
    status: must,
    addresses: must,
    ports: must,
    nameServers: "optional",
    state: must,
  };
  const site: Keys<Site> = { file: must, networks: must, containers: must };
  const siteNetwork: Keys<SiteNetwork> = { name: must, driver: must, device: must, subnets: must, internal: must };
  const siteContainer: Keys<SiteContainer> = { name: must, mode: must, networks: must, ports: must, nameServers: must };
  const hostState: Keys<HostState> = {
    links: must,
    addresses: must,
    routes: must,
    "firewall rules": must,
    sysctls: must,
  };
  const engine: Keys<EngineFactsReport> = {
    id: must,
    version: must,
    apiVersion: must,
    endpoint: must,
    os: must,
    kernel: must,
    architecture: must,
    firewallBackend: must,
    rootless: must,
    hostname: must,
    cpus: must,
    memoryBytes: must,
  };
  const probe: Keys<ReportedProbe> = {
    role: must,
    vantage: must,
    place: "optional",
    question: "optional",
    outcome: "optional",
    expected: "optional",
    command: must,
    exitCode: must,
    timedOut: must,
    stdout: must,
    stderr: must,
    ms: must,
  };
  const counts: Keys<Counts> = {
    pass: must,
    fail: must,
    error: must,
    "not applicable": must,
    "not run": must,
    waived: must,
  };
  const image: Keys<ImageReport> = { role: must, reference: must, id: must, origin: must };
  const residue: Keys<Residue> = { state: must, items: must };
  const note: Keys<Note> = { key: must, what: must, todo: must, subjects: must };
  const source: Keys<Source> = {
    kind: must,
    document: must,
    section: must,
    words: "optional",
    link: "optional",
  };

  const difference: Keys<Difference> = { source: must, instead: must, seenOn: must };

  const { $defs } = schema;
  test.each([
    ["Results", results, schema],
    ["RequirementResult", requirement, $defs.requirement],
    ["Walk", walk, $defs.walk],
    ["Leg", leg, $defs.leg],
    ["Hop", hop, $defs.leg.properties.hops.items],
    ["History", history, $defs.history],
    ["HistoryRun", historyRun, $defs.historyRun],
    ["RunDiff", runDiff, $defs.runDiff],
    ["LivingMap", living, $defs.living],
    ["NetworkRow", network, $defs.living.properties.networks.items],
    ["ContainerRow", container, $defs.livingContainer],
    ["Site", site, $defs.site],
    ["SiteNetwork", siteNetwork, $defs.site.properties.networks.items],
    ["SiteContainer", siteContainer, $defs.site.properties.containers.items],
    ["HostState", hostState, $defs.hostState],
    ["EngineFactsReport", engine, $defs.engine],
    ["ReportedProbe", probe, $defs.probe],
    ["Counts", counts, $defs.counts],
    ["ImageReport", image, $defs.image],
    ["Residue", residue, $defs.residue],
    ["Note", note, $defs.note],
    ["Source", source, $defs.source],
    ["Difference", difference, $defs.difference],
  ])("%s", (_name, keys, part) => {
    const required = Object.entries(keys).filter(([, presence]) => presence === must);
    expect(Object.keys(part.properties).sort()).toEqual(Object.keys(keys).sort());
    expect([...part.required].sort()).toEqual(required.map(([key]) => key).sort());
  });
});

describe("the schema has the values of the type", () => {
  const verdicts: Members<Verdict> = {
    pass: true,
    fail: true,
    error: true,
    "not applicable": true,
    "not run": true,
    waived: true,
  };
  const runVerdicts: Members<RunVerdict> = {
    conformant: true,
    partial: true,
    "not conformant": true,
    "not judged": true,
  };
  const states: Members<Residue["state"]> = { clean: true, left: true, unknown: true };
  const sourceKinds: Members<SourceKind> = {
    documentation: true,
    "API description": true,
    Engine: true,
    standard: true,
    tutorial: true,
    observed: true,
  };
  const subjects: Members<Subject["kind"]> = {
    host: true,
    container: true,
    network: true,
    endpoint: true,
    "published port": true,
  };
  const disturbances: Members<Disturbance["kind"]> = {
    interrupted: true,
    "engine went away": true,
    "removed by others": true,
  };
  const roles: Members<ReportedProbe["role"]> = { probe: true, control: true };
  const origins: Members<ImageReport["origin"]> = { present: true, pulled: true, assembled: true, unknown: true };
  const imageRoles: Members<ImageReport["role"]> = { busybox: true, nginx: true };

  const { $defs, properties } = schema;
  test.each([
    ["Verdict", verdicts, $defs.requirement.properties.verdict],
    ["RunVerdict", runVerdicts, properties.verdict],
    ["Residue.state", states, $defs.residue.properties.state],
    ["Source.kind", sourceKinds, $defs.source.properties.kind],
    ["Subject.kind", subjects, $defs.subject.properties.kind],
    ["Disturbance.kind", disturbances, $defs.disturbance.properties.kind],
    ["ReportedProbe.role", roles, $defs.probe.properties.role],
    ["ImageReport.origin", origins, $defs.image.properties.origin],
    ["ImageReport.role", imageRoles, $defs.image.properties.role],
  ])("%s", (_name, members, part) => {
    expect([...part.enum].sort()).toEqual(Object.keys(members).sort());
  });
});
