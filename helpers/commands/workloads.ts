import type Dockerode from "dockerode";
import { type Judged, judgeLiving } from "../audits/look-twice.ts";
import { connect } from "../engine/connect.ts";
import { findImages } from "../engine/images.ts";
import { onInterruption } from "../engine/interruption.ts";
import { newRunId } from "../engine/run-identity.ts";
import { sweep } from "../engine/sweep.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { dataWithoutCredentials } from "../model/credentials.ts";
import { wantsColour } from "../report/colour.ts";
import { redacted } from "../report/redact.ts";
import { type ReachReport, workloadsReport } from "../report/workloads.ts";
import { workloadsMarkdown } from "../report/workloads-markdown.ts";
import { workloadsSvg } from "../report/workloads-svg.ts";
import { workloadsText } from "../report/workloads-text.ts";
import { assertWritable, writeWhole } from "../report/write-files.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { askEngine } from "../snapshot/ask-engine.ts";
import { HostView } from "../vantage/host-view.ts";
import { whyNoView } from "../vantage/why-no-view.ts";
import { defineCommand } from "./command.ts";
import { endWhereEngineHangs } from "./end-hanging.ts";

const ABOUT = `Judges the networking of what runs on this Docker host already: every running container, network and
published port, and what should run and does not because of its network. Reading only: of their namespaces only the
network's is entered, to read; nothing of theirs is executed or changed. Makes one short-lived container of its own, to
look at the host.
--reach     connects to each published TCP port as well, from the host and from containers of ours that are put on your
            networks for that time, and reads nothing; a port that should connect and does not fails
--redact    names and addresses are replaced, each by the same stand-in everywhere: for attaching to a bug report
--json      standard output is workloads.json and nothing else (npm run with --silent)
Reports: reports/workloads.json, workloads.md, workloads.html, workloads.svg.
Exit codes: 0 all as the engine says, 1 something is broken, 2 could not be judged, or not all of it, 64 wrong usage.`;

/** `npm run workloads`. */
async function look({
  redact,
  reach,
  json,
}: {
  readonly redact: boolean;
  readonly reach: boolean;
  readonly json: boolean;
}): Promise<void> {
  const startedAt = new Date();
  const folder = reportsFolder();
  await assertWritable(folder);
  await using connection = await connect();
  const { docker } = connection;
  const images = await findImages(docker);
  const runId = newRunId();
  using _ = onInterruption(async () => void (await sweep(docker, { only: runId })));
  // Asked while the view opens, which takes the engine as long again.
  const asked = askEngine(docker);
  // Thrown where it is awaited.
  asked.catch(() => undefined);
  const opened = await HostView.open(docker, images.busybox.reference, runId, "workloads", "looks", "lease").then(
    (view) => ({ view, missing: "" }),
    (error: unknown) => ({ view: null, missing: whyNoView(error) }),
  );
  endWhereEngineHangs(connection.way, () => opened.view, "npm run workloads");
  let closing: Promise<void> | undefined;
  try {
    const facts = await gatherFacts(docker, opened.view, opened.missing);
    const judged = await judgeLiving({ docker, facts, host: opened.view }, asked);
    const tried = reach
      ? await reached({ docker, image: images.busybox.reference, runId, redact }, opened.view, judged)
      : null;
    // All is looked at: the view ends while the reports are made.
    closing = opened.view?.close();
    const seen = workloadsReport(
      judged,
      startedAt,
      judged.snapshot.host === null
        ? facts.engine.rootless
          ? "the engine is rootless, and its networks lie where no container can look"
          : `the host could not be looked at${opened.missing === "" ? "" : ` (${opened.missing})`}`
        : null,
      tried,
    );
    const report = dataWithoutCredentials(redact ? redacted(seen, judged.snapshot.host) : seen);
    process.stdout.write(
      json
        ? `${JSON.stringify(report, null, 2)}\n`
        : workloadsText(report, {
            width: process.stdout.columns ?? 100,
            colour: wantsColour(process.stdout, process.env),
          }),
    );
    const { renderWorkloadsPage } = await import("../report/page/workloads-page.ts");
    await writeWhole(folder, {
      "workloads.json": `${JSON.stringify(report, null, 2)}\n`,
      "workloads.md": workloadsMarkdown(report),
      "workloads.svg": workloadsSvg(report),
      "workloads.html": renderWorkloadsPage(report),
    });
    process.exitCode = report.exitCode;
  } finally {
    await (closing ?? opened.view?.close());
  }
}

/** `--reach`: says what it is about to put on whose network, does it, and takes it away again. */
async function reached(
  {
    docker,
    image,
    runId,
    redact,
  }: { readonly docker: Dockerode; readonly image: string; readonly runId: string; readonly redact: boolean },
  view: HostView | null,
  { snapshot }: Judged,
): Promise<ReachReport | null> {
  const { host } = snapshot;
  if (view === null || host === null) return null;
  const [{ callerName, networksToCallFrom, openCallers }, { tryReach }] = await Promise.all([
    import("../reach/callers.ts"),
    import("../reach/try-reach.ts"),
  ]);
  const networks = networksToCallFrom(snapshot);
  for (const [index, { name }] of networks.entries())
    process.stderr.write(
      `--reach: container ${callerName(runId, index)} is on ${redact ? "one of your networks" : `network ${name}`} for some seconds\n`,
    );
  const { callers, failed } = await openCallers(docker, image, runId, networks);
  try {
    return {
      callers: callers.map(({ name, bridge }) => ({ name, network: bridge.name })),
      failed,
      rows: await tryReach(view, snapshot, host, callers),
    };
  } finally {
    await Promise.all(callers.map(async (caller) => await caller.close()));
  }
}

export const command = defineCommand({
  usage: "npm run workloads [-- --reach] [--redact] [--json]",
  about: ABOUT,
  options: { redact: { type: "boolean" }, reach: { type: "boolean" }, json: { type: "boolean" } },
  takesWords: false,
  run: look,
});
