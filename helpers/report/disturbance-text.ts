import { LABEL } from "../engine/run-identity.ts";
import type { Disturbance, EngineHang, EngineWait } from "../model/disturbance.ts";

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
      if (one.kind === "engine hangs") return [hangText(one)];
      return [];
    }),
    ...removalText(removals),
  ];
}

function hangText({ method, path, at, wait }: EngineHang): string {
  const short = path.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/, "$1");
  const request = `${method} ${short}, asked at ${clock(at)}, has no answer`;
  return wait === null ? `the engine hangs: ${request}` : `dockerd waits for ${waitText(wait)}: ${request}`;
}

/** What an engine waits for: `its own iptables (process 4711), and that one for /run/xtables.lock, which flock (process 4712) holds`. */
function waitText({ program, lock }: EngineWait): string {
  const own = `its own ${program.name} (process ${program.pid})`;
  if (lock === null) return own;
  const { holder, file } = lock;
  const who = holder.name === "" ? `a child of process ${holder.pid}` : `${holder.name} (process ${holder.pid})`;
  return `${own}, and that one for ${file ?? "a lock"}, which ${who} holds`;
}

/** What to do about an engine that hangs: what it waits for first. */
export function hangRemedy({ wait }: EngineHang): string {
  const again = "Then judge again";
  if (wait === null)
    return `\`journalctl -u docker\` shows what dockerd did last; a restart of dockerd ends it. ${again}`;
  const holder = wait.lock?.holder ?? wait.program;
  // The process that took the lock has ended: its number leads nowhere.
  if (holder.name === "")
    return `\`fuser -v ${wait.lock?.file ?? "/run/xtables.lock"}\` shows who has it open. Wait for its end, or end it. ${again}`;
  return `\`ps -fp ${holder.pid}\` shows what ${holder.name} is. Wait for its end, or end it: \`kill ${holder.pid}\`. ${again}`;
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
