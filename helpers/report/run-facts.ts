import { fileChangedAfterStart } from "../configuration/mismatch.ts";
import { addressPools } from "../model/address-pools.ts";
import type { Facts, HostStanding } from "../model/facts.ts";
import { OWN_FILTER } from "../model/host-listeners.ts";

/** What a run's host was like, by name and as text: what an operator wants to see when it is another one next time. */
export type RunFacts = Readonly<Record<string, string>>;

const NONE = "none";

/** Whether dockerd runs with its file as it lies there. Its two values are conditions of a comparison, no change. */
export const FILE_IN_FORCE = "daemon.json taken over";
/** Which file that is, if any. */
export const FILE = "configuration file";
const IN_FORCE = { yes: "no, it was changed after dockerd's start", no: "yes", unknown: null } as const;

/**
 * The facts of a run that stay the same from run to run unless somebody changes something. Addresses, ids, ports and
 * times of single containers are no such facts.
 * @param standing null where the host could not be looked at
 */
export function runFacts(facts: Facts, standing: HostStanding | null): RunFacts {
  const { defaultBridge: bridge, host } = facts;
  const options = bridge?.options ?? {};
  const onDevice = (host?.addresses ?? [])
    .filter((address) => address.interface === bridge?.device && !address.address.startsWith("fe80"))
    .map(({ address, prefix }) => `${address}/${prefix}`);
  const file = facts.configurationFile;
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    [FILE, file === undefined ? null : file.present ? file.path : NONE],
    [FILE_IN_FORCE, file?.present === true ? IN_FORCE[fileChangedAfterStart(facts)] : null],
    ["default bridge", bridge?.device ?? NONE],
    ["default bridge subnet", bridge?.subnet],
    ["default bridge gateway", bridge?.gateway],
    ["default bridge IPv6", bridge === null ? null : onOff(bridge.ipv6)],
    ["default bridge inter-container traffic", options["com.docker.network.bridge.enable_icc"]],
    ["default bridge masquerading", options["com.docker.network.bridge.enable_ip_masquerade"]],
    ["default bridge publishes on", options["com.docker.network.bridge.host_binding_ipv4"]],
    ["default bridge MTU", options["com.docker.network.driver.mtu"]],
    ["addresses of the bridge device", bridge === null || host === null ? null : list(onDevice)],
    ["MTU of the bridge device", mtuOf(standing, bridge?.device)],
    [
      "address pools",
      addressPools(facts)
        .map(({ base, size }) => `${base} in /${size}`)
        .join(", "),
    ],
    ["firewall backend", facts.engine.firewallBackend],
    ["host uplink", host === null ? null : (host.uplink?.interface ?? NONE)],
    ["host IPv6 uplink", host === null ? null : (host.uplink6?.interface ?? NONE)],
    ["host nameservers", host === null ? null : list(host.resolver.nameservers)],
    ["host search domains", host === null ? null : list(host.resolver.search)],
    ["host resolver options", host === null ? null : list(host.resolver.options)],
    ["host IPv6", host === null ? null : onOff(host.ipv6Enabled)],
    ["host IPv4 forwarding", host === null ? null : onOff(host.ipForward)],
    ["host bridge-nf-call-iptables", host === null ? null : onOff(host.bridgeNfCallIptables)],
    ["host FORWARD policy", standing?.forwardPolicy],
    [OWN_FILTER, ownFilter(facts)],
    ["host iptables", standing?.iptables],
    ["host routes", standing === null ? null : list(standing.routes.map(routeText))],
  ];
  return Object.fromEntries(rows.flatMap(([name, text]) => (text ? [[name, text]] : [])));
}

function ownFilter({ host }: Facts): string | null {
  if (host === null || (host.defaultDenial != null && host.keepsOut === undefined)) return null;
  const closed = host.keepsOut ?? [];
  if (closed.length === 0) return "lets in what containers send to the host";
  return `keeps containers of ${closed.map((kind) => `a ${kind}`).join(" and of ")} off the host: ${host.defaultDenial}`;
}

function mtuOf(standing: HostStanding | null, device: string | undefined): string | null {
  const mtu = device === undefined ? undefined : standing?.mtus[device];
  return mtu === undefined ? null : String(mtu);
}

function routeText({ destination, device, table }: HostStanding["routes"][number]): string {
  return [destination, device === "" ? "" : `dev ${device}`, table === "main" ? "" : `table ${table}`]
    .filter((part) => part !== "")
    .join(" ");
}

function list(items: readonly string[]): string {
  return items.length === 0 ? NONE : items.join(", ");
}

function onOff(value: boolean | null): string {
  return value === null ? "not loaded" : value ? "on" : "off";
}
