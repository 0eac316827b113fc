import { Redactor } from "./redactor.ts";
import type { WorkloadsReport } from "./workloads.ts";

/** The same report without names and addresses. For attaching to a bug report. */
export function redacted(report: WorkloadsReport): WorkloadsReport {
  const redactor = new Redactor();
  redactor.give("engine-host", report.engine.hostname);
  for (const network of report.networks) {
    if (network.driver !== "") redactor.give("network", network.name);
    redactor.give("device", network.device);
  }
  for (const container of [...report.networks.flatMap(({ containers }) => containers), ...report.stopped]) {
    redactor.give("container", container.name);
    redactor.give("project", container.project);
  }
  return redactor.hideData(report);
}
