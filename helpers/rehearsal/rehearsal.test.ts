import { expect, test } from "vitest";
import { change, danger, idle, refused } from "../configuration/finding.ts";
import { HOSTILE } from "../report/sample-results.ts";
import { judgeRehearsal, type RehearsalParts, type RehearsedSuites } from "./rehearsal.ts";
import { renderRehearsal } from "./rehearsal-markdown.ts";
import { conclusion, formatRehearsal, formatStep } from "./rehearsal-text.ts";

const passed: RehearsedSuites = {
  selection: ["default-bridge"],
  verdict: "conformant",
  summary: "Conformant: 50 of 50 judged requirements passed.",
  counts: { pass: 50, fail: 0, error: 0, "not applicable": 0, "not run": 0, waived: 0 },
  failures: [],
};

const good: RehearsalParts = {
  startedAt: "2026-11-24T14:00:00.000Z",
  candidate: "daemon.json",
  host: { hostname: "web-7", engine: "28.5.2", file: "/etc/docker/daemon.json" },
  rehearsedOn: { engine: "28.5.2", sameVersion: true },
  problems: [],
  keys: [{ key: "bip", before: "not set", after: '"10.200.0.1/24"', covered: true }],
  otherKeys: [],
  steps: [
    { name: "file", state: "ok", text: "plain JSON" },
    { name: "start", state: "ok", text: "dockerd 28.5.2 starts with it" },
  ],
  findings: [change(["bip"], "the default bridge moves"), idle(["icc"], "icc true is what holds")],
  accepted: [],
  suites: passed,
  notRehearsed: ["the host's own firewall rules"],
  troubles: [],
};

test("safe only when it was read, started and measured without a complaint", () => {
  expect(judgeRehearsal(good)).toMatchObject({ verdict: "safe to apply", reasons: [], exitCode: 0 });
});

test.each<[string, Partial<RehearsalParts>, RegExp]>([
  ["a file with a mistake", { steps: [{ name: "file", state: "failed", text: "line 3" }] }, /line 3/],
  ["dockerd does not start", { steps: [{ name: "start", state: "failed", text: "dockerd ended" }] }, /dockerd ended/],
  ["a danger", { findings: [danger(["bip"], "overlaps a route")] }, /overlaps a route/],
  ["a refusal by the host", { findings: [refused(["mtu"], "stands twice")] }, /stands twice/],
  [
    "a failed requirement",
    {
      suites: {
        ...passed,
        verdict: "not conformant",
        failures: [{ id: "BRIDGE-01", must: "It MUST", verdict: "fail", reason: "it did not" }],
      },
    },
    /BRIDGE-01 fails/,
  ],
])("not safe: %s", (_what, parts, said) => {
  const { verdict, reasons, exitCode } = judgeRehearsal({ ...good, ...parts });
  expect([verdict, exitCode]).toEqual(["not safe to apply", 1]);
  expect(reasons.join("\n")).toMatch(said);
});

test.each<[string, Partial<RehearsalParts>]>([
  ["the lab did not come up", { troubles: ["no image"], suites: null, steps: good.steps.slice(0, 1) }],
  ["no engine ran", { steps: good.steps.slice(0, 1), keys: [] }],
  ["covered keys, and no suite ran", { suites: null }],
  ["the suites could not judge", { suites: { ...passed, verdict: "not judged" } }],
])("not rehearsed: %s", (_what, parts) => {
  expect(judgeRehearsal({ ...good, ...parts })).toMatchObject({ verdict: "not rehearsed", exitCode: 2 });
});

test("one trouble is one reason", () => {
  const steps = [{ name: "start" as const, state: "not done" as const, text: "no such engine" }];
  expect(judgeRehearsal({ ...good, steps, troubles: ["no such engine"] }).reasons).toEqual(["no such engine"]);
});

test("of many failed requirements the first are told and the others named", () => {
  const failures = Array.from({ length: 20 }, (_, index) => ({
    id: `UDN-${index + 10}`,
    must: "It MUST",
    verdict: "fail" as const,
    reason: "it did not",
  }));
  const { reasons } = judgeRehearsal({ ...good, suites: { ...passed, verdict: "not conformant", failures } });
  expect(reasons).toHaveLength(7);
  expect(reasons.at(-1)).toBe(
    "and 14 more fail: UDN-16, UDN-17, UDN-18, UDN-19, UDN-20, UDN-21, UDN-22, UDN-23 and 6 more",
  );
});

test("a complaint counts even where the rest could not be rehearsed", () => {
  const parts = { troubles: ["no image"], findings: [danger(["bip"], "overlaps a route")] };
  expect(judgeRehearsal({ ...good, ...parts }).exitCode).toBe(1);
});

test("an accepted danger is told and no reason; only when all of its keys are", () => {
  const findings = [danger(["iptables", "userland-proxy"], "nothing brings a packet")];
  expect(judgeRehearsal({ ...good, findings, accepted: ["iptables"] }).exitCode).toBe(1);
  const both = judgeRehearsal({ ...good, findings, accepted: ["iptables", "userland-proxy"] });
  expect(both.exitCode).toBe(0);
  expect(formatRehearsal(both)).toContain("nothing brings a packet");
});

test("a danger of the restart itself can't be accepted", () => {
  expect(judgeRehearsal({ ...good, findings: [danger([], "x")], accepted: ["bip"] }).exitCode).toBe(1);
});

test("another version is said in the verdict's own line", () => {
  const other = judgeRehearsal({ ...good, rehearsedOn: { engine: "28.5.2", sameVersion: false } });
  expect(conclusion(other)).toContain("where the two differ nothing is rehearsed");
});

test("reasons come before what would change, in console and Markdown", () => {
  const rehearsal = judgeRehearsal({ ...good, findings: [change([], "it moves"), danger(["bip"], "it collides")] });
  for (const text of [formatRehearsal(rehearsal), renderRehearsal(rehearsal)])
    expect(text.indexOf("it collides")).toBeLessThan(text.indexOf("it moves"));
});

test("hostile text is tamed", () => {
  const rehearsal = judgeRehearsal({
    ...good,
    candidate: HOSTILE,
    findings: [danger(["bip"], HOSTILE), change([], HOSTILE)],
    notRehearsed: [HOSTILE],
    keys: [{ key: "dns", before: HOSTILE, after: HOSTILE, covered: true }],
  });
  const step = formatStep({ name: "start", state: "failed", text: HOSTILE });
  for (const text of [formatRehearsal(rehearsal), renderRehearsal(rehearsal), step]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }
});
