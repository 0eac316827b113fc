import pLimit from "p-limit";
import { hostPortText, leadsByHost, type Published, publishedPorts, subjectOf } from "../audits/published.ts";
import { BY_PROXY, type Standing, standingOf } from "../audits/standing.ts";
import { beforePort, isUnspecified, sameAddress } from "../model/address.ts";
import type { Vantage } from "../model/evidence.ts";
import { isIpv6 } from "../model/ipv6.ts";
import type { Subject } from "../model/subject.ts";
import { tcp } from "../probes/reach.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import type { HostView } from "../vantage/host-view.ts";
import type { Caller } from "./callers.ts";
import { type Attempt, attemptsOf, type ReachPlace } from "./places.ts";

/** One connection that was tried. */
export interface ReachCell {
  readonly place: ReachPlace;
  /** `192.0.2.10:8080` */
  readonly target: string;
  readonly expected: Standing;
  /** Why it is expected: a rule, `DNAT`, `docker-proxy`. */
  readonly by: string;
  readonly observed: Standing;
  /** Null where nobody can tell: it did not connect, and what the rules say of it can't be followed. */
  readonly agrees: boolean | null;
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
            const from = attempt.caller?.shell ?? view;
            const first = await connects(from, attempt.to, port.hostPort);
            const behind = proxiedTo(host, published, attempt, by);
            // docker-proxy takes every connection, and asks the container then as the host does.
            const observed =
              first === "connects" && behind !== null ? await connects(view, behind, port.containerPort) : first;
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

async function connects(from: Vantage, to: string, port: number): Promise<Standing> {
  const { outcome } = await tcp(from, to, port).ask(SECONDS);
  return OBSERVED[outcome] ?? "unknown";
}

/** Where docker-proxy passes a connection on to, where one is expected to take it; null for any other. */
function proxiedTo({ proxies }: LivingHost, { port, family }: Published, { to }: Attempt, by: string): string | null {
  if (by !== BY_PROXY) return null;
  const { hostPort, protocol } = port;
  const own = proxies.filter((one) => one.hostPort === hostPort && one.protocol === protocol);
  const takes = own.find(
    ({ hostIp }) => sameAddress(hostIp, to) || (isUnspecified(hostIp) && isIpv6(hostIp) === (family === 6)),
  );
  return takes?.containerIp ?? null;
}

/** A rule that rejects is a refusal for who asks. A published port that is reached is as it must be, whatever is known. */
export function agree(expected: Standing, observed: Standing): boolean | null {
  if (observed === "unknown") return null;
  if (expected === "unknown") return observed === "connects" ? true : null;
  return expected === observed || (expected === "blocked" && observed === "refused");
}
