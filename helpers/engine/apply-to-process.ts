import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "./connection.ts";
import { scratchDirectory } from "./scratch-directory.ts";

/** Families of variables that docker's clients and testcontainers read. None of a user's has a say in a verdict. */
const FAMILIES = /^(DOCKER|TESTCONTAINERS|BUILDKIT|BUILDX|COMPOSE)_|^RYUK_/;

/**
 * Makes this process and its children use the connection's engine, and nothing else that its user has told docker's
 * clients. To be called in the main thread before testcontainers is imported: it reads its settings once.
 *
 * - Home and docker's configuration are an empty folder's: `tc.host` in the user's `~/.testcontainers.properties` beats
 *   the environment and leads to another engine; `~/.docker/config.json` has formats, proxies, plugins and helpers.
 * - Ryuk, testcontainers' reaper, is off: this project removes what it made itself.
 * - Reuse is off: its hash leaves out the network mode, so another topology's container could be handed out.
 * - The host is fixed: no suite dials it, and testcontainers would work it out, inside a container by running one.
 */
export function applyToProcess(connection: Pick<Connection, "env">): void {
  for (const name of Object.keys(process.env)) if (FAMILIES.test(name)) delete process.env[name];
  const home = scratchDirectory().path;
  const configuration = join(home, ".docker");
  mkdirSync(configuration);
  writeFileSync(join(configuration, "config.json"), "{}\n");
  Object.assign(process.env, connection.env, {
    HOME: home,
    DOCKER_CONFIG: configuration,
    TESTCONTAINERS_RYUK_DISABLED: "true",
    TESTCONTAINERS_REUSE_ENABLE: "false",
    TESTCONTAINERS_HOST_OVERRIDE: "localhost",
  });
}
