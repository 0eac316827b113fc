import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "../../model/outcome.ts";
import type { ReportedProbe, Results } from "../../model/results.ts";
import { withHistory } from "../history/fold.ts";
import { recordOf } from "../history/record.ts";
import { brokenRun, conformantRun, hostileRun } from "../sample-results.ts";
import { anchorOf } from "./html.ts";
import { renderPage } from "./page.ts";
import { OTHER_PAGES } from "./testing/pages.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** A run in which what these failed with has passed: their transcripts are folded. */
const passed = (run: Results): Results => ({
  ...run,
  cards: [],
  requirements: run.requirements.map((one) => ({ ...one, verdict: "pass", reason: "" })),
});
/** With runs before it, in which all that is broken now was right. */
const withPast = (run: Results): Results =>
  withHistory(
    run,
    [passed(run), run, passed(run)].flatMap((one, index) => {
      const hostState = { links: [], addresses: [], routes: [], "firewall rules": [], sysctls: [] };
      const startedAt = `2026-11-0${index + 1}T00:00:00Z`;
      return recordOf({ ...one, runId: `run-${index}`, startedAt, hostState }) ?? [];
    }),
  );
/** A published port asked from the host: the last of many questions of one that passed, and of one that failed. */
const asking = (run: Results): Results => {
  const from = { kind: "host", name: "" } as const;
  const plain = { role: "probe", vantage: "host", exitCode: 0, timedOut: false, stderr: "", ms: 1 } as const;
  const others = Array.from({ length: 20 }, (_, index) => ({ ...plain, command: `cat ${index}`, stdout: "" }));
  const asked = (outcome: Outcome, stdout: string): ReportedProbe => ({
    ...{ ...plain, command: "nc 192.0.2.10", place: from, outcome, stdout },
    question: { kind: "reach", from, to: "192.0.2.10", protocol: "tcp", port: 32768, size: null },
  });
  const probesOf: Readonly<Record<string, readonly ReportedProbe[]>> = {
    "NONE-01": [...others, asked("replied", "served")],
    "PORT-02": [...others, asked("refused", "refused this once")],
  };
  return {
    ...run,
    requirements: run.requirements.map((one) => ({
      ...one,
      probes: probesOf[one.id] ?? one.probes,
    })),
  };
};
/** A hundred failures with all that was asked for each. */
const hundredFailures = (run: Results): Results => {
  const failed = run.requirements.find(({ id }) => id === "UDN-04");
  if (failed === undefined) throw new Error("no failure");
  return { ...run, requirements: Array.from({ length: 100 }, (_, index) => ({ ...failed, id: `MANY-${index}` })) };
};
const RUNS = {
  hundredRun: hundredFailures(brokenRun),
  brokenRun: withPast(brokenRun),
  conformantRun,
  hostileRun: withPast(hostileRun),
  passedRun: passed(brokenRun),
  askingRun: asking(brokenRun),
  hostilePassed: passed(hostileRun),
};

let browser: Browser;
let folder: string;

beforeAll(async () => {
  if (!existsSync(CHROMIUM))
    throw new Error(
      `npm run check:page needs a Chromium, and ${CHROMIUM} is none: apt-get install chromium, or CHROMIUM=path`,
    );
  // Root can't have Chromium's sandbox; nothing but our own files is opened in it.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  folder = await mkdtemp(join(tmpdir(), "page-"));
  for (const [name, run] of Object.entries(RUNS)) await writeFile(join(folder, `${name}.html`), renderPage(run, null));
  for (const [name, page] of Object.entries(OTHER_PAGES)) await writeFile(join(folder, `${name}.html`), page);
});

afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** The page of a run, with all that its console says against it and all that it wants to fetch. */
async function opened(name: string, options: BrowserContextOptions = {}, hash = "") {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => said.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("file://")) said.push(`fetches ${request.url()}`);
  });
  await page.goto(`file://${folder}/${name}.html${hash}`);
  return { page, said, [Symbol.asyncDispose]: () => context.close() };
}

const isOpen = (page: Page, id: string) =>
  page.locator(`#${anchorOf(id)}`).evaluate((one) => one.matches(":is([open], article)"));

const SCREENS = [
  ["brokenRun", 360, "light"],
  ["brokenRun", 1280, "dark"],
  ["conformantRun", 3840, "light"],
  ["hostileRun", 360, "dark"],
  ["brokenRun", 3840, "dark"],
  ["hostileRun", 1280, "light"],
  ["workloads", 360, "light"],
  ["workloads", 1280, "dark"],
  ["matrix", 360, "light"],
  ["faults", 360, "dark"],
  ["matrix", 1280, "dark"],
  ["faults", 1280, "light"],
  ["rehearsal", 360, "dark"],
  ["configs", 360, "light"],
  ["configs", 1280, "dark"],
  ["fleet", 360, "dark"],
  ["fleet", 1280, "light"],
] as const;

test.each(SCREENS)(
  "%s at %i px, %s: nothing against it, nothing fetched, nothing wider than the screen",
  async (name, width, colorScheme) => {
    await using it = await opened(name, { viewport: { width, height: 800 }, colorScheme, bypassCSP: true });
    await it.page.evaluate(AXE);
    const violations: unknown = await it.page.evaluate(
      "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))",
    );
    expect(violations).toEqual([]);
    expect(await it.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(it.said).toEqual([]);
  },
);

test("what the script unpacks is text", async () => {
  await using it = await opened("hostilePassed", {}, `#${anchorOf("EVIL-01")}`);
  await it.page.locator(`#${anchorOf("EVIL-01")} details.evidence > summary`).click();
  await it.page.locator(".probe").first().waitFor();
  expect(await it.page.locator(".probe").first().textContent()).toContain("</failure><pass a=");
  expect(await it.page.locator("pass, img, iframe").count()).toBe(0);
  expect(it.said).toEqual([]);
});

test("a permalink opens what it leads to, and its transcript", async () => {
  await using it = await opened("conformantRun", {}, `#${anchorOf("NONE-01")}`);
  expect(await isOpen(it.page, "NONE-01")).toBe(true);
  expect(await isOpen(it.page, "NONE-02")).toBe(false);
});

test("a passed requirement shows what was asked when it is opened", async () => {
  await using it = await opened("passedRun", {}, `#${anchorOf("UDN-04")}`);
  const requirement = it.page.locator(`#${anchorOf("UDN-04")}`);
  const probes = requirement.locator(".probe");
  await requirement.locator("details.evidence > summary").click();
  await probes.first().waitFor();
  expect(await probes.allTextContents()).toEqual([
    expect.stringContaining("$ ping -c 1 -W 1 172.18.0.2"),
    expect.stringContaining("** server can't find web: NXDOMAIN"),
    expect.stringContaining("nameserver 127.0.0.11"),
  ]);
});

test("a search finds, stands in the address, and is found there again", async () => {
  await using it = await opened("brokenRun");
  await it.page.keyboard.press("/");
  await it.page.keyboard.type("published port");
  const shown = it.page.locator("#chapters .req:visible");
  expect(await it.page.locator("#found").textContent()).toMatch(/^\d+ of \d+ requirements$/);
  const ids = await shown.locator(".id").allTextContents();
  expect(ids).toContain("PORT-02");
  expect(ids).not.toContain("NONE-01");
  await using again = await opened("brokenRun", {}, new URL(it.page.url()).hash);
  expect(await again.page.locator("#chapters .req:visible .id").allTextContents()).toEqual(ids);
});

test("a search finds no words of transcripts, whether they were opened before it or not", async () => {
  await using it = await opened("passedRun", {}, `#${anchorOf("UDN-04")}`);
  await it.page.locator(`#${anchorOf("UDN-04")} details.evidence > summary`).click();
  await it.page
    .locator(`#${anchorOf("UDN-04")} .probe`)
    .first()
    .waitFor();
  await it.page.locator("#find").fill("NXDOMAIN");
  expect(await it.page.locator("#chapters .req:visible").count()).toBe(0);
});

test("by keyboard alone: from the skip link into the report, and a chapter opens", async () => {
  await using it = await opened("conformantRun");
  await it.page.keyboard.press("Tab");
  expect(await it.page.evaluate("document.activeElement.className")).toBe("skip");
  await it.page.locator("details.chapter > summary").first().focus();
  await it.page.keyboard.press("Enter");
  expect(
    await it.page
      .locator("details.chapter")
      .first()
      .evaluate((one) => one.matches("[open]")),
  ).toBe(true);
});

test("copying takes the command and nothing else", async () => {
  await using it = await opened("brokenRun", { permissions: ["clipboard-read", "clipboard-write"] });
  await it.page.locator("button.copy").first().click();
  await it.page.locator("button.copy", { hasText: /^(Copied|Selected)$/ }).waitFor();
  const taken: unknown = await it.page.evaluate("navigator.clipboard.readText().catch(() => String(getSelection()))");
  expect(taken).toBe("systemctl restart docker");
});

test("without JavaScript the causes and failures stand there, and no button that does nothing", async () => {
  await using it = await opened("brokenRun", { javaScriptEnabled: false });
  expect(await it.page.locator("button:visible, input:visible:not(.tabs input)").count()).toBe(0);
  expect(await it.page.locator("#causes").innerText()).toContain("systemctl restart docker");
  const answer = it.page.locator("#failed .probe", { hasText: "NXDOMAIN" }).first();
  await answer.scrollIntoViewIfNeeded();
  // What is off the screen is laid out once it comes near.
  await expect.poll(async () => await answer.innerText()).toContain("NXDOMAIN");
});

test("a tab shows what the suites made, and a thing on the map leads to what judged it", async () => {
  for (const javaScriptEnabled of [true, false]) {
    await using it = await opened("brokenRun", { javaScriptEnabled });
    const [living, sites] = [it.page.locator("[data-tab=living]"), it.page.locator("[data-tab=sites]")];
    expect([await living.isVisible(), await sites.isVisible()]).toEqual([true, false]);
    await it.page.getByLabel("what the suites made").check();
    expect([await living.isVisible(), await sites.isVisible()]).toEqual([false, true]);
    await sites.locator(".map a", { hasText: "172.18.0.2" }).click();
    const thing = sites.locator(":target");
    expect(await thing.innerText()).toBe("✗ web");
    expect(await sites.locator("tr:has(:target) a").allInnerTexts()).toEqual(["PORT-02", "PORT-03"]);
  }
});

test("a sign of a matrix leads to its question, also to one that is folded away", async () => {
  await using it = await opened("askingRun");
  const shown = it.page.locator(".probe.asked-for");
  const sign = (id: string) => it.page.locator(`#reach a.cell[href="#${anchorOf(id)}"]`);
  await it.page.locator("#reach details").evaluateAll((all) => {
    for (const one of all) one.setAttribute("open", "");
  });
  await sign("PORT-02").click();
  await shown.waitFor();
  expect(await shown.innerText()).toContain("refused this once");
  await sign("NONE-01").click();
  await it.page.locator(`#${anchorOf("NONE-01")} .probe.asked-for`).waitFor();
  expect(await shown.allInnerTexts()).toEqual([expect.stringContaining("served")]);
  expect(it.said).toEqual([]);
});

test("the grid of a proof names what the pointer is at, and a row leads to its fault", async () => {
  await using it = await opened("faults");
  const stroke = it.page.locator("svg[data-columns] path.caught").first();
  await stroke.hover({ force: true });
  expect(await it.page.locator("#at").innerText()).toMatch(/^28\.5 nat-fault-0 × [A-Z]+-\d+: caught$/);
  await stroke.click({ force: true });
  expect(await it.page.locator(":target").innerText()).toContain("nat-fault-0");
  expect(await it.page.locator(":target").isVisible()).toBe(true);
});

test("a fleet's causes stand over the columns of its table, and lead to what happened", async () => {
  for (const javaScriptEnabled of [true, false]) {
    await using it = await opened("fleet", { javaScriptEnabled });
    // The first is the hostile host's.
    const column = it.page.locator("#hosts thead a").nth(1);
    expect(await it.page.locator("#hosts .mark.fail").count()).toBeGreaterThan(0);
    await column.click();
    expect(await it.page.locator(":target").isVisible()).toBe(true);
    expect(await it.page.locator(":target").innerText()).toContain(brokenRun.cards[0]?.what ?? "no card");
    expect(it.said).toEqual([]);
  }
});

test("a permalink to a thing turns to its tab", async () => {
  await using it = await opened("brokenRun", {}, "#at-site-published_20_ports_20_container_20_web");
  expect(await it.page.locator(":target").isVisible()).toBe(true);
});

test("on paper there is what failed and nothing to click", async () => {
  await using it = await opened("brokenRun");
  await it.page.emulateMedia({ media: "print" });
  expect(await it.page.locator("nav:visible, button:visible, form:visible").count()).toBe(0);
  const failed = it.page.locator(`#${anchorOf("UDN-04")}`);
  expect(await failed.locator(".compare:visible").count()).toBe(1);
  expect(await failed.locator(".probe").count()).toBeGreaterThan(0);
  expect(await failed.locator(".probe:visible").count()).toBe(0);
  expect(await it.page.locator("header").innerText()).toContain("On paper");
});

test("a hundred failures print on few pages: sixty with their evidence, the others by name", async () => {
  await using it = await opened("hundredRun");
  const pdf = await it.page.pdf({ format: "A4" });
  expect(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(25);
  await it.page.emulateMedia({ media: "print" });
  expect(await it.page.locator("#failed > article h3:visible").count()).toBe(100);
  expect(await it.page.locator("#failed > article .compare:visible").count()).toBe(60);
});

test("on paper the drawing of what is broken is there, and none is cut off", async () => {
  await using it = await opened("brokenRun", { viewport: { width: 720, height: 1000 }, javaScriptEnabled: false });
  await it.page.emulateMedia({ media: "print" });
  expect(await it.page.locator("#living .fold[open] svg:visible").count()).toBeGreaterThan(0);
  expect(await it.page.locator("#living .fold:not(.facts, [open]):visible, #ways:visible").count()).toBe(0);
  expect((await it.page.locator("#living svg").first().boundingBox())?.width).toBeLessThan(720);
});
