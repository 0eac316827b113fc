import { existsSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import type { Card } from "../../model/cause.ts";
import * as sample from "../sample-results.ts";
import { annotationLine, annotationsOf, MOST_ANNOTATIONS, summaryWithin } from "./actions.ts";
import { renderCtrf } from "./ctrf.ts";
import { renderMetrics } from "./metrics.ts";
import { statusData, statusOf, statusText } from "./status-line.ts";
import { parseExposition } from "./testing/exposition.ts";

const { conformantRun, partialRun, brokenRun, skippedRun, emptyRun, interruptedRun, hostileRun } = sample;
/** Of Debian's package `prometheus`: the format's own linter. */
const PROMTOOL = process.env.PROMTOOL ?? "/usr/bin/promtool";
const RUNS = Object.entries(sample.SAMPLE_RUNS);

describe("CTRF", () => {
  // https://github.com/ctrf-io/ctrf/blob/84ddec5/schema/ctrf.schema.json, of 26 July 2026, MIT licence.
  const schema = JSON.parse(readFileSync(new URL("testing/ctrf.schema.json", import.meta.url), "utf8"));
  const validate = new Ajv({
    allErrors: true,
    strict: false,
    formats: { uuid: true, "date-time": true, uri: true },
  }).compile(schema);

  test.each(RUNS)("%s is valid by the published schema", (_name, results) => {
    validate(JSON.parse(renderCtrf(results)));
    expect(validate.errors).toBeNull();
  });

  test("the schema refuses what is none", () => {
    const report = JSON.parse(renderCtrf(brokenRun));
    report.results.tests[0].status = "error";
    expect(validate(report)).toBe(false);
  });

  test.each(RUNS)("%s: it is green only where the run is", (_name, results) => {
    const { summary, tests } = JSON.parse(renderCtrf(results)).results;
    expect(summary.failed > 0).toBe(results.exitCode !== 0);
    expect(summary.passed + summary.failed + summary.skipped).toBe(tests.length);
  });
});

describe("metrics", () => {
  test.each(RUNS)("%s is text that Prometheus reads", (_name, results) => {
    const samples = parseExposition(renderMetrics(results));
    const value = (name: string, labels: Record<string, string> = {}) =>
      samples.find((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.value;
    expect(value("dnc_run_verdict", { verdict: results.verdict })).toBe(1);
    expect(value("dnc_run_timestamp_seconds")).toBe(Date.parse(results.startedAt) / 1000);
    const failed = samples.filter((one) => one.name === "dnc_requirement_failed" && one.value === 1);
    expect(failed.map(({ labels }) => labels.id)).toEqual(
      results.requirements.filter(({ verdict }) => verdict === "fail").map(({ id }) => id),
    );
  });

  test.skipIf(!existsSync(PROMTOOL))("promtool has nothing against them", async () => {
    const check = async (input: string) =>
      await execa(PROMTOOL, ["check", "metrics"], { input, reject: false, all: true });
    for (const [name, results] of RUNS)
      expect(await check(renderMetrics(results)), name).toMatchObject({ exitCode: 0, all: "" });
    expect((await check("# TYPE dnc_bad_total gauge\ndnc_bad_total 1\n")).exitCode).not.toBe(0);
  });

  test("what was not judged is neither failed nor passed", () => {
    const judged = parseExposition(renderMetrics(skippedRun)).filter(({ name }) => name.startsWith("dnc_requirement_"));
    const ids = skippedRun.requirements
      .filter(({ verdict }) => ["pass", "fail", "error"].includes(verdict))
      .map(({ id }) => id);
    expect(judged.map(({ labels }) => labels.id).toSorted()).toEqual(ids.toSorted());
  });

  test("a host's name ends no label", () => {
    const engine = { ...(brokenRun.engine ?? expect.fail()), hostname: 'a"} 1\ndnc_run_causes 9\\' };
    const named = parseExposition(renderMetrics({ ...brokenRun, engine })).filter(
      ({ name }) => name === "dnc_engine_info",
    );
    expect(named.map(({ labels }) => labels.hostname)).toEqual(['a"} 1\ndnc_run_causes 9\\']);
  });
});

describe("annotations", () => {
  const [card] = brokenRun.cards;
  const cardsOf = (count: number): Card[] =>
    Array.from({ length: count }, (_, index) => ({
      ...(card ?? expect.fail()),
      key: `cause ${index}`,
      what: `Cause ${index}.`,
    }));

  test("one for each cause, and one for what none explains", () => {
    const lines = annotationsOf([{ name: "", results: brokenRun }]).map(annotationLine);
    expect(lines.every((line) => /^::(error|warning) title=[^:,\n]+::[^\n]+$/.test(line))).toBe(true);
    expect(lines[0]).toContain("::error title=");
    expect(lines[0]).toContain("systemctl restart docker");
    expect(lines).toContainEqual(expect.stringMatching(/title=No cause found for \d+ failures?::/));
  });

  test("ten are the limit, and the last says what is left out", () => {
    const annotations = annotationsOf([{ name: "", results: { ...brokenRun, cards: cardsOf(14) } }]);
    expect(annotations).toHaveLength(MOST_ANNOTATIONS);
    expect(annotations.at(-1)?.title).toMatch(/^and \d+ more things$/);
    expect(annotations.at(-1)?.message).toContain("Cause 13.");
  });

  test("a cause that several engines have is told once", () => {
    const both = annotationsOf(["20.10", "28.5"].map((name) => ({ name, results: brokenRun })));
    expect(both.filter(({ title }) => title.includes(card?.what ?? ""))).toEqual([
      expect.objectContaining({ title: `20.10, 28.5: ${card?.what}` }),
    ]);
  });

  test("nothing of a host begins another command", () => {
    for (const line of annotationsOf([{ name: "", results: hostileRun }]).map(annotationLine))
      expect(line.split(/[\r\n]/)).toHaveLength(1);
    const message = "first\n::set-env name=PATH::/tmp\r::error::x 100%";
    expect(annotationLine({ level: "error", title: "a: b, c::d", message })).toBe(
      "::error title=a%3A b%2C c%3A%3Ad::first%0A::set-env name=PATH::/tmp%0A::error::x 100%25",
    );
  });

  test("what has no results is told beside the runs, all of it within what is shown", () => {
    const trouble = { title: "28.5 bip: no results", message: "dockerd did not start" };
    expect(annotationsOf([{ name: "28.5 mtu", results: conformantRun }], [trouble])).toEqual([
      { level: "error", ...trouble },
    ]);
    expect(
      annotationsOf(
        [],
        Array.from({ length: 30 }, () => trouble),
      ),
    ).toHaveLength(MOST_ANNOTATIONS);
  });

  test("a green run has none, a partial one warns", () => {
    expect(annotationsOf([{ name: "", results: conformantRun }])).toEqual([]);
    expect(annotationsOf([{ name: "", results: partialRun }])).toEqual([expect.objectContaining({ level: "warning" })]);
  });

  test("a summary stays below what GitHub takes", () => {
    const long = "ä line\n".repeat(200_000);
    const cutShort = summaryWithin(long, 1000);
    expect(Buffer.byteLength(cutShort) + 1000).toBeLessThanOrEqual(1024 * 1024);
    expect(cutShort.endsWith("it is in the reports.\n")).toBe(true);
    expect(summaryWithin("short\n", 1000)).toBe("short\n");
    expect(summaryWithin("short\n", 1024 * 1024)).toBe("");
  });
});

describe("the line of a monitoring plugin", () => {
  const HOUR = 3_600_000;
  const at = (startedAt: string, later: number) => new Date(Date.parse(startedAt) + later);
  // Monitoring Plugins' development guidelines, 2.6: 'label'=value[UOM];[warn];[crit];[min];[max]
  const PERFORMANCE = /^[^\s'=|]+=-?\d+(\.\d+)?(us|ms|s|%|B|KB|MB|GB|TB|c)?(;[^;\s|]*){0,4}$/;

  test.each(RUNS)("%s: one line, its data by the guidelines", (_name, results) => {
    const text = statusText(statusOf(results, at(results.startedAt, HOUR), 2 * HOUR));
    const [first = "", ...more] = text.trimEnd().split("\n");
    const [said = "", data = "", ...others] = first.split("|");
    expect(said).toMatch(/^DOCKER NETWORK (OK|WARNING|CRITICAL|UNKNOWN) - \S/);
    expect(others).toEqual([]);
    for (const item of data.trim().split(" ")) expect(item).toMatch(PERFORMANCE);
    expect(more.join("")).not.toContain("|");
  });

  test.each([
    ["conformant", conformantRun, "OK"],
    ["partial", partialRun, "OK"],
    ["not conformant", brokenRun, "CRITICAL"],
    ["not judged", interruptedRun, "UNKNOWN"],
    ["empty", emptyRun, "UNKNOWN"],
  ] as const)("%s", (_name, results, state) => {
    expect(statusOf(results, at(results.startedAt, HOUR), 2 * HOUR).state).toBe(state);
  });

  test("a run of a selection says nothing of the rest, unless a part is enough", () => {
    const part = { ...conformantRun, selection: ["NONE-01"] };
    const now = at(part.startedAt, HOUR);
    expect(statusText(statusOf(part, now, 2 * HOUR))).toMatch(/^DOCKER NETWORK WARNING - only NONE-01 was judged: /);
    expect(statusOf(part, now, 2 * HOUR, true).state).toBe("OK");
    expect(statusOf({ ...brokenRun, selection: ["PORT"] }, now, 2 * HOUR).state).toBe("CRITICAL");
  });
  test("tells no guess as a cause", () => {
    const cards = brokenRun.cards.map((card) => ({ ...card, certainty: "guessed" as const }));
    const status = statusOf({ ...brokenRun, cards }, at(brokenRun.startedAt, HOUR), 2 * HOUR);
    expect(status.says).toContain(` A guess: ${cards[0]?.what}`);
    expect(statusText(status).split("\n")[1]).toMatch(/^A guess: /);
  });

  test("a run that is too old says nothing, however green", () => {
    const status = statusOf(conformantRun, at(conformantRun.startedAt, 3 * HOUR), 2 * HOUR);
    expect(status.state).toBe("UNKNOWN");
    expect(statusData(status)).toMatchObject({ exitCode: 3, ageSeconds: 3 * 3600, verdict: "conformant" });
    expect(statusOf({ ...conformantRun, startedAt: "never" }, new Date(), HOUR).state).toBe("UNKNOWN");
  });
});
