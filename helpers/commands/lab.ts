import { connect } from "../engine/connect.ts";
import { interruptionIsTheEnd } from "../engine/interruption.ts";
import { labEngines } from "../lab/engine-versions.ts";
import { Lab } from "../lab/lab.ts";
import { startPair } from "../run/judge-in-lab.ts";
import { defineCommand } from "./command.ts";

const ABOUT = `Keeps two disposable Docker hosts per version on one LAN until Ctrl-C, and prints the environment under which any other
command of this project uses them.
--engines  versions with commas between them; by default those of DNC_LAB_ENGINES, else Debian's
Exit codes: 0 ended by Ctrl-C and removed, 2 the hosts could not be started, 64 wrong usage.`;

/** `npm run lab`. */
async function keepLab(engines: string | undefined): Promise<void> {
  await using connection = await connect();
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  for (const engine of labEngines(engines)) {
    // Removed with the lab.
    const { env } = await startPair(lab, engine, connection.env.DOCKER_HOST ?? "");
    const words = Object.entries(env).map(([name, text]) => `${name}=${text}`);
    console.log(`export ${words.join(" ")}   # ${engine.version}`);
  }
  console.log("Ctrl-C removes them.");
  interruptionIsTheEnd();
  // Something has to keep the process alive: the lab's own signal handling ends it.
  setInterval(() => undefined, 60_000);
  await new Promise<never>(() => undefined);
}

export const command = defineCommand({
  usage: "npm run lab -- [--engines 28.5,20.10]",
  about: ABOUT,
  options: { engines: { type: "string" } },
  takesWords: false,
  run: async ({ engines }) => await keepLab(engines),
});
