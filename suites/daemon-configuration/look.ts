import { askForNetwork } from "../../helpers/engine/answers.ts";
import type { HostInLab } from "../../helpers/lab/host-in-lab.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { quoted } from "../../helpers/model/shell-words.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { link } from "../../helpers/probes/links.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import { defaultRoute, defaultRoutes6 } from "../../helpers/probes/routes.ts";
import { busybox } from "../../helpers/requirement/index.ts";
import { type CountedRule, readRuleList } from "../../helpers/snapshot/firewall/rule-list.ts";
import type { TopologySpec } from "../../helpers/topology/spec.ts";
import { type Started, Topology } from "../../helpers/topology/topology.ts";

/** Brings a topology up on a lab's host for as long as it is looked at. */
export async function during<const N extends string, const C extends string, T>(
  inLab: HostInLab,
  name: string,
  spec: TopologySpec<N, C>,
  look: (started: Started<N, C>) => Promise<T>,
): Promise<T> {
  const context = await inLab.context();
  const topology = new Topology(name, spec);
  try {
    return await look(await topology.start(context));
  } finally {
    await topology.remove(context);
  }
}

/** What the engine says of the default network, and what the host and a container on it have. */
export async function lookAtDefaultBridge(inLab: HostInLab) {
  const { host } = inLab;
  const network = await askForNetwork(host.docker, "bridge");
  const containers = { plain: busybox(), second: busybox({ after: ["plain"] }) };
  return await during(inLab, "configured", { containers }, async ({ containers: { plain } }) => ({
    network,
    ipam: (network.IPAM.Config ?? []).find(({ Subnet }) => Subnet?.includes(".")) ?? {},
    device: await link(host.shell, "docker0"),
    onDevice: await addresses(host.shell, "docker0"),
    container: await inside(plain),
  }));
}

/** What a container has on its first interface. */
export async function inside(container: Vantage) {
  const carried = await addresses(container, "eth0");
  const [six] = await defaultRoutes6(container);
  return {
    ipv4: carried.find(({ family }) => family === 4),
    ipv6: carried.filter(({ family, address }) => family === 6 && !address.startsWith("fe80")),
    link: await link(container, "eth0"),
    gateway: (await defaultRoute(container))?.gateway,
    gatewayV6: six?.gateway,
    resolver: await resolvConf(container),
  };
}

/** The rules of one family on a lab's host. @throws UserError when they can't be listed */
export async function rulesOf({ host }: HostInLab, family: 4 | 6 = 4): Promise<readonly CountedRule[]> {
  return readRuleList(await host.must(`${family === 4 ? "iptables" : "ip6tables"}-save -c`)).rules;
}

/** The policy of filter FORWARD. @throws UserError */
export async function forwardPolicy({ host }: HostInLab, family: 4 | 6 = 4): Promise<string | undefined> {
  return /^:FORWARD (\w+)/m.exec(await host.must(`${family === 4 ? "iptables" : "ip6tables"}-save -t filter`))?.[1];
}

/** Ports that docker-proxy processes hold, as their command lines say: `127.0.0.1:8080/tcp`. */
export async function proxies({ host }: HostInLab): Promise<readonly string[]> {
  const { stdout } = await host.shell.ask(
    "for p in $(pgrep -x docker-proxy); do tr '\\0' ' ' </proc/$p/cmdline; echo; done; true",
  );
  return stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const value = (flag: string) => new RegExp(`-${flag} (\\S+)`).exec(line)?.[1] ?? "";
      return `${value("host-ip")}:${value("host-port")}/${value("proto")}`;
    })
    .toSorted((a, b) => a.localeCompare(b));
}

/**
 * A machine beside a lab's host, on a wire of its own (a documentation range, RFC 5737): it sends what it has for
 * others to the host.
 */
export interface Neighbour extends Vantage {
  readonly address: string;
  readonly address6: string;
  /** The host's address on the wire. */
  readonly host: string;
  readonly host6: string;
}

const WIRE = {
  host: "203.0.113.1",
  neighbour: "203.0.113.2",
  host6: "2001:db8:ffff::1",
  neighbour6: "2001:db8:ffff::2",
};
/** Shell that builds the neighbour; on a host that has one already it changes nothing. */
const BUILD = [
  "ip netns add outside",
  "ip link add wire0 type veth peer name eth0 netns outside",
  `ip addr add ${WIRE.host}/24 dev wire0`,
  `ip -6 addr add ${WIRE.host6}/64 dev wire0 nodad`,
  "ip link set wire0 up",
  "ip -n outside link set lo up",
  `ip -n outside addr add ${WIRE.neighbour}/24 dev eth0`,
  `ip -n outside -6 addr add ${WIRE.neighbour6}/64 dev eth0 nodad`,
  "ip -n outside link set eth0 up",
  `ip -n outside route add default via ${WIRE.host}`,
  `ip -n outside -6 route add default via ${WIRE.host6}`,
].join(" && ");

/** The neighbour of a lab's host, built when it is asked for first. @throws UserError */
export async function machineBeside({ host }: HostInLab): Promise<Neighbour> {
  await host.must(`test -e /run/netns/outside || { ${BUILD}; }`);
  return {
    label: `a neighbour of ${host.name}`,
    address: WIRE.neighbour,
    address6: WIRE.neighbour6,
    host: WIRE.host,
    host6: WIRE.host6,
    ask: async (command, options) =>
      await host.shell.ask(`ip netns exec outside busybox sh -c ${quoted(command)}`, options),
  };
}

/**
 * Under which of these addresses the neighbour saw what a container sends it, counted by its own packet filter: so it
 * is seen also where no answer finds its way back. Empty when nothing came.
 * @throws UserError
 */
export async function seenByNeighbour(
  { host }: HostInLab,
  from: Vantage,
  candidates: readonly string[],
): Promise<readonly string[]> {
  const filter = "ip netns exec outside iptables";
  const wanted = candidates.map((source) => `${filter} -A INPUT -s ${source} -p icmp --icmp-type echo-request`);
  await host.must([`${filter} -F INPUT`, ...wanted].join(" && "));
  await from.ask(`ping -c 2 -W 2 ${WIRE.neighbour}`);
  const stdout = await host.must(`${filter} -nvxL INPUT`);
  return candidates.filter((source) =>
    stdout.split("\n").some((line) => line.split(/\s+/).includes(source) && !/^\s*0\s/.test(line)),
  );
}

/** A lab's host itself as a place to ask from, with BusyBox, whose clients the probes understand. */
export function hostItself({ host }: HostInLab): Vantage {
  return {
    label: `lab host ${host.name}`,
    ask: async (command, options) => await host.shell.ask(`busybox sh -c ${quoted(command)}`, options),
  };
}

/** What stands in a file of a lab's host, without the line's end. @throws UserError */
export async function setting({ host }: HostInLab, path: string): Promise<string> {
  return await host.must(`cat ${path}`);
}
