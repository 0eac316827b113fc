import { ProbeFailed } from "../model/evidence.ts";
import { bannerProgram } from "../probes/banner.ts";
import type { HostView } from "../vantage/host-view.ts";

/** Longest life of a listener, seconds: one that is not stopped (the run was killed) ends by itself. */
const LIFE_SECONDS = 60;

/** A TCP service in the host's own network namespace that no engine has published. */
export interface HostListener {
  readonly port: number;
  /** What it says to whoever connects. */
  readonly line: string;
  stop(): Promise<void>;
}

/**
 * Listens on every address of the host, for as long as a few questions take: what of the host's own services its
 * containers reach can only be told by one of them.
 * @param port one that nobody uses
 * @returns once it listens
 * @throws ProbeFailed when it can't
 */
export async function listenOnHost(host: HostView, port: number): Promise<HostListener> {
  const line = `dnc-host-${port}`;
  const inHexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  const listens = `grep -q ":${inHexadecimal} [0-9A-F]*:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null`;
  const started = await host.act(
    `timeout ${LIFE_SECONDS} ${bannerProgram(port, line)} & p=$!; echo $p >/dev/shm/${line}; ` +
      `until ${listens}; do kill -0 $p 2>/dev/null || break; usleep 10000; done; ${listens}`,
  );
  if (started.exitCode !== 0)
    throw new ProbeFailed(`nothing can be made to listen on the host's port ${port}`, started);
  return {
    port,
    line,
    async stop() {
      await host.act(`kill $(cat /dev/shm/${line}); rm -f /dev/shm/${line}`);
    },
  };
}
