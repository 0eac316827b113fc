import type { NetworkConfiguration } from "../configuration-facts.ts";
import type { Facts, HostFacts } from "../facts.ts";

/** API version of the engines whose dumps lie here, and of those read in moby's sources. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  "20.10.24": "1.41",
  "26.1.5": "1.45",
  "27.5.1": "1.47",
  "28.0.0": "1.48",
  "28.0.4": "1.48",
  "28.5.2": "1.51",
  "29.0.0": "1.52",
  "29.7.2": "1.55",
};

/** The host on which the dumps were taken: one uplink, IPv6 in the kernel, br_netfilter loaded. */
export const CAPTURE_HOST: HostFacts = {
  hostname: "capture",
  links: [
    { name: "lo", index: 1, kind: "loopback" },
    { name: "up0", index: 2, kind: "veth" },
  ],
  addresses: [{ interface: "up0", address: "192.0.2.10", prefix: 24, scope: "global" }],
  routes: ["192.0.2.0/24"],
  uplink: { interface: "up0", address: "192.0.2.10", gateway: "192.0.2.1" },
  resolver: { nameservers: ["192.0.2.53"], search: [], options: [] },
  ipv6Enabled: true,
  ipForward: true,
  ephemeralPorts: [32768, 60999],
  bridgeNfCallIptables: true,
  namespaces: {},
  tools: { iptablesSave: true, iproute2: true, ipNetns: true },
  dockerdPid: 100,
  dockerdFlags: [],
  boundPorts: [],
};

/** Facts of the engine `version` on {@link CAPTURE_HOST}, with a configuration. */
export function factsOf(
  version: string,
  configuration: NetworkConfiguration = {},
  host: Partial<HostFacts> | null = {},
): Facts {
  return {
    engine: {
      id: "capture",
      version,
      apiVersion: API_VERSIONS[version] ?? "",
      os: "Debian GNU/Linux",
      kernel: "6.18",
      architecture: "x86_64",
      hostname: "capture",
      cpus: 2,
      memoryBytes: 2 ** 34,
      rootless: false,
      usernsRemap: false,
      networksDetached: false,
      firewallBackend: "",
      networkPlugins: ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
      swarmState: "inactive",
      swarmError: "",
      swarmOthers: false,
      addressPools: [],
    },
    configuration,
    host: host === null ? null : { ...CAPTURE_HOST, ...host },
    defaultBridge: {
      id: "775f2e91c10d",
      device: "docker0",
      subnet: "172.17.0.0/16",
      gateway: "172.17.0.1",
      options: {},
      ipv6: false,
    },
    hostViewMissing: host === null ? "no container could be started on the host" : "",
  };
}
