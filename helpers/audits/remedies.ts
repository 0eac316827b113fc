import type { Remedy } from "../model/cause.ts";
import { type LivingContainer, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { quoted } from "../vantage/shell-words.ts";

/** Shows that something helped: the living host is judged again. */
export const JUDGE_AGAIN = "npm run workloads";

/** Names are safe in a shell but for those of other engines. */
export function word(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : quoted(name);
}

/** Restarts one container: everything of its network is made anew. */
export function restartContainer({ containers }: LivingSnapshot, { name, id }: LivingContainer): Remedy {
  const joined = containers.filter(
    (other) => runs(other) && (other.networkMode === `container:${id}` || other.networkMode === `container:${name}`),
  );
  const restarts = [name, ...joined.map((other) => other.name)].map(word);
  return {
    what: "restart the container alone",
    commands: [`docker restart ${restarts.join(" ")}`],
    cost:
      joined.length === 0
        ? `${name} is interrupted for some seconds.`
        : `${name} is interrupted for some seconds, and with it what shares its network: ${joined.map((other) => other.name).join(", ")}.`,
    check: JUDGE_AGAIN,
  };
}

/** Restarts dockerd, which makes all of its rules anew; says what that costs on this host. */
export function restartDocker(snapshot: LivingSnapshot): Remedy {
  return {
    what: "have the engine make everything anew",
    commands: ["systemctl restart docker"],
    cost: costOfRestart(snapshot),
    check: JUDGE_AGAIN,
  };
}

/** At most so many names in a sentence. */
const NAMED = 5;

export function costOfRestart({ facts, containers }: LivingSnapshot): string {
  const running = containers.filter(runs);
  if (running.length === 0) return "";
  if (facts.configuration["live-restore"] === true)
    return "No container stops: live-restore is on. Host ports answer again after a second or two.";
  const staying = running.filter(({ restartPolicy, isTask }) => restartPolicy === "no" && !isTask);
  const stop = `It stops ${running.length === 1 ? "the one running container" : `all ${running.length} running containers`}`;
  const after =
    staying.length === 0
      ? "their restart policies start them again"
      : `${staying.length === running.length ? "none of them has" : `${staying.length} of them have no`} ${staying.length === running.length ? "a restart policy" : "restart policy"} and stay stopped (${listed(staying.map(({ name }) => name))})`;
  return `${stop}; ${after}. With "live-restore": true in daemon.json and \`systemctl reload docker\` before, none would stop.`;
}

/** `a, b, c and 4 more` */
export function listed(names: readonly string[]): string {
  return names.length <= NAMED
    ? names.join(", ")
    : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;
}

/** A line that changes the host by hand, with nothing interrupted. */
export function byHand(what: string, commands: readonly string[], check: string): Remedy {
  return { what, commands, cost: "", check };
}
