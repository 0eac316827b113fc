import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { INHABITANTS, inspectionsOf, settle } from "./inhabitants.ts";
import type { LabHost } from "./lab-host.ts";

/** A host that answers every line alike, and keeps the lines. */
function hostSaying(answer: Partial<Evidence>) {
  const lines: string[] = [];
  const act = async (line: string) => {
    lines.push(line);
    return { exitCode: 0, stdout: "", stderr: "", ...answer };
  };
  return { lines, host: { shell: { act } } as unknown as LabHost };
}

/** What stands more than once among the matches. */
function repeated(text: string, pattern: RegExp): string[] {
  const found = [...text.matchAll(pattern)].map(([, name = ""]) => name);
  return found.filter((name, index) => found.indexOf(name) !== index);
}

test("no two of them have one name or one port of the host", () => {
  const all = INHABITANTS.flatMap(({ shell }) => shell).join("\n");
  expect(repeated(all, /--name (\S+)/g)).toEqual([]);
  // One that never starts asks for what another one has.
  expect(repeated(all, /-p (?:\S+:)?(\d+):\d+ /g)).toEqual(["8180"]);
});

test("what a host can't have is told with its words, and what never keeps still may stay away", async () => {
  const { host, lines } = hostSaying({ exitCode: 1, stderr: "no\n" });
  expect(await settle(host, false)).toContain("internal: no");
  expect(lines.join("\n")).not.toContain("restless=true");
  expect(lines).toHaveLength(INHABITANTS.filter(({ restless }) => restless !== true).length);
});

test("inspections by kind and name", async () => {
  const { host } = hostSaying({ stdout: "container web: abc  -\nnetwork shop: def  -\n" });
  expect(await inspectionsOf(host)).toEqual(
    new Map([
      ["container web", "abc  -"],
      ["network shop", "def  -"],
    ]),
  );
});
