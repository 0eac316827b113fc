import { isLoopback } from "../../model/address.ts";
import { address, addresses, hostGateways, searchDomains } from "./judge-value.ts";
import type { NetworkKey } from "./key.ts";

/** Keys about the names that containers resolve. */
export const NAME_KEYS = {
  dns: {
    kind: "list",
    scope: "every network",
    otherwise: "the host's own nameservers",
    effect:
      "nameservers of containers on the default bridge and in host mode; upstreams of 127.0.0.11 on user-defined networks",
    influences: ["host-configuration", "dns"],
    observedBy: ["HOSTCFG-17", "INSPECT-49", "CONF-31"],
    judge: addresses,
    endangers(value) {
      const loopback = (value as readonly string[]).filter(isLoopback);
      return loopback.length === 0
        ? null
        : `the nameserver ${loopback.join(", ")} is each container's own loopback: nothing answers there`;
    },
  },
  "dns-opts": {
    kind: "list",
    scope: "every network",
    flag: "dns-opt",
    otherwise: "the host's own options",
    effect: "resolver options of every container",
    influences: ["host-configuration"],
    observedBy: ["INSPECT-50"],
  },
  "dns-search": {
    kind: "list",
    scope: "every network",
    otherwise: "the host's own search domains",
    effect: "search domains of every container; `.` alone: none",
    influences: ["host-configuration", "dns"],
    observedBy: ["INSPECT-51"],
    judge: searchDomains,
  },
  "host-gateway-ip": {
    kind: "text",
    scope: "every network",
    otherwise: "docker0's address",
    effect: "address that `--add-host name:host-gateway` stands for",
    influences: ["host-configuration"],
    observedBy: ["CONF-32"],
    judge: address,
  },
  "host-gateway-ips": {
    kind: "list",
    scope: "every network",
    flag: "host-gateway-ip",
    since: "daemon-json-of-28",
    otherwise: "docker0's addresses",
    effect: "addresses that `--add-host name:host-gateway` stands for, one per family",
    influences: ["host-configuration"],
    observedBy: ["CONF-32"],
    judge: hostGateways,
  },
} as const satisfies Readonly<Record<string, NetworkKey>>;
