import { LABEL } from "../engine/run-identity.ts";
import type { Disturbance } from "../model/disturbance.ts";

const NAMED = 3;

/** What happened to a run, one sentence each without its stop; what somebody removed is one sentence however much it was. */
export function disturbanceTexts(disturbances: readonly Disturbance[]): string[] {
  const removals = disturbances.filter((one) => one.kind === "removed by others");
  return [
    ...disturbances.flatMap((one) => {
      if (one.kind === "interrupted") return [`interrupted by ${one.by}`];
      if (one.kind === "engine went away") {
        const back = one.back === null ? "was not seen again" : `was there again at ${clock(one.back)}`;
        return [`the engine went away at ${clock(one.at)} and ${back}`];
      }
      return [];
    }),
    ...removalText(removals),
  ];
}

function removalText(removals: readonly (Disturbance & { kind: "removed by others" })[]): string[] {
  const [first] = removals;
  if (first === undefined) return [];
  const last = removals.at(-1) ?? first;
  const named = removals.slice(0, NAMED).map(({ what, name }) => `${what} ${name}`);
  const more = removals.length > NAMED ? ` and ${removals.length - NAMED} more` : "";
  const when = removals.length === 1 ? `at ${clock(first.at)}` : `from ${clock(first.at)} to ${clock(last.at)}`;
  const were = removals.length === 1 ? "was" : "were";
  const spare = removals.some(({ pruned }) => pruned)
    ? ` (docker … prune --filter label!=${LABEL.project} spares a run)`
    : "";
  return [`${named.join(", ")}${more} ${were} removed by somebody else ${when}${spare}`];
}

/** `12:03:04 UTC` */
function clock(iso: string): string {
  const time = /T(\d\d:\d\d:\d\d)/.exec(iso)?.[1];
  return time === undefined ? iso : `${time} UTC`;
}
