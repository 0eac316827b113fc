import { ProbeFailed, type Vantage } from "./evidence.ts";

/** A file's text at the vantage point. @throws ProbeFailed when it can't be read */
export async function textFile(from: Vantage, path: string): Promise<string> {
  const evidence = await from.ask(`cat ${path}`);
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`${path} can't be read at ${from.label}: ${evidence.stderr.trim()}`, evidence);
  return evidence.stdout;
}
