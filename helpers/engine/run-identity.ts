import { randomBytes } from "node:crypto";

/** Labels on every object that a run creates: how it is found again, and told from everything foreign. */
export const LABEL = {
  /** Present on everything of this project, on every run. */
  project: "docker-network-conformance",
  /** The run that made the object. */
  run: "docker-network-conformance.run",
  /** `lease` on the one container whose life is the run's life; `probe` on everything else. */
  role: "docker-network-conformance.role",
  /** On containers that the engine removes by itself once they end (`AutoRemove`): nobody has to have removed them. */
  leaves: "docker-network-conformance.leaves",
} as const;

/** Prefix of every container and network name: `dnc-<run>-<what>`. */
export const NAME_PREFIX = "dnc";

/** A run's id: eight characters that are safe in names of containers, networks and DNS. */
export function newRunId(): string {
  return `r${randomBytes(4).toString("hex").slice(0, 7)}`;
}

/** The labels of one object of a run. */
export function labelsOf(runId: string, role: "lease" | "probe" = "probe"): Record<string, string> {
  return { [LABEL.project]: "true", [LABEL.run]: runId, [LABEL.role]: role };
}

/** The name of one object of a run; short enough for a DNS label (63) and traceable to its suite. */
export function nameOf(runId: string, what: string): string {
  const name = `${NAME_PREFIX}-${runId}-${what}`.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-");
  return name.slice(0, 60);
}
