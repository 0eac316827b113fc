import type { RequirementResult, Results, Verdict } from "../model/results.ts";
import { markdownTable, markdownText } from "./markdown-text.ts";

/** The suites' run under one configuration on one engine. */
export interface ConfigurationRun {
  /** The lab's engine version, `28.5`. */
  readonly engine: string;
  readonly configuration: string;
  readonly daemonJson: Readonly<Record<string, unknown>>;
  /** Null where there was no run: the reason is `excluded` or `trouble`. */
  readonly results: Results | null;
  /** Why this engine can't have the configuration; undefined when it can. */
  readonly excluded?: string;
  /** Why there are no results although there should be: dockerd's own words. */
  readonly trouble?: string;
  /** Kinds of workloads that could not live there, with the reason; undefined where none were to. */
  readonly missing?: readonly string[];
  /** Containers and networks of which the engine says something else after the run. */
  readonly changed?: readonly string[];
}

const COUNTED: readonly Verdict[] = ["pass", "fail", "error", "waived", "not applicable", "not run"];

/** The requirements that a run found broken, or could not measure. */
export function alarmsOf({ results }: ConfigurationRun): readonly RequirementResult[] {
  return (results?.requirements ?? []).filter(({ verdict }) => verdict === "fail" || verdict === "error");
}

/** One line about a run that has just ended: name, counts, seconds, what failed. */
export function configurationLine(run: ConfigurationRun): string {
  const name = `${run.engine.padEnd(6)} ${run.configuration.padEnd(22)}`;
  if (run.excluded !== undefined) return `${name} left out: ${run.excluded}`;
  if (run.results === null) return `${name} NO RESULTS: ${run.trouble ?? "unknown"}`;
  const { counts, durationMs, residue } = run.results;
  const alarms = alarmsOf(run).map(({ id, verdict }) => (verdict === "error" ? `${id} (error)` : id));
  return [
    name,
    `${String(counts.pass).padStart(4)} passed`,
    `${counts.fail} failed`,
    `${counts.error} errors`,
    `${counts["not applicable"]} n/a`,
    `${counts["not run"]} not run`,
    `${Math.round(durationMs / 1000)} s`,
    ...(residue.state === "left" ? [`left behind: ${residue.items.join("; ")}`] : []),
    ...(residue.state === "unknown" ? [`left behind: unknown (${residue.items.join("; ")})`] : []),
    ...(alarms.length === 0 ? [] : [alarms.join(" ")]),
    ...(run.changed === undefined || run.changed.length === 0 ? [] : [`CHANGED: ${run.changed.join(", ")}`]),
    ...(run.missing ?? []).map((one) => `without ${one}`),
  ].join("  ");
}

/** All runs as text: the counts, then every alarm with the configurations that it was raised under. */
export function formatConfigurations(runs: readonly ConfigurationRun[]): string {
  const alarms = alarmsByRequirement(runs);
  const judged = runs.filter(({ results }) => results !== null);
  return [
    ...runs.map(configurationLine),
    "",
    `${judged.length} runs, ${judged.filter((run) => alarmsOf(run).length === 0).length} of them without an alarm; ${runs.filter(({ excluded }) => excluded !== undefined).length} left out.`,
    ...[...alarms].map(([id, where]) => `  ${id.padEnd(12)} ${where.join(", ")}`),
  ].join("\n");
}

/** The same in Markdown, with the reasons. */
export function configurationsMarkdown(runs: readonly ConfigurationRun[]): string {
  const counts = runs.map((run) => [
    run.engine,
    markdownText(run.configuration),
    markdownText(JSON.stringify(run.daemonJson)),
    ...(run.results === null
      ? COUNTED.map(() => "")
      : COUNTED.map((verdict) => String(run.results?.counts[verdict] ?? ""))),
    markdownText(run.excluded ?? run.trouble ?? ""),
  ]);
  const alarms = runs.flatMap((run) =>
    alarmsOf(run).map(({ id, verdict, reason }) => [
      markdownText(id),
      `${run.engine} ${markdownText(run.configuration)}`,
      verdict,
      markdownText(reason),
    ]),
  );
  return `${[
    "# The suites under other configurations",
    markdownTable(["engine", "configuration", "daemon.json", ...COUNTED, "remark"], counts),
    "## Alarms",
    alarms.length === 0 ? "None." : markdownTable(["requirement", "configuration", "verdict", "reason"], alarms),
  ].join("\n\n")}\n`;
}

function alarmsByRequirement(runs: readonly ConfigurationRun[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const run of runs) {
    for (const { id } of alarmsOf(run)) {
      found.set(id, [...(found.get(id) ?? []), `${run.engine} ${run.configuration}`]);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true })));
}
