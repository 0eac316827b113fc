import type { Deed } from "../cause/mend.ts";
import { word } from "../model/shell-words.ts";
import { openings, type Place } from "../snapshot/firewall/index.ts";
import { type LivingContainer, type LivingSnapshot, runs } from "../snapshot/living.ts";

/** The beginning of a command in a container's network namespace, with the host's programs. */
export function inNamespaceOf(container: string): string {
  return `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${word(container)}) -n`;
}

/**
 * What mends one container alone: by hand, or by its restart. Of a run's own nothing is worth typing: it ends with the run.
 * @param byHands the narrower ones
 */
export function ofContainer(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  byHands: readonly Deed[] = [],
): readonly Deed[] {
  return snapshot.whose === "run" ? [] : [...byHands, restartContainer(snapshot, container)];
}

/** Restarts one container: everything of its network is made anew. */
function restartContainer({ containers }: LivingSnapshot, { name, id }: LivingContainer): Deed {
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
    check: null,
    restarts: "container",
  };
}

/** A line that changes the host by hand, with nothing interrupted. */
export function byHand(what: string, commands: readonly string[], check: string | null = null): Deed {
  return { what, commands, cost: "", check };
}

/** What lets pass what a rule or policy stops, the narrowest first. */
export function byOpening(place: Place): Deed[] {
  return openings(place).map((opening) => ({ ...opening, check: null }));
}

/**
 * A value of the kernel's set again, now and for good.
 * @param commands the lines that set it now, where it is more than this one
 * @param back the lines that put back what was lost by the wrong value
 */
export function setAgain(
  key: string,
  right: string,
  commands: readonly string[] = [`sysctl -w ${key}=${right}`],
  back: readonly string[] = [],
): Deed[] {
  return [
    byHand("set it again, until the next boot or reload", [...commands, ...back], `sysctl ${key}`),
    byHand(
      "set it for good",
      [`echo '${key} = ${right}' > /etc/sysctl.d/99-docker-networking.conf`, "sysctl --system", ...back],
      `grep -rs '${key.replaceAll(".", "[./]")}' /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d`,
    ),
  ];
}
