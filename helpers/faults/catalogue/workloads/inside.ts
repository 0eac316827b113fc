import { type Fault, ofLayer } from "../../fault.ts";
import { workload } from "../shell.ts";
import { INSIDE_SHOP_WEB, RESTART_SHOP_WEB, SHOP } from "./shop.ts";

/** What breaks in the network namespace of a container that runs already. */
export const INSIDE_FAULTS: readonly Fault[] = ofLayer("workloads", [
  {
    id: "workload-address-flushed",
    breaks: "a running container has lost the address that the engine gave it",
    comesBy: "a script that enters the container's network namespace and cleans up",
    strike: { when: "before the topology", shell: [...SHOP, `${INSIDE_SHOP_WEB} ip addr flush dev eth0`] },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-01"],
    cause: /address 172\.\S+ .*shop-web.* is not on its eth0/,
  },
  {
    id: "workload-shut-from-inside",
    breaks: "a rule in a running container's own network namespace drops what comes to it",
    comesBy: "a script that enters the container's network namespace, or a firewall program that was started there",
    strike: { when: "before the topology", shell: [...SHOP, `${INSIDE_SHOP_WEB} iptables -I INPUT -j DROP`] },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /shop-web.*-A INPUT -j DROP/s,
  },
  {
    id: "workload-shut-from-inside-ipv6",
    breaks: "a rule in a running container's own network namespace drops what comes to it by IPv6",
    comesBy: "a script that enters the container's network namespace, or a firewall program that was started there",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create --ipv6 --subnet fd00:66::/64 shop",
        workload("shop-web", "--network shop -p 8080:80"),
        `${INSIDE_SHOP_WEB} ip6tables -I INPUT -j DROP`,
      ],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /shop-web.*ip6tables .*-A INPUT -j DROP/s,
  },
  {
    id: "workload-shut-from-inside-nftables",
    breaks: "a table of nftables in a running container's own network namespace drops what comes to it",
    comesBy: "a firewall program that was started in the container's network namespace",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        `${INSIDE_SHOP_WEB} nft 'add table inet guard; add chain inet guard in { type filter hook input priority 0; policy drop; }'`,
      ],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /shop-web.*policy drop of chain in in the nft table inet guard/s,
  },
  {
    id: "workload-deaf-to-arp",
    breaks: "a running container hears no answer who has a hardware address",
    comesBy: "arptables or a table of nftables' family arp in its network namespace, against spoofed answers",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        `${INSIDE_SHOP_WEB} nft 'add table arp guard; add chain arp guard in { type filter hook input priority 0; }; add rule arp guard in arp operation reply drop'`,
      ],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /shop-web.*arp operation reply drop/s,
  },
  {
    id: "workload-main-table-unasked-inside",
    breaks: "the kernel's own policy rules are gone from a running container's network namespace",
    comesBy: "ip rule flush, by a VPN client or script that ran there",
    strike: { when: "before the topology", shell: [...SHOP, `${INSIDE_SHOP_WEB} ip rule del pref 32766`] },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /namespace of container shop-web asks the routing table main/,
  },
  {
    id: "workload-time-to-live-inside",
    breaks: "what a running container sends lives for one hop",
    comesBy: "sysctl in its network namespace, to keep its packets on this machine",
    strike: {
      when: "before the topology",
      shell: [...SHOP, `${INSIDE_SHOP_WEB} sysctl -w net.ipv4.ip_default_ttl=1`],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /container shop-web net\.ipv4\.ip_default_ttl is 1/,
  },
  {
    id: "workload-policy-rule-inside",
    breaks: "a policy rule in a running container's own network namespace ends what it sends",
    comesBy: "a VPN client or script that ran in its network namespace",
    strike: {
      when: "before the topology",
      shell: [...SHOP, `${INSIDE_SHOP_WEB} ip rule add unreachable pref 100`],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-20"],
    cause: /namespace of container shop-web refuses its packets: `100: from all unreachable`/,
  },
  {
    id: "workload-hardware-address-doubled",
    breaks: "two running containers of one network have the same hardware address",
    comesBy: "a script that clones the settings of one container's interface into another's namespace",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        workload("shop-db", "--network shop", "sleep 3600"),
        `${INSIDE_SHOP_WEB} ip link set eth0 address $(docker inspect -f '{{range .NetworkSettings.Networks}}{{.MacAddress}}{{end}}' shop-db)`,
      ],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-01"],
    cause: /eth0 of container shop-web .* is that of container shop-db/,
  },
  {
    id: "workload-default-route-deleted",
    breaks: "a running container has no default route",
    comesBy: "a VPN client or script that ran in its network namespace",
    strike: { when: "before the topology", shell: [...SHOP, `${INSIDE_SHOP_WEB} ip route del default`] },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-03"],
    cause: /shop-web has no default route/,
  },
  {
    id: "workload-resolver-rules-flushed",
    breaks: "a running container no longer reaches the engine's resolver",
    comesBy: "iptables -t nat -F in its network namespace, as some entrypoints and VPN scripts do",
    strike: { when: "before the topology", shell: [...SHOP, `${INSIDE_SHOP_WEB} iptables -t nat -F`] },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-14"],
    cause: /rules that lead container shop-web to the engine's resolver .* are gone/,
  },
]);
