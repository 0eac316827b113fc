import type Dockerode from "dockerode";
import { audit } from "../audits/judge.ts";
import { gatherFacts } from "../host/gather-facts.ts";
import { workloadsReport } from "../report/workloads.ts";
import { workloadsMarkdown } from "../report/workloads-markdown.ts";
import { workloadsSvg } from "../report/workloads-svg.ts";
import { workloadsText } from "../report/workloads-text.ts";
import { takeLivingSnapshot } from "../snapshot/take-living-snapshot.ts";
import { HostView } from "../vantage/host-view.ts";

/** A whole `npm run workloads`, as its user has it. */
interface WholeCommand {
  readonly ms: number;
  /** Of the processors, by the command itself; what it has the host do is not in it. */
  readonly cpuMs: number;
  /** The most memory that it had at once, in bytes. */
  readonly peakBytes: number;
  readonly exitCode: number;
  /** The last line that it printed: its verdict. */
  readonly summary: string;
}

/** Printed by the command itself as it ends: microseconds of the processors, and KiB of memory. */
const USED = "used-by-command ";
const TELLS_USE = `data:text/javascript,process.on("exit",()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();process.stderr.write("${USED}"+(u+s)+" "+m+"\\n")})`;

/** @param script the command and its words */
export async function timeCommand(
  script: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<WholeCommand> {
  const started = performance.now();
  const { execa } = await import("execa");
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--import", TELLS_USE, ...script], {
    env,
    reject: false,
  });
  const [microseconds = 0, kib = 0] = (stderr.split(USED)[1] ?? "").split(" ").map(Number);
  return {
    ms: performance.now() - started,
    cpuMs: microseconds / 1000,
    peakBytes: kib * 1024,
    exitCode: exitCode ?? -1,
    summary: stdout.trimEnd().split("\n").at(-1) ?? "",
  };
}

/** One part of a judgement of what runs on a host. */
interface Phase {
  readonly what: string;
  readonly ms: number;
}

/** The same in this process, part by part. @param image a BusyBox image that the engine has */
export async function timePhases(docker: Dockerode, image: string): Promise<Phase[]> {
  const phases: Phase[] = [];
  const timed = async <T>(what: string, part: () => T | Promise<T>): Promise<T> => {
    const started = performance.now();
    const done = await part();
    phases.push({ what, ms: performance.now() - started });
    return done;
  };
  const host = await timed("open the host's view", async () => await HostView.alone(docker, image, "bench"));
  try {
    const startedAt = new Date();
    const facts = await timed("facts", async () => await gatherFacts(docker, host, ""));
    const snapshot = await timed("look", async () => await takeLivingSnapshot({ docker, facts, host }));
    const found = await timed("audit", () => audit(snapshot));
    const judged = { judgement: { ...found, changed: [], unseen: [] }, snapshot };
    const report = await timed("exposure and report", () => workloadsReport(judged, startedAt, null));
    await timed("text", () => workloadsText(report, { width: 100, colour: false }));
    await timed("Markdown", () => workloadsMarkdown(report));
    await timed("drawing", () => workloadsSvg(report));
  } finally {
    await timed("close the view", async () => await host.close());
  }
  return phases;
}

/** Processor time that a container of an engine has had, in milliseconds: a lab host's, with everything in it. */
export async function cpuMsOf(docker: Dockerode, containerId: string): Promise<number> {
  const { cpu_stats: stats } = await docker.getContainer(containerId).stats({ stream: false, "one-shot": true });
  return stats.cpu_usage.total_usage / 1e6;
}
