import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { UserError } from "../../helpers/engine/errors.ts";
import { nextVersion, readChangelog, releaseChangelog } from "./changelog.ts";

/** What is to be released of a checkout. */
export interface Plan {
  readonly version: string;
  readonly tag: string;
  /** The changes of this version. */
  readonly notes: string;
  /** CHANGELOG.md as it will be. */
  readonly changelog: string;
  /** What could not be asked here. */
  readonly unknown: readonly string[];
}

function refuse(seen: string, todo: string): UserError {
  return new UserError({ tried: "Looking at what is to be released", seen, todo });
}

/**
 * Reads what is to be released, and refuses what may not be: work that is not committed, a changelog without news, a
 * version that there is already.
 * @param root the checkout's folder
 * @param wish patch, minor, major or a version; undefined = as the changelog's kinds say
 * @param day of the release, such as 2026-11-28
 * @throws UserError
 */
export async function planRelease(root: string, wish: string | undefined, day: string): Promise<Plan> {
  const git = $({ cwd: root, nothrow: true, quiet: true });
  const status = await git`git status --porcelain`;
  if (status.exitCode !== 0) throw refuse(status.stderr.trim(), "Release from a checkout of this project, with git");
  const changed = status.stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.slice(3)]));
  if (changed.length > 0) {
    const more = changed.length > 3 ? ` and ${changed.length - 3} more` : "";
    throw refuse(`not committed: ${changed.slice(0, 3).join(", ")}${more}`, "Commit or remove it");
  }
  const text = await readFile(join(root, "CHANGELOG.md"), "utf8").catch(() => "");
  if (text === "") throw refuse("there is no CHANGELOG.md", "Write it: https://keepachangelog.com");
  const changelog = readChangelog(text);
  if (changelog.unreleased === "")
    throw refuse("CHANGELOG.md has nothing below ## Unreleased", "Write there what users will notice");
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { readonly version: string };
  const version = nextVersion(manifest.version, changelog, wish);
  const tag = `v${version}`;
  if ((await git`git tag --list ${tag}`).stdout.trim() !== "") throw taken(tag, "here");
  const unknown: string[] = [];
  const remote = await git`git ls-remote --tags origin ${`refs/tags/${tag}`}`;
  if (remote.exitCode !== 0) unknown.push(`whether origin has ${tag}: ${remote.stderr.trim().split("\n")[0]}`);
  else if (remote.stdout.trim() !== "") throw taken(tag, "at origin");
  return { version, tag, notes: changelog.unreleased, changelog: releaseChangelog(text, version, day), unknown };
}

function taken(tag: string, where: string): UserError {
  return refuse(`the tag ${tag} is there already, ${where}`, "Name a newer version, such as: npm run release -- minor");
}

/**
 * What a tag releases, where everything agrees on its version: what the release workflow asks first.
 * @returns the version's changes
 * @throws UserError
 */
export async function notesOf(root: string, tag: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { readonly version: string };
  if (tag !== `v${version}`)
    throw refuse(`the tag is ${tag}, and package.json has ${version}`, "Make tags with npm run release");
  const [newest] = readChangelog(await readFile(join(root, "CHANGELOG.md"), "utf8")).released;
  if (newest?.version !== version)
    throw refuse(
      `the newest version of CHANGELOG.md is ${newest?.version ?? "none"}, and the tag is ${tag}`,
      "Make tags with npm run release",
    );
  return newest.notes;
}
