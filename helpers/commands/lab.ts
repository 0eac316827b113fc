import { once } from "node:events";
import { connect } from "../engine/connect.ts";
import { labEngines } from "../lab/engine-versions.ts";
import { startPair } from "../lab/judge-in-lab.ts";
import { Lab } from "../lab/lab.ts";
import { usage } from "../run/arguments.ts";
import { optionOf } from "./option.ts";
import { runCommand } from "./run-command.ts";

/**
 * `npm run lab -- [--engines 28.5]`: two disposable Docker hosts per version on one LAN, kept until Ctrl-C, with the
 * environment under which any other command of this project uses them.
 */
async function main(all: readonly string[]): Promise<void> {
  const { value, rest } = optionOf("--engines", all);
  if (rest.length > 0)
    throw usage(`npm run lab knows only --engines, not ${rest.join(" ")}`, "npm run lab -- --engines 28.5");
  await using connection = await connect();
  await using lab = await Lab.open(connection.docker, (line) => console.log(line));
  for (const engine of labEngines(value)) {
    // Removed with the lab.
    const { env } = await startPair(lab, engine, connection.env.DOCKER_HOST ?? "");
    const words = Object.entries(env).map(([name, text]) => `${name}=${text}`);
    console.log(`export ${words.join(" ")}   # ${engine.version}`);
  }
  console.log("Ctrl-C removes them.");
  const kept = setInterval(() => undefined, 60_000);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  clearInterval(kept);
}

await runCommand(main);
process.exit();
