import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { UserError } from "../engine/errors.ts";
import { brokenRun } from "./sample-results.ts";
import { applyWaivers, readWaivers } from "./waivers.ts";

const failed = brokenRun.requirements.find((result) => result.verdict === "fail");
const passed = brokenRun.requirements.find((result) => result.verdict === "pass");
const measuredNot = brokenRun.requirements.find((result) => result.verdict === "error");
if (failed === undefined || passed === undefined || measuredNot === undefined)
  throw new Error("the sample run lacks a verdict");

const waiver = (id: string, until = "2027-01-31") => ({ id, reason: "known, change planned", by: "ops", until });

describe("applyWaivers", () => {
  test("a failure that somebody accepted is waived, with who, why and until when", () => {
    const { requirements, notes } = applyWaivers(brokenRun.requirements, [waiver(failed.id)], "2026-11-21");
    const result = requirements.find((one) => one.id === failed.id);
    expect(result?.verdict).toBe("waived");
    expect(result?.reason).toContain("accepted by ops until 2027-01-31: known, change planned");
    expect(result?.reason).toContain(failed.reason);
    expect(notes).toEqual([]);
  });
  test("on its last day it still holds, a day later it doesn't", () => {
    expect(applyWaivers([failed], [waiver(failed.id, "2026-11-21")], "2026-11-21").requirements[0]?.verdict).toBe(
      "waived",
    );
    const later = applyWaivers([failed], [waiver(failed.id, "2026-11-21")], "2026-11-22");
    expect(later.requirements[0]?.verdict).toBe("fail");
    expect(later.notes[0]).toContain("ran out");
  });
  test("what passes needs no waiver, and that is said", () => {
    const { requirements, notes } = applyWaivers([passed], [waiver(passed.id)], "2026-11-21");
    expect(requirements).toEqual([passed]);
    expect(notes).toEqual([`the waiver of ${passed.id} is no longer needed: it passes`]);
  });
  describe("for containers and networks by name", () => {
    const about = [
      { subject: { kind: "container", name: "shop-web" }, project: "shop" },
      { subject: { kind: "endpoint", container: "shop-api", network: "back" }, project: null },
    ] as const;
    const live = { ...failed, id: "LIVE-02", about };
    const apply = (...of: readonly string[][]) =>
      applyWaivers(
        [live],
        of.map((one) => ({ ...waiver("LIVE-02"), of: one })),
        "2026-11-21",
      );
    test.each([
      [["container shop-*"]],
      [["project shop", "network back"]],
      [["container shop-web", "container *-api"]],
    ])("%j covers all that failed", (of) => expect(apply(of).requirements[0]?.verdict).toBe("waived"));
    test("two waivers may cover it together", () =>
      expect(apply(["project shop"], ["network back"]).requirements[0]?.verdict).toBe("waived"));
    test.each([[["container shop-web"]], [["project shop"]], [["network back"]]])(
      "%j leaves one that failed: red",
      (of) => expect(apply(of).requirements[0]?.verdict).toBe("fail"),
    );
    test("one that covers nothing that failed is said", () => {
      expect(apply(["container other", "network shop*"]).notes[0]).toContain("it fails for others");
    });
    test("what fails for the host as a whole is waived only as a whole", () => {
      const host = { ...live, about: [{ subject: { kind: "host" }, project: null }] } as const;
      const of = ["container *", "network *", "project *"];
      expect(applyWaivers([host], [{ ...waiver("LIVE-02"), of }], "2026-11-21").requirements[0]?.verdict).toBe("fail");
      expect(applyWaivers([host], [waiver("LIVE-02")], "2026-11-21").requirements[0]?.verdict).toBe("waived");
    });
  });
  test("what could not be measured can't be waived", () => {
    expect(applyWaivers([measuredNot], [waiver(measuredNot.id)], "2026-11-21").requirements).toEqual([measuredNot]);
  });
});

describe("readWaivers", () => {
  const written = async (text: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "dnc-waivers-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "waivers.json");
    await writeFile(file, text);
    return file;
  };
  test("no file, no waivers", async () => expect(await readWaivers("/nonexistent/waivers.json")).toEqual([]));
  test("reads entries", async () =>
    expect(await readWaivers(await written(JSON.stringify([waiver("UDN-26")])))).toEqual([waiver("UDN-26")]));
  test.each([
    ["{", "not JSON"],
    ["{}", "not an array"],
    ['[{"id":"A-1"}]', "entry 1 has no reason"],
    [JSON.stringify([waiver("A-1", "soon")]), "no date"],
    [JSON.stringify([{ ...waiver("UDN-26"), of: ["container x"] }]), 'has "of", which only'],
    [JSON.stringify([{ ...waiver("LIVE-02"), of: [] }]), "no list like"],
    [JSON.stringify([{ ...waiver("LIVE-02"), of: "container x" }]), "no list like"],
    [JSON.stringify([{ ...waiver("LIVE-02"), of: ["shop-web"] }]), "no list like"],
  ])("refuses %s", async (text, words) => {
    const error = await readWaivers(await written(text)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exitCode).toBe(64);
    expect((error as UserError).message).toContain(words);
  });
});
