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
 */
export async function listenOnHost(host: HostView, port: number): Promise<HostListener> {
  const line = `dnc-host-${port}`;
  await host.act(
    `timeout ${LIFE_SECONDS} nc -ll -p ${port} -e echo ${line} </dev/null >/dev/null 2>&1 & echo $! >/dev/shm/${line}`,
  );
  return {
    port,
    line,
    async stop() {
      await host.act(`kill $(cat /dev/shm/${line}); rm -f /dev/shm/${line}`);
    },
  };
}
