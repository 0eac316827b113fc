import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { comparedRun } from "./compared-run.ts";
import { compareRuns } from "./diff.ts";
import { renderDiff } from "./diff-markdown.ts";
import { formatDiff } from "./diff-text.ts";
import { withHistory } from "./history/fold.ts";
import { renderPage } from "./page/page.ts";
import { readPage } from "./page/testing/parsed.ts";
import { parseResults } from "./read-results.ts";

// A run of Engine 28.5.2 on a host whose nat table was flushed, as it was written before results held the host's state,
// its containers and its history; six requirements of it, their outputs cut.
const TEXT = readFileSync(new URL("testing/results-schema-1.json", import.meta.url), "utf8");

const results = await parseResults(TEXT);

function old() {
  return typeof results === "string" ? expect.fail(results) : results;
}

test("results that were written before are shown", () => {
  const { elements, errors } = readPage(renderPage(old(), null));
  expect(errors).toEqual([]);
  const titles = elements.filter(({ tag }) => tag === "h2").map(({ text }) => text);
  expect(titles).toContain("What failed");
  expect(titles).not.toContain("History");
  expect(titles).not.toContain("What runs here");
});

test("and compared, with themselves and with what is written now", () => {
  const before = comparedRun(old());
  const diff = compareRuns(before, before);
  expect(diff).toMatchObject({ changes: [], host: [], configuration: [] });
  expect(formatDiff(diff)).toContain("Nothing changed.");
  const hostState = {
    links: [],
    addresses: [],
    routes: [],
    "firewall rules": ["iptables -t nat -N DOCKER"],
    sysctls: [],
  };
  const now = withHistory({ ...old(), hostState, runId: "now", startedAt: "2026-12-01T00:00:00Z" }, []);
  const since = compareRuns(before, comparedRun(now));
  expect(since.host).toEqual([]);
  expect(renderDiff(since)).toContain("None.");
});
