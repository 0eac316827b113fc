import { expect } from "vitest";
import { cidr } from "../../../helpers/model/cidr.ts";
import { parseIpv4 } from "../../../helpers/model/ipv4.ts";
import { chapter, D0, D4, requirement } from "../../../helpers/requirement/index.ts";
import { ipv4Of, kernelIn, NEEDS, plain, shownIn } from "../look.ts";
import { addressed, neededIfconfig, TUNNELS } from "./site.ts";

/** The network of an address in its class: what a program assumes that is told no mask. */
function classfulPrefix(address: string): number {
  const first = parseIpv4(address) >>> 24;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

const onAddressed = chapter({ given: addressed, needs: NEEDS });

onAddressed(
  "NETNS-37",
  {
    must: "`ifconfig IF A` without a mask MUST use the classful mask of A",
    from: [D0("3.2")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, inner, insideAddressed }) => {
    neededIfconfig(ifconfig);
    expect(plain(ipv4Of(shownIn(insideAddressed, "eth0"))), "IPv4 addresses of eth0").toEqual([
      `${inner}/${classfulPrefix(inner)}`,
    ]);
  },
);

onAddressed(
  "NETNS-38",
  {
    must: "`ifconfig IF A` without a mask MUST set the broadcast address of A's class",
    from: [D0("3.2")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, inner, insideAddressed }) => {
    neededIfconfig(ifconfig);
    const [own] = ipv4Of(shownIn(insideAddressed, "eth0"));
    expect(own?.broadcast, "broadcast address of eth0").toBe(cidr(`${inner}/${classfulPrefix(inner)}`).broadcast);
  },
);

onAddressed(
  "NETNS-39",
  {
    must: "`ifconfig IF A` MUST bring the interface up",
    from: [D0("3.2")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, insideRenamed, insideAddressed }) => {
    neededIfconfig(ifconfig);
    expect(kernelIn(insideRenamed, "eth0").up, "whether eth0 was up before").toBe(false);
    expect(kernelIn(insideAddressed, "eth0").up, "whether eth0 is up after").toBe(true);
  },
);

onAddressed(
  "NETNS-42",
  {
    must: "`ip address add A/24 dev IF` MUST NOT set a broadcast address by itself",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  ({ one, host, subnet, onHostAddressed }) => {
    const own = ipv4Of(shownIn(onHostAddressed, one));
    expect(plain(own), `IPv4 addresses of ${one}`).toEqual([`${host}/${subnet.prefix}`]);
    expect(
      own.map(({ broadcast }) => broadcast),
      `broadcast addresses of ${one}`,
    ).toEqual([undefined]);
  },
);

requirement(
  "NETNS-43",
  { must: "`ip address add` MUST NOT bring the interface up", from: [D4("虚拟以太网对(veth pair)")], needs: NEEDS },
  addressed,
  ({ one, onHostAddressed }) => {
    expect(kernelIn(onHostAddressed, one).up, `whether ${one} is up after it was given an address`).toBe(false);
    expect(shownIn(onHostAddressed, one).flags, `flags of ${one}`).not.toContain("UP");
  },
);

onAddressed(
  "NETNS-44",
  {
    must: "Host and namespace MUST reach each other over a veth pair with addresses in one subnet",
    from: [TUNNELS, D0("3.2"), D4("虚拟以太网对(veth pair)")],
  },
  ({ met }) => {
    met();
  },
);
