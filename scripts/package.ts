/**
 * Makes the npm package: compiled JavaScript, since Node refuses TypeScript below node_modules, and nothing beside what
 * the program `dnc` needs. `node scripts/package.ts` leaves the folder `build/package` and the archive
 * `build/docker-network-conformance-<version>.tgz`.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { $ } from "zx";
import { PROJECT_ROOT } from "../helpers/project-root.ts";

const BUILD = join(PROJECT_ROOT, "build");
const PACKAGE = join(BUILD, "package");
/** What is read at run time and is no code; the compiler leaves it where it is. */
const READ = [
  "helpers/preflight/preflight.sh",
  "helpers/report/page/browser/page.css",
  "helpers/report/page/browser/page.js",
];
const TOLD = ["LICENSE", "README.md", "CHANGELOG.md"];
/** Only a checkout needs them: its own Node, and what its scripts are written with. */
const NOT_NEEDED = ["node", "zx"];
/** Versions on which `scripts/try-package.ts` was run. */
const TRIED_ON = "^24.21.0 || >=26.10.0";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/**
 * In a package the commands are those of its program: there are no npm scripts to run, and no setup beside it. Only what
 * is typed is put in other words: a name behind `npm run` that is no command of the program stays.
 */
function asTyped(text: string, commands: readonly string[]): string {
  const named = new RegExp(`npm run (?:--silent )?(${commands.join("|")}|<command>)(?![\\w-])(?: -- ?)?`, "g");
  return text
    .replaceAll(" (npm run with --silent)", "")
    .replaceAll(named, (typed, name: string) => `dnc ${name}${/ $/.test(typed) ? " " : ""}`)
    .replaceAll(/npm test -- ?/g, "dnc test ")
    .replaceAll("npm test", "dnc test")
    .replaceAll("./setup", "dnc setup");
}

$.verbose = false;
$.cwd = PROJECT_ROOT;
await rm(BUILD, { recursive: true, force: true });
await $`${process.execPath} node_modules/typescript/bin/tsc -p tsconfig.package.json`;
for (const file of READ) {
  await mkdir(join(PACKAGE, dirname(file)), { recursive: true });
  await cp(join(PROJECT_ROOT, file), join(PACKAGE, file));
}
for (const file of TOLD) await cp(join(PROJECT_ROOT, file), join(PACKAGE, file));
const { name, version, description, license, dependencies, scripts } = JSON.parse(
  await readFile(join(PROJECT_ROOT, "package.json"), "utf8"),
) as Manifest;
const commands = Object.keys(scripts)
  .filter((script) => scripts[script]?.startsWith("node helpers/commands/dnc.ts"))
  // `test:lab` before `test`.
  .toSorted((a, b) => b.length - a.length);
for (const file of await filesBelow(PACKAGE))
  if (file.endsWith(".js")) await writeFile(file, asTyped(await readFile(file, "utf8"), commands));
for (const name of (await readdir(join(PROJECT_ROOT, "suites"))).filter((name) => name.endsWith(".json"))) {
  const index = await readFile(join(PROJECT_ROOT, "suites", name), "utf8");
  await writeFile(join(PACKAGE, "suites", name), index.replaceAll('.test.ts"', '.test.js"'));
}
/** By it the registry checks a package's provenance: the repository whose workflow made it. */
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
const manifest = {
  name,
  version,
  description,
  license,
  ...(repository !== undefined && { repository: { type: "git", url: `git+${server}/${repository}.git` } }),
  type: "module",
  engines: { node: TRIED_ON },
  bin: { dnc: "helpers/commands/dnc.js" },
  files: ["helpers", "suites", "vitest.config.cjs"],
  dependencies: Object.fromEntries(Object.entries(dependencies).filter(([key]) => !NOT_NEEDED.includes(key))),
};
await writeFile(join(PACKAGE, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
const packed = JSON.parse((await $`npm pack ./build/package --json --pack-destination build`).stdout) as readonly {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}[];
for (const { filename, size, unpackedSize, entryCount } of packed)
  console.log(
    `build/${filename}: ${Math.round(size / 1000)} kB, ${entryCount} files, unpacked ${Math.round(unpackedSize / 1000)} kB`,
  );
