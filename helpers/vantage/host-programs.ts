import type { Vantage } from "../model/evidence.ts";
import type { Place } from "../model/question.ts";
import type { HostView } from "./host-view.ts";

/**
 * The host through its own programs, in dockerd's mount and network namespaces. The host's view is itself a container in
 * host mode, so what is said of host mode is compared with this: it owes its place in the host's network namespace to
 * `nsenter`, not to the engine.
 */
export function hostPrograms(host: HostView): Vantage {
  return shellOf(host, "host (its own programs)", host.place, "");
}

/**
 * A container's network namespace through the host's own programs: for what the image's programs can't show.
 * @param container its name for the reports, and its main process as the host's PID namespace has it
 */
export function hostProgramsIn(
  host: HostView,
  container: { readonly label: string; readonly place: Place; readonly pid: number },
): Vantage {
  return shellOf(
    host,
    `${container.label} (seen with the host's programs)`,
    container.place,
    `nsenter -t ${container.pid} -n -- `,
  );
}

/**
 * The host's network through the image's BusyBox, in dockerd's network namespace only: for questions that the host may
 * lack the program for. Files, /sys among them, are the view's own: ask {@link hostPrograms} for those.
 */
export function hostNetwork(host: HostView): Vantage {
  return {
    label: "host (in dockerd's network namespace)",
    place: host.place,
    async ask(command, options) {
      refuseQuotes(command);
      return await host.ask(`nsenter -t ${(await host.dockerdPid()) ?? 1} -n -- sh -c '${command}'`, options);
    },
  };
}

function shellOf(host: HostView, label: string, place: Place, enter: string): Vantage {
  return {
    label,
    place,
    async ask(command, options) {
      refuseQuotes(command);
      return await host.own(`${enter}sh -c '${command}'`, options);
    },
  };
}

function refuseQuotes(command: string): void {
  if (command.includes("'"))
    throw new Error(`a question to a shell of another namespace can't hold single quotes: ${command}`);
}
