import { askForEvents } from "../engine/answers.ts";
import { engineTime } from "../engine/engine-time.ts";
import { LABEL } from "../engine/run-identity.ts";
import type { EngineEvent } from "../model/engine-answers.ts";
import { record } from "../vantage/recorder.ts";
import type { Session } from "./session.ts";
import { NotRun } from "./verdicts.ts";

/** Measurements before the engine may count as too busy. */
const TRIES = 3;
/** How long it is tried anew: another run of this suite, or a deployment, is over by then. */
const PATIENCE_MS = 45_000;
/** Pause after a disturbed measurement: who deploys is seldom done at once. */
const PAUSE_MS = 1000;
/** The engine remembers this many events (moby daemon/events): a fuller answer may lack its beginning. */
const REMEMBERED_EVENTS = 256;

/**
 * How long before the measurement a container of others counts that was created then, seconds. The engine plugs it in
 * some time after it was created, and tells of that when it has done so: perhaps after the measurement.
 */
const PLUGGED_IN_WITHIN = 2;

/**
 * Runs a measurement that only holds while nobody else plugs anything into Docker's networks, and runs it anew when the
 * engine's own events tell that somebody did.
 * @param network id of the one network that matters; every network when left out
 * @param measure leaves the engine as it was; gets the number of the try, from 1
 * @throws NotRun when every try was disturbed until the patience was over
 */
export async function undisturbed<T>(
  session: Session,
  network: string | undefined,
  measure: (attempt: number) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    const since = await engineTime(session.docker);
    const value = await measure(attempt);
    const foreign = await foreignEvents(session, network, since, await engineTime(session.docker));
    if (foreign.length === 0) return value;
    if (attempt >= TRIES && performance.now() > deadline)
      throw new NotRun("others used Docker's networks whenever this was measured");
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function foreignEvents(
  { docker, runId }: Session,
  network: string | undefined,
  since: number,
  until: number,
): Promise<string[]> {
  const events = await askForEvents(docker, {
    since: since - PLUGGED_IN_WITHIN,
    until,
    filters: { type: ["container", "network"], event: ["create", "destroy", "connect", "disconnect"] },
  });
  record({
    vantage: "engine API",
    command: `GET /events?since=${since - PLUGGED_IN_WITHIN}&until=${until}`,
    exitCode: 200,
    timedOut: false,
    stdout: events.map((event) => JSON.stringify(event)).join("\n"),
    stderr: "",
    ms: 0,
  });
  if (events.length >= REMEMBERED_EVENTS) return [`${events.length} events`];
  const isOwn = ({ Actor }: EngineEvent): boolean => Actor?.Attributes?.[LABEL.run] === runId;
  const own = new Set(
    events.filter((event) => event.Type === "container" && isOwn(event)).map(({ Actor }) => Actor?.ID),
  );
  return events
    .filter((event) => {
      const { Type, Action, Actor, timeNano = 0 } = event;
      if (Type === "container") return Action === "create" && !isOwn(event);
      if (Type !== "network" || timeNano / 1e9 < since) return false;
      if (network !== undefined && Actor?.ID !== network) return false;
      // In host and none mode nothing is plugged in.
      if (Actor?.Attributes?.type === "host" || Actor?.Attributes?.type === "null") return false;
      return !own.has(Actor?.Attributes?.container);
    })
    .map(({ Action, Actor }) => `${Action} ${Actor?.Attributes?.name ?? ""}`.trim());
}
