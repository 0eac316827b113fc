import type { ContainerCreateOptions, HostConfig } from "dockerode";
import { askForContainer } from "../engine/answers.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { labelsOf, nameOf } from "../engine/run-identity.ts";
import { removeContainer, removeNetwork } from "../engine/sweep.ts";
import { publishedPorts } from "../expectations/ports.ts";
import { asMaking } from "../vantage/recorder.ts";
import { ResidentShell, residentShellFields } from "../vantage/resident-shell.ts";
import { rememberContainer } from "./asked.ts";
import { engineTurn, type TopologyContext } from "./context.ts";
import { createNetwork, type StartedNetwork } from "./create-network.ts";
import { Endpoint } from "./endpoint.ts";
import { freeHostPort } from "./host-ports.ts";
import { forgetMade, rememberMadeContainer } from "./made.ts";
import type { ContainerSpec, NetworkSpec, TopologySpec } from "./spec.ts";
import { startContainer, type WantedContainer } from "./start-container.ts";
import { webServerPrelude } from "./web-server.ts";

export interface Started<N extends string, C extends string> {
  readonly containers: Readonly<Record<C, Endpoint>>;
  readonly networks: Readonly<Record<N, StartedNetwork>>;
}

/** The engine's words when a host port is taken. */
const PORT_TAKEN = /port is already allocated|address already in use/i;
const TRIES = 5;

/**
 * Containers and networks of one suite, declared as data; brought up once, side by side, when the first requirement
 * needs them, and removed when the suite's file ends.
 */
export class Topology<N extends string, C extends string> {
  readonly name: string;
  readonly #spec: TopologySpec<N, C>;
  readonly #containerIds: string[] = [];
  readonly #networkIds: string[] = [];
  #started: Promise<Started<N, C>> | undefined;

  constructor(name: string, spec: TopologySpec<N, C>) {
    this.name = name;
    this.#spec = spec;
  }

  /** Brings everything up, or joins the start that is under way; rejects with the engine's own words. */
  async start(context: TopologyContext): Promise<Started<N, C>> {
    this.#started ??= asMaking(async () => await this.#bringUp(context));
    return await this.#started;
  }

  /** Removes what this topology made, also when its start failed midway. */
  async remove(context: TopologyContext): Promise<void> {
    await this.#started?.catch(() => undefined);
    forgetMade([...this.#containerIds, ...this.#networkIds]);
    await Promise.all(this.#containerIds.map((id) => engineTurn(() => removeContainer(context.docker, id))));
    await Promise.all(this.#networkIds.map((id) => engineTurn(() => removeNetwork(context.docker, id))));
  }

  async #bringUp(context: TopologyContext): Promise<Started<N, C>> {
    const networks = new Map<string, Promise<StartedNetwork>>();
    for (const [key, spec] of Object.entries<NetworkSpec>(this.#spec.networks ?? {})) {
      networks.set(
        key,
        createNetwork(context, nameOf(context.runId, `${this.name}-${key}`), key, spec, (id) =>
          this.#networkIds.push(id),
        ),
      );
    }
    const containers = new Map<string, Promise<Endpoint>>();
    const startOf = (key: string): Promise<Endpoint> => {
      let start = containers.get(key);
      if (start === undefined) {
        const spec = this.#spec.containers[key as C];
        if (spec === undefined) throw new Error(`topology ${this.name} has no container ${key}`);
        start = this.#startContainer(context, key, spec, networks, startOf);
        containers.set(key, start);
      }
      return start;
    };
    const keys = Object.keys(this.#spec.containers) as C[];
    // All settle before the first failure is told: nothing may still be coming up while cleanup runs.
    const outcomes = await Promise.allSettled([...networks.values(), ...keys.map(startOf)]);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const endpoints = await Promise.all(keys.map(async (key) => [key, await startOf(key)] as const));
    const links = await Promise.all([...networks].map(async ([key, network]) => [key, await network] as const));
    return {
      containers: Object.fromEntries(endpoints) as Record<C, Endpoint>,
      networks: Object.fromEntries(links) as Record<N, StartedNetwork>,
    };
  }

  async #startContainer(
    context: TopologyContext,
    key: string,
    spec: ContainerSpec<N>,
    networks: ReadonlyMap<string, Promise<StartedNetwork>>,
    startOf: (key: string) => Promise<Endpoint>,
  ): Promise<Endpoint> {
    const needed = [...(spec.after ?? []), ...(spec.joins === undefined ? [] : [spec.joins])];
    const [owners, attachments] = await Promise.all([
      Promise.all(needed.map(startOf)),
      Promise.all(
        [spec.on ?? "default"].flat().map(async (on) => (await networks.get(on)) ?? on.replace(/^network:/, "")),
      ),
    ]);
    const owner = spec.joins === undefined ? undefined : owners.at(-1);
    const [first, ...others] = attachments;
    const name = nameOf(context.runId, `${this.name}-${key}`);
    const networkNames = new Map<string, string>();
    for (const [network, promise] of networks) networkNames.set(network, (await promise).name);
    const connected = others.map((other) =>
      typeof other === "string" ? (other === "default" ? "bridge" : other) : other.name,
    );
    const { id, shell, asked, prelude } = await withFreePorts(spec, context, async (publish) => {
      const { prelude, ...fields } = createFields(
        context,
        name,
        withNameServers(spec, owners),
        first ?? "default",
        owner,
        publish,
      );
      let shell: ResidentShell | undefined;
      let id = "";
      const mode = networkMode(first ?? "default", owner, spec.joinsBy ?? "id");
      const asked = { networkMode: mode ?? null, hostname: spec.hostname ?? null, ...fields };
      const wanted: WantedContainer = {
        image: context.images[spec.image],
        name,
        labels: labelsOf(context.runId),
        autoRemove: spec.restartable !== true,
        networkMode: mode,
        hostname: spec.hostname,
        fields,
        created: async (created) => {
          id = created;
          this.#containerIds.push(created);
          rememberContainer(created, asked);
          shell = await ResidentShell.attach(context.docker, created, `container ${name}`, {
            kind: "container",
            name,
          });
        },
        async answers(withinSeconds) {
          if (shell === undefined) throw new Error(`no shell attached to ${name}`);
          await shell.ready(withinSeconds);
        },
      };
      try {
        await engineTurn(() => startContainer(context, wanted));
      } catch (error) {
        // The next attempt wants the name; only the engine's AutoRemove takes a container away that did not start.
        if (id !== "") await removeContainer(context.docker, id);
        throw error;
      }
      if (shell === undefined) throw new Error(`no shell attached to ${name}`);
      for (const other of connected)
        await engineTurn(() => context.docker.getNetwork(other).connect({ Container: id }));
      return { id, shell, asked, prelude };
    });
    const inspected = await askForContainer(context.docker, id);
    const endpoint = new Endpoint({ key, name, id, docker: context.docker, shell, inspected, networkNames });
    rememberMadeContainer({
      ...{ key, name, id, asked, prelude, connected },
      image: spec.image,
      restartable: spec.restartable === true,
      inspected: () => endpoint.inspected,
    });
    return endpoint;
  }
}

/** Host port `free` in a `-p` form is replaced by a port that nobody uses; taken meanwhile by somebody else: another one. */
async function withFreePorts<T>(
  spec: ContainerSpec,
  context: TopologyContext,
  start: (publish: readonly string[]) => Promise<T>,
): Promise<T> {
  const forms = typeof spec.publish === "function" ? spec.publish(context.facts) : (spec.publish ?? []);
  for (let attempt = 1; ; attempt++) {
    const publish = forms.map((form) => form.replace(/\bfree\b/, () => String(freeHostPort(context.facts))));
    try {
      return await start(publish);
    } catch (error) {
      const chosen = forms.some((form) => /\bfree\b/.test(form));
      if (!chosen || attempt === TRIES || !PORT_TAKEN.test(dockerErrorOf(error)?.message ?? "")) throw error;
    }
  }
}

function networkMode(
  first: StartedNetwork | string,
  owner: Endpoint | undefined,
  by: "id" | "name",
): string | undefined {
  if (owner !== undefined) return `container:${by === "id" ? owner.id : owner.name}`;
  if (typeof first !== "string") return first.name;
  return first === "default" ? undefined : first;
}

/** A spec whose name servers have addresses. */
type Addressable = Omit<ContainerSpec, "dns"> & { readonly dns?: readonly string[] };

function withNameServers(spec: ContainerSpec, owners: readonly Endpoint[]): Addressable {
  const { dns, ...others } = spec;
  if (dns === undefined) return others;
  if (typeof dns !== "function") return { ...others, dns };
  const started = (key: string): Endpoint => {
    const endpoint = owners.find((candidate) => candidate.key === key);
    if (endpoint === undefined)
      throw new Error(`the name server ${key} is not among those that the container is started after`);
    return endpoint;
  };
  return { ...others, dns: dns(started) };
}

/** NET_RAW is what `ping` needs; everything else a container of ours has is asked for by its spec. */
function createFields(
  context: TopologyContext,
  name: string,
  spec: Addressable,
  first: StartedNetwork | string,
  owner: Endpoint | undefined,
  publish: readonly string[],
): { create: ContainerCreateOptions; host: HostConfig; prelude: readonly string[] } {
  const ports = publishedPorts(publish);
  const answered = Object.keys(ports.PortBindings).flatMap((port) =>
    /^(\d+)\/tcp$/.test(port) ? [Number.parseInt(port, 10)] : [],
  );
  const served = [...new Set([80, ...answered])];
  const serves = spec.image === "nginx" && spec.webServer !== false;
  const prelude = [...(serves ? webServerPrelude(name, served, [53]) : []), ...(spec.prelude ?? [])];
  const subnet = typeof first === "string" ? (context.facts.defaultBridge?.subnet ?? "") : first.subnet;
  const ip = typeof spec.ip === "function" ? spec.ip(subnet) : spec.ip;
  const endpoint = {
    ...(spec.aliases === undefined ? {} : { Aliases: [...spec.aliases] }),
    ...(ip === undefined ? {} : { IPAMConfig: { IPv4Address: ip } }),
  };
  const exposed = Object.fromEntries(
    [...Object.keys(ports.ExposedPorts), ...(spec.expose ?? [])].map((port) => [port, {}]),
  );
  return {
    prelude,
    create: {
      ...residentShellFields(prelude),
      ...(Object.keys(exposed).length === 0 || owner !== undefined ? {} : { ExposedPorts: exposed }),
      ...(Object.keys(endpoint).length === 0
        ? {}
        : { NetworkingConfig: { EndpointsConfig: { [typeof first === "string" ? first : first.name]: endpoint } } }),
      ...spec.create,
    },
    host: {
      CapDrop: ["ALL"],
      CapAdd: ["NET_RAW", ...(spec.capabilities ?? [])],
      ...(Object.keys(ports.PortBindings).length === 0 ? {} : { PortBindings: ports.PortBindings }),
      ...(spec.publishAll === true ? { PublishAllPorts: true } : {}),
      ...(spec.dns === undefined ? {} : { Dns: [...spec.dns] }),
      ...(spec.dnsSearch === undefined ? {} : { DnsSearch: [...spec.dnsSearch] }),
      ...(spec.dnsOptions === undefined ? {} : { DnsOptions: [...spec.dnsOptions] }),
      ...(spec.extraHosts === undefined ? {} : { ExtraHosts: [...spec.extraHosts] }),
      ...(spec.sysctls === undefined ? {} : { Sysctls: { ...spec.sysctls } }),
      // An engine with userns-remap refuses host mode to containers that are not exempt from it, and so are those that join one.
      ...(context.facts.engine.usernsRemap && (first === "host" || isExempt(owner)) ? { UsernsMode: "host" } : {}),
      ...spec.hostConfig,
    },
  };
}

function isExempt(owner: Endpoint | undefined): boolean {
  return owner?.inspected.HostConfig.UsernsMode === "host";
}
