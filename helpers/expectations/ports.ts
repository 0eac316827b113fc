import { isUnspecified, sameAddress } from "../model/address.ts";
import type { Facts } from "../model/facts.ts";
import { isIpv4 } from "../model/ipv4.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { anything, type Expectation, exactly } from "./expectation.ts";
import { usesProxy } from "./firewall.ts";

export type Protocol = "tcp" | "udp" | "sctp";

/** One `-p` read: what is to be published where. */
export interface Publication {
  /** Host address as given, without brackets; empty = the network's default, every address unless configured. */
  readonly hostIp: string;
  /** Host port; null = the engine chooses a free one. */
  readonly hostPort: number | null;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** `HostConfig.PortBindings` of the Docker API. */
export type PortBindings = Record<string, { HostIp: string; HostPort: string }[]>;

/** A binding as `NetworkSettings.Ports` and `docker port` show it. */
export interface Binding {
  readonly hostIp: string;
  /** Null where the engine chooses: expect a port of the ephemeral range. */
  readonly hostPort: number | null;
}

/** Forms of `-p` that must be refused before anything is published, with the reason (measured: CLI 28.2.2). */
export const REJECTED_PUBLISH_FORMS = [
  { example: "0.0.0.0:80", why: "with one colon the left part is a host port: write 0.0.0.0::80" },
  { example: "127.0.0.1:80", why: "with one colon the left part is a host port: write 127.0.0.1::80" },
  { example: "8080:", why: "no container port" },
  { example: "80:80:80", why: "80 is no host address" },
  { example: "300.1.1.1:8080:80", why: "no IPv4 address" },
  { example: "99999:80", why: "ports end at 65535" },
  { example: "8080:99999", why: "ports end at 65535" },
  { example: "8080:80/foo", why: "the protocols are tcp, udp and sctp" },
  { example: "8082-8080:80-82", why: "the range runs backwards" },
  { example: "8080-8082:80-81", why: "the ranges differ in length" },
] as const;

/**
 * Host ports that the API itself refuses at container create with "invalid port specification" (measured: 20.10, 26, 28).
 * A host *address* that is no address is not refused: the port is then published on every address (measured: 20.10, 26, 28).
 */
export const HOST_PORTS_REFUSED_BY_API = ["0.0.0.0", "99999", "-1", "abc", "8090-8080"] as const;

/** `8080` or `8080-8082` as the list of its ports. Throws a RangeError. */
function portsOf(text: string, whole: string): number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > 65535 || last < first) {
    throw new RangeError(`not a port: ${JSON.stringify(text)} in -p ${whole}`);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/**
 * Reads the value of one `-p`. Ranges give one publication per port, one to one.
 * Throws a RangeError that quotes the text for every form the Docker CLI refuses, and for some that it lets pass:
 * port 0, upper-case protocols, a host range for one container port.
 */
export function parsePublish(text: string): Publication[] {
  const [ports = "", protocol = "tcp", ...slashes] = text.split("/");
  if (slashes.length > 0 || (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp")) {
    throw new RangeError(`not a protocol: -p ${text}`);
  }
  const match = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):(?=[^:]*:))?(?:([^:]*):)?([^:]+)$/.exec(ports);
  if (match === null) throw new RangeError(`not a form of -p: ${text}`);
  const [, bracketed, plain, host, container = ""] = match;
  const hostIp = bracketed ?? plain ?? "";
  if (hostIp !== "" && !(bracketed === undefined ? isIpv4(hostIp) : isIpv6(hostIp))) {
    throw new RangeError(`not a host address: ${JSON.stringify(hostIp)} in -p ${text}`);
  }
  const containerPorts = portsOf(container, text);
  const hostPorts = host === undefined || host === "" ? null : portsOf(host, text);
  if (hostPorts !== null && hostPorts.length !== containerPorts.length) {
    throw new RangeError(`the ranges of -p ${text} differ in length`);
  }
  return containerPorts.map((containerPort, index) => ({
    hostIp,
    hostPort: hostPorts?.[index] ?? null,
    containerPort,
    protocol,
  }));
}

/** What container create needs for several `-p`: `ExposedPorts` and `HostConfig.PortBindings`, the latter `{"80/tcp": [{HostIp, HostPort}]}` with an empty HostPort where the engine chooses. */
export function publishedPorts(texts: readonly string[]): {
  ExposedPorts: Record<string, Record<string, never>>;
  PortBindings: PortBindings;
} {
  const ExposedPorts: Record<string, Record<string, never>> = {};
  const bindings: PortBindings = {};
  for (const { hostIp, hostPort, containerPort, protocol } of texts.flatMap(parsePublish)) {
    const key = `${containerPort}/${protocol}`;
    ExposedPorts[key] = {};
    bindings[key] = [...(bindings[key] ?? []), { HostIp: hostIp, HostPort: hostPort === null ? "" : String(hostPort) }];
  }
  return { ExposedPorts, PortBindings: bindings };
}

/** The bindings one publication must give, and whether a second one for IPv6 with the same port belongs to them. */
export interface ExpectedBindings {
  readonly binding: Binding;
  /** True: a `::` entry with the same host port must be there; false: must not; unknown: may. */
  readonly ipv6Entry: Expectation<boolean>;
}

type PortFacts = Pick<Facts, "configuration" | "host">;

/**
 * What `NetworkSettings.Ports` and `docker port` must show for one publication.
 * A publication without address goes to the network's `host_binding_ipv4` (on the default bridge: the daemon's `ip`), by default 0.0.0.0,
 * and then also to [::] where the host has IPv6 and the container has it too or docker-proxy can carry it over (measured: 20.10, 26, 28
 * with and without proxy; dual stack without proxy on 28).
 */
export function expectedBindings(
  facts: PortFacts,
  publication: Publication,
  network: { readonly hostBindingIp?: string; readonly ipv6?: boolean } = {},
): ExpectedBindings {
  const configured = network.hostBindingIp ?? "";
  const hostIp = publication.hostIp || configured || "0.0.0.0";
  return { binding: { hostIp, hostPort: publication.hostPort }, ipv6Entry: expectedIpv6Entry() };

  function expectedIpv6Entry(): Expectation<boolean> {
    if (publication.hostIp !== "") return exactly(false, "a host address was given");
    if (configured !== "" && !isUnspecified(configured)) return exactly(false, `the default host address is ${hostIp}`);
    if (configured !== "" && configured !== "0.0.0.0") return anything(`the default host address is ${hostIp}`);
    if (facts.host === null) return anything("whether the host has IPv6 is unknown");
    // dockerd tries once whether it can listen at ::1 (moby netutils.IsV6Listenable).
    if (!(facts.host.ipv6Loopback ?? facts.host.ipv6Enabled)) return exactly(false, "the host has no IPv6");
    if (usesProxy(facts)) return exactly(true, "docker-proxy carries IPv6 clients over");
    if (network.ipv6) return exactly(true, "the container has an IPv6 address of its own to be published");
    return exactly(false, "without userland proxy nothing carries IPv6 clients to an IPv4 container");
  }
}

/** A binding of inspect (`HostIp`, `HostPort`) equals an expected one; a chosen port matches every port from 1 to 65535. */
export function sameBinding(observed: { HostIp: string; HostPort: string }, expected: Binding): boolean {
  const port = Number(observed.HostPort);
  return (
    sameAddress(observed.HostIp, expected.hostIp) &&
    (expected.hostPort === null ? port > 0 && port <= 65535 : port === expected.hostPort)
  );
}

/** True for a port of the host's ephemeral range (`net.ipv4.ip_local_port_range`); honoured since 20.10.22, before that the range is 32768–60999 (moby#44476). */
export function isEphemeralPort(port: number, range: readonly [number, number]): boolean {
  return port >= range[0] && port <= range[1];
}

/** The two ways in which versions of the CLI print an IPv6 binding beside the IPv4 one: `:::8080` and, since CLI 23.0, `[::]:8080`. */
export function portLines(containerPort: number, protocol: Protocol, hostIp: string, hostPort: number): string[] {
  const left = `${containerPort}/${protocol} -> `;
  if (!isIpv6(hostIp)) return [`${left}${hostIp}:${hostPort}`];
  return [`${left}[${hostIp}]:${hostPort}`, `${left}${hostIp}:${hostPort}`];
}
