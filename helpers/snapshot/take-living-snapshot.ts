import type Dockerode from "dockerode";
import type { NetworkRecord } from "../model/engine-answers.ts";
import type { Facts } from "../model/facts.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { HostView } from "../vantage/host-view.ts";
import { askEngine, type EngineSide } from "./ask-engine.ts";
import { costsOf } from "./costs.ts";
import { type Firewall, gatherFirewall } from "./firewall/index.ts";
import type { FoundContainer } from "./foreign-containers.ts";
import { heldSockets } from "./held-sockets.ts";
import type { LivingHost, LivingSnapshot } from "./living.ts";
import { hostScript, readHost } from "./look-at-host.ts";
import { lookIntoContainers } from "./look-into-containers.ts";
import { lookIntoOverlays } from "./look-into-overlays.ts";
import { askUpstreams } from "./upstreams.ts";

/** Deadline of the look at the host. */
const SECONDS = 60;

/** What a look at everybody's containers needs. */
export interface LivingLooker {
  readonly docker: Dockerode;
  readonly facts: Facts;
  /** Null where the host can't be looked at; then only what the engine says is judged. */
  readonly host: HostView | null;
}

/**
 * Looks once at the engine, its host and everybody's containers, reading only: some API calls, and a handful of
 * questions to the host however many containers there are.
 * @param earlier a look a moment ago, whose name servers are not asked again
 * @param asked what the engine was asked already
 * @throws when the engine does not answer
 */
export async function takeLivingSnapshot(
  { docker, facts, host }: LivingLooker,
  earlier?: Pick<LivingSnapshot, "upstreams">,
  asked: Promise<EngineSide> = askEngine(docker),
): Promise<LivingSnapshot> {
  const reachable = facts.engine.rootless ? null : host;
  // The packet filter depends on nothing that the engine says: it is read while the engine is asked.
  const filters = reachable === null ? null : gatherFirewall(reachable);
  // Thrown where it is awaited.
  filters?.catch(() => undefined);
  const { began, found, networks, beside } = await asked;
  const [insides, hostState, overlays, held] = await Promise.all([
    reachable === null ? null : lookIntoContainers(reachable, found, facts),
    reachable === null || filters === null ? null : lookAtHost(reachable, targetsOf(found, networks), filters),
    reachable === null ? [] : lookIntoOverlays(reachable, overlaysInUse(found, networks)),
    reachable === null ? new Map<string, readonly number[]>() : heldSockets(reachable, found),
  ]);
  const containers = found
    .map(({ container }) => ({
      ...container,
      ...(container.networkMode === "host" ? { heldSockets: held.get(container.id) ?? null } : {}),
      inside: insides?.get(container.pid) ?? null,
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return {
    facts,
    began,
    containers,
    networks,
    whose: "everybody",
    beside,
    costs: costsOf(facts, containers),
    host: hostState,
    overlays,
    upstreams: earlier?.upstreams ?? (reachable === null ? {} : await askUpstreams(reachable, containers, facts)),
  };
}

/** Overlay networks that running containers of this host are on. */
function overlaysInUse(found: readonly FoundContainer[], networks: readonly NetworkRecord[]): string[] {
  const used = new Set(
    found.flatMap(({ container }) => (container.pid > 0 ? container.endpoints.map(({ networkId }) => networkId) : [])),
  );
  return networks.flatMap(({ Id, Driver }) => (Driver === "overlay" && used.has(Id) ? [Id] : []));
}

/** An address of each family of each bridge network, and the world: the kernel is asked which way it would send to them. */
function targetsOf(found: readonly FoundContainer[], networks: readonly NetworkRecord[]): string[] {
  const endpoints = found.flatMap(({ container }) => (container.pid > 0 ? container.endpoints : []));
  const ofNetworks = networks.flatMap(({ Id, Driver }) => {
    const on = Driver === "bridge" ? endpoints.filter(({ networkId }) => networkId === Id) : [];
    const firstOf = (addresses: readonly string[]): string[] => addresses.filter((one) => one !== "").slice(0, 1);
    return [...firstOf(on.map(({ address }) => address)), ...firstOf(on.map(({ address6 }) => address6))];
  });
  return [...ofNetworks, ...Object.values(SOMEBODY)];
}

async function lookAtHost(
  host: HostView,
  targets: readonly string[],
  firewall: Promise<Firewall>,
): Promise<LivingHost | null> {
  const [looked, filters] = await Promise.all([
    host.askMuch(hostScript(targets, (await host.dockerdPid()) ?? 1), { seconds: SECONDS }),
    firewall,
  ]);
  // Cut short by its deadline it would look like a host without routes and sockets.
  if (looked.exitCode !== 0) return null;
  return readHost({
    looked,
    programs: "",
    filters,
    macvlans: "",
    // Nobody asks for them here.
    namespaces: {},
  });
}
