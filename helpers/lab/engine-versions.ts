import { EXIT, UserError } from "../engine/errors.ts";

/** An engine version that the lab can run. */
export interface LabEngine {
  /** As it is asked for and shown, `28.5`. */
  readonly version: string;
  /** The Debian suite whose `docker.io` it is. */
  readonly suite: string;
  /** The suite moves and its index may be older than its own validity. */
  readonly moving: boolean;
}

/** Debian's engines, oldest first. `DNC_LAB_ENGINES` chooses among them. */
const ENGINES: readonly LabEngine[] = [
  { version: "20.10", suite: "bookworm", moving: false },
  { version: "26.1", suite: "trixie", moving: false },
  { version: "28.5", suite: "forky", moving: true },
];

/**
 * The engines that are wanted.
 * @param wanted versions with commas between them (`--engines`, `DNC_LAB_ENGINES`); undefined = all
 * @throws UserError (exit code 64) for a version that the lab does not have
 */
export function labEngines(wanted: string | undefined = process.env.DNC_LAB_ENGINES): readonly LabEngine[] {
  if (wanted === undefined || wanted === "") return ENGINES;
  return wanted.split(",").map((version) => {
    const engine = ENGINES.find((candidate) => candidate.version === version.trim());
    if (engine !== undefined) return engine;
    const known = ENGINES.map((candidate) => candidate.version).join(", ");
    throw new UserError({
      tried: "Choosing the lab's engines",
      seen: `it has no ${JSON.stringify(version)}`,
      todo: `Choose among ${known}.`,
      exitCode: EXIT.usage,
    });
  });
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
