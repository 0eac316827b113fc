import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { connect } from "../engine/connect.ts";
import { messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import { scratchDirectory } from "../engine/scratch-directory.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { type BundleParts, bundleFiles } from "../report/bundle.ts";
import { readResults } from "../report/read-results.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { suiteVersion } from "../run/suite-version.ts";
import { takeLivingSnapshot } from "../snapshot/take-living-snapshot.ts";
import { asHost, HostView } from "../vantage/host-view.ts";
import { defineCommand } from "./command.ts";
import { userPath } from "./user-file.ts";

const USAGE = "npm run bundle -- [--to FILE.tar.gz]";

const ABOUT = `Writes one archive for a bug report: the reports of the last run with its reproduction scripts and walks, what runs on
the engine now (read only), the last lines of dockerd's log where they can be read, and versions. Credentials are left
out; names and addresses are replaced, each by the same stand-in everywhere. What is missing is told in its README.txt.
--to FILE  by default docker-network-conformance.tar.gz in the reports' folder
Exit codes: 0 written, 2 it can't be written, or there is nothing to put into it, 64 wrong usage.`;

/** Of the reports' folder: what one run leaves. */
const REPORTS = ["results.json", "summary.md", "junit.xml", "workloads.json", "reproduce", "walks"];

/** The last lines of dockerd's log, by whatever keeps it; fails where nothing does. */
const READ_LOG =
  "journalctl -u docker -u snap.docker.dockerd -n 3000 --no-pager 2>/dev/null | grep -v '^-- ' || tail -n 3000 /var/log/dockerd.log 2>/dev/null || tail -n 3000 /var/log/docker.log 2>/dev/null || tail -n 3000 /var/log/upstart/docker.log";

type Seen = Pick<BundleParts, "snapshot" | "log" | "missing"> & { readonly engine: string };

/** `npm run bundle`. */
async function bundle(to: string): Promise<void> {
  const folder = reportsFolder();
  const reports = await readReports(folder);
  const seen = await seenNow();
  if (reports.size === 0 && seen.snapshot === null)
    throw new UserError({
      tried: "Putting a bundle together",
      seen: `there is no report in ${folder}, and ${seen.missing.join("; ")}`,
      todo: "Run npm test first",
    });
  const files = bundleFiles({
    ...seen,
    reports,
    results: await readResults(join(folder, "results.json")),
    own: { hostname: hostname(), user: userInfo().username },
    versions: {
      suite: suiteVersion(),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      engine: seen.engine,
    },
    missing: [...(reports.has("results.json") ? [] : ["results of a run: npm test makes them"]), ...seen.missing],
  });
  await archive(files, to);
  console.log(`${to}: ${files.size} files; look through them before you hand them on.`);
}

async function readReports(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of REPORTS) {
    const paths = name.includes(".")
      ? [name]
      : (await readdir(join(folder, name)).catch(() => [])).map((file) => `${name}/${file}`);
    for (const path of paths) {
      const text = await readFile(join(folder, path), "utf8").catch(() => null);
      if (text !== null) files.set(path, text);
    }
  }
  return files;
}

/** What the engine and its host show now, as far as they do. */
async function seenNow(): Promise<Seen> {
  try {
    await using connection = await connect();
    const { docker, engine } = connection;
    const { busybox } = await findImages(docker);
    const opened = await HostView.alone(docker, busybox.reference, "bundle").then(
      (view) => ({ view, missing: "" }),
      (error: unknown) => ({ view: null, missing: messageOf(error) }),
    );
    try {
      const facts = await gatherFacts(docker, opened.view, opened.missing);
      const snapshot = await takeLivingSnapshot({ docker, facts, host: opened.view });
      const log = opened.view === null ? null : await readLog(opened.view);
      return {
        snapshot,
        log,
        engine: engine.version,
        missing: [
          ...(opened.view === null ? [`the host's own view: ${opened.missing}`] : []),
          ...(log === null ? ["dockerd's log: neither the journal nor a file of it can be read"] : []),
        ],
      };
    } finally {
      await opened.view?.close();
    }
  } catch (error) {
    return {
      snapshot: null,
      log: null,
      engine: "not reached",
      missing: [`what runs now: ${error instanceof UserError ? error.seen : messageOf(error)}`],
    };
  }
}

async function readLog(host: HostView): Promise<string | null> {
  const { exitCode, stdout } = await host.ask(asHost((await host.dockerdPid()) ?? 1, READ_LOG), { seconds: 30 });
  return exitCode === 0 && stdout.trim() !== "" ? stdout : null;
}

/** @throws UserError where it can't be written */
async function archive(files: ReadonlyMap<string, string>, to: string): Promise<void> {
  using scratch = scratchDirectory();
  const name = "docker-network-conformance";
  try {
    for (const [path, text] of files) {
      await mkdir(dirname(join(scratch.path, name, path)), { recursive: true });
      await writeFile(join(scratch.path, name, path), text);
    }
    await mkdir(dirname(to), { recursive: true });
    // Whoever sits here is nobody's business either.
    const { execa } = await import("execa");
    await execa("tar", ["--owner=0", "--group=0", "-czf", to, "-C", scratch.path, name]);
  } catch (error) {
    await rm(to, { force: true });
    throw new UserError({
      tried: `Writing ${to}`,
      seen: messageOf(error),
      todo: "Name a file that can be written with --to; the program tar is needed",
    });
  }
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { to: { type: "string" } },
  takesWords: false,
  run: async ({ to }) =>
    await bundle(to === undefined ? join(reportsFolder(), "docker-network-conformance.tar.gz") : userPath(to)),
});
