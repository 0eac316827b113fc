import { expect, test } from "vitest";
import { audit } from "../audits/judge.ts";
import { subjectOf } from "../audits/published.ts";
import type { Standing } from "../audits/standing.ts";
import { shop } from "../audits/testing/shop.ts";
import { PLACES } from "../reach/places.ts";
import type { ReachCell, ReachRow } from "../reach/try-reach.ts";
import { workloadsReport } from "./workloads.ts";
import { workloadsMarkdown } from "./workloads-markdown.ts";
import { workloadsText } from "./workloads-text.ts";

/** What is reported when the shop's first port was tried from each place. */
function reported(
  observed: readonly Standing[],
  breaks: (snapshot: ReturnType<typeof shop>) => void = () => undefined,
) {
  const snapshot = shop();
  breaks(snapshot);
  const [web] = snapshot.containers;
  const [port] = web?.ports ?? [];
  if (web === undefined || port === undefined) throw new Error("web publishes");
  const cells = PLACES.map((place, at): ReachCell => {
    const seen = observed[at] ?? "connects";
    return {
      place,
      target: "192.0.2.10:18080",
      expected: "connects",
      by: "DNAT",
      observed: seen,
      agrees: seen === "unknown" ? null : seen === "connects",
      callerOn: at < 2 ? null : at === 2 ? "bridge" : "shop",
    };
  });
  const row: ReachRow = {
    container: "web",
    port: "18080/tcp",
    subject: subjectOf(web, port),
    networks: ["bridge"],
    cells,
  };
  return workloadsReport({ judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot }, new Date(), null, {
    callers: [],
    failed: [],
    rows: [row, { ...row, port: "18081/tcp" }],
  });
}

const text = (report: ReturnType<typeof reported>): string => workloadsText(report, { width: 80, colour: false });

test("a healthy grid: expected above observed, ports that fare alike once, no line too long", () => {
  const printed = text(reported([]));
  expect(printed).toContain(`✓ web 18080/tcp 18081/tcp
  expected  connects  connects     connects      connects
  observed  connects  connects     connects      connects`);
  expect(Math.max(...printed.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("what differs leads to the card that the audits found", () => {
  const report = reported(["connects", "blocked"], ({ host }) => {
    for (const link of host.links) if (link.name === "veth100") link.master = null;
  });
  expect(report.cards).toHaveLength(1);
  expect(report.reach?.rows[0]?.causes).toEqual([report.cards[0]?.key]);
  expect(text(report)).toContain("  observed  connects  blocked ");
  expect(text(report)).toContain("cause 1");
  expect(workloadsMarkdown(report)).toContain("| observed | connects | blocked | connects | connects | cause 1 |");
});

test("what differs without a card says so, and what follows a packet", () => {
  const report = reported(["connects", "blocked"]);
  expect(report.exitCode).toBe(1);
  expect(text(report)).toContain("no cause was found; to follow it: npm run trace -- host 192.0.2.10:18080");
  expect(text(reported(["connects", "connects", "blocked"]))).toContain("no cause was found\n");
});

test("what nobody can tell is neither right nor wrong, and the whole is partial", () => {
  const report = reported(["connects", "unknown"]);
  expect(report.exitCode).toBe(2);
  expect(report.summary).toContain("2 connections were not made, and what the rules say of them can't be followed");
  expect(text(report)).toContain("~ web 18080/tcp");
  expect(workloadsMarkdown(report)).toContain("| \\~ | web 18080/tcp");
});
