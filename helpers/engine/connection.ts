import { dirname, join } from "node:path";
import type Dockerode from "dockerode";
import type { Way } from "./ask-engine.ts";
import type { Endpoint, TcpEndpoint, TlsEndpoint, UnixEndpoint } from "./endpoint.ts";
import type { Forwarder } from "./forwarder.ts";
import { openRelay } from "./relay.ts";
import { openTunnel } from "./ssh-tunnel.ts";
import { readTls } from "./tls-files.ts";

/** A way to one engine, for this process and for every other client that is to reach the very same engine. */
export interface Connection extends AsyncDisposable {
  readonly docker: Dockerode;
  /** The same way for a question that dockerode is not to ask. */
  readonly way: Way;
  readonly endpoint: Endpoint;
  /** `DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH` for testcontainers, the docker CLI and child processes. */
  readonly env: Readonly<Record<string, string>>;
  /** What last went wrong behind a tunnel or relay, where clients see only a closed connection; null when nothing did. */
  trouble(): Promise<Error | null>;
  /** Ends the tunnel or relay if there is one. May be called again. */
  close(): Promise<void>;
}

/** Where clients on this machine connect to. */
type Reach = UnixEndpoint | TcpEndpoint | TlsEndpoint;

/**
 * Opens the way to an engine: an ssh tunnel or a relay where one is needed, else nothing but the settings.
 * Does not ask the engine anything (`connect` does). In: the endpoint; a signal that gives up.
 * Throws UserError when ssh fails or a TLS file can't be read. The caller closes.
 */
export async function openEndpoint(
  endpoint: Endpoint,
  signal: AbortSignal = AbortSignal.timeout(10_000),
): Promise<Connection> {
  const forwarder = await openForwarder(endpoint, signal);
  const reach = forwarder === null ? (endpoint as Reach) : socketOf(endpoint, forwarder);
  const env = environmentFor(reach);
  const close = async () => forwarder?.close();
  const way = await wayTo(reach);
  return {
    docker: await clientAt(way),
    way,
    endpoint,
    env,
    trouble: async () => forwarder?.trouble() ?? null,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openForwarder(endpoint: Endpoint, signal: AbortSignal): Promise<Forwarder | null> {
  if (endpoint.kind === "ssh") return openTunnel(endpoint, signal);
  return expressible(endpoint) ? null : openRelay(endpoint);
}

function socketOf(endpoint: Endpoint, { socketPath }: Forwarder): UnixEndpoint {
  return { origin: endpoint.origin, kind: "unix", url: `unix://${socketPath}`, socketPath };
}

/**
 * Whether the environment can name this endpoint so that every client understands the same. It can't when
 * - the address is no WHATWG URL (an IPv6 zone, a blank in a path): testcontainers parses it with `new URL`;
 * - plain HTTP is spoken at port 2376: docker-modem takes that port for TLS;
 * - the server's certificate is not to be verified: only the CLI can be told so;
 * - a TLS file is missing or has another name: testcontainers reads all three, by their fixed names.
 */
export function expressible(endpoint: Reach): boolean {
  if (endpoint.kind === "unix") return new URL(endpoint.url).pathname === endpoint.socketPath;
  if (!URL.canParse(endpoint.url)) return false;
  return endpoint.kind === "tcp" ? endpoint.port !== 2376 : certificatePath(endpoint) !== null;
}

/** The directory that `DOCKER_CERT_PATH` can name for this endpoint; null when there is none. */
function certificatePath({ tls: { verify, ca, cert, key } }: TlsEndpoint): string | null {
  if (!verify || ca === null) return null;
  const directory = dirname(ca);
  const usual = (name: string) => join(directory, name);
  return ca === usual("ca.pem") && cert === usual("cert.pem") && key === usual("key.pem") ? directory : null;
}

function environmentFor(reach: Reach): Record<string, string> {
  const directory = reach.kind === "tls" ? certificatePath(reach) : null;
  return {
    DOCKER_HOST: reach.url,
    ...(directory === null ? {} : { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: directory }),
  };
}

async function wayTo(reach: Reach): Promise<Way> {
  if (reach.kind === "unix") return { socketPath: reach.socketPath, protocol: "http" };
  const { host, port } = reach;
  if (reach.kind === "tcp") return { host, port, protocol: "http" };
  return { host, port, protocol: "https", ...(await readTls(reach)) };
}

/**
 * A client of the engine there. Its library is loaded now, not before: with its ssh and its gRPC it takes longer than all
 * that a command needs to say what it takes, and whoever asks no engine does without.
 *
 * docker-modem mixes `DOCKER_HOST` of this process into whatever it is given (a host there beats a `socketPath`
 * here, and a broken certificate path throws), so it is built while that variable is away.
 */
export async function clientAt(way: Way): Promise<Dockerode> {
  const { default: Client } = await import("dockerode");
  const inherited = process.env.DOCKER_HOST;
  delete process.env.DOCKER_HOST;
  try {
    return new Client({ ...way } as Dockerode.DockerOptions);
  } finally {
    if (inherited !== undefined) process.env.DOCKER_HOST = inherited;
  }
}
