import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "./project-root.ts";

/**
 * What each room may import, from the ground up. Whoever needs another arrow writes it down here, and why it runs down.
 * The ground floor, `model`, is every room's; it imports nothing.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  engine: [],
  probes: [],
  vantage: ["engine"],
  expectations: ["probes"],
  configuration: ["engine", "expectations"],
  cause: ["expectations"],
  preflight: ["engine", "vantage"],
  topology: ["engine", "expectations", "vantage"],
  reproduce: ["engine", "probes", "topology", "vantage"],
  snapshot: ["engine", "expectations", "probes", "topology", "vantage"],
  trace: ["cause", "engine", "probes", "snapshot", "vantage"],
  host: ["configuration", "engine", "expectations", "probes", "trace", "vantage"],
  audits: ["cause", "engine", "expectations", "probes", "snapshot", "topology", "vantage"],
  diagnosis: ["audits", "cause", "expectations", "probes", "snapshot", "topology", "trace"],
  reach: ["audits", "engine", "probes", "snapshot", "topology", "vantage"],
  report: ["audits", "cause", "configuration", "engine", "probes", "reach", "snapshot"],
  requirement: [
    "audits",
    "cause",
    "configuration",
    "diagnosis",
    "engine",
    "expectations",
    "host",
    "probes",
    "report",
    "reproduce",
    "snapshot",
    "topology",
    "trace",
    "vantage",
  ],
  lab: ["engine", "expectations", "host", "requirement", "topology", "vantage"],
  run: [
    "audits",
    "cause",
    "configuration",
    "engine",
    "expectations",
    "host",
    "lab",
    "probes",
    "report",
    "requirement",
    "topology",
    "trace",
    "vantage",
  ],
  fleet: ["engine", "report"],
  watch: ["engine", "host", "report", "vantage"],
  faults: ["configuration", "engine", "expectations", "lab", "report", "run", "vantage"],
  rehearsal: ["configuration", "engine", "expectations", "host", "lab", "report", "vantage"],
  bench: ["audits", "engine", "host", "report", "snapshot", "vantage"],
  suites: [
    "configuration",
    "engine",
    "expectations",
    "host",
    "lab",
    "probes",
    "requirement",
    "snapshot",
    "topology",
    "vantage",
  ],
};

/** An import of one room from another: by whom, of what. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly file: string;
  readonly imported: string;
}

/** The room that a file of this project lies in; null for what lies beside the rooms. */
function roomOf(path: string): string | null {
  const [first = "", second = "", third] = relative(PROJECT_ROOT, path).split("/");
  if (first === "suites") return "suites";
  return first === "helpers" && third !== undefined ? second : null;
}

/** Product code: neither unit tests nor what only these use. */
function isProduct(path: string): boolean {
  return path.endsWith(".ts") && !/\/testing\/|\/sample-|\/helpers\/.*\.test\.ts$|\/commands\//.test(path);
}

/** Every import of a file of the project by another one of its product. */
function imports(): { readonly file: string; readonly imported: string; readonly whenAsked: boolean }[] {
  return ["helpers", "suites"].flatMap((top) =>
    readdirSync(join(PROJECT_ROOT, top), { recursive: true, encoding: "utf8" })
      .map((name) => join(PROJECT_ROOT, top, name))
      .filter(isProduct)
      .flatMap((path) =>
        [...readFileSync(path, "utf8").matchAll(/(\bfrom|^import|\bimport\()\s*"(\.{1,2}\/[^"]+)"/gm)].map(
          ([, how, specifier = ""]) => ({
            file: path,
            imported: resolve(dirname(path), specifier),
            whenAsked: how === "import(",
          }),
        ),
      ),
  );
}

const all = imports();

const found: readonly Arrow[] = all.flatMap(({ file, imported }) => {
  const [from, to] = [roomOf(file), roomOf(imported)];
  if (from === null || to === null || from === to) return [];
  return [{ from, to, file: relative(PROJECT_ROOT, file), imported: relative(PROJECT_ROOT, imported) }];
});

describe("the house", () => {
  test("imports run down only", () => {
    const wrong = found.filter(({ from, to }) => to !== "model" && !(MAY_IMPORT[from] ?? []).includes(to));
    expect(wrong.map(({ file, imported }) => `${file} imports ${imported}`)).toEqual([]);
  });

  test("no files import each other in a circle, not even inside a room", () => {
    // Whoever imports nothing that is left, or is imported by none of it, stands in no circle.
    let left = all;
    for (let before = -1; before !== left.length; ) {
      before = left.length;
      const [importers, imported] = [new Set(left.map(({ file }) => file)), new Set(left.map((one) => one.imported))];
      left = left.filter((one) => importers.has(one.imported) && imported.has(one.file));
    }
    const within = left.map((one) => [one.file, one.imported]);
    expect(within.map((pair) => pair.map((path) => relative(PROJECT_ROOT, path)).join(" imports "))).toEqual([]);
  });

  test("a run begins without testcontainers, which reads its user's settings as soon as it is imported", () => {
    const loaded = new Set([join(PROJECT_ROOT, "helpers/run/open-run.ts")]);
    for (const file of loaded) for (const one of all) if (one.file === file && !one.whenAsked) loaded.add(one.imported);
    const withIt = [...loaded].filter((file) => readFileSync(file, "utf8").includes('from "testcontainers"'));
    expect(withIt.map((file) => relative(PROJECT_ROOT, file))).toEqual([]);
  });

  test("no room may import what stands above it", () => {
    const floors = Object.keys(MAY_IMPORT);
    const up = Object.entries(MAY_IMPORT).flatMap(([from, all]) =>
      all.filter((to) => !(floors.indexOf(to) < floors.indexOf(from))).map((to) => `${from} → ${to}`),
    );
    expect(up).toEqual([]);
  });
});
