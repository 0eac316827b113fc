import { EXIT, UserError } from "../engine/errors.ts";

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
      todo: `${knownVersions()} are put together from packages; any other, such as 29.0, is pulled from a registry.`,
      exitCode: EXIT.usage,
    });
  });
}

/** The versions that need no registry, for messages. */
export function knownVersions(): string {
  return ENGINES.map(({ version }) => version).join(", ");
}

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
