import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../engine/errors.ts";
import type { Results } from "../model/results.ts";
import { compactOf, renderCompact } from "../report/compact.ts";
import { brokenRun, conformantRun, emptyRun, partialRun } from "../report/sample-results.ts";
import { FleetReport } from "./fleet.ts";
import { fleetMarkdown } from "./fleet-markdown.ts";
import { fleetText } from "./fleet-text.ts";
import { gather } from "./gather.ts";
import { eachOnce, readList } from "./sources.ts";

/** The results of a run as those of another host. */
function on(
  hostname: string,
  results: Results,
  kernel = "6.1.0",
  configuration: Results["configuration"] = {},
): Results {
  const engine = { ...(brokenRun.engine ?? expect.fail()), hostname, id: `ID-${hostname}`, kernel };
  return { ...results, engine, configuration };
}

function fleetOf(...runs: readonly Results[]) {
  const report = new FleetReport();
  for (const run of runs) report.add(compactOf(run), null);
  return report.finish();
}

describe("the report of a fleet", () => {
  test("the worst verdict is the fleet's: what was seen stands beside what was not judged", () => {
    const green = on("a", conformantRun);
    expect(fleetOf(green, on("b", partialRun))).toMatchObject({ verdict: "partial", exitCode: 0 });
    expect(fleetOf(green, on("b", emptyRun))).toMatchObject({ verdict: "not judged", exitCode: 2 });
    expect(fleetOf(green, on("b", emptyRun), on("c", brokenRun))).toMatchObject({
      verdict: "not conformant",
      exitCode: 1,
      summary: "3 hosts: 1 not conformant, 1 not judged, 1 conformant.",
    });
    expect(fleetOf()).toMatchObject({ verdict: "not judged", exitCode: 2 });
  });

  test("a cause is told once with all hosts that have it", () => {
    const { causes, hosts } = fleetOf(on("a", brokenRun), on("b", conformantRun), on("c", brokenRun));
    expect(causes.map(({ card }) => card.key)).toEqual(brokenRun.cards.map(({ key }) => key));
    for (const cause of causes) expect(cause.hosts).toEqual(["a", "c"]);
    expect(hosts.map(({ name }) => name)).toEqual(["a", "c", "b"]);
  });

  test("the one that differs from most hosts like it comes first", () => {
    const alike = ["b", "c", "d"].map((name) => on(name, conformantRun));
    const { hosts } = fleetOf(on("a", emptyRun), ...alike, on("z", brokenRun));
    expect(hosts[0]).toMatchObject({ name: "z", differsFrom: 3 });
    expect(hosts.slice(1).map(({ differsFrom }) => differsFrom)).toEqual([0, 0, 0, 0]);
  });

  test("where most are broken the green one differs; of two, or of unlike ones, nobody does", () => {
    const broken = ["b", "c", "d"].map((name) => on(name, brokenRun));
    expect(fleetOf(...broken, on("z", conformantRun)).hosts.at(-1)).toMatchObject({ name: "z", differsFrom: 3 });
    const none = [
      fleetOf(on("a", brokenRun), on("b", conformantRun)),
      fleetOf(on("a", conformantRun), on("b", conformantRun), on("c", brokenRun, "6.6.0")),
    ];
    for (const { hosts } of none) expect(hosts.every(({ differsFrom }) => differsFrom === 0)).toBe(true);
  });

  test("hosts of one version, kernel and configuration are one group, whatever the order of the keys", () => {
    const { groups } = fleetOf(
      on("a", conformantRun, "6.1.0", { icc: false, mtu: 1400 }),
      on("b", conformantRun, "6.1.0", { mtu: 1400, icc: false }),
      on("c", conformantRun, "6.6.0", { mtu: 1400 }),
    );
    expect(groups.map(({ hosts, differs }) => ({ hosts, differs }))).toEqual([
      { hosts: ["c"], differs: ["kernel 6.6.0 instead of 6.1.0", "icc not set instead of false"] },
      { hosts: ["a", "b"], differs: [] },
    ]);
  });

  test("of two results of one host the newer ones hold, in any order", () => {
    const before = { ...on("a", brokenRun), startedAt: "2026-11-20T00:00:00Z" };
    const after = { ...on("a", conformantRun), startedAt: "2026-11-21T00:00:00Z" };
    for (const { hosts, exitCode } of [fleetOf(before, after), fleetOf(after, before)])
      expect({ count: hosts.length, exitCode }).toEqual({ count: 1, exitCode: 0 });
  });

  test("two hosts of one name are told apart", () => {
    const twin = on("a", conformantRun);
    const other = { ...twin, engine: { ...(twin.engine ?? expect.fail()), id: "OTHER" } };
    expect(fleetOf(twin, other).hosts.map(({ name }) => name)).toEqual(["a (ID-a)", "a (OTHER)"]);
  });

  test("text and Markdown name the hosts, the cause and what to type", () => {
    const fleet = fleetOf(on("web-7", brokenRun), ...["a", "b", "c"].map((name) => on(name, conformantRun)));
    const [card] = brokenRun.cards;
    for (const text of [fleetText(fleet, { width: 100, colour: false }), fleetMarkdown(fleet)]) {
      expect(text).toContain("web-7");
      expect(text).toContain("unlike 3 hosts");
      expect(text).toContain(card?.remedies[0]?.commands[0]);
      expect(text).toContain("4 hosts: 1 not conformant, 3 conformant.");
    }
  });
});

describe("a list of hosts", () => {
  test("contexts, addresses and files of results; comments and empty lines mean nothing", () => {
    const env = { DOCKER_HOST: "tcp://other:2375", DOCKER_CONTEXT: "other", HOME: "/root" };
    const sources = readList("\uFEFF# ours\r\nprod\r\n\r\n ssh://ops@web-7  # the old one\nresults/web-8.json\n", env);
    expect(sources).toEqual([
      { kind: "engine", name: "prod", env: { DOCKER_CONTEXT: "prod", HOME: "/root" } },
      { kind: "engine", name: "ssh://ops@web-7", env: { DOCKER_HOST: "ssh://ops@web-7", HOME: "/root" } },
      { kind: "file", path: "results/web-8.json" },
    ]);
  });

  test("a password in an address is not shown", () => {
    expect(readList("tcp://ops:s3cret@web-7:2375", {})[0]).toMatchObject({ name: "tcp://…@web-7:2375" });
  });

  test("an engine that is named twice is judged once", async () => {
    expect(
      await eachOnce(readList("tcp://web-7:2375\ntcp://web-7\nnowhere\nnowhere\na.json\na.json", {})),
    ).toHaveLength(3);
  });
});

describe("gathering", () => {
  test("no host stops the others, and what has no results is told as not judged", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-"));
    try {
      const file = (name: string) => join(folder, name);
      await writeFile(file("whole.json"), JSON.stringify(on("whole", conformantRun)));
      await writeFile(file("compact.json"), renderCompact(on("compact", brokenRun)));
      await writeFile(file("refusal.json"), "Error: No such image: x\n");
      await writeFile(file("empty.json"), "");
      await writeFile(file("other.json"), "{}");
      await writeFile(file("lines.jsonl"), `${renderCompact(on("l1", conformantRun))}\nnonsense\n`);
      const names = [
        "whole.json",
        "compact.json",
        "refusal.json",
        "empty.json",
        "other.json",
        "lines.jsonl",
        "no.json",
      ];
      const told: string[] = [];
      const { report, folders } = await gather(
        [
          ...readList("tcp://web-1\ntcp://web-2"),
          ...names.map((name) => ({ kind: "file" as const, path: file(name) })),
        ],
        async ({ name }) => {
          if (name === "tcp://web-1")
            throw new UserError({ tried: "Judging", seen: "connection refused", todo: "Look." });
          return on("web-2", conformantRun);
        },
        { atOnce: 2, tell: (line) => told.push(line) },
      );
      const { hosts, exitCode } = report.finish();
      expect(exitCode).toBe(1);
      const verdicts = Object.fromEntries(hosts.map(({ name, verdict, summary }) => [name, [verdict, summary]]));
      expect(verdicts).toMatchObject({
        "tcp://web-1": ["not judged", "connection refused"],
        "tcp://web-2": ["conformant", expect.anything()],
        whole: ["conformant", expect.anything()],
        compact: ["not conformant", expect.anything()],
        l1: ["conformant", expect.anything()],
        "refusal.json": ["not judged", "it holds no results, but: Error: No such image: x"],
        "empty.json": ["not judged", "it is empty"],
        "other.json": ["not judged", expect.stringContaining("not the results of a run")],
        "lines.jsonl:3": ["not judged", "it holds no results, but: nonsense"],
        "no.json": ["not judged", "there is no such file"],
      });
      expect(told).toHaveLength(2);
      expect([...folders.values()]).toEqual(["web-1", "web-2"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
