import type { LivingMap } from "../model/living-map.ts";
import { Redactor } from "./redactor.ts";
import type { WorkloadsReport } from "./workloads.ts";

/** What is no name, whatever somebody calls a network. */
const WORDS: ReadonlySet<string> = new Set(
  "state status driver verdict kind certainty standing surprise place expected observed protocol".split(" "),
);

/** The same report without names and addresses. For attaching to a bug report. */
export function redacted(report: WorkloadsReport): WorkloadsReport {
  const redactor = new Redactor();
  redactor.give("engine-host", report.engine.hostname);
  giveMap(redactor, report);
  return redactor.hideData(report, WORDS);
}

/** Has every name on a map replaced from now on. */
export function giveMap(redactor: Redactor, { networks, stopped }: LivingMap): void {
  for (const network of networks) {
    if (network.driver !== "") redactor.give("network", network.name);
    redactor.give("device", network.device);
  }
  for (const container of [...networks.flatMap(({ containers }) => containers), ...stopped]) {
    redactor.give("container", container.name);
    redactor.give("project", container.project);
  }
}
