import { connect } from "../engine/connect.ts";
import { sweep } from "../engine/sweep.ts";
import { usage } from "../run/arguments.ts";
import { runCommand } from "./run-command.ts";

/** `npm run clean`: removes what killed runs left on the engine; `-- --all` also what belongs to runs that still live. */
async function main(words: readonly string[]): Promise<void> {
  const wrong = words.find((word) => word !== "--all");
  if (wrong !== undefined)
    throw usage(`npm run clean knows only --all, not ${wrong}`, "npm run clean, or npm run clean -- --all");
  await using connection = await connect();
  const swept = await sweep(connection.docker, { evenLiving: words.includes("--all") });
  const removed = [
    ...swept.containers.map((name) => `container ${name}`),
    ...swept.networks.map((name) => `network ${name}`),
  ];
  for (const what of removed) console.log(`removed ${what}`);
  if (removed.length === 0) console.log("nothing of ours was left on this engine");
  if (swept.living.length > 0)
    console.log(
      `${swept.living.length} run(s) still going on were left alone: ${swept.living.join(", ")} (npm run clean -- --all removes them too)`,
    );
}

await runCommand(main);
