import type { LivingMap } from "../model/living-map.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { LivingHost } from "../snapshot/living.ts";
import { Redactor } from "./redactor.ts";
import type { WorkloadsReport } from "./workloads.ts";

/** What is no name, whatever somebody calls a network. */
const WORDS: ReadonlySet<string> = new Set(
  "state status driver verdict kind certainty standing surprise place expected observed protocol".split(" "),
);

/**
 * The same report without names and addresses. For attaching to a bug report.
 * @param host what was looked at, whose parts have names as well; null where it could not be
 */
export function redacted(report: WorkloadsReport, host: HostNames | null): WorkloadsReport {
  const redactor = new Redactor();
  if (host !== null) giveHost(redactor, host);
  redactor.give("engine-host", report.engine.hostname);
  giveMap(redactor, report);
  return redactor.hideData(report, WORDS);
}

/** Has every name on a map replaced from now on. */
export function giveMap(redactor: Redactor, { networks, stopped }: LivingMap): void {
  for (const network of networks) {
    if (network.driver !== "") redactor.give("network", network.name);
    redactor.give("device", network.device);
  }
  for (const container of [...networks.flatMap(({ containers }) => containers), ...stopped]) {
    redactor.give("container", container.name);
    redactor.give("project", container.project);
  }
}

/** Those parts of a host that somebody names. */
type HostNames = Pick<LivingHost, "links" | "filters">;

/** Devices as the kernel, systemd and well-known programs call them; a bridge of the engine's is given by its network. */
const USUAL_DEVICE =
  /^(?:lo|(?:eth|wlan|bond|team|br|virbr|vnet|tun|tap|wg|dummy|ifb|cni|lxdbr|lxcbr|tailscale|docker|vmbr)\d+(?:-nic)?|(?:en|wl|ww)[opsxu]\w+|veth\w*|br-[0-9a-f]{12}|flannel\.\d+|cali\w+|sit0|gre0|gretap0|erspan0|tunl0|ip6tnl0|ip6gre0|ip_vti0|ip6_vti0)$/;

/** Words of the packet filters' own languages, and what tables and chains are called everywhere. */
const USUAL_IN_FILTERS =
  /^(?:ingress|egress|prerouting|input|forward|output|postrouting|filter|nat|mangle|raw|security|broute|brouting|inet|ip6?|bridge|arp|netdev|accept|drop|reject|return|queue|in|out|all|any|.)$/i;

/** Has every name that somebody gave to a device, a table, a chain or a set of a host replaced from now on. */
export function giveHost(redactor: Redactor, { links, filters }: HostNames): void {
  for (const { name } of links) if (!USUAL_DEVICE.test(name)) redactor.give("device", name);
  for (const table of filters?.tables ?? []) {
    const ofNobody = table.chains.filter((chain) => managerOf({ table, chain, rule: null }) === null);
    const names = [
      ...(ofNobody.length < table.chains.length ? [] : [table.name]),
      ...ofNobody.map(({ name }) => name),
      ...Object.keys({ ...table.sets, ...table.maps, ...table.ipsets }),
    ];
    for (const name of names) if (!USUAL_IN_FILTERS.test(name)) redactor.give("filter", name);
  }
}
