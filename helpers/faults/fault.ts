import type { SwitchKey } from "../model/version-switches.ts";

/** Where on the way of a packet, of a name or of a claim a fault lies. */
export const LAYERS = [
  "nat",
  "filter",
  "links",
  "routes and sysctls",
  "names",
  "ports",
  "namespaces",
  "macvlan and overlay",
  "configuration",
  "API",
  "workloads",
] as const;
export type Layer = (typeof LAYERS)[number];

/** The line of {@link Fault.undo} that stands for an operator's restart of dockerd: a lab host has no systemd. */
export const RESTART = "systemctl restart docker";

/**
 * One way in which the networking of a Docker host breaks. It is done to a disposable host, never to the host under
 * test; the suites then run unchanged, and those of its requirements that are not red have missed it.
 */
export interface Fault {
  /** Words with hyphens, the layer's thing first: `nat-docker-chain-flushed`. */
  readonly id: string;
  readonly layer: Layer;
  /** What is broken, as an operator would say it. */
  readonly breaks: string;
  /** How an operator comes by it: a firewall reload, a VPN, an upgrade, an edited file, an `ip` command. */
  readonly comesBy: string;
  readonly strike: Strike;
  /**
   * Shell on the host that mends it, as an operator would; the same requirements are green afterwards. {@link RESTART}
   * restarts dockerd. Empty where it ends with the containers that it was done to, or with the API that lied. What was
   * struck before the engine is mended while dockerd is stopped, which then starts without `daemon.json` and flags.
   */
  readonly undo: readonly string[];
  /** The same on the second host. */
  readonly undoOnSecondHost?: readonly string[];
  /** Requirements that must be red. */
  readonly caughtBy: readonly [string, ...string[]];
  /** Requirements or suites that run as well, to see what else it reddens. */
  readonly beside?: readonly string[];
  /** What the likely cause of a requirement in {@link caughtBy} has to say: the broken thing, not the symptom. */
  readonly cause: RegExp;
  /** Engines that it can be done to. */
  readonly since?: SwitchKey;
  readonly until?: SwitchKey;
  /** A second host on the LAN is needed, as the machine that calls or as the peer. */
  readonly secondHost?: true;
}

/** Faults of one layer, which is said once. */
export function ofLayer(layer: Layer, faults: readonly Omit<Fault, "layer">[]): readonly Fault[] {
  return faults.map((fault) => ({ layer, ...fault }));
}

/** When a fault strikes, and how. Shell runs as root in the host's own namespaces, and each line has to succeed. */
export type Strike =
  | BeforeEngine
  | BeforeTopology
  | OnContainer
  | OnNetwork
  | AlteredRequest
  | LyingApi
  | ShadowedDocker
  | ShadowedDockerd;

/** Before dockerd starts. */
export interface BeforeEngine {
  readonly when: "before the engine";
  /** The very text of `daemon.json`. */
  readonly daemonJson?: string;
  readonly flags?: readonly string[];
  readonly shell?: readonly string[];
  /** Once it answers, before the suites start anything: what takes the effect of the configuration away. */
  readonly afterwards?: readonly string[];
}

/** Once dockerd runs, before the suites start anything. `$OTHER`: the other host's address on the LAN, where there are two. */
export interface BeforeTopology {
  readonly when: "before the topology";
  readonly shell: readonly string[];
  /** The same on the second host. */
  readonly onSecondHost?: readonly string[];
}

/**
 * Each time a container of the suites has started, or was connected to a network: the engine's answer is held back
 * until the strike is done, so that no probe comes before it. In the environment of each line:
 * `$PID` (of the container's first process, on the host), `$ID`, `$NAME` (without the run's prefix), `$NETWORK_MODE`,
 * `$IP` (its first address). One that is connected again is struck again: the lines have to bear that.
 */
export interface OnContainer {
  readonly when: "a container is up";
  /** Chooses containers; all but the suites' own vantages on the host when left out. */
  readonly of?: (container: StruckContainer) => boolean;
  readonly shell: readonly string[];
}

export interface StruckContainer {
  /** Its name without the run's prefix. */
  readonly name: string;
  readonly image: string;
  /** `default`, `bridge`, `none`, `host`, `container:…`, or a network's name. */
  readonly networkMode: string;
  readonly publishes: boolean;
}

/** Each time a network of the suites has been created, likewise: `$NETWORK` (its name), `$BRIDGE` (its device), `$SUBNET`. */
export interface OnNetwork {
  readonly when: "a network is up";
  /** `bridge` when left out. */
  readonly driver?: string;
  readonly shell: readonly string[];
}

/**
 * Every POST of the suites that carries JSON is altered before the engine gets it, as an authorization plugin, a proxy of
 * a platform or a defective client would: the engine does correctly what nobody asked for.
 */
export interface AlteredRequest {
  readonly when: "the engine is asked";
  /** Path without the API version, as a pattern: `^/containers/create$`. */
  readonly to: RegExp;
  /** Alters the request's JSON in place, or returns another. Returns false where it has nothing to alter. */
  readonly alter: (request: Record<string, unknown>, path: string) => unknown;
}

/** The engine's answers are altered on their way to the suites, as a defective engine or proxy would give them. */
export interface LyingApi {
  readonly when: "the engine answers";
  /** Path without the API version, as a pattern: `^/containers/[^/]+/json$`. */
  readonly to: RegExp;
  /** Refusals are altered, and not what succeeds. */
  readonly refusals?: boolean;
  /** Alters the answer's JSON in place, or returns another. Returns false where it has nothing to alter. */
  readonly alter: (answer: Record<string, unknown> | unknown[], path: string) => unknown;
}

/** Another `docker` stands before the machine's own on the PATH of the suites: an alias, a wrapper, another product. */
export interface ShadowedDocker {
  readonly when: "the docker command is called";
  /** Shell that is called instead with the command's words; `$DOCKER` is the machine's own. */
  readonly script: string;
}

/**
 * On every host of the lab that the suites themselves start, another `dockerd` stands before the host's own: a wrapper
 * or a unit file of a distribution's or a platform's. The suites configure and restart these hosts as ever.
 */
export interface ShadowedDockerd {
  readonly when: "dockerd of a lab host starts";
  /** Shell that is done to each of these hosts as it comes up, before any dockerd. */
  readonly host?: string;
  /** Shell that is called instead, with dockerd's flags as its words; `$D` is the host's own dockerd. */
  readonly script: string;
}
