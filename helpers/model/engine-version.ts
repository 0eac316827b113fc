import type { Facts } from "./facts.ts";

/** A dotted version number. A part that the text leaves out is 0. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `rc.1` of `29.0.0-rc.1`; empty for a release. A distribution's suffix (`+dfsg1`, `-0ubuntu2`) is no pre-release. */
  readonly prerelease: string;
}

/** The part of the facts that says which engine this is. */
export type VersionedEngine = { readonly engine: Pick<Facts["engine"], "version" | "apiVersion"> };

const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?(.*)$/;
const PRERELEASE = /^-((?:alpha|beta|rc|dev|tp)[.\w]*)/;

/** Reads an engine's version (`20.10.24+dfsg1`, `28.5.2`, `29.0.0-rc.1`) or an API version (`1.41`). Throws a RangeError that quotes the text. */
export function parseVersion(text: string): Version {
  const match = VERSION.exec(text.trim());
  if (match === null) throw new RangeError(`not a version: ${JSON.stringify(text)}`);
  const [, major, minor, patch, suffix = ""] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    prerelease: PRERELEASE.exec(suffix)?.[1] ?? "",
  };
}

function compareNumbers(one: Version, other: Version): number {
  return one.major - other.major || one.minor - other.minor || one.patch - other.patch;
}

/** Negative, zero or positive like a sort function; `29.0.0-rc.1` sorts before `29.0.0`. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parseVersion(one), parseVersion(other)];
  const difference = compareNumbers(a, b);
  if (difference !== 0 || a.prerelease === b.prerelease) return difference;
  if (a.prerelease === "") return 1;
  if (b.prerelease === "") return -1;
  return a.prerelease.localeCompare(b.prerelease, "en", { numeric: true });
}

function reaches(version: string, minimum: string): boolean {
  return compareNumbers(parseVersion(version), parseVersion(minimum)) >= 0;
}

/** True when the engine is `minimum` (`28.0`) or later. A pre-release counts as its release: it carries the release's behaviour. */
export function atLeast(engine: VersionedEngine | string, minimum: string): boolean {
  return reaches(typeof engine === "string" ? engine : engine.engine.version, minimum);
}

/** True when the engine's API is `minimum` (`1.52`) or later. */
export function apiAtLeast(engine: VersionedEngine | string, minimum: string): boolean {
  return reaches(typeof engine === "string" ? engine : engine.engine.apiVersion, minimum);
}
