import type { Way } from "../engine/ask-engine.ts";
import { EXIT, UserError } from "../engine/errors.ts";
import { endAfterRemoval } from "../engine/interruption.ts";
import { onUnanswered, tellUnanswered, type Unanswered } from "../engine/unanswered.ts";
import { engineWait } from "../host/engine-wait.ts";
import type { EngineHang, EngineWait } from "../model/disturbance.ts";
import { disturbanceTexts, hangRemedy } from "../report/disturbance-text.ts";
import { printUserError } from "../report/print-error.ts";
import type { HostView } from "../vantage/host-view.ts";
import { endEarly } from "./close-run.ts";
import { cutShort } from "./cut-short.ts";
import { within } from "./deadline.ts";
import { shared } from "./state.ts";

/** How long the host may be asked for what dockerd waits for. */
const LOOK_MS = 10_000;

/**
 * Ends the run once the engine leaves a request without an answer: the hundreds of checks behind it would wait as long,
 * one after the other, and say nothing more.
 * @param host the host's view, null while there is none
 */
export function endRunWhereEngineHangs(host: () => HostView | null): void {
  onUnanswered((request) => void endRun(request, host()));
}

async function endRun(request: Unanswered, host: HostView | null): Promise<void> {
  const state = shared();
  if (state.hang !== undefined || state.interruptedBy !== undefined) return;
  state.hang = asHang(request, null);
  process.stderr.write("\nThe engine hangs: the run ends.\n");
  const hang = asHang(request, await waitOf(host));
  state.hang = hang;
  if (state.run === undefined) return await endEarly(asUserError(hang, "Opening the run", "npm test"));
  await cutShort();
}

/**
 * The same for a command that is no run: it says so, removes what it has started, and ends with exit code 2.
 * @param way to the engine that it asks
 * @param command as it is called: `npm run workloads`
 */
export function endCommandWhereEngineHangs(way: Way, host: () => HostView | null, command: string): void {
  tellUnanswered(way);
  let ends = false;
  onUnanswered(async (request) => {
    if (ends) return;
    ends = true;
    printUserError(asUserError(asHang(request, await waitOf(host())), "Asking the engine", command));
    await endAfterRemoval(EXIT.notJudged);
  });
}

function asHang({ method, path, at }: Unanswered, wait: EngineWait | null): EngineHang {
  return { kind: "engine hangs", method, path, at: new Date(at).toISOString(), wait };
}

async function waitOf(host: HostView | null): Promise<EngineWait | null> {
  if (host === null) return null;
  try {
    return await within(LOOK_MS, "looking at dockerd", engineWait(host));
  } catch {
    return null;
  }
}

function asUserError(hang: EngineHang, tried: string, command: string): UserError {
  const [seen = ""] = disturbanceTexts([hang]);
  return new UserError({ tried, seen, todo: `${hangRemedy(hang)}: ${command}` });
}
