import { type Fault, ofLayer } from "../fault.ts";

/** A rule of the mangle table that stands first until it is taken away. */
function mangled(chain: string, rule: string): Pick<Fault, "strike" | "undo"> {
  return {
    strike: { when: "before the topology", shell: [`iptables -w -t mangle -I ${chain} ${rule}`] },
    undo: [`iptables -w -t mangle -D ${chain} ${rule}`],
  };
}

const LARGE = "-m length --length 1401:65535 -j DROP";

/** What lets small packets, some packets or a few connections through, and not the others. */
export const SIZE_AND_LOSS_FAULTS: readonly Fault[] = ofLayer("filter", [
  {
    id: "filter-large-packets-out",
    breaks: "what containers send beyond the host is dropped when it is large",
    comesBy: "an uplink with a smaller MTU (a VPN, a cloud's overlay) whose errors about it are lost",
    ...mangled("FORWARD", `-o eth0 ${LARGE}`),
    caughtBy: ["SIZE-05"],
    cause: /length|mangle|large|1500 bytes/i,
  },
  {
    id: "filter-large-packets-forwarded",
    breaks: "whatever is forwarded or bridged is dropped when it is large",
    comesBy: "a rule against floods by size",
    ...mangled("FORWARD", LARGE),
    caughtBy: ["SIZE-01", "SIZE-02", "SIZE-03", "SIZE-05"],
    cause: /length|mangle|large|1500 bytes/i,
  },
  {
    id: "filter-large-packets-to-host",
    breaks: "what containers send to their host is dropped when it is large",
    comesBy: "a rule against large pings",
    ...mangled("INPUT", `-p icmp ${LARGE}`),
    caughtBy: ["SIZE-04"],
    cause: /length|mangle|large|1500 bytes/i,
  },
  {
    id: "filter-large-packets-to-published",
    breaks: "what the host, docker-proxy and other machines send to published ports is dropped when it is large",
    comesBy: "a rule against floods by size",
    ...mangled("POSTROUTING", `-o br-+ -p tcp ${LARGE}`),
    caughtBy: ["SIZE-06", "SIZE-07", "SIZE-08"],
    cause: /length|mangle|large/i,
    secondHost: true,
  },
  {
    id: "filter-fragments-to-published",
    breaks: "UDP datagrams that need fragments don't reach a published port",
    comesBy: "a rule against floods by size",
    ...mangled("POSTROUTING", "-p udp -m length --length 1501:65535 -j DROP"),
    caughtBy: ["SIZE-09"],
    cause: /length|mangle|fragment/i,
  },
  {
    id: "filter-random-loss",
    breaks: "one of five packets that are forwarded or bridged is lost",
    comesBy: "a rule left over from a test of resilience",
    ...mangled("FORWARD", "-p icmp -m statistic --mode random --probability 0.2 -j DROP"),
    caughtBy: ["LOSS-01", "LOSS-03"],
    cause: /statistic|random|mangle|lost/i,
  },
  {
    // Not in OUTPUT: what is dropped there is refused to the sender, whose ping ends with it.
    id: "filter-random-loss-to-host",
    breaks: "one of five packets that containers send to the host is lost",
    comesBy: "a rule left over from a test of resilience",
    ...mangled("INPUT", "-p icmp -m statistic --mode random --probability 0.2 -j DROP"),
    caughtBy: ["LOSS-02"],
    cause: /statistic|random|mangle|lost/i,
  },
  {
    id: "filter-syn-limit",
    breaks: "of new connections that are forwarded or bridged only a few a second pass",
    comesBy: "a chain against SYN floods",
    strike: {
      when: "before the topology",
      shell: [
        "iptables -w -t mangle -N SYN-FLOOD",
        "iptables -w -t mangle -A SYN-FLOOD -m limit --limit 5/s --limit-burst 10 -j RETURN",
        "iptables -w -t mangle -A SYN-FLOOD -j DROP",
        "iptables -w -t mangle -I FORWARD -p tcp --syn -j SYN-FLOOD",
        "iptables -w -t mangle -I INPUT -i docker0 -p tcp --syn -j SYN-FLOOD",
      ],
    },
    undo: [
      "iptables -w -t mangle -D FORWARD -p tcp --syn -j SYN-FLOOD",
      "iptables -w -t mangle -D INPUT -i docker0 -p tcp --syn -j SYN-FLOOD",
      "iptables -w -t mangle -F SYN-FLOOD",
      "iptables -w -t mangle -X SYN-FLOOD",
    ],
    caughtBy: ["LOSS-04", "LOSS-05"],
    cause: /SYN-FLOOD|limit/i,
  },
]);
