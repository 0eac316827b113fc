import { expect } from "vitest";
import type { Cidr } from "../../../helpers/model/cidr.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import type { IpRoute } from "../../../helpers/probes/parse/parse-ip-route.ts";
import { handBuilt } from "../../../helpers/requirement/hand-built.ts";
import { cite, stage } from "../../../helpers/requirement/index.ts";
import { kernelIn, look, mustInclude, NEEDS, routesOf, type Seen, shownIn } from "../look.ts";

export const ISOLATED = cite(
  "man/network_namespaces",
  "Network namespaces provide isolation of the system resources associated with networking: network devices, IPv4 and IPv6 protocol stacks, IP routing tables, firewall rules",
);

export const withIpv6 = [...NEEDS, "ipv6"] as const;

export const site = handBuilt("across");

/** The pair as it was made. */
export const across = stage(site, async (lab, session) => {
  const { net1, net2 } = await lab.namespaces("net1", "net2");
  await lab.run(`ip link add veth1 netns ${net1.name} type veth peer name veth2 netns ${net2.name}`);
  const [inNet1, inNet2, onHost] = await Promise.all([look(net1), look(net2), look(lab.root)]);
  return { lab, net1, net2, inNet1, inNet2, onHost, subnet: cidr(session.subnets.choose(24)) };
});

/** One end with an address and up, while the other one is still down. */
export const oneUp = stage(across, async (value) => {
  const { lab, net1, subnet } = value;
  await lab.runIn(net1, `ip address add ${subnet.host(1)}/${subnet.prefix} dev veth1`, "ip link set veth1 up");
  const [half, halfRoutes] = await Promise.all([look(net1), routesOf(net1)]);
  return { ...value, half, halfRoutes };
});

/** Flags and state of an end that is up while the other one is down. */
export function mustLackCarrier(seen: Seen, name: string): void {
  const shown = shownIn(seen, name);
  mustInclude(`flags of ${name}`, shown.flags, "NO-CARRIER", "UP");
  expect(shown.flags, `flags of ${name}`).not.toContain("LOWER_UP");
  const { index, peerIndex, carrier } = kernelIn(seen, name);
  // An end whose peer has the same number counts as nobody's upper device. Else it is the kernel's version that decides
  // (net/core/link_watch.c, default_operstate: since 6.2 the lower one is looked for among the end's own neighbours), and
  // distributions have taken that back into older ones.
  expect(index === peerIndex ? ["DOWN"] : ["DOWN", "LOWERLAYERDOWN"], `state of ${name}`).toContain(shown.state);
  expect(carrier, `carrier of ${name}`).toBe(false);
}

/** The route to the subnet that comes with an address. */
export function connected(routes: readonly IpRoute[], subnet: Cidr): IpRoute | undefined {
  return routes.find(({ destination }) => destination === subnet.toString());
}
