import { isIPv6 } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { withoutCredentials } from "../model/credentials.ts";
import { currentContext, DEFAULT_CONTEXT, existing, readContext } from "./context-store.ts";
import { EXIT, UserError } from "./errors.ts";

/** Where the engine listens, and who said so. Plain data. */
export type Endpoint = UnixEndpoint | TcpEndpoint | TlsEndpoint | SshEndpoint;

interface Named {
  /** Who named this engine: `DOCKER_HOST`, `docker context prod`, `default socket`, `rootless socket`. */
  readonly origin: string;
  /** In the syntax of `DOCKER_HOST`, with the port always given. */
  readonly url: string;
}

export interface UnixEndpoint extends Named {
  readonly kind: "unix";
  readonly socketPath: string;
}

export interface TcpEndpoint extends Named {
  readonly kind: "tcp";
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

export interface TlsEndpoint extends Named {
  readonly kind: "tls";
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles;
}

export interface SshEndpoint extends Named {
  readonly kind: "ssh";
  /** Null: ssh's own choice (its configuration, else the local user). */
  readonly user: string | null;
  readonly host: string;
  /** Null: ssh's own choice. */
  readonly port: number | null;
  /** The engine's socket on the far side. */
  readonly socketPath: string;
}

/** Paths of PEM files. */
export interface TlsFiles {
  /** False: any server certificate is accepted, as SkipTLSVerify or `DOCKER_TLS` without `DOCKER_TLS_VERIFY` ask. */
  readonly verify: boolean;
  /** Null: the system's certificate authorities. */
  readonly ca: string | null;
  /** Null: no client certificate is shown. */
  readonly cert: string | null;
  readonly key: string | null;
}

const DEFAULT_SOCKET = "/var/run/docker.sock";

/**
 * Which engine is meant, by the docker CLI's precedence: `DOCKER_HOST` (with `DOCKER_TLS_VERIFY`, `DOCKER_TLS`,
 * `DOCKER_CERT_PATH`), else `DOCKER_CONTEXT`, else the current context of `config.json`, else the default socket;
 * the rootless one (`$XDG_RUNTIME_DIR/docker.sock`) only when the default one does not exist.
 * With TLS asked for and no host named the CLI takes `tcp://localhost:2376`, and so does this.
 *
 * In: the environment; the default socket's path. Reads files, connects to nothing.
 * Throws UserError: with exit code 64 for an address that makes no sense or a context that does not exist.
 */
export async function resolveEndpoint(
  env: NodeJS.ProcessEnv = process.env,
  defaultSocket: string = DEFAULT_SOCKET,
): Promise<Endpoint> {
  // Empty means unset, as for the CLI.
  const configDirectory = resolve(env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker"));
  if (env.DOCKER_HOST) {
    return parseDockerHost(env.DOCKER_HOST, "DOCKER_HOST", await environmentTls(env, configDirectory));
  }
  const context = env.DOCKER_CONTEXT || (await currentContext(configDirectory));
  if (context && context !== DEFAULT_CONTEXT) {
    const { host, skipTlsVerify, ca, cert, key } = await readContext(configDirectory, context);
    const tls = { verify: !skipTlsVerify, ca, cert, key };
    const encrypted = skipTlsVerify || ca !== null || cert !== null || key !== null;
    return parseDockerHost(host, `docker context ${context}`, { on: encrypted, files: tls });
  }
  if (env.DOCKER_TLS_VERIFY || env.DOCKER_TLS) {
    const origin = env.DOCKER_TLS_VERIFY ? "DOCKER_TLS_VERIFY" : "DOCKER_TLS";
    return parseDockerHost("tcp://localhost:2376", origin, await environmentTls(env, configDirectory));
  }
  if ((await existing(defaultSocket)) === null && env.XDG_RUNTIME_DIR) {
    const rootless = await existing(join(env.XDG_RUNTIME_DIR, "docker.sock"));
    if (rootless !== null) return unixEndpoint("rootless socket", rootless);
  }
  return unixEndpoint("default socket", defaultSocket);
}

/** Whether TLS was asked for, and the files to use if it is. */
interface TlsChoice {
  readonly on: boolean;
  readonly files: TlsFiles;
}

async function environmentTls(env: NodeJS.ProcessEnv, configDirectory: string): Promise<TlsChoice> {
  // Absolute: it is handed on to processes with other working directories.
  const directory = resolve(env.DOCKER_CERT_PATH || configDirectory);
  const [ca, cert, key] = await Promise.all([
    existing(join(directory, "ca.pem")),
    existing(join(directory, "cert.pem")),
    existing(join(directory, "key.pem")),
  ]);
  // The CLI looks only whether these are empty: DOCKER_TLS_VERIFY=0 means yes.
  const verify = Boolean(env.DOCKER_TLS_VERIFY);
  const on = verify || Boolean(env.DOCKER_TLS);
  if (verify && ca === null) {
    throw new UserError({
      tried: "Reading the TLS files that DOCKER_TLS_VERIFY asks for",
      seen: `there is no ${join(directory, "ca.pem")}`,
      todo: "Set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem, or unset DOCKER_TLS_VERIFY.",
      exitCode: EXIT.usage,
    });
  }
  return { on, files: { verify: verify || !on, ca, cert, key } };
}

/**
 * Reads an address in the syntax of `DOCKER_HOST`: `unix://`, `tcp://`, `ssh://`, `host:port`, and beyond the
 * CLI `http://` and `https://`. In: the text, who gave it, whether TLS was asked for. Throws UserError, exit code 64.
 */
export function parseDockerHost(text: string, origin: string, tls: TlsChoice): Endpoint {
  // `user:password@host` without a scheme is told from an address only here.
  const shown = (address: string) => withoutCredentials(`tcp://${address}`).slice("tcp://".length);
  const reject = (seen: string, todo = `Write ${EXAMPLES}.`) =>
    new UserError({
      tried: `Reading the engine's address "${text.includes("://") ? text : shown(text)}" (${origin})`,
      seen,
      todo,
      exitCode: EXIT.usage,
    });
  const [, scheme = "tcp", rest = ""] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case "unix":
      if (rest !== "" && !rest.startsWith("/")) throw reject("the path of a unix socket must be absolute");
      return unixEndpoint(origin, rest || DEFAULT_SOCKET);
    case "tcp":
      return tls.on ? tlsEndpoint(2376) : tcpEndpoint(2375);
    case "http":
      if (tls.on) throw reject("http:// and TLS exclude each other", "Write https://, or unset DOCKER_TLS_VERIFY.");
      return tcpEndpoint(80);
    case "https":
      return tlsEndpoint(443);
    case "ssh":
      return sshEndpoint();
    case "npipe":
      throw reject("this is a Windows engine, whose networking is another one", "Name a Linux engine.");
    default:
      throw reject(`"${scheme}://" is no way to reach an engine`);
  }

  function tcpEndpoint(defaultPort: number): TcpEndpoint {
    const { host, port } = authority(rest, defaultPort);
    return { origin, kind: "tcp", url: `tcp://${bracketed(host)}:${port}`, host, port };
  }

  function tlsEndpoint(defaultPort: number): TlsEndpoint {
    const { host, port } = authority(rest, defaultPort);
    return { origin, kind: "tls", url: `tcp://${bracketed(host)}:${port}`, host, port, tls: tls.files };
  }

  function sshEndpoint(): SshEndpoint {
    const [, login, place = "", path = ""] = /^(?:([^@/]*)@)?([^/]*)(\/.*)?$/s.exec(rest) ?? [];
    if (login?.includes(":")) throw reject("ssh takes no password from an address", "Use a key or an ssh agent.");
    // ssh splits `-L local:remote` at colons and expands % and $ in it.
    if (/[:%$?#"'\\\s]/.test(path)) throw reject(`"${path}" can't be forwarded as the path of a socket`);
    if (place === "" || place.startsWith(":")) throw reject("the host is missing");
    const user = login === undefined ? null : decoded(login);
    const { host, port } = authority(place, null);
    const socketPath = path.replace(/\/+$/, "") || DEFAULT_SOCKET;
    const url = `ssh://${user === null ? "" : `${encodeURIComponent(user)}@`}${bracketed(host)}${port === null ? "" : `:${port}`}${socketPath}`;
    return { origin, kind: "ssh", url, user, host, port, socketPath };
  }

  function decoded(login: string): string {
    try {
      const user = decodeURIComponent(login);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass.
      if (user !== "" && !/[\u0000-\u0020]/.test(user)) return user;
    } catch {
      // Falls through: a stray % is as malformed as an empty name.
    }
    throw reject(`"${login}" is no user name`);
  }

  /** Splits `host:port`. An empty host means localhost, as for the CLI. */
  function authority<Port extends number | null>(
    place: string,
    defaultPort: Port,
  ): { host: string; port: number | Port } {
    const [, address, name, digits] =
      /^(?:\[([^\]]*)\]|([A-Za-z0-9_](?:[\w.-]*\w)?\.?|))(?::(\d+))?\/?$/.exec(place) ?? [];
    if (address === undefined && name === undefined) {
      const bare = isIPv6(place) ? ` (an IPv6 address needs brackets: [${place}])` : "";
      if (place.includes("@"))
        throw reject(
          `"${shown(place)}" gives a user or a password, which an engine takes from nobody`,
          "Leave out what stands before the @; an engine that asks who comes does so by TLS certificates or ssh.",
        );
      throw reject(`"${place}" is not host:port${bare}`);
    }
    if (address !== undefined && !isIPv6(address)) throw reject(`"${address}" is no IPv6 address`);
    const port = digits === undefined ? defaultPort : Number(digits);
    if (port !== null && (port < 1 || port > 65_535)) throw reject(`port ${digits} is not between 1 and 65535`);
    return { host: address || name || "localhost", port };
  }
}

const EXAMPLES = "unix:///var/run/docker.sock, tcp://host:2375, https://host:2376 or ssh://user@host";

function unixEndpoint(origin: string, socketPath: string): UnixEndpoint {
  return { origin, kind: "unix", url: `unix://${socketPath}`, socketPath };
}

/** The host as it stands in a URL. */
function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
