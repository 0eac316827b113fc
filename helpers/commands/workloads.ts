import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { judgeLiving } from "../audits/look-twice.ts";
import { connect } from "../engine/connect.ts";
import { findImages } from "../engine/images.ts";
import { newRunId } from "../engine/run-identity.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { dataWithoutCredentials } from "../model/credentials.ts";
import { wantsColour } from "../report/colour.ts";
import { redacted } from "../report/redact.ts";
import { workloadsReport } from "../report/workloads.ts";
import { workloadsMarkdown } from "../report/workloads-markdown.ts";
import { workloadsText } from "../report/workloads-text.ts";
import { assertWritable } from "../report/write-results.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { HostView } from "../vantage/host-view.ts";
import { runCommand } from "./command.ts";

const ABOUT = `Judges the networking of what runs on this Docker host already: every running container, network and
published port, and what should run and does not because of its network. Reading only: of their namespaces only the
network's is entered, to read; nothing of theirs is executed or changed. Makes one short-lived container of its own, to
look at the host.
--redact    names and addresses are replaced, each by the same stand-in everywhere: for attaching to a bug report
Reports: reports/workloads.json, workloads.md.
Exit codes: 0 all as the engine says, 1 something is broken, 2 could not be judged, 64 wrong usage.`;

/** `npm run workloads`. */
async function look({ redact }: { readonly redact: boolean }): Promise<void> {
  const startedAt = new Date();
  const folder = reportsFolder();
  await assertWritable(folder);
  await using connection = await connect();
  const { docker } = connection;
  const images = await findImages(docker);
  const opened = await HostView.open(docker, images.busybox.reference, newRunId(), "workloads", "looks", "lease").then(
    (view) => ({ view, missing: "" }),
    (error: unknown) => ({ view: null, missing: error instanceof Error ? error.message : String(error) }),
  );
  try {
    const facts = await gatherFacts(docker, opened.view, opened.missing);
    const judged = await judgeLiving({ docker, facts, host: opened.view });
    const seen = workloadsReport(
      judged,
      startedAt,
      judged.snapshot.host === null
        ? facts.engine.rootless
          ? "the engine is rootless, and its networks lie where no container can look"
          : `the host could not be looked at${opened.missing === "" ? "" : ` (${opened.missing})`}`
        : null,
    );
    const report = dataWithoutCredentials(redact ? redacted(seen) : seen);
    process.stdout.write(
      workloadsText(report, { width: process.stdout.columns ?? 100, colour: wantsColour(process.stdout, process.env) }),
    );
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "workloads.json"), `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(join(folder, "workloads.md"), workloadsMarkdown(report));
    process.exitCode = report.exitCode;
  } finally {
    await opened.view?.close();
  }
}

await runCommand({
  usage: "npm run workloads [-- --redact]",
  about: ABOUT,
  options: { redact: { type: "boolean" } },
  takesWords: false,
  run: look,
});
process.exit();
