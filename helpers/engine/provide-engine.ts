import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { connect, type EngineConnection } from "./connect.ts";
import { resolveEndpoint } from "./endpoint.ts";
import { findRoot } from "./privileged.ts";
import { probeSocket } from "./probe-socket.ts";
import { type StartedEngine, startEngine } from "./start-engine.ts";

/** An engine that answers, and what had to be done for it. */
export interface ProvidedEngine {
  readonly connection: EngineConnection;
  readonly installed: boolean;
  /** Null when it ran already. */
  readonly started: StartedEngine | null;
}

/** Whether dockerd is on this machine; `sbin` directories are often missing in a user's PATH. */
function dockerdInstalled(path: string): boolean {
  return [...path.split(delimiter), "/usr/sbin", "/usr/local/sbin", "/usr/bin"].some((directory) => {
    try {
      accessSync(join(directory, "dockerd"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Sees to it that there is an engine to judge.
 *
 * One that somebody named (`DOCKER_HOST`, a docker context) is used or complained about, never replaced. One that
 * answers is left as it is. Only when nobody named one and nothing listens on the default socket is the engine
 * started, and installed first if this machine has none.
 *
 * @param report gets a line before anything that takes long
 * @throws UserError
 */
export async function provideEngine(env: NodeJS.ProcessEnv, report: (line: string) => void): Promise<ProvidedEngine> {
  const endpoint = await resolveEndpoint(env);
  let installed = false;
  let started: StartedEngine | null = null;
  if (endpoint.kind === "unix" && endpoint.origin === "default socket") {
    const state = await probeSocket(endpoint.socketPath);
    if (state === "absent" || state === "refused") {
      const asRoot = await findRoot("installing and starting the Docker Engine");
      if (!dockerdInstalled(env.PATH ?? "")) {
        report("no Docker Engine here: installing docker.io, iptables, iproute2 …");
        await (await import("./install-engine.ts")).installEngine(asRoot);
        installed = true;
      }
      started = await startEngine(asRoot, endpoint.socketPath);
    }
  }
  return { connection: await connect(env), installed, started };
}
