import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { quoted } from "../model/shell-words.ts";
import type { HostView } from "../vantage/host-view.ts";
import { PREFLIGHT, type Preflight, parsePreflight } from "./preflight.ts";

/** A host whose engine is busy takes longer than the second of a quiet one. */
const SECONDS = 60;

/**
 * Runs the script on this machine; what it says goes to this process's own output.
 * @param words its arguments
 * @returns its exit code
 */
export async function runHere(words: readonly string[]): Promise<number> {
  const script = spawn("sh", [PREFLIGHT, ...words], { stdio: ["ignore", "inherit", "inherit"] });
  const [exitCode] = (await once(script, "close")) as [number | null];
  return exitCode ?? 2;
}

/**
 * Runs the script on an engine's host, where dockerd runs.
 * @throws ProbeFailed when it gives no answer
 */
export async function runOnHost(host: HostView): Promise<Preflight> {
  const script = (await readFile(PREFLIGHT)).toString("base64");
  const { stdout } = await host.own(`echo ${quoted(script)} | base64 -d | sh -s -- --json`, { seconds: SECONDS });
  return parsePreflight(stdout);
}
