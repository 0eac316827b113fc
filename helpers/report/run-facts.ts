import { isNetworkKey, NETWORK_KEYS } from "../configuration/keys/index.ts";
import { fileChangedAfterStart } from "../configuration/mismatch.ts";
import { addressPools } from "../model/address-pools.ts";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { Facts, HostStanding } from "../model/facts.ts";
import { OWN_FILTER } from "../model/host-listeners.ts";
import type { SwitchKey } from "../model/version-switches.ts";

/** What a run's host was like, by name and as text: what an operator wants to see when it is another one next time. */
export type RunFacts = Readonly<Record<string, string>>;

const NONE = "none";

/** Whether dockerd runs with its file as it lies there. Its two values are conditions of a comparison, no change. */
export const FILE_IN_FORCE = "daemon.json taken over";
const IN_FORCE = { yes: "no, it was changed after dockerd's start", no: "yes", unknown: null } as const;

/** What a fact is read from; the standing of the host is null where it could not be looked at. */
interface Read extends Facts {
  readonly standing: HostStanding | null;
}

interface RunFact {
  /** As it is told; null or empty where this run has nothing of the kind. */
  readonly tell: (read: Read) => string | null | undefined;
  /** The keys of `daemon.json` that move it; without any it is the host's own. */
  readonly keys?: readonly NetworkKeyName[];
  /** The switches of behaviour by which an engine's upgrade alone moves it. */
  readonly switches?: readonly SwitchKey[];
}

const ALL_KEYS = Object.keys(NETWORK_KEYS).filter(isNetworkKey);
/** The keys that move the default bridge's subnet. */
export const SUBNET_KEYS = ["bip", "bridge", "fixed-cidr", "default-address-pools", "live-restore"] as const;

/** A row for each fact that stays the same from run to run unless somebody changes something. */
const FACTS = {
  "configuration file": {
    tell: ({ configurationFile: file }) => (file === undefined ? null : file.present ? file.path : NONE),
    keys: ALL_KEYS,
  },
  [FILE_IN_FORCE]: {
    tell: (read) => (read.configurationFile?.present === true ? IN_FORCE[fileChangedAfterStart(read)] : null),
  },
  "default bridge": { tell: ({ defaultBridge }) => defaultBridge?.device ?? NONE, keys: ["bridge"] },
  "default bridge subnet": { tell: ({ defaultBridge }) => defaultBridge?.subnet, keys: SUBNET_KEYS },
  "default bridge gateway": {
    tell: ({ defaultBridge }) => defaultBridge?.gateway,
    keys: [...SUBNET_KEYS, "default-gateway"],
    switches: ["default-bridge-names-gateway"],
  },
  "default bridge IPv6": {
    tell: ({ defaultBridge: bridge }) => (bridge === null ? null : onOff(bridge.ipv6)),
    keys: ["ipv6", "fixed-cidr-v6", "bip6", "bridge"],
  },
  "default bridge inter-container traffic": {
    tell: (read) => option(read, "com.docker.network.bridge.enable_icc"),
    keys: ["icc", "bridge"],
  },
  "default bridge masquerading": {
    tell: (read) => option(read, "com.docker.network.bridge.enable_ip_masquerade"),
    keys: ["ip-masq", "iptables", "bridge"],
  },
  "default bridge publishes on": {
    tell: (read) => option(read, "com.docker.network.bridge.host_binding_ipv4"),
    keys: ["ip", "bridge"],
  },
  "default bridge MTU": { tell: (read) => option(read, "com.docker.network.driver.mtu"), keys: ["mtu", "bridge"] },
  "addresses of the bridge device": {
    tell: ({ defaultBridge, host }) =>
      defaultBridge === null || host === null
        ? null
        : list(
            host.addresses
              .filter((one) => one.interface === defaultBridge.device && !one.address.startsWith("fe80"))
              .map(({ address, prefix }) => `${address}/${prefix}`),
          ),
    keys: [...SUBNET_KEYS, "bip6", "fixed-cidr-v6", "ipv6"],
  },
  "MTU of the bridge device": {
    tell: ({ standing, defaultBridge }) => mtuOf(standing, defaultBridge?.device),
    keys: ["mtu", "bridge"],
    switches: ["bridge-mtu-set"],
  },
  "address pools": {
    tell: (read) =>
      addressPools(read)
        .map(({ base, size }) => `${base} in /${size}`)
        .join(", "),
    keys: ["default-address-pools"],
  },
  "firewall backend": {
    tell: ({ engine }) => engine.firewallBackend,
    keys: ["firewall-backend", "iptables"],
    switches: ["firewall-backend-in-info"],
  },
  "host uplink": { tell: ofHost(({ uplink }) => uplink?.interface ?? NONE) },
  "host IPv6 uplink": { tell: ofHost(({ uplink6 }) => uplink6?.interface ?? NONE) },
  "host nameservers": { tell: ofHost(({ resolver }) => list(resolver.nameservers)) },
  "host search domains": { tell: ofHost(({ resolver }) => list(resolver.search)) },
  "host resolver options": { tell: ofHost(({ resolver }) => list(resolver.options)) },
  "host IPv6": { tell: ofHost(({ ipv6Enabled }) => onOff(ipv6Enabled)) },
  "host IPv4 forwarding": { tell: ofHost(({ ipForward }) => onOff(ipForward)), keys: ["ip-forward"] },
  "host bridge-nf-call-iptables": {
    tell: ofHost(({ bridgeNfCallIptables }) => onOff(bridgeNfCallIptables)),
    keys: ["icc", "userland-proxy"],
  },
  "host FORWARD policy": {
    tell: ({ standing }) => standing?.forwardPolicy,
    keys: ["iptables", "ip-forward", "ip-forward-no-drop", "firewall-backend"],
  },
  [OWN_FILTER]: { tell: ownFilter },
  "host iptables": { tell: ({ standing }) => standing?.iptables },
  "host routes": { tell: ({ standing }) => (standing === null ? null : list(standing.routes.map(routeText))) },
} as const satisfies Readonly<Record<string, RunFact>>;

export type FactName = keyof typeof FACTS;

/** What moves a fact of a run; nothing of the engine's where the fact is not known to this version. */
export function moversOf(name: string): Required<Pick<RunFact, "keys" | "switches">> {
  const { keys = [], switches = [] } = (FACTS as Readonly<Record<string, RunFact>>)[name] ?? {};
  return { keys, switches };
}

/**
 * The facts of a run. Addresses, ids, ports and times of single containers are no such facts.
 * @param standing null where the host could not be looked at
 */
export function runFacts(facts: Facts, standing: HostStanding | null): RunFacts {
  const rows = Object.entries<RunFact>(FACTS).map(([name, { tell }]) => [name, tell({ ...facts, standing })] as const);
  return Object.fromEntries(rows.flatMap(([name, text]) => (text ? [[name, text]] : [])));
}

function option({ defaultBridge }: Facts, name: string): string | undefined {
  return defaultBridge?.options[name];
}

/** Of the host, where it could be looked at. */
function ofHost(tell: (host: NonNullable<Facts["host"]>) => string): RunFact["tell"] {
  return ({ host }) => (host === null ? null : tell(host));
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
