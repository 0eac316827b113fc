import type { DocumentSet } from "./document-set.ts";

/** The kernel's own documentation. */
export const LINUX = {
  kind: "standard",
  repository: "torvalds/linux",
  documents: {
    "linux/bridge": {
      title: "Ethernet Bridging",
      path: "Documentation/networking/bridge.rst",
      commit: "041a6ac4bf792eaf4c5898b3a744e98cfdc43a7a",
      sections: [
        "introduction",
        "stp",
        "bridge-ports-and-stp-states",
        "root-bridge-and-convergence",
        "vlan",
        "what-does-a-bridge-do",
        "is-it-l3-protocol-independent",
      ],
    },
  },
} as const satisfies DocumentSet;

/** Manual pages of the kernel's interfaces. */
export const MAN_PAGES = {
  kind: "standard",
  repository: "mkerrisk/man-pages",
  documents: {
    "man/network_namespaces": {
      title: "network_namespaces(7)",
      path: "man7/network_namespaces.7",
      commit: "144a1d6c8c7acb9b0732a3bf312dbdecb91b2c5f",
      sections: [],
    },
    "man/veth": {
      title: "veth(4)",
      path: "man4/veth.4",
      commit: "1459db4abde8666edd6e828e5a1a0060a91a5b4b",
      sections: [],
    },
  },
} as const satisfies DocumentSet;

/** Manual pages of `ip`. */
export const IPROUTE2 = {
  kind: "standard",
  repository: "iproute2/iproute2",
  documents: {
    "man/ip-netns": {
      title: "ip-netns(8)",
      path: "man/man8/ip-netns.8",
      commit: "375d51caaaa7a381dbeab8fb622d3c6ff9597be7",
      sections: [],
    },
  },
} as const satisfies DocumentSet;
