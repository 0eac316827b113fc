import { connect } from "../engine/connect.ts";
import { sweep } from "../engine/sweep.ts";
import { runCommand } from "./command.ts";

const ABOUT = `Removes what killed runs of this project left on the engine: containers and networks with its label, nothing else.
--all      also what belongs to runs that are still going on
Exit codes: 0 done, 2 the engine can't be reached or refuses, 64 wrong usage.`;

/** `npm run clean`. */
async function clean(evenLiving: boolean): Promise<void> {
  await using connection = await connect();
  const swept = await sweep(connection.docker, { evenLiving });
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

await runCommand({
  usage: "npm run clean -- [--all]",
  about: ABOUT,
  options: { all: { type: "boolean" } },
  takesWords: false,
  run: async ({ all }) => await clean(all),
});
