import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../project-root.ts";

/**
 * How many modules of this project a command loads before it reads its words. What a command only may need is imported
 * where it is needed (`await import`): `--help`, a wrong word and a refusal are to be answered at once. There is room for
 * a dozen more; whoever raises a number says why it can't wait.
 */
const AT_MOST: Readonly<Record<string, number>> = {
  test: 130,
  workloads: 290,
  trace: 142,
  explain: 230,
  reproduce: 150,
  rehearse: 180,
  diff: 100,
  status: 50,
  report: 90,
  bundle: 170,
  doctor: 150,
  preflight: 50,
  list: 200,
  watch: 150,
  "install-units": 140,
  "remove-units": 140,
  clean: 142,
  setup: 120,
  "test:lab": 160,
  matrix: 160,
  fleet: 110,
  prove: 210,
  lab: 150,
  bench: 130,
};

/** Libraries that take no time to speak of. */
const LIGHT = ["@dagrejs/dagre", "jsonc-parser", "p-limit"];

/** What Node loads with a module: its imports, but neither types nor what is imported when it is needed. */
const IMPORTS = /^(?:import|export)\s+(?!type\b)(?:[^;"]*?\sfrom\s+)?"([^"]+)"/gm;

const read = new Map<string, readonly string[]>();

function importsOf(file: string): readonly string[] {
  const known = read.get(file);
  if (known !== undefined) return known;
  const found = [...readFileSync(file, "utf8").matchAll(IMPORTS)].map(([, specifier = ""]) => specifier);
  read.set(file, found);
  return found;
}

/** All that comes with a file: this project's modules, and who imports which library. */
function loadedWith(file: string): { readonly modules: ReadonlySet<string>; readonly libraries: readonly string[] } {
  const modules = new Set<string>();
  const libraries: string[] = [];
  const left = [file];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (modules.has(next)) continue;
    modules.add(next);
    for (const specifier of importsOf(next)) {
      if (specifier.startsWith(".")) left.push(resolve(dirname(next), specifier));
      else if (!specifier.startsWith("node:") && !LIGHT.includes(specifier))
        libraries.push(`${relative(PROJECT_ROOT, next)} imports ${specifier}`);
    }
  }
  return { modules, libraries };
}

const program = readFileSync(join(PROJECT_ROOT, "helpers/commands/dnc.ts"), "utf8");
const commands = [...program.matchAll(/(?:^ {2}"?([\w:-]+)"?: \{[^}]*?)import\("\.\/([\w-]+\.ts)"\)/gm)].map(
  ([, name = "", file = ""]) => [name, file] as const,
);

test("every command has its number", () => {
  expect(commands.map(([name]) => name).toSorted()).toEqual(Object.keys(AT_MOST).toSorted());
});

test.each(commands)("%s loads no more than it has to before it reads its words", (name, file) => {
  const { modules, libraries } = loadedWith(join(PROJECT_ROOT, "helpers/commands", file));
  expect(libraries).toEqual([]);
  expect(modules.size).toBeLessThanOrEqual(AT_MOST[name] ?? 0);
});
