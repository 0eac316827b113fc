import type { Results, Verdict } from "../../model/results.ts";
import type { RunVerdict } from "../../model/run-verdict.ts";
import { VERDICT_ORDER } from "../summary-lines.ts";

const RUN_VERDICTS: readonly RunVerdict[] = ["conformant", "partial", "not conformant", "not judged"];

type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

/**
 * `metrics.prom`: a run for Prometheus, by node_exporter's textfile collector. Text that both the older exposition
 * format and OpenMetrics 1.0 take: gauges only, the end marked. What was not judged has no sample, so that it is neither
 * failed nor passed.
 */
export function renderMetrics(results: Results): string {
  return `${metricsOf(results)
    .filter(({ samples }) => samples.length > 0)
    .map(metricText)
    .join("")}# EOF\n`;
}

function metricsOf({
  startedAt,
  durationMs,
  verdict,
  exitCode,
  counts,
  selection,
  engine,
  cards,
  residue,
  requirements,
}: Results): readonly Metric[] {
  const one = (value: number): Metric["samples"] => [[{}, value]];
  const requirementsThat = (values: Partial<Readonly<Record<Verdict, number>>>): Metric["samples"] =>
    requirements.flatMap(({ id, suite, verdict: of }) => {
      const value = values[of];
      return value === undefined ? [] : [[{ id, suite }, value] as const];
    });
  return [
    {
      name: "dnc_run_timestamp_seconds",
      help: "When the last run began.",
      samples: one(Date.parse(startedAt) / 1000),
    },
    { name: "dnc_run_duration_seconds", help: "How long the last run took.", samples: one(durationMs / 1000) },
    { name: "dnc_run_exit_code", help: "What the last run ended with.", samples: one(exitCode) },
    {
      name: "dnc_run_verdict",
      help: "1 for the verdict of the last run, 0 for the others.",
      samples: RUN_VERDICTS.map((name) => [{ verdict: name }, name === verdict ? 1 : 0]),
    },
    {
      name: "dnc_run_selected",
      help: "1 where the last run was asked for a part only.",
      samples: one(selection.length > 0 ? 1 : 0),
    },
    { name: "dnc_run_causes", help: "Causes that explain failures of the last run.", samples: one(cards.length) },
    {
      name: "dnc_run_leftovers",
      help: "Things that the last run left behind; no sample where that is not known.",
      samples: residue.state === "unknown" ? [] : one(residue.items.length),
    },
    {
      name: "dnc_run_requirements",
      help: "Requirements of the last run by what became of them.",
      samples: VERDICT_ORDER.map(([name]) => [{ verdict: name }, counts[name]]),
    },
    {
      name: "dnc_engine_info",
      help: "The engine that the last run judged.",
      samples: engine === null ? [] : [[{ id: engine.id, version: engine.version, hostname: engine.hostname }, 1]],
    },
    {
      name: "dnc_requirement_failed",
      help: "1 where the requirement failed, 0 where it passed; no sample where it was not judged or is waived.",
      samples: requirementsThat({ fail: 1, pass: 0 }),
    },
    {
      name: "dnc_requirement_unmeasured",
      help: "1 where the requirement could not be measured; no sample for others.",
      samples: requirementsThat({ error: 1 }),
    },
  ];
}

function metricText({ name, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** A label's value may be any UTF-8; three characters end it or its line. */
function escapeValue(value: string): string {
  return value.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
