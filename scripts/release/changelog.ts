/**
 * Reads and releases CHANGELOG.md, which is written by hand in the form of Keep a Changelog: a version's changes stand
 * below its heading by kind, those of the next one below `## Unreleased`.
 */
import { UserError } from "../../helpers/engine/errors.ts";

/** https://keepachangelog.com/en/1.1.0/#how */
const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const UNRELEASED = "Unreleased";
const HEADING = /^(\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$/;

/** A version by its three numbers, the weightiest first. */
export type Version = readonly [number, number, number];

interface Section {
  /** Null: what is unreleased. */
  readonly version: string | null;
  readonly line: number;
  /** In lines, without the heading. */
  readonly body: readonly string[];
  readonly kinds: readonly string[];
}

export interface Changelog {
  /** The changes of the next version, as they are written. Empty where there are none. */
  readonly unreleased: string;
  /** Their kinds: Added, Changed … */
  readonly kinds: readonly string[];
  /** Newest first. */
  readonly released: readonly { readonly version: string; readonly notes: string }[];
}

/** @returns its numbers; null for what is no version of three numbers */
export function versionOf(text: string): Version | null {
  const [, ...numbers] = /^(\d+)\.(\d+)\.(\d+)$/.exec(text) ?? [];
  const [major = Number.NaN, minor = Number.NaN, patch = Number.NaN] = numbers.map(Number);
  return Number.isSafeInteger(major + minor + patch) ? [major, minor, patch] : null;
}

/** Below 0 where the first is the older one. */
export function compareVersions(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

function wrong(line: number, seen: string, todo: string): UserError {
  return new UserError({ tried: "Reading CHANGELOG.md", seen: line > 0 ? `line ${line}: ${seen}` : seen, todo });
}

/**
 * Reads a changelog.
 * @throws UserError for a heading that is none, a kind that there is not or that says nothing, and versions out of order
 */
export function readChangelog(text: string): Changelog {
  const sections = sectionsOf(text);
  const [first, ...released] = sections;
  if (first?.version !== null)
    throw wrong(first?.line ?? 0, `the first section is not ## ${UNRELEASED}`, `Write ## ${UNRELEASED} above it`);
  for (const [index, { version, line }] of released.entries()) {
    if (version === null) throw wrong(line, `## ${UNRELEASED} stands twice`, "Join the two");
    const newer = released[index - 1]?.version;
    if (newer === null || newer === undefined) continue;
    if (compareVersions(versionOf(newer) ?? [0, 0, 0], versionOf(version) ?? [0, 0, 0]) <= 0)
      throw wrong(line, `${version} stands below ${newer}`, "Put the newest version first, each once");
  }
  return {
    unreleased: textOf(first.body),
    kinds: first.kinds,
    released: released.map(({ version, body }) => ({ version: version ?? "", notes: textOf(body) })),
  };
}

const textOf = (body: readonly string[]) => body.join("\n").trim();

function sectionsOf(text: string): Section[] {
  const sections: (Section & { body: string[]; kinds: string[] })[] = [];
  const lines = text.split("\n");
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    const section = sections.at(-1);
    if (content.startsWith("## ")) {
      const title = content.slice(3).trim();
      const [, version] = HEADING.exec(title) ?? [];
      if (version === undefined && title !== UNRELEASED)
        throw wrong(line, `## ${title}`, `Write ## ${UNRELEASED}, or ## 1.2.3 - 2026-11-28`);
      sections.push({ version: version ?? null, line, body: [], kinds: [] });
      continue;
    }
    if (section === undefined) continue;
    section.body.push(content);
    if (content.startsWith("### ")) {
      const kind = content.slice(4).trim();
      if (!KINDS.includes(kind)) throw wrong(line, `there is no kind ${kind}`, `Write one of ${KINDS.join(", ")}`);
      if (section.kinds.includes(kind)) throw wrong(line, `### ${kind} stands twice in its version`, "Join the two");
      if (!saysSomething(lines.slice(line))) throw wrong(line, `### ${kind} has no entry`, "Write one, or remove it");
      section.kinds.push(kind);
    } else if (content.trim() !== "" && section.kinds.length === 0) {
      throw wrong(line, "a change without a kind", `Put it below ### ${KINDS.join(", ### ")}`);
    }
  }
  return sections;
}

/** Whether an entry comes before the next heading. */
function saysSomething(below: readonly string[]): boolean {
  const next = below.find((line) => line.trim() !== "");
  return next?.startsWith("- ") === true;
}

/**
 * The version that comes next. Without a wish the kinds decide: what was removed breaks (a number before 1.0 says so by
 * its minor), what was only fixed is a patch.
 * @param current the version of package.json: that of the first release
 * @param wish patch, minor, major or a version
 * @throws UserError (exit code 64) for another word, and for a version that is not newer
 */
export function nextVersion(current: string, { kinds, released }: Changelog, wish: string | undefined): string {
  const last = released[0]?.version ?? null;
  const from = versionOf(last ?? current);
  if (from === null)
    throw new UserError({
      tried: "Reading package.json",
      seen: `version is ${current}`,
      todo: "Write three numbers, such as 0.1.0",
    });
  const [major, minor, patch] = from;
  const steps = new Map<string, Version>([
    ["major", [major + 1, 0, 0]],
    ["minor", [major, minor + 1, 0]],
    ["patch", [major, minor, patch + 1]],
  ]);
  if (wish === undefined) {
    if (last === null) return current;
    const breaks = kinds.includes("Removed");
    const mendsOnly = kinds.every((kind) => kind === "Fixed" || kind === "Security");
    return (steps.get(breaks && major > 0 ? "major" : mendsOnly ? "patch" : "minor") ?? from).join(".");
  }
  const wished = steps.get(wish) ?? versionOf(wish);
  const complain = (seen: string, todo: string) =>
    new UserError({ tried: "Reading the command line", seen, todo, exitCode: 64 });
  if (wished === null) throw complain(`${wish} is no version`, "Write patch, minor, major or three numbers");
  if (last === null ? compareVersions(wished, from) < 0 : compareVersions(wished, from) <= 0)
    throw complain(`${wished.join(".")} is not newer than ${from.join(".")}`, "Name a newer one, or none");
  return wished.join(".");
}

/** The changelog with what was unreleased as a version of that day, and an empty section above it. */
export function releaseChangelog(text: string, version: string, day: string): string {
  return text.replace(/^## Unreleased\s*\n/m, `## ${UNRELEASED}\n\n## ${version} - ${day}\n\n`);
}
