import { readNft } from "../snapshot/firewall/read-nft.ts";
import { filtering, RULES } from "./testing/shop.ts";
import { PORT, testStrikes, unruled } from "./testing/strikes.ts";

testStrikes([
  [
    "the bridge's own switch for forwarding is off",
    ({ host }) => Object.assign(host.sysctls, { "ipv4/conf/docker0/forwarding": "0" }),
    ["LIVE-15 network bridge"],
    /sysctl -w net\.ipv4\.conf\.docker0\.forwarding=1/,
  ],
  [
    "the uplink's own switch for forwarding is off",
    ({ host }) => Object.assign(host.sysctls, { "ipv4/conf/eth0/forwarding": "0" }),
    ["LIVE-15 this host"],
    /sysctl -w net\.ipv4\.conf\.eth0\.forwarding=1/,
  ],
  [
    "the rule that guards a container's own address is gone",
    (s) => {
      s.host.filters = filtering(RULES.replace("-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP\n", "")) as never;
    },
    [`LIVE-10 ${PORT}`],
    /docker restart web/,
  ],
  [
    "a rule gives what the host and its containers send an address that the host has not",
    (s) => {
      s.host.filters = filtering(
        RULES.replace("-A POSTROUTING", "-A POSTROUTING -o eth0 -j SNAT --to-source 203.0.113.9\n-A POSTROUTING"),
      ) as typeof s.host.filters;
      s.upstreams = { "192.0.2.53": { answers: false, detail: "timed out" } };
    },
    ["LIVE-08 network bridge", "LIVE-08 network shop"],
    /^iptables -t nat -D POSTROUTING -o eth0 -j SNAT --to-source 203\.0\.113\.9$/,
  ],
  [
    "a foreign rule drops IPv6 where the engine makes no rules for it",
    (s) => unruled(s, "-A FORWARD -i docker0 -j DROP"),
    ["LIVE-07 network bridge"],
    /^ip6tables (-t filter )?-D FORWARD -i docker0 -j DROP$/,
  ],
  [
    "frames are dropped on the bridge",
    (s) => {
      s.host.filters?.tables.push(
        ...(readNft(
          JSON.stringify({
            nftables: [
              { table: { family: "bridge", name: "guard", handle: 1 } },
              {
                chain: {
                  family: "bridge",
                  table: "guard",
                  name: "input",
                  handle: 1,
                  type: "filter",
                  hook: "input",
                  prio: 0,
                  policy: "accept",
                },
              },
              {
                rule: {
                  family: "bridge",
                  table: "guard",
                  chain: "input",
                  handle: 2,
                  expr: [{ match: { op: "==", left: { meta: { key: "iifname" } }, right: "veth100" } }, { drop: null }],
                },
              },
            ],
          }),
          "",
        ) as never[]),
      );
    },
    ["LIVE-09 network bridge"],
    /nft delete rule bridge guard input handle 2/,
  ],
]);
