import { onUnanswered, type Unanswered } from "../engine/unanswered.ts";
import type { HostView } from "../vantage/host-view.ts";
import { endEarly } from "./close-run.ts";
import { cutShort } from "./cut-short.ts";
import { asHang, asUserError, waitOf } from "./hang.ts";
import { shared } from "./state.ts";

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
