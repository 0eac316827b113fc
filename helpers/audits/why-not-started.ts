import { isLoopback, isUnspecified, sameAddress } from "../model/address.ts";
import { word } from "../model/shell-words.ts";
import { type LivingContainer, type LivingEndpoint, type LivingSnapshot, runs } from "../snapshot/living.ts";

/** Why a container could not be started. */
export interface WhyNot {
  /** In a person's words, as the end of a sentence. */
  readonly what: string;
  /** What takes away what is in the way, lines of shell; null where nothing lets this container start again. */
  readonly first: readonly string[] | null;
  readonly cost: string;
  /** The container that has its port. */
  readonly successor: string | null;
}

/**
 * The host port in what engines say when they can't have it: `Bind for 0.0.0.0:80 failed`, `listen tcp4 0.0.0.0:80: bind`,
 * and since 28 `failed to bind host port for 0.0.0.0:80:172.18.0.2:80/tcp`, or `… port 0.0.0.0:80/tcp`.
 */
const PORT_TAKEN =
  /(?:bind for |bind host port (?:for )?|listen (?:tcp|udp)[46]? )(?:\[[^\]]*\]|\S*?):(\d+)(?=[:/\s]|$)/i;

/** What the engine said, and what of it is to be seen on the host now. */
export function whyNotStarted(snapshot: LivingSnapshot, container: LivingContainer): WhyNot {
  return (
    takenPort(snapshot, container) ??
    takenAddress(snapshot, container) ??
    lostAddress(snapshot, container) ??
    fullNetwork(container) ??
    goneTarget(snapshot, container) ??
    goneNetworks(snapshot, container) ??
    told(`${container.error.replace(/\s+/g, " ").replace(/[\s.]+$/, "")}.`)
  );
}

function told(what: string, first: WhyNot["first"] = [], cost = "", successor: string | null = null): WhyNot {
  return { what, first, cost, successor };
}

function takenPort({ containers, host }: LivingSnapshot, { error, id }: LivingContainer): WhyNot | null {
  const port = PORT_TAKEN.exec(error)?.[1];
  if (port === undefined || !/port is already allocated|address already in use/i.test(error)) return null;
  const holder = containers.find(
    (other) => other.id !== id && other.ports.some(({ hostPort }) => hostPort === Number(port)),
  );
  if (holder !== undefined)
    return told(
      `its host port ${port} is taken by container ${holder.name}.`,
      [`docker stop ${word(holder.name)}`],
      `${holder.name} ends.`,
      holder.name,
    );
  const left = host?.proxies.find(({ hostPort }) => hostPort === Number(port));
  if (left !== undefined)
    return told(`a docker-proxy that was left behind holds its host port ${port}.`, [
      `pkill -f -- '-host-port ${port} '`,
    ]);
  const listens = host?.sockets.some(({ local }) => local.port === Number(port)) === true;
  return listens
    ? told(
        `another program of this host listens on its host port ${port}.`,
        [
          `ss -ltnup 'sport = :${port}'`,
          `kill $(ss -Hltnup 'sport = :${port}' | grep -o 'pid=[0-9]*' | cut -d = -f 2 | sort -u)`,
        ],
        "The program that the first line shows ends. One that systemd keeps has to be stopped with systemctl.",
      )
    : told(`its host port ${port} was taken when it was started, and is free now.`);
}

/** An address that it asks for, which the engine has given to somebody else while it did not run. */
function takenAddress({ containers }: LivingSnapshot, { error, endpoints, name }: LivingContainer): WhyNot | null {
  if (!/address already in use/i.test(error)) return null;
  for (const { network, networkId, asked } of endpoints)
    for (const address of asked)
      for (const other of containers.filter(runs)) {
        const held = other.endpoints.find(
          (one) => one.networkId === networkId && [one.address, one.address6].some((has) => sameAddress(has, address)),
        );
        if (held === undefined) continue;
        const both = held.asked.some((one) => sameAddress(one, address));
        return told(
          `its address ${address} on network ${network} is taken by container ${other.name}${both ? ", which asks for the same one" : ""}.`,
          [
            `docker network disconnect ${word(network)} ${word(other.name)}`,
            `docker start ${word(name)}`,
            `docker network connect ${word(network)} ${word(other.name)}`,
          ],
          `${other.name} gets another address, and loses its connections on ${network} and its aliases there. With an \`ip_range\` of its network (\`--ip-range\`) that leaves ${address} out it would not happen again.`,
        );
      }
  return told("an address that it asks for was taken when it was started.");
}

function lostAddress({ host }: LivingSnapshot, { error, bindings }: LivingContainer): WhyNot | null {
  if (!/cannot assign requested address/i.test(error)) return null;
  const here = (address: string): boolean =>
    isLoopback(address) ||
    host?.addresses.some(({ addresses }) => addresses.some((one) => sameAddress(one.address, address))) === true;
  const asked = bindings.map(({ hostAddress }) => hostAddress).filter((one) => one !== "" && !isUnspecified(one));
  const lost = [...new Set(asked.filter((one) => !here(one)))];
  return lost.length === 0
    ? told(
        `this host did not have ${asked.join(" and ") || "an address that it publishes on"} yet when it was started, and has it now.`,
      )
    : told(`it publishes a port on ${lost.join(" and ")}, which this host does not have.`, ["ip addr"]);
}

function fullNetwork({ error }: LivingContainer): WhyNot | null {
  const full = /no available IPv[46] addresses on this network's address pools: (\S+)/.exec(error)?.[1];
  return full === undefined
    ? null
    : told(`network ${full} had no free address for it.`, [`docker network inspect ${word(full)}`]);
}

/** What it joins is kept by its id: one that is made anew under the same name is another one. */
function goneTarget({ containers }: LivingSnapshot, { networkMode, name }: LivingContainer): WhyNot | null {
  if (!networkMode.startsWith("container:")) return null;
  const wanted = networkMode.slice("container:".length);
  const target = containers.find((one) => one.id === wanted || one.name === wanted);
  if (target === undefined)
    return told(
      `the container whose network it joins (${wanted.slice(0, 12)}) does not exist any more, and it keeps that one's id. It has to be made anew: \`docker compose up -d --force-recreate\`, or \`docker rm ${word(name)}\` and \`docker run\`.`,
      null,
    );
  return runs(target)
    ? null
    : told(`container ${target.name}, whose network it joins, does not run.`, [`docker start ${word(target.name)}`]);
}

/** Networks are kept by their ids as well. It is taken off those that are gone and put on those of the same name. */
function goneNetworks(
  { networks }: LivingSnapshot,
  { error, endpoints, name, project }: LivingContainer,
): WhyNot | null {
  const quoted = /network (\S+) not found/i.exec(error)?.[1];
  if (quoted === undefined) return null;
  const gone = endpoints.filter(({ networkId }) => !networks.some(({ Id }) => Id === networkId));
  const [first] = gone;
  if (first === undefined) return told(`network ${shortOf(quoted)} was missing when it was started, and is there now.`);
  const missing = gone.filter(({ network }) => !networks.some(({ Name }) => Name === network));
  const names = `network${gone.length > 1 ? "s" : ""} ${[...new Set(gone.map(({ network }) => network))].join(" and ")}`;
  return told(
    missing.length > 0
      ? `nothing is left of ${names}, by which it was created.`
      : `it keeps the id of the old ${names}, removed and made anew since.`,
    [
      ...missing.map(({ network }) => `docker network create ${word(network)}`),
      ...gone.flatMap((endpoint) => [
        `docker network disconnect ${word(endpoint.network)} ${word(name)}`,
        `docker network connect${fixed(endpoint)} ${word(endpoint.network)} ${word(name)}`,
      ]),
    ],
    `${missing.length > 0 ? "The network is made with the driver and subnet that the engine chooses. " : ""}Aliases that ${name} had there are gone${project === null ? "" : "; `docker compose up -d --force-recreate` makes all anew as its file says"}.`,
  );
}

function fixed({ asked }: LivingEndpoint): string {
  return asked.map((address) => ` ${address.includes(":") ? "--ip6" : "--ip"} ${address}`).join("");
}

function shortOf(network: string): string {
  return network.length > 12 ? network.slice(0, 12) : network;
}
