/**
 * Watches a host of the lab with `dnc watch`, and does to it what is to be seen: how long until it is told, and what the
 * watch costs while nothing happens. `node scripts/try-watch.ts [engine] [seconds of idleness] [seconds between looks]`.
 * Writes `reports/watch.json`; exit code 0 only when each change was told, and idleness costs at most half a percent of a
 * core.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { connect } from "../helpers/engine/connect.ts";
import { environmentOf } from "../helpers/engine/second-engine.ts";
import { labEngines } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import type { LabHost } from "../helpers/lab/lab-host.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { conclude, judge } from "./trial.ts";

/** With a look every so many seconds, as by default. */
const MOST_OF_A_CORE = 0.005;
const BY_DEFAULT_S = 30;
/** Of Linux: ticks of a second in /proc. */
const TICKS = 100;

/** What is done to the host, and the words by which it is to be told. */
const CHANGES: readonly {
  readonly what: string;
  readonly done: (host: LabHost) => Promise<unknown>;
  readonly says: RegExp;
}[] = [
  {
    what: "rule",
    done: (host) => host.must("iptables -I DOCKER-USER -p tcp --dport 9 -j DROP"),
    says: /firewall rules changed/,
  },
  { what: "rules flushed", done: (host) => host.must("iptables -F FORWARD"), says: /firewall rules changed/ },
  { what: "route", done: (host) => host.must("ip route add 198.51.100.0/24 dev eth0"), says: /routes changed/ },
  { what: "link", done: (host) => host.must("ip link add try0 type bridge"), says: /links changed/ },
  { what: "daemon.json", done: (host) => host.configure('{"debug": true}'), says: /daemon\.json was changed/ },
  { what: "reload", done: (host) => host.must("pkill -HUP -x dockerd"), says: /dockerd reloaded/ },
  {
    what: "restart",
    done: async (host) => {
      await host.stopEngine();
      await host.startEngine();
    },
    says: /dockerd was started/,
  },
];

/** Processor time of this machine's process, in seconds. */
async function spentBy(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Processor time of all that ended or runs in the watch's container, by its cgroup. */
async function spentInView(host: LabHost): Promise<number> {
  const [view] = await host.docker.listContainers({ filters: { name: ["watch"] } });
  const stats = await host.docker.getContainer(view?.Id ?? "").stats({ stream: false });
  return stats.cpu_stats.cpu_usage.total_usage / 1e9;
}

const [version = "28.5", idleness = "120", every = "30"] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "try-watch-"));
const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
try {
  const [engine] = labEngines(version);
  if (engine === undefined) throw new Error(`no engine ${version}`);
  const { host } = await lab.start({ host: { engine, daemonJson: "{}" } });
  const { DNC_REPORTS: _ours, ...others } = process.env;
  const dnc = execa(
    process.execPath,
    [
      join(PROJECT_ROOT, "helpers/commands/dnc.ts"),
      "watch",
      "--every",
      `${every}s`,
      "--run",
      `cat >>${join(folder, "news")}`,
      "NONE-01",
      "LIVE",
    ],
    { env: { ...others, ...environmentOf(host.url), DNC_REPORTS: folder }, extendEnv: false, reject: false, all: true },
  );
  let said = "";
  dnc.all.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  const told = async (words: RegExp, from: number, withinMs: number): Promise<number | null> => {
    for (const begin = performance.now(); performance.now() - begin < withinMs; await pause(100))
      if (words.test(said.slice(from))) return (performance.now() - begin) / 1000;
    return null;
  };
  judge("it begins", (await told(/the watch began/, 0, 120_000)) !== null);
  const [node, view] = [await spentBy(dnc.pid ?? 0), await spentInView(host)];
  await pause(Number(idleness) * 1000);
  const spent = { node: (await spentBy(dnc.pid ?? 0)) - node, view: (await spentInView(host)) - view };
  const share = (spent.node + spent.view) / Number(idleness);
  judge(
    `idle for ${idleness} s, a look every ${every} s: ${spent.node.toFixed(2)} s of processor here, ${spent.view.toFixed(2)} s on the host: ${(share * 100).toFixed(2)} % of a core`,
    share <= (MOST_OF_A_CORE * BY_DEFAULT_S) / Number(every),
  );
  for (const { what, done, says } of CHANGES) {
    const from = said.length;
    await done(host);
    const seconds = await told(says, from, 180_000);
    judge(`${what}: ${seconds === null ? "not told" : `told after ${seconds.toFixed(1)} s`}`, seconds !== null);
  }
  dnc.kill("SIGINT");
  const { exitCode } = await dnc;
  judge(`Ctrl-C ends it with ${exitCode}`, exitCode === 0);
  const left = await host.docker.listContainers({ all: true });
  judge(`it leaves ${left.length} containers`, left.length === 0);
  console.log(said);
  console.log(await readFile(join(folder, "news"), "utf8").catch(() => "no news"));
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("watch");
