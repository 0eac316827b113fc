import type { DocumentSet } from "./document-set.ts";

const COMMIT = "b985e2313a8676e18072b442911fc8f64f17d440";

/** The manuals that lie in the Engine's own repository. */
export const ENGINE_MANUAL = {
  kind: "documentation",
  repository: "moby/moby",
  documents: {
    "man/dockerd": {
      title: "dockerd(8)",
      path: "man/dockerd.8.md",
      commit: COMMIT,
      sections: {
        "--bridge": 134,
        "--bip": 138,
        "--bip6": 142,
        "--bridge-accept-fwmark": 146,
        "--default-gateway": 173,
        "--default-gateway-v6": 177,
        "--default-address-pool": 180,
        "--default-network-opt": 185,
        "--default-ipc-mode": 191,
        "--dns": 207,
        "--dns-opt": 210,
        "--dns-search": 213,
        "--firewall-backend": 234,
        "--fixed-cidr": 237,
        "--fixed-cidr-v6": 242,
        "--host-gateway-ip": 257,
        "--icc": 268,
        "--ip": 294,
        "--ip-forward": 298,
        "--ip-forward-no-drop": 311,
        "--ip-masq": 320,
        "--iptables": 323,
        "--ipv6": 326,
        "--live-restore": 345,
        "--mtu": 360,
        "--allow-direct-routing": 433,
        "--userland-proxy": 437,
      },
    },
    "libnetwork/bridge": {
      title: "libnetwork: bridge driver",
      path: "daemon/libnetwork/docs/bridge.md",
      commit: COMMIT,
      sections: ["configuration", "usage"],
    },
    "libnetwork/network": {
      title: "Docker networking with libnetwork",
      path: "daemon/libnetwork/docs/network.md",
      commit: COMMIT,
      sections: [
        "docker-networking-with-libnetwork",
        "bridge-mode",
        "swarmoverlay-mode",
        "service-traffic-flow",
        "other-flows",
        "other-iptable-chain-and-rules",
      ],
    },
    "libnetwork/macvlan": {
      title: "libnetwork: macvlan driver",
      path: "daemon/libnetwork/docs/macvlan.md",
      commit: COMMIT,
      sections: [
        "macvlan-driver",
        "overview",
        "pre-requisites",
        "macvlan-bridge-mode-example-usage",
        "macvlan-8021q-trunk-bridge-mode-example-usage",
        "dual-stack-ipv4-ipv6-macvlan-bridge-mode",
        "manually-creating-8021q-links",
      ],
    },
    iptablesdoc: {
      title: "Docker Engine's use of iptables",
      path: "integration/network/bridge/iptablesdoc/index.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/new-daemon": {
      title: "Docker Engine's use of iptables: iptables for a new Daemon",
      path: "integration/network/bridge/iptablesdoc/generated/new-daemon.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-portmap": {
      title: "Docker Engine's use of iptables: Container on a user-defined network, with a published port",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-portmap.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-portmap-lo": {
      title:
        "Docker Engine's use of iptables: Container on a user-defined network, with a port published on a loopback address",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-portmap-lo.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-portmap-noproxy": {
      title:
        "Docker Engine's use of iptables: Container on a user-defined network, with a published port, no userland proxy",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-portmap-noproxy.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-portmap-noicc": {
      title:
        "Docker Engine's use of iptables: Container on a user-defined network with inter-container communication disabled, with a published port",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-portmap-noicc.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-internal": {
      title: "Docker Engine's use of iptables: Containers on user-defined --internal networks",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-internal.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-portmap-routed": {
      title: "Docker Engine's use of iptables: Container on a routed-mode network, with a published port",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-portmap-routed.md",
      commit: COMMIT,
      sections: [],
    },
    "iptablesdoc/usernet-portmap-natunprot": {
      title: "Docker Engine's use of iptables: Container on a nat-unprotected network, with a published port",
      path: "integration/network/bridge/iptablesdoc/generated/usernet-portmap-natunprot.md",
      commit: COMMIT,
      sections: [],
    },
  },
} as const satisfies DocumentSet;
