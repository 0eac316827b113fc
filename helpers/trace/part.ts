import type { LegEnd } from "../model/walk.ts";

/** What part of the kernel ended a packet, by its reason and function. */
type Part = "filter" | "routing" | "ipsec" | "link" | "end" | "unknown";

const REASONS: readonly (readonly [RegExp, Part])[] = [
  [/^NETFILTER_DROP$/, "filter"],
  [/^XFRM_POLICY$/, "ipsec"],
  [
    /^(IP_OUTNOROUTES|IP_INNOROUTES|IP_RPFILTER|IP_INADDRERRORS|IP_LOCAL_SOURCE|IP_INVALID_SOURCE|IP_LOCALNET|IP_INVALID_DEST|IPV6DISABLED)$/,
    "routing",
  ],
  [
    /^(QDISC_\w+|TC_\w+|XDP|NEIGH_\w+|DEV_\w+|NO_TX_TARGET|BRIDGE_\w+|OTHERHOST|UNICAST_IN_L2_MULTICAST|PKT_TOO_BIG|VXLAN_\w+|LOCAL_MAC|MAC_\w+|CPU_BACKLOG|FULL_RING)$/,
    "link",
  ],
  [/^(NO_SOCKET|SOCKET_\w+|TCP_\w+|UDP_\w+|ICMP_\w+|SECURITY_HOOK|BPF_\w+)$/, "end"],
];
const FUNCTIONS: readonly (readonly [RegExp, Part])[] = [
  [/^(nft_|nf_|ipt_|ip6t_|ebt_|arpt_|__nf_)/, "filter"],
  [
    // A packet without a hop left ends where it would be passed on.
    /^(ip_error|ip_rcv_finish|ip_route_|ip_forward$|ip6_forward$|ip6_pkt_|ip_rcv_finish_core|ip6_rcv_finish|fib_|ip_mr_)/,
    "routing",
  ],
  [/^(br_|__br_|dev_|__dev_|sch_|netem_|tcf_|veth_|neigh_|arp_|ndisc_|ip_finish_output|sfq_|fq_)/, "link"],
  [/^(tcp_|udp_|__udp|__udp4|icmp_|icmpv6_|ping_|sock_|sk_|raw_)/, "end"],
];

/** Which part of the kernel ended it. */
export function partOf(end: LegEnd): Part {
  if (end.kind !== "dropped") return "unknown";
  const byReason = REASONS.find(([pattern]) => end.reason !== null && pattern.test(end.reason));
  return byReason?.[1] ?? FUNCTIONS.find(([pattern]) => pattern.test(end.at))?.[1] ?? "unknown";
}
