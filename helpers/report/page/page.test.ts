import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Walk } from "../../model/walk.ts";
import { comparedRun } from "../compared-run.ts";
import { compareRuns } from "../diff.ts";
import { withHistory } from "../history/fold.ts";
import { recordOf } from "../history/record.ts";
import { parseResults } from "../read-results.ts";
import * as sample from "../sample-results.ts";
import { anchorOf } from "./html.ts";
import { renderPage } from "./page.ts";
import { readPage } from "./testing/parsed.ts";

const { brokenRun, conformantRun, hostileRun } = sample;

describe.each(Object.entries(sample.SAMPLE_RUNS))("%s", (_name, run) => {
  const { elements, errors } = readPage(renderPage(run, null));

  test("is a page that a parser has nothing against, with every id once and no link into the void", () => {
    expect(errors).toEqual([]);
    const ids = elements.flatMap(({ attributes }) => (attributes.id === undefined ? [] : [attributes.id]));
    expect(ids.filter((id, index) => ids.indexOf(id) < index)).toEqual([]);
    const links = elements.flatMap(({ tag, attributes }) => (tag === "a" ? [attributes.href ?? ""] : []));
    expect(
      links.filter((link) => !link.startsWith("https://") && !(link.startsWith("#") && ids.includes(link.slice(1)))),
    ).toEqual([]);
  });

  test("runs and fetches nothing but what it was made with", () => {
    const scripts = elements.filter(({ tag }) => tag === "script");
    expect(scripts.map(({ attributes }) => attributes.type)).toEqual(["application/octet-stream", undefined]);
    const policy = elements.find(({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy");
    const hash = createHash("sha256")
      .update(scripts[1]?.text ?? "")
      .digest("base64");
    expect(policy?.attributes.content).toContain(`default-src 'none'; script-src 'sha256-${hash}';`);
    const names = new Set(elements.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...names].filter((name) => /^(on.*|src|style|srcdoc|action)$/.test(name))).toEqual([]);
    expect(elements.filter(({ tag }) => /^(img|iframe|object|embed|link|base|pass)$/.test(tag))).toEqual([]);
  });

  test("shows every requirement once, failed ones whole", () => {
    for (const { id, verdict, must } of run.requirements) {
      const [found, ...more] = elements.filter(({ attributes }) => attributes.id === anchorOf(id));
      expect(more).toEqual([]);
      expect(found?.tag).toBe(verdict === "fail" || verdict === "error" ? "article" : "details");
      if (run !== hostileRun) expect(found?.text).toContain(must.replaceAll("`", ""));
    }
  });
});

test("a control character or a direction override of the host's reaches no page", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  expect(renderPage(hostileRun, null)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test("without its script a red run tells what broke, what mends it, and what was asked", () => {
  const { elements } = readPage(renderPage(brokenRun, null));
  const main = elements.find(({ tag }) => tag === "main")?.text ?? "";
  for (const words of [
    "a firewall was reloaded after dockerd started",
    "The host can't reach published ports (TCP).",
    "systemctl restart docker",
    "It stops all 3 running containers; their restart policies start them again.",
    "missing: iptables -t nat -A DOCKER",
    "npm test -- UDN-04",
    "$ nslookup web 127.0.0.11",
    "** server can't find web: NXDOMAIN",
  ])
    expect(main).toContain(words);
  // Of the two tables the lines that differ.
  expect(elements.filter(({ tag }) => tag === "mark").map(({ text }) => text)).toEqual([
    "client  yes       .       drop",
    "client  yes       .       yes",
  ]);
});

test("every transcript is packed, whole", () => {
  const { elements } = readPage(renderPage(brokenRun, null));
  const block = elements.find(({ attributes }) => attributes.id === "evidence")?.text ?? "";
  const evidence: unknown = JSON.parse(inflateRawSync(Buffer.from(block, "base64")).toString());
  expect(evidence).toMatchObject({
    [anchorOf("PORT-02")]: [
      { role: "control", command: "$ nc -w 1 172.17.0.3 80 </dev/null", ending: "exit 0 after 1 ms" },
      { role: "", vantage: "host", stderr: "nc: can't connect to remote host (192.0.2.10): Connection refused" },
    ],
  });
});

test("evidence beyond any measure stays out of the page", () => {
  const [first] = conformantRun.requirements;
  if (first === undefined) throw new Error("no requirement");
  // Nothing in it comes twice, so that nothing of it can be packed away.
  const noise = (of: number) =>
    Array.from({ length: 250 }, (_, index) => createHash("sha512").update(`${of} ${index}`).digest("hex")).join("");
  const plain = { role: "probe", vantage: "host", exitCode: 0, timedOut: false, stderr: "", ms: 1 } as const;
  const requirements = Array.from({ length: 100 }, (_, index) => ({
    ...first,
    id: `NOISE-${index}`,
    probes: [{ ...plain, command: "x", stdout: noise(index) }],
  }));
  const page = renderPage({ ...conformantRun, requirements }, null);
  expect(page.length).toBeLessThan(1_500_000);
  expect(page).toContain("1 question: in results.json.");
});

test("five hundred failures are told, and not all of what was asked for them", () => {
  const failed = brokenRun.requirements.find(({ id }) => id === "UDN-04");
  if (failed === undefined) throw new Error("no failure");
  const probes = failed.probes.map((probe) => ({ ...probe, stdout: `${probe.stdout}\n`.repeat(100) }));
  const hop = { device: "br-0123456789ab", where: { kind: "host" }, direction: "received", length: 0, ms: 0 } as const;
  const by = `A rule of the host's firewall drops these packets: ${"-j DROP ".repeat(200)}.`;
  const walk: Walk = {
    ...{ from: "client", to: "172.18.0.2", protocol: "icmp", port: null, size: null, outcome: "timed out" },
    ...{ arrived: false, burst: null, back: null, relay: null, followed: "concluded", translations: [], unread: [] },
    there: { hops: [hop, hop], end: { kind: "stopped", by, here: true } },
  };
  const requirements = Array.from({ length: 500 }, (_, index) => ({ ...failed, id: `MANY-${index}`, probes, walk }));
  const page = renderPage({ ...brokenRun, requirements, cards: [] }, null);
  expect(page.length).toBeLessThan(1_500_000);
  expect(page).toContain("-j DROP");
  expect(page).toContain("walks/MANY-499.json");
  expect(readPage(page).elements.filter(({ tag }) => tag === "article")).toHaveLength(501);
});

test("what changed since an earlier run stands there", () => {
  const { elements } = readPage(renderPage(brokenRun, compareRuns(comparedRun(conformantRun), comparedRun(brokenRun))));
  expect(elements.find(({ attributes }) => attributes.id === "changes")?.text).toContain("Since the run before");
});

test("a run of the first of this schema's days is a page as well", async () => {
  const { cards, notes, disturbances, onlyInLab, configurationKeys, configurationFile, ...old } = brokenRun;
  const parsed = await parseResults(JSON.stringify(old));
  if (typeof parsed === "string") throw new Error(parsed);
  const { elements, errors } = readPage(renderPage(parsed, null));
  expect(errors).toEqual([]);
  expect(elements.find(({ attributes }) => attributes.id === "failed")?.text).toContain("PORT-02");
});

test("a key tells since when it is asked for so, and one that was never otherwise since when it is known", () => {
  const earlier = (day: number, mtu: number) =>
    recordOf({
      ...conformantRun,
      runId: `run-${day}`,
      startedAt: `2026-11-0${day}T00:00:00Z`,
      configuration: { ...conformantRun.configuration, mtu },
    }) ?? [];
  const run = withHistory(
    conformantRun,
    [1, 2, 3].flatMap((day) => earlier(day, day === 1 ? 1500 : 1450)),
  );
  const { elements } = readPage(renderPage(run, null));
  const rowOf = (key: string) =>
    elements.find(({ tag, text }) => tag === "tr" && text.startsWith(key))?.text.replaceAll(/\s+/g, " ");
  expect(rowOf("mtu")).toContain("2026-11-02 00:00 UTCotherwise at 2026-11-01 00:00 UTC");
  expect(rowOf("bip")).toContain("2026-11-01 00:00 UTC or before");
});
