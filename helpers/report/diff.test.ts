import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OWN_FILTER } from "../model/host-listeners.ts";
import type { RequirementResult, Results, Verdict } from "../model/results.ts";
import { comparedRun } from "./compared-run.ts";
import * as diffs from "./diff.ts";
import { renderDiff } from "./diff-markdown.ts";
import { diffLine, formatDiff } from "./diff-text.ts";
import {
  brokenRun,
  conformantRun,
  emptyRun,
  HOSTILE,
  hostileRun,
  nameNotFound,
  residueRun,
  sampleRun,
  skippedRun,
} from "./sample-results.ts";

const compareRuns = (before: Results, after: Results) => diffs.compareRuns(comparedRun(before), comparedRun(after));
const changesSince = (before: Results | null, after: Results) =>
  diffs.changesSince(before === null ? null : comparedRun(before), comparedRun(after));

const run = (verdicts: Readonly<Record<string, Verdict>>, parts: Parameters<typeof sampleRun>[1] = {}) =>
  sampleRun(
    Object.entries(verdicts).map(
      ([id, verdict]): RequirementResult => ({ ...nameNotFound, id, verdict, reason: verdict === "pass" ? "" : "so" }),
    ),
    parts,
  );

const engineOf = (results: Results, version: string) => {
  if (results.engine === null) throw new Error("a sample without engine");
  return { ...results.engine, version };
};

const failed = (result: RequirementResult): RequirementResult => ({ ...result, verdict: "fail", reason: HOSTILE });

const PLAIN = { kind: "container", name: "dnc-7f3a-plain" } as const;
const resolvConf = (text: string, id = "HOSTCFG-17"): RequirementResult => ({
  ...nameNotFound,
  id,
  suite: "host-configuration",
  verdict: "pass",
  reason: "",
  probes: [
    {
      role: "probe",
      vantage: "container dnc-7f3a-plain",
      place: PLAIN,
      question: { kind: "read", from: PLAIN, what: "resolv.conf", of: "/etc/resolv.conf" },
      command: "cat /etc/resolv.conf",
      exitCode: 0,
      timedOut: false,
      stdout: text,
      stderr: "",
      ms: 1,
    },
  ],
});

describe("verdicts", () => {
  test("what changed, came and went, unexplained ones first", () => {
    const before = run({ "UDN-07": "pass", "PORT-03": "fail", "NONE-01": "pass", "OLD-01": "pass" });
    const after = run({ "UDN-07": "fail", "PORT-03": "pass", "NONE-01": "pass", "NEW-01": "pass" });
    const diff = compareRuns(before, after);
    expect(diff).toMatchObject({ added: ["NEW-01"], removed: ["OLD-01"], configuration: [], sameEngine: true });
    expect(diff.changes).toMatchObject([
      { what: "UDN-07", before: "pass", after: "fail", worse: true, explanation: { by: "nothing" } },
      { what: "PORT-03", before: "fail", after: "pass", worse: false },
    ]);
    expect(diffLine(diff)).toBe(
      "since the last run (2026-11-21 23:40 UTC): UDN-07 now fails (unexplained); PORT-03 recovered (unexplained); 1 new; 1 gone",
    );
  });

  test("a changed key that can influence the suite explains; it got worse all the same", () => {
    const one = { ...nameNotFound, suite: "default-bridge", id: "BRIDGE-01" };
    const diff = compareRuns(
      sampleRun([{ ...one, verdict: "pass", reason: "" }], { configuration: {} }),
      sampleRun([one], { configuration: { bip: "10.200.0.1/24" } }),
    );
    expect(diff.configuration).toEqual([{ what: "bip", before: "not set", after: '"10.200.0.1/24"' }]);
    expect(diff.changes).toMatchObject([{ worse: true, explanation: { by: "key", names: ["bip"] } }]);
  });

  test("a key that influences another suite explains nothing", () => {
    const diff = compareRuns(
      sampleRun([{ ...nameNotFound, suite: "none", verdict: "pass", reason: "" }], { configuration: {} }),
      sampleRun([{ ...nameNotFound, suite: "none" }], { configuration: { bip: "10.200.0.1/24" } }),
    );
    expect(diff.changes).toMatchObject([{ worse: true, explanation: { by: "nothing" } }]);
  });

  test("an upgrade explains what went by its switch of behaviour, and nothing else", () => {
    const consulted = { keys: [], switches: ["allow-direct-routing"], facts: [] };
    const older = sampleRun([
      { ...nameNotFound, id: "NAT-50", verdict: "not applicable", reason: "so", consulted },
      { ...nameNotFound, id: "UDN-07", verdict: "pass", reason: "" },
    ]);
    const newer = sampleRun(
      [
        { ...nameNotFound, id: "NAT-50", verdict: "pass", reason: "" },
        { ...nameNotFound, id: "UDN-07" },
      ],
      { engine: engineOf(older, "28.5.2") },
    );
    const diff = compareRuns(older, newer);
    expect(diff.versions).toContainEqual({ what: "Engine", before: "20.10.24+dfsg1", after: "28.5.2" });
    expect(diff.changes).toMatchObject([
      { what: "UDN-07", worse: true, explanation: { by: "nothing" } },
      { what: "NAT-50", worse: false, explanation: { by: "version", names: ["allow-direct-routing"] } },
    ]);
  });

  test("another packet filter of the host explains what went by it, be it no longer judged or red, and nothing else", () => {
    const filter = OWN_FILTER;
    const names = (id: string, verdict: "fail" | "not applicable") => ({
      ...nameNotFound,
      id,
      verdict,
      consulted: { keys: [], switches: [], facts: [filter] },
    });
    const passed = ["NAT-35", "UDN-07", "UDN-37"].map((id) => ({
      ...nameNotFound,
      id,
      verdict: "pass" as const,
      reason: "",
    }));
    const diff = compareRuns(
      sampleRun(passed, { facts: { [filter]: "open" } }),
      sampleRun([names("NAT-35", "not applicable"), { ...nameNotFound, id: "UDN-07" }, names("UDN-37", "fail")], {
        facts: { [filter]: "shut" },
      }),
    );
    const host = { by: "host", names: [filter] };
    expect(
      Object.fromEntries(diff.changes.map(({ what, worse, explanation }) => [what, { worse, explanation }])),
    ).toMatchObject({
      "NAT-35": { worse: false, explanation: host },
      "UDN-07": { worse: true, explanation: { by: "nothing", names: [] } },
      "UDN-37": { worse: true, explanation: host },
    });
  });

  test("no longer judged is worse only where nothing explains it", () => {
    const before = run({ "UDN-04": "pass" }, { configuration: {} });
    const unexplained = run({ "UDN-04": "not run" }, { configuration: {} });
    expect(compareRuns(before, unexplained).changes).toMatchObject([{ worse: true }]);
    const [result] = unexplained.requirements;
    const because = sampleRun(
      result === undefined
        ? []
        : [{ ...result, reason: "so", consulted: { keys: ["bridge"], switches: [], facts: [] } }],
      {
        configuration: { bridge: "none" },
      },
    );
    expect(compareRuns(before, because).changes).toMatchObject([{ worse: false, explanation: { names: ["bridge"] } }]);
  });

  test("what a selection leaves out is no change", () => {
    const full = run({ "UDN-07": "pass", "PORT-03": "pass" });
    const part = compareRuns(full, run({ "UDN-07": "fail", "PORT-03": "not run" }, { selection: ["UDN-07"] }));
    expect(part).toMatchObject({ changes: [{ what: "UDN-07" }], added: [], removed: [] });
    expect(part.remarks.join()).toContain("only what both runs judged");
  });
});

describe("facts and observed values", () => {
  const facts = { "default bridge subnet": "172.17.0.0/16", "host FORWARD policy": "DROP", "host routes": "none" };

  test("a fact is explained by the key that moves it, else by nothing", () => {
    const diff = compareRuns(
      sampleRun([], { configuration: {}, facts }),
      sampleRun([], {
        configuration: { bip: "10.200.0.1/24" },
        facts: { ...facts, "default bridge subnet": "10.200.0.0/24", "host FORWARD policy": "ACCEPT" },
      }),
    );
    expect(diff.changes).toMatchObject([
      { what: "host FORWARD policy", before: "DROP", after: "ACCEPT", explanation: { by: "nothing" } },
      { what: "default bridge subnet", explanation: { by: "key", names: ["bip"] } },
    ]);
    expect(diffLine(diff)).toContain("unexplained: host FORWARD policy DROP → ACCEPT; 1 fact followed");
  });

  test("what follows from one key is one paragraph of it", () => {
    const moved = { "default bridge subnet": "10.200.0.0/24", "default bridge gateway": "10.200.0.1" };
    const text = formatDiff(
      compareRuns(
        sampleRun([], { configuration: {}, facts: { ...facts, "default bridge gateway": "172.17.0.1" } }),
        sampleRun([], { configuration: { bip: "10.200.0.1/24" }, facts: { ...facts, ...moved } }),
      ),
    );
    expect(text.match(/by bip in daemon\.json/g)).toHaveLength(1);
    expect(text).toContain("default bridge gateway: 172.17.0.1 → 10.200.0.1");
    expect(text).toContain("Unexplained: no change");
  });

  test("other nameservers under the same verdict are a change, gathered over requirements", () => {
    const seen = (text: string, configuration: Record<string, unknown>) =>
      sampleRun([resolvConf(text), resolvConf(text, "HOSTCFG-21")], { configuration, facts });
    const diff = compareRuns(
      seen("nameserver 192.0.2.53\n", {}),
      seen("nameserver 198.51.100.53\n", { dns: ["198.51.100.53"] }),
    );
    expect(diff.changes).toEqual([
      {
        kind: "observed",
        what: "nameservers in containers",
        ids: ["HOSTCFG-17", "HOSTCFG-21"],
        before: "192.0.2.53",
        after: "198.51.100.53",
        worse: false,
        reason: "",
        explanation: { by: "key", names: ["dns"] },
      },
    ]);
  });

  test("nameservers that follow the host's are explained by the host, whose own change is not", () => {
    const seen = (server: string) =>
      sampleRun([resolvConf(`nameserver ${server}\n`)], { facts: { ...facts, "host nameservers": server } });
    expect(compareRuns(seen("192.0.2.53"), seen("198.51.100.53")).changes).toMatchObject([
      { what: "host nameservers", explanation: { by: "nothing" } },
      { what: "nameservers in containers", explanation: { by: "host", names: ["host nameservers"] } },
    ]);
  });

  test("a restart that took an edited file over explains by its keys", () => {
    const edited = (inForce: string, subnet: string) =>
      sampleRun([], {
        configuration: { bip: "10.200.0.1/24" },
        facts: { ...facts, "daemon.json taken over": inForce, "default bridge subnet": subnet },
      });
    const diff = compareRuns(
      edited("no, it was changed after dockerd's start", "172.17.0.0/16"),
      edited("yes", "10.200.0.0/24"),
    );
    expect(diff.configuration).toMatchObject([{ what: "daemon.json taken over", after: "yes" }]);
    expect(diff.changes).toMatchObject([{ what: "default bridge subnet", explanation: { by: "key", names: ["bip"] } }]);
  });

  test("requirements on the file itself are explained by any key of it", () => {
    const conf = { ...nameNotFound, suite: "configuration", id: "CONF-01" };
    const diff = compareRuns(
      sampleRun([{ ...conf, verdict: "not applicable", reason: "there is no file" }], { configuration: {} }),
      sampleRun([{ ...conf, verdict: "pass", reason: "" }], { configuration: { dns: ["192.0.2.53"] } }),
    );
    expect(diff.changes).toMatchObject([{ explanation: { by: "key", names: ["dns"] } }]);
  });

  test("a run without facts is compared without them, and that is said", () => {
    const diff = compareRuns(sampleRun([]), sampleRun([], { facts }));
    expect(diff.changes).toEqual([]);
    expect(diff.remarks.join()).toContain("recorded no facts");
  });
});

describe("the engines", () => {
  const other = { ...conformantRun, engine: conformantRun.engine && { ...conformantRun.engine, id: "other" } };

  test("another engine is said and compared all the same", () => {
    const diff = compareRuns(other, sampleRun(conformantRun.requirements.map(failed)));
    expect(diff.sameEngine).toBe(false);
    expect(diff.remarks[0]).toContain("different engines");
    expect(diff.changes.length).toBeGreaterThan(0);
  });

  test("at the end of a run another engine, an unknown one or none is nothing to compare with", () => {
    expect(changesSince(other, conformantRun)).toBeNull();
    expect(changesSince(emptyRun, conformantRun)).toBeNull();
    expect(changesSince(conformantRun, emptyRun)).toBeNull();
    expect(changesSince(null, conformantRun)).toBeNull();
    expect(changesSince(conformantRun, brokenRun)).not.toBeNull();
  });
});

const samples = [conformantRun, brokenRun, residueRun, skippedRun, hostileRun, emptyRun];

test("a run against itself shows no change", () => {
  for (const sample of samples) expect(compareRuns(sample, sample).changes).toEqual([]);
});

test("there and back names the same changes with the sides exchanged", () => {
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.constantFrom(...samples), (one, two) => {
      const sides = (results: ReturnType<typeof compareRuns>, turned: boolean) =>
        results.changes
          .map(({ what, before, after }) => (turned ? [what, after, before] : [what, before, after]).join("|"))
          .toSorted();
      expect(sides(compareRuns(one, two), false)).toEqual(sides(compareRuns(two, one), true));
    }),
  );
});

test("console and Markdown tame hostile text and stay short", () => {
  const diff = compareRuns(conformantRun, {
    ...hostileRun,
    requirements: conformantRun.requirements.map(failed),
  });
  for (const text of [formatDiff(diff), renderDiff(diff), diffLine(diff)]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    expect(text.length).toBeLessThan(20_000);
  }
  expect(formatDiff(diff)).toContain("Unexplained:");
});
