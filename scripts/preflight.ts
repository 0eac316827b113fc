/**
 * The proof of `preflight.sh`: hosts of the lab on which dockerd does not start, and what it says of them. Each is broken,
 * asked before dockerd is started, shown to be broken (dockerd ends), asked again, and mended; a host where nothing is
 * broken is asked before dockerd starts and while it runs. `node scripts/preflight.ts [engines] [names]`; writes
 * `reports/preflight.json`. Exit code 0 only where each was named, and nothing else was.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../helpers/engine/connect.ts";
import { DAEMON_LOG, EXIT_CODE, FORGET_NETWORK, startDockerd } from "../helpers/lab/boot.ts";
import { LAB_CONFIGURATIONS } from "../helpers/lab/configurations/index.ts";
import { exclusion, type LabEngine, labEngines, nearestEngine } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import type { LabHost } from "../helpers/lab/lab-host.ts";
import { BROKEN_HOSTS, type BrokenHost } from "../helpers/preflight/broken-hosts.ts";
import { PREFLIGHT, type Preflight, parsePreflight } from "../helpers/preflight/preflight.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";

const SCRIPT = "/run/preflight.sh";
const FILE = "/etc/docker/daemon.json";
/** The shells that the script is for; both are on each host. */
const SHELLS = ["dash", "busybox sh"];
const UP_OR_ENDED = `i=0; while [ $i -lt 150 ]; do [ -e ${EXIT_CODE} ] && echo ended && exit; grep -q 'API listen on' ${DAEMON_LOG} && echo runs && exit; sleep 0.2; i=$((i + 1)); done; echo neither`;

/** One question to one host, and whether the answer was right. */
interface Judged {
  readonly engine: string;
  readonly host: string;
  readonly moment: string;
  readonly wanted: string;
  readonly said: string;
  readonly right: boolean;
}

const [engines, names] = process.argv.slice(2);
const judged: Judged[] = [];
const judge = (one: Omit<Judged, "right">): void => {
  judged.push({ ...one, right: one.wanted === one.said });
  console.log(
    `${one.wanted === one.said ? "ok   " : "WRONG"} ${one.engine} ${one.host}, ${one.moment}: ${one.said}${one.wanted === one.said ? "" : ` instead of ${one.wanted}`}`,
  );
};

/** What the script found there: the ids of what is in the way, or "nothing". */
async function ask(host: LabHost, shell: string): Promise<{ readonly said: string; readonly answer: Preflight }> {
  const { stdout } = await host.shell.ask(`${shell} ${SCRIPT} --json`, { seconds: 60 });
  const answer = parsePreflight(stdout);
  const ids = answer.findings.filter(({ level }) => level !== "warns").map(({ id }) => id);
  return { said: ids.length === 0 ? "nothing" : ids.join(", "), answer };
}

async function start(host: LabHost): Promise<string> {
  await host.shell.act(startDockerd());
  return (await host.shell.act(`( ${UP_OR_ENDED} )`, { seconds: 60 })).stdout.trim();
}

async function judgeHealthy(engine: string, host: LabHost): Promise<void> {
  for (const shell of SHELLS)
    judge({
      engine,
      host: "healthy",
      moment: `${shell}, before dockerd`,
      wanted: "nothing",
      said: (await ask(host, shell)).said,
    });
  judge({ engine, host: "healthy", moment: "dockerd", wanted: "runs", said: await start(host) });
  for (const shell of SHELLS)
    judge({
      engine,
      host: "healthy",
      moment: `${shell}, dockerd runs`,
      wanted: "nothing",
      said: (await ask(host, shell)).said,
    });
  await host.stopEngine();
  judge({
    engine,
    host: "healthy",
    moment: "dockerd stopped",
    wanted: "nothing",
    said: (await ask(host, "dash")).said,
  });
}

async function judgeBroken(engine: string, host: LabHost, broken: BrokenHost): Promise<void> {
  const told = { engine, host: broken.name };
  await host.shell.act(FORGET_NETWORK, { seconds: 60 });
  await host.must(`rm -rf ${FILE} ${DAEMON_LOG}`);
  if (broken.daemonJson !== undefined) await host.configure(broken.daemonJson);
  for (const line of broken.break ?? []) await host.must(line);
  const major = Number(engine.split(".")[0]);
  const starts = broken.until !== undefined && major >= broken.until;
  const unasked = broken.unaskedBefore !== undefined && major < broken.unaskedBefore;
  const wanted = starts ? "nothing" : unasked ? "last-words" : broken.finding;
  const before = broken.onlyAfterStart || unasked ? "nothing" : wanted;
  const [first = "dash", second = "dash"] = SHELLS;
  judge({ ...told, moment: `${first}, before dockerd`, wanted: before, said: (await ask(host, first)).said });
  judge({ ...told, moment: "dockerd", wanted: starts ? "runs" : "ended", said: await start(host) });
  const after = await ask(host, second);
  judge({ ...told, moment: `${second}, after dockerd`, wanted, said: after.said });
  for (const { what, seen, todo } of after.answer.findings)
    console.log(`        ${what}\n        seen:  ${seen}\n        to do: ${todo}`);
  if (starts) await host.stopEngine();
  for (const line of broken.mend ?? []) await host.must(line);
}

/** What operators really have, and each networking key alone: dockerd starts with every one of these. */
async function judgeConfigurations(engine: LabEngine, host: LabHost): Promise<void> {
  await host.shell.act(FORGET_NETWORK, { seconds: 60 });
  await host.must(`rm -f ${FILE} ${DAEMON_LOG}`);
  for (const configuration of LAB_CONFIGURATIONS) {
    // What has to be there before dockerd starts may be another dockerd, or another kind of host.
    if (configuration.prepare !== undefined || exclusion(engine, configuration) !== null) continue;
    await host.configure(JSON.stringify(configuration.daemonJson));
    const { said } = await ask(host, "dash");
    judge({
      engine: engine.version,
      host: `configuration ${configuration.name}`,
      moment: "dash",
      wanted: "nothing",
      said,
    });
  }
}

const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
try {
  for (const engine of labEngines(engines || undefined)) {
    const { host } = await lab.start({ host: { engine, engineRuns: false } });
    await host.write(SCRIPT, await readFile(PREFLIGHT, "utf8"));
    if (names === undefined || names.includes("healthy")) await judgeHealthy(engine.version, host);
    const newest = engine.version === nearestEngine("99").version;
    if (newest && (names === undefined || names.includes("configurations"))) await judgeConfigurations(engine, host);
    for (const broken of BROKEN_HOSTS)
      if (names === undefined || names.split(",").includes(broken.name))
        await judgeBroken(engine.version, host, broken);
    await host.remove();
  }
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
}
const failed = judged.filter(({ right }) => !right).length;
await mkdir(join(PROJECT_ROOT, "reports"), { recursive: true });
await writeFile(
  join(PROJECT_ROOT, "reports/preflight.json"),
  JSON.stringify({ passed: judged.length - failed, failed, judged }, null, 2),
);
console.log(`${judged.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
process.exit();
