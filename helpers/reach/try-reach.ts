import pLimit from "p-limit";
import { hostPortText, leadsByHost, publishedPorts, subjectOf } from "../audits/published.ts";
import { type Standing, standingOf } from "../audits/standing.ts";
import { beforePort } from "../model/address.ts";
import type { Subject } from "../model/subject.ts";
import { tcp } from "../probes/reach.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import type { HostView } from "../vantage/host-view.ts";
import type { Caller } from "./callers.ts";
import { attemptsOf, type ReachPlace } from "./places.ts";

/** One connection that was tried. */
export interface ReachCell {
  readonly place: ReachPlace;
  /** `192.0.2.10:8080` */
  readonly target: string;
  readonly expected: Standing;
  /** Why it is expected: a rule, `DNAT`, `docker-proxy`. */
  readonly by: string;
  readonly observed: Standing;
  readonly agrees: boolean;
  /** Network that the container of ours was on; null where the host itself asked. */
  readonly callerOn: string | null;
}

/** A published TCP port with the connections that were tried to it. */
export interface ReachRow {
  readonly container: string;
  /** `8080/tcp`, `[::]:8080/tcp` */
  readonly port: string;
  readonly subject: Subject;
  /** Those of the container. */
  readonly networks: readonly string[];
  readonly cells: readonly ReachCell[];
}

/** Connections under way at once. */
const AT_ONCE = 16;
/** Silence for so long is a packet that was dropped. */
const SECONDS = 3;

/**
 * Connects to each published TCP port from each place, sends and reads nothing, and puts what came of it beside what
 * the look says. Each connection is closed as soon as it stands.
 */
export async function tryReach(
  view: HostView,
  snapshot: LivingSnapshot,
  host: LivingHost,
  callers: readonly Caller[],
): Promise<readonly ReachRow[]> {
  const limit = pLimit(AT_ONCE);
  const ports = publishedPorts(snapshot).filter((one) => one.port.protocol === "tcp" && leadsByHost(snapshot, one));
  return await Promise.all(
    ports.map(async (published) => {
      const { container, port } = published;
      const cells = await Promise.all(
        attemptsOf(host, published, callers).map((attempt) =>
          limit(async (): Promise<ReachCell> => {
            const { standing, by } = standingOf(host, published, attempt);
            const { outcome } = await tcp(attempt.caller?.shell ?? view, attempt.to, port.hostPort).ask(SECONDS);
            const observed = OBSERVED[outcome] ?? "unknown";
            return {
              place: attempt.place,
              target: `${beforePort(attempt.to)}:${port.hostPort}`,
              expected: standing,
              by,
              observed,
              agrees: agree(standing, observed),
              callerOn: attempt.caller?.bridge.name ?? null,
            };
          }),
        ),
      );
      return {
        container: container.name,
        port: hostPortText(port),
        subject: subjectOf(container, port),
        networks: container.endpoints.map(({ network }) => network),
        cells,
      };
    }),
  );
}

const OBSERVED: Readonly<Record<string, Standing>> = {
  replied: "connects",
  refused: "refused",
  "timed out": "blocked",
  unreachable: "blocked",
};

/** A rule that rejects is a refusal for who asks. What is not known disagrees with nothing. */
function agree(expected: Standing, observed: Standing): boolean {
  if (expected === "unknown" || observed === "unknown" || expected === observed) return true;
  return expected === "blocked" && observed === "refused";
}
