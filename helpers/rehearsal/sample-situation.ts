import type { HostContainer, HostNetwork, HostSituation } from "../configuration/step.ts";
import { factsOf } from "../model/captured/facts.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import type { HostFacts } from "../model/facts.ts";

// A made-up host for the tests of the rehearsal: one uplink, a VPN, a compose project and a container by itself.

const container = (name: string, parts: Partial<HostContainer> = {}): HostContainer => ({
  name,
  running: true,
  restart: "always",
  networks: ["bridge"],
  ports: [],
  project: "",
  ...parts,
});

const network = (name: string, subnet: string, parts: Partial<HostNetwork> = {}): HostNetwork => ({
  name,
  driver: "bridge",
  device: `br-${name}`,
  subnets: [{ subnet, gateway: "" }],
  internal: false,
  ipv6: false,
  options: {},
  project: "",
  ...parts,
});

const HOST_ADDRESSES: HostFacts["addresses"] = [
  { interface: "up0", address: "192.0.2.10", prefix: 24, scope: "global" },
  { interface: "docker0", address: "172.17.0.1", prefix: 16, scope: "global" },
];

/** The host, with what a test wants otherwise. */
export function sampleSituation(parts: Partial<HostSituation> = {}, version = "28.5.2"): HostSituation {
  return {
    facts: factsOf(version, {}, { addresses: HOST_ADDRESSES }),
    standing: {
      routes: [
        { destination: "10.8.0.0/24", device: "tun0", onLink: true, table: "main" },
        { destination: "10.60.0.0/16", device: "tun0", onLink: false, table: "main" },
        { destination: "10.70.0.0/16", device: "tun0", onLink: true, table: "220" },
        { destination: "192.0.2.0/24", device: "up0", onLink: true, table: "main" },
      ],
      forwardPolicy: "DROP",
      iptables: "v1.8.9 (nf_tables)",
      mtus: { up0: 1450, docker0: 1500 },
    },
    rules: [],
    networks: [
      network("bridge", "172.17.0.0/16", { device: "docker0" }),
      network("shop_default", "10.77.0.0/24", { project: "shop" }),
    ],
    containers: [
      container("web", {
        restart: "no",
        ports: [{ hostIp: "", hostPort: "8080", containerPort: "80/tcp" }],
      }),
      container("shop-db-1", { networks: ["shop_default"], project: "shop" }),
      container("shop-cache-1", { networks: ["shop_default"], project: "shop", restart: "on-failure" }),
      container("old", { running: false, restart: "no" }),
    ],
    liveRestore: false,
    store: { root: "/var/lib/docker", driver: "overlay2" },
    ...parts,
  };
}

/** From one configuration to the other. */
export function stepOf(after: NetworkConfiguration, before: NetworkConfiguration = {}) {
  return { before, after };
}
