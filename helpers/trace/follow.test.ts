import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Leg } from "../model/walk.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import { follow, type Wanted } from "./follow.ts";
import { parseTrace } from "./parse-trace.ts";
import { partOf } from "./part.ts";
import { probeCommand } from "./probe.ts";
import type { Space } from "./spaces.ts";

function captured(name: string): string {
  return readFileSync(new URL(`captured/${name}.txt`, import.meta.url), "utf8");
}

function link(index: number, name: string, more: Partial<IpLink> = {}): IpLink {
  return { index, name, flags: ["UP"], mtu: 1500, addresses: [], ...more };
}

const host: Space = {
  where: { kind: "host" },
  pid: 1,
  links: [
    link(1, "lo"),
    link(2, "docker0"),
    link(7, "veth10af8d1", { peerIndex: 2, master: "docker0" }),
    link(8, "veth551b60d", { peerIndex: 2, master: "docker0" }),
    link(321, "eth0", { peerIndex: 322 }),
  ],
};
const cli: Space = {
  where: { kind: "container", name: "cli" },
  pid: 2,
  links: [link(1, "lo"), link(2, "eth0", { peerIndex: 7 })],
};

const web: Space = {
  where: { kind: "container", name: "web" },
  pid: 3,
  links: [link(1, "lo"), link(2, "eth0", { peerIndex: 8 })],
};

const echo: Wanted = {
  from: cli,
  device: "eth0",
  to: null,
  spaces: [host, cli],
  lengths: [1073],
  answers: [1073],
  tasks: ["ping"],
};

function devices(leg: Leg | null): string[] {
  return (leg?.hops ?? []).map(
    ({ direction, device, where }) => `${direction} ${device} ${where.kind === "container" ? where.name : where.kind}`,
  );
}

describe("following", () => {
  it("an echo to a machine beyond the host, and its reply, without what other machines of the same kernel see", () => {
    const { there, back } = follow(parseTrace(captured("6.18-echo-whole")).events, echo);
    expect(devices(there)).toEqual([
      "sent eth0 cli",
      "received veth10af8d1 host",
      "received docker0 host",
      "sent eth0 host",
    ]);
    expect(there.end).toEqual({ kind: "left" });
    expect(devices(back).slice(-3)).toEqual(["sent docker0 host", "sent veth10af8d1 host", "received eth0 cli"]);
  });

  it("an echo that a rule drops ends there, with the kernel's reason", () => {
    const { there, back } = follow(parseTrace(captured("6.18-echo-dropped")).events, echo);
    // br_netfilter asks the raw table already at the bridge.
    expect(devices(there).at(-1)).toBe("received veth10af8d1 host");
    expect(there.end).toEqual({ kind: "dropped", at: "nft_do_chain", reason: "NETFILTER_DROP" });
    expect(partOf(there.end)).toBe("filter");
    expect(back).toBeNull();
  });

  it("nobody else's packet is taken for the probe's", () => {
    const events = parseTrace(captured("6.18-echo-whole")).events;
    for (const wrong of [
      { ...echo, tasks: ["curl"] },
      { ...echo, device: "eth1" },
      { ...echo, device: null },
      { ...echo, lengths: [98] },
    ])
      expect(follow(events, wrong).there).toEqual({ hops: [], end: { kind: "not sent" } });
  });

  it("a connection whose program is another one by the time that it is named, and whose packet's memory is used again", () => {
    // Linux 6.18, from the host to nginx on docker0.
    const lines = `
        true-4711  [000] d.s.. 14002.078833: net_dev_queue: dev=docker0 skbaddr=000000008fb655a0 len=74
        true-4711  [000] d.s.. 14002.078840: net_dev_queue: dev=veth551b60d skbaddr=000000008fb655a0 len=74
        true-4711  [000] d.s.. 14002.078845: netif_receive_skb: dev=eth0 skbaddr=000000008fb655a0 len=60
        true-4711  [000] d.s.. 14002.078864: net_dev_queue: dev=eth0 skbaddr=00000000d7b77cad len=74
        true-4711  [000] d.s.. 14002.078865: netif_receive_skb: dev=veth551b60d skbaddr=00000000d7b77cad len=60
        true-4711  [000] d.s.. 14002.078872: netif_receive_skb: dev=docker0 skbaddr=00000000d7b77cad len=60
       nginx-4712  [001] ..s1. 14002.079491: kfree_skb: skbaddr=000000008fb655a0 rx_sk=0 protocol=2048 location=sk_stream_kill_queues+0x5f/0xe0 reason: QUEUE_PURGE`;
    const toWeb: Wanted = {
      from: host,
      device: "docker0",
      to: web,
      spaces: [host, web],
      lengths: [74],
      answers: [74, 54],
      tasks: probeCommand({ protocol: "tcp", address: "172.17.0.2", port: 80, size: 0, count: 1 }).tasks,
    };
    const { there, back } = follow(parseTrace(lines).events, toWeb);
    expect(there.end).toEqual({ kind: "arrived" });
    expect(devices(there).at(-1)).toBe("received eth0 web");
    expect(devices(back)).toEqual(["sent eth0 web", "received veth551b60d host", "received docker0 host"]);
  });

  it("a trace that is cut short never shows an arrival that was not", () => {
    const lines = captured("6.18-echo-whole").split("\n");
    fc.assert(
      fc.property(fc.nat(lines.length), (count) => {
        const { there, back } = follow(parseTrace(lines.slice(0, count).join("\n")).events, echo);
        expect(["not sent", "vanished", "left"]).toContain(there.end.kind);
        if (there.end.kind !== "left") expect(back).toBeNull();
      }),
    );
  });
});

describe("the forms that kernels print", () => {
  it.each([
    [
      "Linux 6.18",
      "  ping-1  [001] ..s1.  3710.9: kfree_skb: skbaddr=000000007fed500f rx_sk=0000000000000000 protocol=2048 location=ping_rcv+0xb3/0xe0 reason: NO_SOCKET",
      "ping_rcv",
      "NO_SOCKET",
    ],
    [
      "a module's function",
      "  ping-1  [001] ..s1.  3710.9: kfree_skb: skbaddr=000000007fed500f rx_sk=0000000000000000 protocol=2048 location=nft_do_chain+0x3f1/0x5d0 [nf_tables] reason: NETFILTER_DROP",
      "nft_do_chain",
      "NETFILTER_DROP",
    ],
    [
      "Linux 5.17, a pointer",
      "  <idle>-0  [003] ..s.  99.1: kfree_skb: skbaddr=00000000a1b2c3d4 protocol=2048 location=00000000deadbeef reason: NETFILTER_DROP",
      null,
      "NETFILTER_DROP",
    ],
    [
      "Linux 5.10, no reason",
      "  <idle>-0  [003] ..s.  99.1: kfree_skb: skbaddr=00000000a1b2c3d4 protocol=2048 location=00000000deadbeef",
      null,
      null,
    ],
    [
      "a thread group recorded",
      "  nc-12  (     11) [003] d.s.  99.1: kfree_skb: skbaddr=00000000a1b2c3d4 protocol=34525 location=ip6_forward+0x1/0x2",
      "ip6_forward",
      null,
    ],
    [
      "without flags",
      "  nc-12  [003]  99.1: kfree_skb: skbaddr=00000000a1b2c3d4 protocol=2048 location=0xffffffff81a2b3c4",
      null,
      null,
    ],
  ])("%s", (_, line, at, reason) => {
    expect(parseTrace(line).events).toMatchObject([{ kind: "dropped", at, reason }]);
  });

  it("events that were lost are counted, noise is passed over", () => {
    fc.assert(
      fc.property(fc.string(), (noise) => {
        const { events, lost } = parseTrace(`# tracer: nop\nCPU:1 [LOST 12 EVENTS]\n${noise.replaceAll("\n", " ")}\n`);
        expect(lost).toBe(12);
        expect(events).toEqual([]);
      }),
    );
  });
});
