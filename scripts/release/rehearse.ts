import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $, which } from "zx";
import { UserError } from "../../helpers/engine/errors.ts";
import { PROJECT_ROOT } from "../../helpers/project-root.ts";
import { installPackage } from "../install-package.ts";
import type { Plan } from "./plan.ts";

/** What a release's commit changes. */
const CHANGED = ["CHANGELOG.md", "package-lock.json", "package.json"];
const BASE = "docker.io/library/node:26-trixie-slim";

/** Says one thing that was done. @param seen is said where it went wrong */
type Say = (what: string, right: boolean, seen?: string) => void;

/** The release in a clone of its own, which is removed at the end. */
export interface Rehearsal extends AsyncDisposable {
  /** A checkout whose newest commit is the release's, with its tag. */
  readonly clone: string;
}

/**
 * Makes the release in a clone: version, changelog, commit and tag, then its package and its image, each of which is
 * made of that commit, run, and asked for its version.
 * @param root the checkout
 * @param say is told of each thing that was tried
 * @throws UserError where git knows no author
 */
export async function rehearse(root: string, plan: Plan, say: Say): Promise<Rehearsal> {
  const folder = await mkdtemp(join(tmpdir(), "release-"));
  const rehearsal = {
    clone: join(folder, "clone"),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
  try {
    await makeCommit(root, rehearsal.clone, plan, say);
    await makePackage(rehearsal.clone, join(folder, "installed"), plan, say);
    await makeImage(rehearsal.clone, plan, say);
    return rehearsal;
  } catch (error) {
    await rehearsal[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeCommit(root: string, clone: string, { version, tag, changelog, notes }: Plan, say: Say) {
  for (const name of ["user.name", "user.email"] as const)
    if ((await $({ cwd: root, nothrow: true, quiet: true })`git config ${name}`).exitCode !== 0)
      throw new UserError({
        tried: "Making the release's commit",
        seen: `git knows no ${name}`,
        todo: `git config --global ${name} …`,
      });
  await $`git clone --quiet ${root} ${clone}`;
  const git = $({ cwd: clone, quiet: true });
  for (const name of ["user.name", "user.email"] as const)
    await git`git config ${name} ${(await $({ cwd: root })`git config ${name}`).stdout.trim()}`;
  await symlink(join(PROJECT_ROOT, "node_modules"), join(clone, "node_modules"));
  await git`npm version ${version} --no-git-tag-version --allow-same-version`;
  await writeFile(join(clone, "CHANGELOG.md"), changelog);
  const changed = (await git`git status --porcelain`).stdout.trimEnd().split("\n");
  const others = changed.filter((line) => !CHANGED.includes(line.slice(3)));
  say(`${version}: nothing changes but ${CHANGED.join(", ")}`, others.length === 0, others.join("\n"));
  await git`git commit --quiet --all --message ${`release: ${version}`}`;
  await git({ input: `${version}\n\n${notes}\n` })`git tag --annotate --cleanup=verbatim --file=- ${tag}`;
  const described = (await git`git describe --exact-match`).stdout.trim();
  say(`commit and tag ${tag}`, described === tag, described);
}

async function makePackage(clone: string, folder: string, { version }: Plan, say: Say) {
  const made = await $({ cwd: clone, nothrow: true, quiet: true })`${process.execPath} scripts/package.ts`;
  say(`the package: ${made.stdout.trim()}`, made.exitCode === 0, made.stderr);
  if (made.exitCode !== 0) return;
  await askRegistry(clone, say);
  await mkdir(folder);
  const by = await installPackage(clone, folder);
  const dnc = $({ cwd: folder, nothrow: true, quiet: true, env: withoutOurs() });
  const asked = await dnc`node_modules/.bin/dnc --version`;
  say(`it is installed by ${by}, and says its version`, asked.stdout.trim() === version, asked.stdout + asked.stderr);
  const listed = await dnc`node_modules/.bin/dnc list`;
  say("it lists its requirements", /requirements in \d+ suites/.test(listed.stdout), listed.stdout + listed.stderr);
}

/** npm says whether it would take the package: that the version is free, and that nothing of its manifest has to be put right. */
async function askRegistry(clone: string, say: Say) {
  const npm = await $({
    cwd: clone,
    nothrow: true,
    quiet: true,
  })`bash -c ${"npm publish ./build/*.tgz --dry-run --access public"}`;
  const unreachable = /\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN)\b/.exec(npm.stderr)?.[1];
  if (unreachable !== undefined) return console.log(`not tried: what npm says of the package, ${unreachable}`);
  say("npm would take it", npm.exitCode === 0 && !npm.stderr.includes("auto-corrected"), npm.stderr);
}

/** Where there is no engine, or nothing to put a base together from, no image is made, and that is said. */
async function makeImage(clone: string, { version }: Plan, say: Say) {
  const run = $({ cwd: clone, nothrow: true, quiet: true });
  const engine = await run`docker version --format {{.Server.Version}}`;
  if (engine.exitCode !== 0) return console.log(`not tried: the image, without an engine: ${engine.stderr.trim()}`);
  const standIn = (await run`docker pull --quiet ${BASE}`).exitCode === 0 ? [] : ["--stand-in"];
  if (standIn.length > 0 && (await which("mmdebstrap", { nothrow: true })) === null)
    return console.log(`not tried: the image. ${BASE} can't be pulled, and there is no mmdebstrap to do without`);
  const image = `docker-network-conformance:rehearsal-${version}`;
  const made = await run`${process.execPath} scripts/image.ts ${standIn} ${image}`;
  const size = made.stdout.trim().split("\n").at(-1) ?? "";
  say(
    `the image${standIn.length > 0 ? ", on a base that stands in for the registry's" : ""}: ${size}`,
    made.exitCode === 0,
    made.stderr,
  );
  if (made.exitCode !== 0) return;
  try {
    const asked = await run`docker run --rm ${image} --version`;
    say("it says its version", asked.stdout.trim() === version, asked.stdout + asked.stderr);
    const label =
      await run`docker inspect --format ${'{{index .Config.Labels "org.opencontainers.image.version"}}'} ${image}`;
    say("its label says it too", label.stdout.trim() === version, label.stdout + label.stderr);
  } finally {
    await run`docker image rm ${image}`;
  }
}

/** This process's environment without what it tells its own commands. */
function withoutOurs(): NodeJS.ProcessEnv {
  const { DNC_REPORTS: _reports, NODE_COMPILE_CACHE: _compiled, ...others } = process.env;
  return others;
}
