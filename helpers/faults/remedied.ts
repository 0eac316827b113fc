import { UserError } from "../engine/errors.ts";
import type { LabHost } from "../lab/lab-host.ts";
import type { Card } from "../model/cause.ts";
import type { Results } from "../model/results.ts";
import { type Fault, RESTART } from "./fault.ts";
import { type Reddened, type Remedied, reddened } from "./proof.ts";

/** The narrowest remedy of each card, and where that does not help the general one. */
const ROUNDS = 2;

/**
 * Whether the report's remedies can be tried on a fault: it has to outlast the suites' own containers, and to lie on the
 * host that they judge.
 */
export function isRemediable({ strike }: Pick<Fault, "strike">): boolean {
  return strike.when === "before the topology" && strike.onSecondHost === undefined;
}

/**
 * Types what the cards say, and has the host judged again after each round.
 * @param struck what the suites said of the broken host
 * @param judge judges the host as it is now; null where nothing comes of it
 */
export async function remedy(
  host: Pick<LabHost, "must" | "stopEngine" | "startEngine">,
  struck: Results,
  judge: () => Promise<Results | null>,
): Promise<Remedied> {
  const typed: string[] = [];
  let red: readonly Reddened[] = reddened(struck.requirements);
  let trouble = "";
  for (let round = 1; round <= ROUNDS; round++) {
    const commands = commandsOf(struck.cards, round, struck.runId);
    if (typeof commands === "string") {
      if (round === 1) return { trouble: commands, typed, after: null, red };
      break;
    }
    try {
      for (const command of commands) {
        typed.push(command);
        await type(host, command);
      }
    } catch (error) {
      // What the report says to type can't be typed: the remedy is wrong, and what is left shows it.
      trouble = `\`${typed.at(-1)}\`: ${error instanceof UserError ? error.seen : String(error)}`;
    }
    const results = await judge();
    if (results === null) return { trouble: "the host could not be judged again", typed, after: null, red };
    red = reddened(results.requirements);
    if (red.length === 0) return { trouble, typed, after: round, red };
  }
  return { trouble, typed, after: null, red };
}

/** The lines of the remedy of that rank of every card, or why there is none to be tried. */
function commandsOf(cards: readonly Card[], rank: number, runId: string): readonly string[] | string {
  const remedies = cards.flatMap((card) => card.remedies[rank - 1] ?? []);
  const commands = [...new Set(remedies.flatMap((one) => one.commands))];
  if (commands.length === 0) return "no card tells a remedy";
  if (commands.some((command) => command.includes(`dnc-${runId}-`)))
    return "a remedy names a container of the run, which is gone";
  return commands;
}

/** `docker restart` gives each container ten to end by itself. */
const SECONDS = 60;

async function type(host: Pick<LabHost, "must" | "stopEngine" | "startEngine">, command: string): Promise<void> {
  if (command !== RESTART) {
    await host.must(command, SECONDS);
    return;
  }
  // A lab host has no systemd.
  await host.stopEngine();
  await host.startEngine();
}

/** Whether a remedy was tried and is wrong. */
export function isWrong(remedied: Remedied | null): boolean {
  return remedied !== null && remedied.typed.length > 0 && remedied.after === null;
}

/** In a few words. */
export function remediedText({ trouble, typed, after, red }: Remedied): string {
  if (typed.length === 0) return `no remedy tried: ${trouble}`;
  const why = trouble === "" ? "" : ` (${trouble})`;
  if (after === null) return `WRONG REMEDY: still red: ${red.map(({ id }) => id).join(" ")}${why}`;
  return `remedied by ${after === 1 ? "the narrowest remedy" : "the general remedy"}${why}`;
}
