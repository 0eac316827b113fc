import type { Expectation } from "../expectations/expectation.ts";
import {
  expectedHostsFile,
  formatHostsLine,
  type HostsLine,
  missingHostsLines,
  sameHostsLine,
} from "../expectations/hosts-file.ts";
import { isIpv4 } from "../expectations/ipv4.ts";
import { defaultBridgeResolvConf, EMBEDDED_RESOLVER, userNetworkResolvConf } from "../expectations/resolver.ts";
import { parseHostsFile } from "../probes/parse/parse-hosts-file.ts";
import { parseResolvConf } from "../probes/parse/parse-resolv-conf.ts";
import { sharesNetwork } from "./check-links.ts";
import { type Finding, finding } from "./finding.ts";
import { said } from "./rule-words.ts";
import { type ContainerState, endpointsOf, type InsideState, type Snapshot } from "./snapshot.ts";

/** What names are looked up with in each container: its own name, resolv.conf, hosts file, the engine's own resolver. */
export function checkNames(snapshot: Snapshot): Finding[] {
  return [...snapshot.containers.flatMap(hostname), ...snapshot.containers.flatMap((one) => lookups(snapshot, one))];
}

function lookups(snapshot: Snapshot, container: ContainerState): Finding[] {
  const { inside } = container;
  if (inside === null || sharesNetwork(container) || container.inspected.HostConfig.NetworkMode === "none") return [];
  const networks = endpointsOf(container).map(({ name }) => name);
  if (networks.length === 0) return [];
  const user = networks.some((name) => name !== "bridge");
  return [
    ...resolvConf(snapshot, container, inside, user),
    ...hostsFile(snapshot, container, inside),
    ...(user ? embeddedResolver(container, inside) : []),
  ];
}

/** The kernel's hostname in the container's UTS namespace, against what the engine started it with. */
function hostname({ name, inspected, inside }: ContainerState): Finding[] {
  const { Config, HostConfig } = inspected;
  // With the host's UTS namespace it has whatever name the host has.
  if (inside === null || inside.hostname === "" || HostConfig.UTSMode === "host") return [];
  const given = Config.Domainname ? `${Config.Hostname}.${Config.Domainname}` : Config.Hostname;
  if (inside.hostname === given) return [];
  return [
    finding(
      "names",
      "any",
      [name],
      ["hostname", "name", "/etc/hosts"],
      `The hostname in ${name} is ${inside.hostname}, the engine started it with ${given}: somebody renamed it in its UTS namespace (hostname(1) inside, or nsenter from the host). Restart the container.`,
    ),
  ];
}

function resolvConf(
  { facts }: Snapshot,
  { name, inspected }: ContainerState,
  { resolvConf: text }: InsideState,
  user: boolean,
): Finding[] {
  const say = (topics: readonly string[], what: string): Finding =>
    finding("names", "blocks", [name], ["resolv.conf", "name", "dns", "lookup", "look up", "resolve", ...topics], what);
  if (text === null) return [say([], `${name} has no /etc/resolv.conf: it was deleted inside. Restart the container.`)];
  let seen: ReturnType<typeof parseResolvConf>;
  try {
    seen = parseResolvConf(text);
  } catch {
    return [say([], `/etc/resolv.conf of ${name} is not readable as such a file: it was edited inside.`)];
  }
  const { Dns, DnsSearch, DnsOptions } = inspected.HostConfig;
  const given = { dns: Dns ?? [], search: DnsSearch ?? [], options: DnsOptions ?? [] };
  const expected = user ? userNetworkResolvConf(facts, given) : defaultBridgeResolvConf(facts, given);
  const differs = (one: readonly string[], other: Expectation<readonly string[]>): boolean =>
    other.known && one.join(" ") !== other.value.join(" ");
  const list = (values: readonly string[]): string => values.join(" ") || "none";
  const found: Finding[] = [];
  for (const [part, what, topic] of [
    ["nameservers", "nameserver", "nameserver"],
    ["search", "search domains", "search"],
    ["options", "options", "ndots"],
  ] as const) {
    const wanted = expected[part];
    if (wanted.known && differs(seen[part], wanted))
      found.push(
        say(
          [topic],
          `/etc/resolv.conf of ${name} has ${what} ${list(seen[part])}, the engine gives it ${list(wanted.value)} (${wanted.why}): the file was edited inside, or the host's changed after the start. Restart the container.`,
        ),
      );
  }
  return found;
}

function hostsFile(
  { facts }: Snapshot,
  container: ContainerState,
  { hostsFile: text, addresses }: InsideState,
): Finding[] {
  const { name, inspected } = container;
  const say = (what: string): Finding =>
    finding("names", "differs", [name], ["hosts", "/etc/hosts", "name", "hostname"], what);
  if (text === null) return [say(`${name} has no /etc/hosts: it was deleted inside. Restart the container.`)];
  let seen: ReturnType<typeof parseHostsFile>;
  try {
    seen = parseHostsFile(text);
  } catch {
    return [say(`/etc/hosts of ${name} is not readable as such a file: it was edited inside.`)];
  }
  // One address per container is certain; which of several the engine wrote first depends on the order of connecting.
  const own = endpointsOf(container).flatMap(({ settings }) => settings.IPAddress || []);
  const wanted = expectedHostsFile(facts, {
    hostname: inspected.Config.Hostname,
    addresses: own,
    ipv6: addresses.some((link) => link.name === "lo" && link.addresses.some(({ address }) => address === "::1")),
  }).filter(({ address }) => !address.includes(":"));
  const added = addedHosts(inspected.HostConfig.ExtraHosts ?? []);
  const has = seen
    .filter(({ address }) => address.includes("."))
    .map(formatHostsLine)
    .join("; ");
  const missing = missingHostsLines(seen, [...(inspected.Config.Domainname ? [] : wanted), ...added]);
  if (missing.length > 0)
    return [
      say(
        `/etc/hosts of ${name} lacks \`${missing.map(formatHostsLine).join("`, `")}\`, which the engine writes: it was edited inside (it has ${has}). Restart the container.`,
      ),
    ];
  const foreign = foreignLines(container, seen, [...wanted, ...added]);
  if (foreign.length === 0) return [];
  return [
    say(
      `/etc/hosts of ${name} has \`${foreign.map(formatHostsLine).join("`, `")}\`, which the engine does not write: somebody added it inside or from the host. Restart the container.`,
    ),
  ];
}

/** Those of `--add-host` that name an IPv4 address: what `host-gateway` stands for is another's matter. */
function addedHosts(extraHosts: readonly string[]): HostsLine[] {
  return extraHosts.flatMap((entry) => {
    const [, host = "", address = ""] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
    return isIpv4(address) ? [{ address, names: [host] }] : [];
  });
}

/** IPv4 lines for others than the container itself that nobody asked for; a link of the old kind writes some too. */
function foreignLines(
  { inspected: { Config, HostConfig } }: ContainerState,
  seen: readonly HostsLine[],
  known: readonly HostsLine[],
): HostsLine[] {
  if ((HostConfig.Links ?? []).length > 0) return [];
  const asked = new Set((HostConfig.ExtraHosts ?? []).map((entry: string) => entry.split(/[:=]/, 1)[0]));
  return seen.filter(
    (line) =>
      isIpv4(line.address) &&
      !line.names.includes(Config.Hostname) &&
      !line.names.some((one) => asked.has(one)) &&
      !known.some((one) => sameHostsLine(one, line)),
  );
}

/** 127.0.0.11 is dockerd's own socket in the container's namespace, reached by nat rules there. */
function embeddedResolver({ name }: ContainerState, { firewall, sockets, resolvConf: text }: InsideState): Finding[] {
  if (text?.includes(EMBEDDED_RESOLVER) !== true) return [];
  const say = (what: string): Finding =>
    finding("names", "blocks", [name], ["127.0.0.11", "name", "dns", "lookup", "look up", "resolve", "resolver"], what);
  const found: Finding[] = [];
  const listening = sockets.filter(({ local }) => local.address === EMBEDDED_RESOLVER);
  for (const protocol of ["udp", "tcp"] as const) {
    const ports = listening.filter((socket) => socket.protocol === protocol).map(({ local }) => String(local.port));
    if (ports.length === 0) {
      found.push(
        say(
          `The engine's resolver does not listen in ${name}: no ${protocol} socket at ${EMBEDDED_RESOLVER} in its namespace. dockerd lost it; restart the container.`,
        ),
      );
      continue;
    }
    if (firewall === null) continue;
    const rule = firewall.rules.find(
      (one) =>
        one.table === "nat" &&
        said(one, "-j") === "DNAT" &&
        said(one, "-d") === EMBEDDED_RESOLVER &&
        said(one, "-p") === protocol &&
        said(one, "--dport") === "53",
    );
    const to = rule === undefined ? null : (said(rule, "--to-destination")?.split(":")[1] ?? "");
    if (to === null)
      found.push(
        say(
          `The nat rule that leads ${EMBEDDED_RESOLVER}:53/${protocol} to the engine's resolver (port ${ports.join(", ")}) is missing in the namespace of ${name}: its rules were flushed, so no name is answered. Restart the container.`,
        ),
      );
    else if (!ports.includes(to))
      found.push(
        say(
          `In the namespace of ${name} ${EMBEDDED_RESOLVER}:53/${protocol} is led to port ${to}, but the engine's resolver listens at ${ports.join(", ")}. Restart the container.`,
        ),
      );
  }
  const jump = firewall?.rules.some(
    (one) =>
      one.table === "nat" &&
      one.chain === "OUTPUT" &&
      said(one, "-d") === EMBEDDED_RESOLVER &&
      said(one, "-j") === "DOCKER_OUTPUT",
  );
  if (firewall !== null && jump === false && found.length === 0)
    found.push(
      say(
        `nat OUTPUT in the namespace of ${name} does not jump to DOCKER_OUTPUT, so ${EMBEDDED_RESOLVER} is not led to the engine's resolver. Restart the container.`,
      ),
    );
  return found;
}
