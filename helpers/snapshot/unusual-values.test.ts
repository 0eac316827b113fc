import { expect, test } from "vitest";
import { readUnusualValues } from "./unusual-values.ts";

/** Linux 6.18, a few lines of each. */
const PRINTED = `/proc/sys/net/ipv4/icmp_ratelimit:1000
/proc/sys/net/ipv4/ip_forward:1
/proc/sys/net/ipv4/ip_local_port_range:40000	40001
/proc/sys/net/ipv4/ip_local_reserved_ports:32768-60998
/proc/sys/net/ipv4/tcp_available_ulp:mptcp
/proc/sys/net/netfilter/nf_conntrack_udp_timeout:30
== new
/proc/sys/net/ipv4/icmp_ratelimit:1000
/proc/sys/net/ipv4/ip_forward:0
/proc/sys/net/ipv4/ip_local_port_range:32768	60999
/proc/sys/net/ipv4/ip_local_reserved_ports:
/proc/sys/net/netfilter/nf_conntrack_udp_timeout:30
`;

test("what differs from a new namespace's values, but for what every engine and distribution sets", () => {
  expect(readUnusualValues(PRINTED)).toEqual([
    { key: "net.ipv4.ip_local_port_range", value: "40000 40001", usual: "32768 60999" },
    { key: "net.ipv4.ip_local_reserved_ports", value: "32768-60998", usual: "" },
  ]);
});

test("where no namespace could be made, nothing is said to be unusual", () => {
  expect(readUnusualValues(PRINTED.split("== new")[0] ?? "")).toEqual([]);
  expect(readUnusualValues("")).toEqual([]);
});
