import type { Server } from "node:http";
import type Dockerode from "dockerode";
import pLimit, { type LimitFunction } from "p-limit";
import { askForContainer, askForNetwork } from "../engine/answers.ts";
import { idIn, isObject, jsonIn } from "../engine/json-body.ts";
import {
  type Attendant,
  engineAt,
  listening,
  type PassingAnswer,
  type PassingCall,
  passOn,
  type Rewrite,
} from "../engine/pass-on.ts";
import { bridgeDeviceName } from "../expectations/user-network.ts";
import type { Inspected } from "../model/engine-answers.ts";
import { quoted } from "../model/shell-words.ts";
import type { AlteredRequest, LyingApi, OnContainer, OnNetwork, Strike, StruckContainer } from "./fault.ts";
import { troubleOf } from "./trouble.ts";

/** The host that is struck, as the proxy needs it: a lab host. */
export interface StruckHost {
  /** `DOCKER_HOST` of its engine. */
  readonly url: string;
  /** The engine itself, not through the proxy. */
  readonly docker: Dockerode;
  /** Runs a line of shell there. @throws UserError when it fails */
  must(line: string): Promise<string>;
}

/** What the proxy asks of a container. */

/**
 * Stands between the suites and the engine of a disposable host, and strikes: it holds back the engine's answer to a
 * start, a connect or a network's creation until the fault is done, or alters what the engine answers. All else passes
 * through unseen.
 */
export class StrikeProxy implements AsyncDisposable {
  /** `DOCKER_HOST` for the suites. */
  readonly url: string;
  readonly #server: Server;
  readonly #tally: Tally;

  private constructor(server: Server, port: number, tally: Tally) {
    this.#server = server;
    this.#tally = tally;
    this.url = `tcp://127.0.0.1:${port}`;
  }

  /** Opens it. @param strike null: nothing is struck, as for a control */
  static async open(host: StruckHost, strike: Strike | null): Promise<StrikeProxy> {
    return await StrikeProxy.before(host.url, (tally) =>
      strike === null ? () => ({}) : striking(host, strike, tally),
    );
  }

  /**
   * Opens one before any engine.
   * @param address its `DOCKER_HOST`
   * @param striking what is done to its calls; keeps the tally
   * @throws when there is no plain connection to it
   */
  static async before(
    address: string,
    striking: (tally: Tally) => (call: PassingCall) => Attendant,
  ): Promise<StrikeProxy> {
    const engine = engineAt(address);
    if (engine === null) throw new Error(`no plain connection: ${address}`);
    const tally: Tally = { strikes: 0, trouble: null };
    const server = passOn(engine, striking(tally));
    return new StrikeProxy(server, await listening(server, { host: "127.0.0.1" }), tally);
  }

  /** How often it struck: containers, networks or answers. */
  get strikes(): number {
    return this.#tally.strikes;
  }

  /** Why a strike could not be done, the first one; null when all could. */
  get trouble(): string | null {
    return this.#tally.trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** What was done, and why something could not be. */
export interface Tally {
  strikes: number;
  trouble: string | null;
}

function striking(host: StruckHost, strike: Strike, tally: Tally): (call: PassingCall) => Attendant {
  switch (strike.when) {
    case "a container is up":
      return onContainers(host, strike, tally);
    case "a network is up":
      return onNetworks(host, strike, tally);
    case "the engine is asked":
      return altering(strike, tally);
    case "the engine answers":
      return lying(strike, tally);
    // Done before the suites begin, and not here.
    case "before the engine":
    case "before the topology":
    case "the docker command is called":
    case "dockerd of a lab host starts":
      return () => ({});
  }
}

function onContainers(host: StruckHost, strike: OnContainer, tally: Tally): (call: PassingCall) => Attendant {
  // One after another: strikes that meet would contend for the lock of iptables.
  const turn = pLimit(1);
  return (call) => {
    if (makesNetwork(call)) return holdingTurn(turn);
    const named = containerBy(call);
    if (named === null) return {};
    return {
      async answered(answer) {
        const id = named(answer);
        // 304: it ran before.
        if (id !== null && answer.status < 300) await turn(() => strikeContainer(host, strike, id, tally));
        return null;
      },
    };
  };
}

function makesNetwork({ method, path }: PassingCall): boolean {
  return method === "POST" && path === "/networks/create";
}

/** Longest that a network's creation keeps strikes waiting: the client may be gone, and then no answer passes. */
const HELD_MS = 20_000;

/**
 * The making of a network takes its turn with the strikes: dockerd writes rules then, and refuses to make one when a
 * chain is flushed between two of them. What it says of that would be the collision, not the fault.
 */
function holdingTurn(turn: LimitFunction): Required<Pick<Attendant, "asked" | "answered">> {
  let letGo = () => {};
  return {
    async asked(body) {
      await new Promise<void>((begins) => {
        void turn(async () => {
          begins();
          await new Promise<void>((done) => {
            letGo = done;
            setTimeout(done, HELD_MS).unref();
          });
        });
      });
      return body;
    },
    async answered() {
      letGo();
      return null;
    },
  };
}

/** Which container a call brings up or connects, as the call or its body names it; null for every other call. */
function containerBy({ method, path }: PassingCall): ((answer: PassingAnswer) => string | null) | null {
  if (method !== "POST") return null;
  const started = /^\/containers\/([^/]+)\/(?:re)?start$/.exec(path)?.[1];
  if (started !== undefined) return () => decodeURIComponent(started);
  if (!/^\/networks\/[^/]+\/connect$/.test(path)) return null;
  return ({ sent }) => {
    const body = jsonIn(sent);
    return isObject(body) && typeof body.Container === "string" ? body.Container : null;
  };
}

async function strikeContainer(host: StruckHost, strike: OnContainer, id: string, tally: Tally): Promise<void> {
  const look = async () => await askForContainer(host.docker, id);
  const runs = async () => {
    const { State } = await look();
    return State.Running && State.Pid > 0;
  };
  try {
    const found = await look();
    const container = struckContainer(found);
    if (!found.State.Running || !(strike.of?.(container) ?? !isVantage(found))) return;
    const names = {
      PID: String(found.State.Pid),
      ID: found.Id,
      NAME: container.name,
      NETWORK_MODE: container.networkMode,
      IP: Object.values(found.NetworkSettings.Networks ?? {}).find(({ IPAddress }) => IPAddress)?.IPAddress ?? "",
    };
    for (const line of strike.shell) await run(host, names, line);
    tally.strikes++;
  } catch (error) {
    // One that ends at once (`docker run … true`) has no more namespaces to be struck.
    if (!(await runs().catch(() => false))) return;
    tally.trouble ??= `on container ${id.slice(0, 12)}: ${said(error)}`;
  }
}

/** A place of the suites' own to look at the host from: struck, it would be blind instead of the host broken. */
function isVantage({ HostConfig }: Inspected): boolean {
  return HostConfig.PidMode === "host" && HostConfig.NetworkMode === "host";
}

function struckContainer({ Name, Config, HostConfig }: Inspected): StruckContainer {
  return {
    name: withoutPrefix(Name),
    image: Config.Image,
    networkMode: HostConfig.NetworkMode ?? "",
    publishes: HostConfig.PublishAllPorts === true || Object.keys(HostConfig.PortBindings ?? {}).length > 0,
  };
}

/** `/dnc-r1a2b3c4-bridge-web` → `bridge-web`; every other name as it is, without the slash. */
export function withoutPrefix(name: string): string {
  return name.replace(/^\//, "").replace(/^dnc-r[0-9a-f]{7}-/, "");
}

function onNetworks(host: StruckHost, strike: OnNetwork, tally: Tally): (call: PassingCall) => Attendant {
  const turn = pLimit(1);
  return (call) => {
    if (!makesNetwork(call)) return {};
    const { asked, answered } = holdingTurn(turn);
    return {
      asked,
      async answered(answer) {
        await answered(answer);
        if (answer.status >= 300) return null;
        return async (body) => {
          const id = idIn(jsonIn(body));
          if (id !== null) await turn(() => strikeNetwork(host, strike, id, tally));
          return body;
        };
      },
    };
  };
}

async function strikeNetwork(
  host: StruckHost,
  { driver = "bridge", shell }: OnNetwork,
  id: string,
  tally: Tally,
): Promise<void> {
  try {
    const found = await askForNetwork(host.docker, id);
    if (found.Driver !== driver) return;
    const names = {
      NETWORK: found.Name,
      BRIDGE: bridgeDeviceName(found.Id, found.Options ?? {}),
      SUBNET: found.IPAM?.Config?.[0]?.Subnet ?? "",
    };
    for (const line of shell) await run(host, names, line);
    tally.strikes++;
  } catch (error) {
    tally.trouble ??= `on network ${id.slice(0, 12)}: ${said(error)}`;
  }
}

async function run(host: StruckHost, names: Readonly<Record<string, string>>, line: string): Promise<void> {
  const words = Object.entries(names).map(([name, value]) => `${name}=${quoted(value)}`);
  await host.must(`export ${words.join(" ")}; ${line}`);
}

function altering({ to, alter }: AlteredRequest, tally: Tally): (call: PassingCall) => Attendant {
  return ({ method, path }) => {
    if (method !== "POST" || !to.test(path)) return {};
    return {
      asked: altered(`the call of ${path}`, tally, (request) => (isObject(request) ? alter(request, path) : false)),
    };
  };
}

/** Answers that never end; there is no whole of them to alter. */
const ENDLESS = /^\/events$|\/(logs|stats|attach)$/;

function lying({ to, refusals = false, alter }: LyingApi, tally: Tally): (call: PassingCall) => Attendant {
  return ({ path, upgrade }) => {
    if (upgrade || ENDLESS.test(path) || !to.test(path)) return {};
    return {
      async answered({ status, headers }) {
        if (status >= 300 !== refusals || !/^application\/json/.test(headers["content-type"] ?? "")) return null;
        return altered(`the answer to ${path}`, tally, (answer) => alter(answer, path));
      },
    };
  };
}

function altered(what: string, tally: Tally, alter: Alter): Rewrite {
  return async (body) => {
    try {
      const other = alteredBody(body, alter);
      if (other === null) return body;
      tally.strikes++;
      return other;
    } catch (error) {
      tally.trouble ??= `${what}: ${said(error)}`;
      return body;
    }
  };
}

/** Changes JSON in place, or returns another; false: nothing to alter. */
type Alter = (json: Record<string, unknown> | unknown[]) => unknown;

/** The text of JSON that was altered; null when it says what it said before, or is no JSON. */
export function alteredBody(body: Buffer, alter: Alter): Buffer | null {
  const json = jsonIn(body);
  if (!isObject(json) && !Array.isArray(json)) return null;
  const before = JSON.stringify(json);
  const returned = alter(json);
  if (returned === false) return null;
  // `true` says that it was done in place.
  const after = JSON.stringify(returned === undefined || returned === true ? json : returned);
  return after === before ? null : Buffer.from(`${after}\n`);
}

/** Without the names that a line of shell is given. */
function said(error: unknown): string {
  return troubleOf(error).replace(/^.*?: export .*?; /, "");
}
