import { ProbeFailed } from "../model/evidence.ts";
import type { HostView } from "../vantage/host-view.ts";

/** Longest life of a listener, seconds: one that is not stopped (the run was killed) ends by itself. */
const LIFE_SECONDS = 60;

/** A TCP service in the host's own network namespace that no engine has published. */
export interface HostListener {
  readonly port: number;
  /** The page that it serves by HTTP. */
  readonly line: string;
  stop(): Promise<void>;
}

/**
 * Serves a page on every IPv4 address of the host, for as long as a few questions take: what of the host's own services its
 * containers reach can only be told by one of them.
 * @param port one that nobody uses
 * @returns once it listens
 * @throws ProbeFailed when it can't
 */
export async function listenOnHost(host: HostView, port: number): Promise<HostListener> {
  const line = `dnc-host-${port}`;
  const folder = `/dev/shm/${line}`;
  const inHexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  const listens = `grep -q ":${inHexadecimal} [0-9A-F]*:0000 0A " /proc/net/tcp`;
  const started = await host.act(
    // IPv4's own socket: one of `[::]` is not where the kernel keeps the families apart (net.ipv6.bindv6only).
    `mkdir -p ${folder} && echo ${line} >${folder}/index.html; ` +
      `timeout ${LIFE_SECONDS} httpd -f -p 0.0.0.0:${port} -h ${folder} </dev/null >/dev/null 2>&1 & p=$!; echo $p >${folder}.pid; ` +
      `until ${listens}; do kill -0 $p 2>/dev/null || break; usleep 10000; done; ${listens}`,
  );
  if (started.exitCode !== 0)
    throw new ProbeFailed(`nothing can be made to listen on the host's port ${port}`, started);
  return {
    port,
    line,
    async stop() {
      await host.act(`kill $(cat ${folder}.pid); rm -rf ${folder} ${folder}.pid`);
    },
  };
}
