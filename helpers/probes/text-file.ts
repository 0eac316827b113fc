import { ProbeFailed, reading, type Vantage } from "../model/evidence.ts";
import type { ReadThing } from "../model/question.ts";

/** Files whose meaning is known. */
const THINGS: Readonly<Record<string, ReadThing>> = {
  "/etc/resolv.conf": "resolv.conf",
  "/etc/hosts": "hosts file",
  "/proc/net/route": "routes",
};

/** A file's text at the vantage point. @throws ProbeFailed when it can't be read */
export async function textFile(from: Vantage, path: string): Promise<string> {
  const what = THINGS[path] ?? (path.startsWith("/proc/sys/") ? "sysctl" : "file");
  const evidence = await from.ask(`cat ${path}`, reading(from, what, path));
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`${path} can't be read at ${from.label}: ${evidence.stderr.trim()}`, evidence);
  return evidence.stdout;
}
