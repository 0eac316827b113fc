import { EXIT, UserError } from "../engine/errors.ts";
import { compareVersions, type VersionedEngine } from "../model/engine-version.ts";
import { has, type SwitchKey, VERSION_SWITCHES } from "../model/version-switches.ts";

/** An engine version that the lab can run. */
export interface LabEngine {
  /** As it is asked for and shown, `28.5`. */
  readonly version: string;
  /** The Debian suite whose `docker.io` it is; null for a version that only a registry has. */
  readonly debian: DebianSuite | null;
}

export interface DebianSuite {
  readonly name: string;
  /** The suite moves and its index may be older than its own validity. */
  readonly moving: boolean;
}

/** Debian's engines, oldest first: what is judged unless `DNC_LAB_ENGINES` or `--engines` says otherwise. */
const ENGINES: readonly LabEngine[] = [
  { version: "20.10", debian: { name: "bookworm", moving: false } },
  { version: "26.1", debian: { name: "trixie", moving: false } },
  { version: "28.5", debian: { name: "forky", moving: true } },
];

/**
 * The engines that are wanted.
 * @param wanted versions with commas between them (`--engines`, `DNC_LAB_ENGINES`); undefined = Debian's. Any other
 *   version is taken from the official image of that version
 * @throws UserError (exit code 64) for what is no version
 */
export function labEngines(wanted: string | undefined = process.env.DNC_LAB_ENGINES): readonly LabEngine[] {
  if (wanted === undefined || wanted === "") return ENGINES;
  return wanted.split(",").map((version) => {
    const wantedVersion = version.trim();
    const engine = ENGINES.find((candidate) => candidate.version === wantedVersion);
    if (engine !== undefined) return engine;
    if (/^\d+\.\d+(\.\d+)?$/.test(wantedVersion)) return { version: wantedVersion, debian: null };
    throw new UserError({
      tried: "Choosing the lab's engines",
      seen: `${JSON.stringify(version)} is no engine version`,
      todo: `${PACKAGED_VERSIONS.join(", ")} are put together from packages; any other, such as 29.0, is pulled from a registry.`,
      exitCode: EXIT.usage,
    });
  });
}

/** The versions that need no registry. */
export const PACKAGED_VERSIONS: readonly string[] = ENGINES.map(({ version }) => version);

/** The lab's engine that comes nearest to a version: the same one, else the next newer, else the newest. */
export function nearestEngine(version: string): LabEngine {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const atLeast = (candidate: LabEngine) => {
    const [one = 0, two = 0] = candidate.version.split(".").map(Number);
    return one > major || (one === major && two >= minor);
  };
  const [newest] = ENGINES.slice(-1);
  const found = ENGINES.find(atLeast) ?? newest;
  if (found === undefined) throw new Error("the lab has no engine at all");
  return found;
}

/** The API that an engine speaks, by the first engine of each, oldest first. */
const API_VERSIONS = [
  ["20.10", "1.41"],
  ["23.0", "1.42"],
  ["24.0", "1.43"],
  ["25.0", "1.44"],
  ["26.0", "1.45"],
  ["27.0", "1.46"],
  ["27.2", "1.47"],
  ["28.0", "1.48"],
  ["28.1", "1.49"],
  ["28.2", "1.50"],
  ["28.3", "1.51"],
  ["29.0", "1.52"],
] as const;

/** An engine as the table of version differences is asked for it. */
export function versionedEngine({ version }: LabEngine): VersionedEngine {
  const apiVersion = API_VERSIONS.findLast(([first]) => compareVersions(version, first) >= 0)?.[1] ?? "1.41";
  // Of a line without a patch the last is meant: 28.5.2 knows what 28.5 brought.
  return { engine: { version: version.split(".").length > 2 ? version : `${version}.99`, apiVersion } };
}

/** Why an engine can't have a thing that only some engines have, in the words of the table of version differences; null when it can. */
export function exclusion(
  engine: LabEngine,
  { since, until }: { readonly since?: SwitchKey; readonly until?: SwitchKey },
): string | null {
  const versioned = versionedEngine(engine);
  if (since !== undefined && !has(versioned, since)) return VERSION_SWITCHES[since].before;
  if (until !== undefined && has(versioned, until)) return VERSION_SWITCHES[until].after;
  return null;
}
