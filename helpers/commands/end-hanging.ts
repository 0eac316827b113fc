import type { Way } from "../engine/ask-engine.ts";
import { EXIT } from "../engine/errors.ts";
import { endAfterRemoval } from "../engine/interruption.ts";
import { onUnanswered, tellUnanswered } from "../engine/unanswered.ts";
import { printUserError } from "../report/print-error.ts";
import { asHang, asUserError, waitOf } from "../run/hang.ts";
import type { HostView } from "../vantage/host-view.ts";

/**
 * Ends a command that is no run once the engine leaves a request of it without an answer: it says so, removes what it has
 * started, and ends with exit code 2.
 * @param way to the engine that it asks
 * @param host the host's view, null while there is none
 * @param command as it is called: `npm run workloads`
 */
export function endWhereEngineHangs(way: Way, host: () => HostView | null, command: string): void {
  tellUnanswered(way);
  let ends = false;
  onUnanswered(async (request) => {
    if (ends) return;
    ends = true;
    printUserError(asUserError(asHang(request, await waitOf(host())), "Asking the engine", command));
    await endAfterRemoval(EXIT.notJudged);
  });
}
