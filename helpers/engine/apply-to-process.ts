import { homedir } from "node:os";
import { join } from "node:path";
import { identify } from "./connect.ts";
import type { Connection } from "./connection.ts";
import { UserError } from "./errors.ts";

/**
 * Makes this process and its children use the connection's engine. To be called before testcontainers is imported:
 * it reads these variables once.
 *
 * - Ryuk, testcontainers' reaper, is off: this project removes what it made itself.
 * - Reuse is off: its hash leaves out the network mode, so another topology's container could be handed out.
 * - The host is fixed: no suite dials it, and testcontainers would work it out, inside a container by running one.
 */
export function applyToProcess(connection: Pick<Connection, "env" | "unset">): void {
  for (const name of connection.unset) delete process.env[name];
  Object.assign(process.env, connection.env, {
    TESTCONTAINERS_RYUK_DISABLED: "true",
    TESTCONTAINERS_REUSE_ENABLE: "false",
    TESTCONTAINERS_HOST_OVERRIDE: "localhost",
  });
}

/**
 * Makes sure that testcontainers talks to the connection's engine. It need not: `tc.host` in
 * `~/.testcontainers.properties` beats the environment, and when an engine can't be reached testcontainers goes on
 * silently with the local socket. Call after `applyToProcess`; imports testcontainers.
 * Throws UserError when the engines differ or testcontainers finds none.
 */
export async function assertSameEngine(connection: Pick<Connection, "docker" | "endpoint" | "env">): Promise<void> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  const tried = "Comparing the engine that testcontainers uses with the one under test";
  const properties = join(homedir(), ".testcontainers.properties");
  const client = await getContainerRuntimeClient().catch((error: unknown) => {
    throw new UserError({
      tried,
      seen: `testcontainers reaches none: ${error instanceof Error ? error.message : String(error)}`,
      todo: `Look into ${properties}, or see why with DEBUG=testcontainers.`,
    });
  });
  const { endpoint } = connection;
  const signal = AbortSignal.timeout(10_000);
  const [ours, theirs] = await Promise.all([
    identify(connection, signal),
    identify({ docker: client.container.dockerode, endpoint }, signal),
  ]);
  if (ours.id === theirs.id && ours.name === theirs.name) return;
  throw new UserError({
    tried,
    seen: `they differ: testcontainers uses ${theirs.name} (${theirs.id}), under test is ${ours.name} (${ours.id}) at ${endpoint.url}`,
    todo: `Remove tc.host, docker.host and docker.tls.* from ${properties} if they are there.`,
  });
}
