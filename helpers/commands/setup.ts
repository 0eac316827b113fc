import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { explainFailure } from "../engine/connect-failure.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { type ProvidedEngine, provideEngine } from "../engine/provide-engine.ts";
import { provideImages } from "../engine/provide-images.ts";
import { CACHE_FOLDER } from "../project-root.ts";
import { readSettings, trySettings } from "../run/settings.ts";
import { defineCommand } from "./command.ts";

const ABOUT = `Brings the engine and the images that the suites need. On a machine with Docker it installs no engine and changes
none.
Exit codes: 0 ready, 2 something is missing, 64 wrong usage.`;

/** Says which engine was started and how, for whoever wants to stop it again; absent when setup started none. */
const STARTED_FILE = join(CACHE_FOLDER, "started-engine.json");

const line = (subject: string, text: string): void => console.log(`${subject.padEnd(9)}${text}`);

function describe({ connection, installed, started }: ProvidedEngine): string {
  const { engine, endpoint } = connection;
  const done = [
    installed ? "installed" : "",
    started === null ? "" : started.by === "setup" ? `started, log in ${started.log}` : `started by ${started.by}`,
  ].filter((word) => word !== "");
  const how = done.length > 0 ? done.join(", ") : "was running, left as it is";
  return `${engine.version} at ${endpoint.url} (${endpoint.origin}): ${how}`;
}

/** The settings that decide about images; the others are no matter of setup's. */
function imageSettingsOnly(): Record<string, string | undefined> {
  const { DNC_BUSYBOX_IMAGE, DNC_NGINX_IMAGE, DNC_REGISTRY_MIRROR } = process.env;
  return { DNC_BUSYBOX_IMAGE, DNC_NGINX_IMAGE, DNC_REGISTRY_MIRROR };
}

async function setUp(): Promise<void> {
  await readSettings(imageSettingsOnly());
  const provided = await provideEngine(process.env, (text) => line("engine", text));
  const { connection, started } = provided;
  try {
    if (started !== null) {
      await mkdir(join(STARTED_FILE, ".."), { recursive: true });
      await writeFile(STARTED_FILE, `${JSON.stringify(started)}\n`);
    }
    line("engine", describe(provided));
    await provideImages(connection.docker, line);
    await trySettings(connection, imageSettingsOnly());
  } catch (error) {
    throw dockerErrorOf(error) === null ? error : explainFailure(connection.endpoint, error);
  } finally {
    await connection.close();
  }
  line("ready", "npm test");
}

export const command = defineCommand({
  usage: "./setup",
  about: ABOUT,
  options: {},
  takesWords: false,
  async run() {
    // Temporary files are removed when the process exits, which a signal's default action would skip.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
    await setUp();
  },
});
