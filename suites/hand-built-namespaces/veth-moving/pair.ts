import { expect } from "vitest";
import { links } from "../../../helpers/probes/links.ts";
import { chapter, cite, D0, D3, D4, requirement } from "../../../helpers/requirement/index.ts";
import { kernelIn, mustInclude, NEEDS, names, shownIn } from "../look.ts";
import { made } from "./site.ts";

const onMade = chapter({ given: made, needs: NEEDS });

onMade(
  "NETNS-21",
  {
    must: "`ip link add A type veth peer name B` MUST create two interfaces at once, each the other's peer",
    from: [
      cite("man/veth", "veth devices are always created in pairs, that are interconnected with each other"),
      D0("3.2"),
      D3("二.1.1"),
      D4("虚拟以太网对(veth pair)"),
    ],
  },
  ({ one, two, before, after }) => {
    expect(
      names(before.kernel).filter((name) => [one, two].includes(name)),
      "ends on the host before",
    ).toEqual([]);
    const [a, b] = [kernelIn(after, one), kernelIn(after, two)];
    expect({ a: a.peerIndex, b: b.peerIndex }, "peer indexes of the two ends").toEqual({ a: b.index, b: a.index });
    expect(
      { a: shownIn(after, one).peerName, b: shownIn(after, two).peerName },
      "what `ip` shows behind the @ of the two ends",
    ).toEqual({ a: two, b: one });
  },
);

onMade(
  "NETNS-22",
  {
    must: "Both ends of a new veth pair MUST first be in the current namespace",
    from: [D0("3.2"), D3("二.1.1"), D4("虚拟以太网对(veth pair)")],
  },
  async ({ one, two, after, ns1, ns2 }) => {
    mustInclude("interfaces of the host", names(after.shown), one, two);
    for (const elsewhere of [ns1, ns2])
      expect(names(await links(elsewhere)), `interfaces of ${elsewhere.label}`).not.toContain(one);
  },
);

requirement(
  "NETNS-23",
  { must: "Both ends of a new veth pair MUST be down", from: [D0("3.2"), D3("二.1.1")], needs: NEEDS },
  made,
  ({ one, two, after }) => {
    for (const name of [one, two]) {
      expect(kernelIn(after, name).up, `whether ${name} is up`).toBe(false);
      expect(shownIn(after, name).state, `state of ${name}`).toBe("DOWN");
    }
  },
);

requirement(
  "NETNS-24",
  { must: "Both ends of a new veth pair MUST have an MTU of 1500", from: [D0("3.2"), D3("二.1.1")], needs: NEEDS },
  made,
  ({ one, two, after }) => {
    for (const name of [one, two]) expect(kernelIn(after, name).mtu, `MTU of ${name} in bytes`).toBe(1500);
  },
);

onMade(
  "NETNS-25",
  {
    must: "Both ends of a new veth pair MUST have a queue length of 1000",
    from: [D0("3.2"), D3("二.1.1")],
  },
  ({ one, two, after }) => {
    for (const name of [one, two])
      expect(kernelIn(after, name).queueLength, `queue length of ${name} in packets`).toBe(1000);
  },
);

onMade(
  "NETNS-26",
  {
    must: "The ends of a new veth pair MUST have different hardware addresses, each unicast and locally administered",
    from: [D0("3.2"), D3("二.1.1")],
  },
  ({ one, two, after }) => {
    const [a, b] = [kernelIn(after, one).mac, kernelIn(after, two).mac];
    expect(a, `hardware address of ${one}, the other end's being ${b}`).not.toBe(b);
    // Random ones carry the bit "locally administered" and not the bit "multicast".
    for (const mac of [a, b]) expect(mac, "hardware address").toMatch(/^.[26ae]:/);
  },
);
