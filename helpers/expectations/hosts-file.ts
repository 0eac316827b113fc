import { sameAddress } from "../model/address.ts";
import type { VersionedEngine } from "../model/engine-version.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { has } from "../model/version-switches.ts";

/** One line of /etc/hosts; compare addresses by value, 28.0 changed their notation (moby#48823). */
export interface HostsLine {
  readonly address: string;
  readonly names: readonly string[];
}

export interface HostsFileInput {
  /** The container's hostname: the short id, or `--hostname`; `a.b.c` also gives the name `a`. */
  readonly hostname: string;
  /** Its addresses in the order of its networks, with or without prefix; none in none mode. */
  readonly addresses: readonly string[];
  /** `--add-host` entries in the order given. */
  readonly extraHosts?: readonly { readonly name: string; readonly address: string }[];
  /** Whether IPv6 works in the container: ::1 on its lo. Default true. */
  readonly ipv6?: boolean;
}

/** The lines for IPv6 that the engine writes behind `127.0.0.1 localhost` (moby etchosts.go, the same from 20.10 to 29 by value). */
const IPV6_LINES: readonly HostsLine[] = [
  { address: "::1", names: ["localhost", "ip6-localhost", "ip6-loopback"] },
  { address: "fe00::", names: ["ip6-localnet"] },
  { address: "ff00::", names: ["ip6-mcastprefix"] },
  { address: "ff02::1", names: ["ip6-allnodes"] },
  { address: "ff02::2", names: ["ip6-allrouters"] },
];

/** The lines of a container's /etc/hosts in their order: localhost, IPv6, added hosts, its own addresses. Not for host mode, which copies the host's file. */
export function expectedHostsFile(engine: VersionedEngine, input: HostsFileInput): HostsLine[] {
  const ipv6 = (input.ipv6 ?? true) || !has(engine, "hosts-file-follows-ipv6");
  const [short = "", ...domain] = input.hostname.split(".");
  const names = domain.length > 0 ? [input.hostname, short] : [input.hostname];
  return [
    { address: "127.0.0.1", names: ["localhost"] },
    ...(ipv6 ? IPV6_LINES : []),
    ...(input.extraHosts ?? []).map(({ name, address }) => ({ address, names: [name] })),
    ...input.addresses
      .map((address) => address.split("/")[0] ?? "")
      .filter((address) => ipv6 || !isIpv6(address))
      .map((address) => ({ address, names })),
  ];
}

/** True when address (by value) and names agree. */
export function sameHostsLine(one: HostsLine, other: HostsLine): boolean {
  return (
    sameAddress(one.address, other.address) &&
    one.names.length === other.names.length &&
    one.names.every((name, index) => name === other.names[index])
  );
}

/** The expected lines that `observed` lacks. */
export function missingHostsLines(observed: readonly HostsLine[], expected: readonly HostsLine[]): HostsLine[] {
  return expected.filter((line) => !observed.some((seen) => sameHostsLine(seen, line)));
}

/** `127.0.0.1 localhost`, for messages. */
export function formatHostsLine(line: HostsLine): string {
  return [line.address, ...line.names].join(" ");
}
