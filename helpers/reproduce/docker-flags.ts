import { beforePort } from "../model/address.ts";
import type { AskedContainer, AskedNetwork } from "../topology/asked.ts";

/** Options of `docker run` or `docker network create`, each a list of words. */
export type Flags = readonly (readonly string[])[];

/** The docker command can't ask for what the engine was asked for. */
export class NoFlag extends Error {
  override readonly name = "NoFlag";
  constructor(field: string) {
    super(`the docker command has no option for what was asked through the API: ${field}`);
  }
}

type Render = (value: unknown) => Flags;

const one =
  (flag: string): Render =>
  (value) => [[flag, String(value)]];
const each =
  (flag: string): Render =>
  (value) =>
    (Array.isArray(value) ? value : []).map((item) => [flag, String(item)]);
const pairs =
  (flag: string): Render =>
  (value) =>
    Object.entries(value as Record<string, unknown>).map(([key, item]) => [flag, `${key}=${String(item)}`]);
const truly =
  (flag: string): Render =>
  (value) =>
    value === true ? [[flag]] : [];
const nothing: Render = () => [];

/** Fields of the create body; what makes the container answer questions is the script's own. */
const CREATE: Readonly<Record<string, Render>> = {
  Entrypoint: nothing,
  Cmd: nothing,
  OpenStdin: nothing,
  StdinOnce: nothing,
  AttachStdin: nothing,
  AttachStdout: nothing,
  AttachStderr: nothing,
  // With the published ports, which it repeats.
  ExposedPorts: nothing,
  NetworkingConfig: nothing,
  MacAddress: one("--mac-address"),
  Domainname: one("--domainname"),
  User: one("--user"),
  Env: each("--env"),
};

const HOST: Readonly<Record<string, Render>> = {
  CapDrop: each("--cap-drop"),
  CapAdd: each("--cap-add"),
  PortBindings: (value) =>
    Object.entries(value as Record<string, readonly { HostIp?: string; HostPort?: string }[]>).flatMap(
      ([port, bindings]) =>
        bindings.map(({ HostIp = "", HostPort = "" }) => {
          if (HostIp === "") return ["--publish", HostPort === "" ? port : `${HostPort}:${port}`];
          return ["--publish", `${beforePort(HostIp)}:${HostPort}:${port}`];
        }),
    ),
  PublishAllPorts: truly("--publish-all"),
  Dns: each("--dns"),
  DnsSearch: each("--dns-search"),
  DnsOptions: each("--dns-option"),
  ExtraHosts: each("--add-host"),
  Sysctls: pairs("--sysctl"),
  UsernsMode: one("--userns"),
  Links: each("--link"),
  PidMode: one("--pid"),
  IpcMode: one("--ipc"),
  UTSMode: one("--uts"),
  SecurityOpt: each("--security-opt"),
  Privileged: truly("--privileged"),
  Init: truly("--init"),
  ReadonlyRootfs: truly("--read-only"),
};

const ENDPOINT: Readonly<Record<string, Render>> = {
  Aliases: each("--network-alias"),
  MacAddress: one("--mac-address"),
  IPAMConfig: (value) => renderAll(value, IPAM_OF_ENDPOINT, "IPAMConfig"),
};

const IPAM_OF_ENDPOINT: Readonly<Record<string, Render>> = {
  IPv4Address: one("--ip"),
  IPv6Address: one("--ip6"),
  LinkLocalIPs: each("--link-local-ip"),
};

const NETWORK: Readonly<Record<string, Render>> = {
  Name: nothing,
  CheckDuplicate: nothing,
  // The script's own: see its head.
  Labels: nothing,
  Driver: one("--driver"),
  EnableIPv6: (value) => [[value === true ? "--ipv6" : "--ipv6=false"]],
  Internal: truly("--internal"),
  Attachable: truly("--attachable"),
  Options: pairs("--opt"),
  IPAM: (value) =>
    ((value as { Config?: readonly unknown[] }).Config ?? []).flatMap((range) =>
      renderAll(range, RANGE, "IPAM.Config"),
    ),
};

const RANGE: Readonly<Record<string, Render>> = {
  Subnet: one("--subnet"),
  IPRange: one("--ip-range"),
  Gateway: one("--gateway"),
  AuxiliaryAddresses: pairs("--aux-address"),
};

/** @throws NoFlag for a field without a flag */
function renderAll(body: unknown, table: Readonly<Record<string, Render>>, where: string): Flags {
  return Object.entries((body ?? {}) as Record<string, unknown>).flatMap(([field, value]) => {
    if (value === undefined || value === null) return [];
    const render = Object.hasOwn(table, field) ? table[field] : undefined;
    if (render === undefined) throw new NoFlag(`${where}.${field}`);
    return render(value);
  });
}

/** Options of `docker network connect`, and of `docker run` for its first network. @throws NoFlag */
export function endpointFlags(config: unknown): Flags {
  return renderAll(config, ENDPOINT, "EndpointConfig");
}

/**
 * Options of `docker run` by which a container is made as the engine was asked to make it, but for its name, its labels
 * and what it runs.
 * @throws NoFlag
 */
export function containerFlags({ networkMode, hostname, create, host }: AskedContainer): Flags {
  const published = Object.keys((host.PortBindings ?? {}) as object);
  const exposed = Object.keys((create.ExposedPorts ?? {}) as object).filter((port) => !published.includes(port));
  const [endpoint] = Object.values((create.NetworkingConfig?.EndpointsConfig ?? {}) as Record<string, unknown>);
  return [
    ...(networkMode === null ? [] : [["--network", networkMode]]),
    ...(hostname === null ? [] : [["--hostname", hostname]]),
    ...endpointFlags(endpoint),
    ...exposed.map((port) => ["--expose", port]),
    ...renderAll(create, CREATE, "create"),
    ...renderAll(host, HOST, "HostConfig"),
  ];
}

/** Options of `docker network create`, but for name and labels. @throws NoFlag */
export function networkFlags(asked: AskedNetwork): Flags {
  return renderAll(asked, NETWORK, "network");
}
