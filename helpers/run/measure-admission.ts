import { forwardingTurnedOnBy } from "../expectations/engine-switches.ts";
import { listenOnHost } from "../host/host-listener.ts";
import type { Vantage } from "../model/evidence.ts";
import type { BridgeKind, Facts } from "../model/facts.ts";
import { http, ping } from "../probes/reach.ts";
import type { TopologyContext } from "../topology/context.ts";
import { freeHostPort } from "../topology/host-ports.ts";
import { bridge, busybox, type ContainerSpec } from "../topology/spec.ts";
import { SubnetChooser } from "../topology/subnets.ts";
import { Topology } from "../topology/topology.ts";
import type { HostView } from "../vantage/host-view.ts";

/** How long a connection on one host may take that nothing stops, seconds. */
const ANSWERS_WITHIN = 3;
/** Ports asked: some firewalls leave a range open, and one port might lie in it. */
const PORTS = 3;

/**
 * Finds out from which networks containers reach what listens on the host, where the host's own packet filter denies by
 * default: whether one of its rules lets them in all the same (`ufw allow in on docker0`, a zone of firewalld) only a
 * packet can tell. Where nothing is denied by default nothing is asked, and no time is spent.
 * @returns the facts with the host's `keepsOut` and `ignoresPings`; as they were where there was nothing to ask with, or
 *   where a network would change the host: then the suites' own containers fail for the same reason, and say it
 */
export async function withAdmission(
  facts: Facts,
  view: HostView | null,
  run: Pick<TopologyContext, "docker" | "runId" | "images">,
): Promise<Facts> {
  const { host, defaultBridge } = facts;
  if (view === null || host?.defaultDenial == null || host.uplink === null) return facts;
  if (forwardingTurnedOnBy(facts, { driver: "bridge" }) !== null) return facts;
  const subnets = await SubnetChooser.forHost(run.docker, facts);
  const context: TopologyContext = { ...run, facts, subnets, throughTestcontainers: true };
  const askers: Record<string, ContainerSpec<"own">> = { own: busybox({ on: "own" }) };
  if (defaultBridge !== null) askers.plain = busybox<"own">();
  const topology = new Topology("admission", { networks: { own: bridge() }, containers: askers });
  try {
    const { own, plain } = (await topology.start(context)).containers;
    const from: (readonly [BridgeKind, Vantage | undefined])[] = [
      ["user-defined network", own],
      ["default bridge", plain],
    ];
    const { address } = host.uplink;
    const [keepsOut, ignoresPings] = await Promise.all([
      keptOut(view, address, facts, from),
      among(from, async (asker) => (await ping(asker, address).ask(ANSWERS_WITHIN)).outcome === "replied"),
    ]);
    return keepsOut === null ? facts : { ...facts, host: { ...host, keepsOut, ignoresPings } };
  } catch {
    return facts;
  } finally {
    await topology.remove(context);
  }
}

/** The networks of those that are not let in. */
async function among(
  askers: readonly (readonly [BridgeKind, Vantage | undefined])[],
  isLetIn: (from: Vantage) => Promise<boolean>,
): Promise<BridgeKind[]> {
  const kinds = askers.map(async ([kind, from]) => (from === undefined || (await isLetIn(from)) ? [] : [kind]));
  return (await Promise.all(kinds)).flat();
}

/** Null where the host does not reach its own listener either, so that nothing is shown. */
async function keptOut(
  view: HostView,
  address: string,
  facts: Facts,
  askers: readonly (readonly [BridgeKind, Vantage | undefined])[],
): Promise<BridgeKind[] | null> {
  const listeners = await Promise.all(
    Array.from({ length: PORTS }, async () => await listenOnHost(view, freeHostPort(facts))),
  );
  try {
    const reaches = async (from: Vantage): Promise<boolean> => {
      const answers = await Promise.all(
        listeners.map(async ({ port, line }) => {
          const { answer } = await http(from, address, port).ask(ANSWERS_WITHIN);
          return answer.trim() === line;
        }),
      );
      return answers.every(Boolean);
    };
    if (!(await reaches(view))) return null;
    return await among(askers, reaches);
  } finally {
    await Promise.all(listeners.map((listener) => listener.stop()));
  }
}
