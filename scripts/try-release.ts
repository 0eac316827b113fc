/**
 * Rehearses a release in a clone of this checkout, and shows what is refused: `npm run release -- --dry-run` there, on
 * states that are right and wrong. Writes `reports/release.json`; exit code 0 only when each ended as it has to.
 */
import { appendFile, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { readChangelog } from "./release/changelog.ts";
import { conclude, judge } from "./trial.ts";

$.quiet = true;
const folder = await mkdtemp(join(tmpdir(), "try-release-"));
const clone = join(folder, "clone");
const git = $({ cwd: clone });
const CHANGELOG = join(clone, "CHANGELOG.md");

/** Types `npm run release -- …` in the clone. */
async function release(...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await $({
    cwd: clone,
    nothrow: true,
    input: "",
  })`npm run --silent release -- ${words}`;
  return { exitCode, stdout, stderr };
}

/** Shows that it is refused in this state: one message of three lines, its exit code, no stack. Puts the clone back after. */
async function refuses(state: string, seen: RegExp, make: () => Promise<unknown>, words = ["--dry-run"], code = 2) {
  const { stdout: before } = await git`git rev-parse HEAD`;
  await make();
  const { exitCode, stdout, stderr } = await release(...words);
  const message = /^\n\S.*\n {2}(.*)\n {2}→ .*\n$/.exec(stderr);
  judge(
    `${state}: refused`,
    exitCode === code && seen.test(message?.[1] ?? ""),
    `exit ${exitCode}\n${stdout}${stderr}`,
  );
  await git`git reset --quiet --hard ${before.trim()}`;
  await git`git clean --quiet --force`;
}
const commit = async (change: (text: string) => string) => {
  await writeFile(CHANGELOG, change(await readFile(CHANGELOG, "utf8")));
  await git`git commit --quiet --all --message ${"changelog: for a trial"}`;
};

try {
  await $`git clone --quiet ${PROJECT_ROOT} ${clone}`;
  await symlink(join(PROJECT_ROOT, "node_modules"), join(clone, "node_modules"));
  await git`git config user.name try && git config user.email try@localhost`;
  // After a release there may be nothing to release yet.
  if (readChangelog(await readFile(CHANGELOG, "utf8")).unreleased === "")
    await commit((text) => text.replace("## Unreleased\n", "## Unreleased\n\n### Fixed\n\n- What is tried.\n"));

  await refuses("a file that is not committed", /^not committed: README\.md$/, () =>
    appendFile(join(clone, "README.md"), "\n"),
  );
  await refuses("a file that git does not know", /^not committed: left\.txt$/, () =>
    writeFile(join(clone, "left.txt"), ""),
  );
  await refuses("nothing unreleased", /nothing below ## Unreleased/, () =>
    commit((text) => text.replace(/## Unreleased[\s\S]*/, "## Unreleased\n")),
  );
  await refuses("no section of what is unreleased", /not ## Unreleased/, () =>
    commit((text) => text.replace("## Unreleased", "## 9.9.9 - 2026-01-01")),
  );
  await refuses("a kind of change that there is not", /^line \d+: there is no kind Addded/, () =>
    commit((text) => text.replace("## Unreleased\n", "## Unreleased\n\n### Addded\n\n- A.\n")),
  );
  await refuses(
    "no changelog",
    /no CHANGELOG\.md/,
    () => git`git rm --quiet CHANGELOG.md && git commit --quiet --message trial`,
  );
  await refuses("a word that is no version", /minro is no version/, async () => {}, ["--dry-run", "minro"], 64);
  await refuses("two words", /one word/, async () => {}, ["minor", "major"], 64);
  await refuses("an option that there is not", /unknown option --dryrun/, async () => {}, ["--dryrun"], 64);
  await refuses("an older version", /0\.0\.1 is not newer/, async () => {}, ["0.0.1"], 64);
  await refuses("a tag that there is", /v99\.0\.0 is there already, here/, () => git`git tag v99.0.0`, [
    "--dry-run",
    "99.0.0",
  ]);
  await git`git tag --delete v99.0.0`;
  await refuses("the changes of a tag that nothing agrees with", /package\.json has/, async () => {}, [
    "--notes",
    "v99.0.0",
  ]);
  // Origin is the checkout that was cloned; a bare clone stands in for it, since that one gets no tag of a trial.
  const origin = join(folder, "origin.git");
  await $`git clone --quiet --bare ${clone} ${origin}`;
  await $({ cwd: origin })`git tag v98.0.0`;
  await git`git remote set-url origin ${origin}`;
  await refuses("a tag that origin has", /v98\.0\.0 is there already, at origin/, async () => {}, ["98.0.0"]);
  await git`git remote set-url origin ${join(folder, "nowhere")}`;
  await refuses("an origin that does not answer, and no dry run", /whether origin has/, async () => {}, []);

  await git`git remote set-url origin ${origin}`;
  const { stdout: before } = await git`git rev-parse HEAD`;
  const dry = await release("--dry-run");
  console.log(dry.stdout.replace(/whose changes are:[\s\S]*?(?=\nok|\nWRONG)/, "whose changes are: …\n"));
  judge("a dry run: exit 0", dry.exitCode === 0, dry.stdout + dry.stderr);
  judge(
    "it says what is pushed and signed",
    /npm publish[\s\S]*--provenance/.test(dry.stdout) && /cosign sign/.test(dry.stdout),
  );
  const after = `${(await git`git rev-parse HEAD`).stdout}${(await git`git status --porcelain`).stdout}${(await git`git tag`).stdout}`;
  judge("it leaves the checkout as it was", after === before, after);

  // Without an engine, since the dry run has built the image of the same commit already.
  process.env.DOCKER_HOST = "unix:///nowhere/docker.sock";
  const made = await release("98.1.0");
  judge("a release: exit 0", made.exitCode === 0, made.stdout + made.stderr);
  judge("it says that no image was tried", /^not tried: the image, without an engine/m.test(made.stdout), made.stdout);
  const tag = (await git`git describe --exact-match`).stdout.trim();
  judge("its commit and tag are here, its words what is pushed", tag === "v98.1.0" && made.stdout.includes(tag), tag);
  const notes = await release("--notes", tag);
  judge(
    "the tag has its changes",
    notes.exitCode === 0 && notes.stdout.startsWith("### "),
    notes.stdout + notes.stderr,
  );
  await refuses("the same once more", /nothing below ## Unreleased/, async () => {}, []);
} finally {
  await rm(folder, { recursive: true, force: true });
}
await conclude("release");
