import { UserError } from "../engine/errors.ts";
import type { Unanswered } from "../engine/unanswered.ts";
import { engineWait } from "../host/engine-wait.ts";
import type { EngineHang, EngineWait } from "../model/disturbance.ts";
import { disturbanceTexts, hangRemedy } from "../report/disturbance-text.ts";
import type { HostView } from "../vantage/host-view.ts";
import { within } from "./deadline.ts";

/** How long the host may be asked for what dockerd waits for. */
const LOOK_MS = 10_000;

/** A request without an answer, as what happened to whoever asked. */
export function asHang({ method, path, at }: Unanswered, wait: EngineWait | null): EngineHang {
  return { kind: "engine hangs", method, path, at: new Date(at).toISOString(), wait };
}

/** What dockerd waits for; null where the host can't be asked, or does not show it. Never rejects. */
export async function waitOf(host: HostView | null): Promise<EngineWait | null> {
  if (host === null) return null;
  try {
    return await within(LOOK_MS, "looking at dockerd", engineWait(host));
  } catch {
    return null;
  }
}

/** @param command what is called again once it is mended: `npm test` */
export function asUserError(hang: EngineHang, tried: string, command: string): UserError {
  const [seen = ""] = disturbanceTexts([hang]);
  return new UserError({ tried, seen, todo: `${hangRemedy(hang)}: ${command}` });
}
