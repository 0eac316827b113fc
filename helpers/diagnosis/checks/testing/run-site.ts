import { bridge, busybox, macvlan, nginx, type TopologySpec } from "../../../topology/spec.ts";

/** Name of the topology below: a part of its containers' names. */
export const SITE = "site";
/** Run id under which it is recorded; tests call its containers by name. */
export const RECORDED_RUN = "rfake000";

const range = (third: number) => ({ Subnet: `172.${third}.0.0/16`, Gateway: `172.${third}.0.1` });

/** Containers of one run in each network mode, with what a suite asks for besides. */
export const RUN_SITE = {
  networks: {
    net: bridge({ subnet: range(18) }),
    other: bridge({ subnet: range(19) }),
    int: bridge({ subnet: range(20), internal: true }),
    noicc: bridge({ subnet: range(21), options: { "com.docker.network.bridge.enable_icc": "false" } }),
    dual: bridge({ subnet: range(22), ipv6: true, options: { "com.docker.network.driver.mtu": "1400" } }),
    lan: macvlan({ subnet: range(23), options: ({ host }) => ({ parent: host?.uplink?.interface ?? "" }) }),
  },
  containers: {
    web: nginx({ on: "net", publish: ["18080:80", "127.0.0.1:18081:81"] }),
    peer: busybox({ on: "net" }),
    far: busybox({ on: "other" }),
    int: busybox({ on: "int" }),
    noicc: busybox({ on: "noicc" }),
    def: nginx({ publish: ["18082:80"] }),
    join: busybox({ joins: "web" }),
    host: busybox({ on: "host" }),
    none: busybox({ on: "none" }),
    six: nginx({ on: "dual", publish: ["18083:80"] }),
    mac: busybox({ on: "lan" }),
    twice: nginx({
      on: ["other", "net"],
      ip: "172.19.0.77",
      hostname: "twice",
      aliases: ["both"],
      dns: ["192.0.2.53"],
      dnsSearch: ["example.org"],
      dnsOptions: ["ndots:2"],
      extraHosts: ["printer:192.0.2.9"],
      sysctls: { "net.ipv4.ip_default_ttl": "65" },
      publish: ["18084:84", "18053:53/udp"],
    }),
  },
} satisfies TopologySpec<string, string>;
