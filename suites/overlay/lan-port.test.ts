import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { arping } from "../../helpers/probes/arping.ts";
import { link } from "../../helpers/probes/links.ts";
import { handBuilt } from "../../helpers/requirement/hand-built.ts";
import { cite, D0, mustNotReach, mustReach, requirement, stage } from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";

/**
 * A bridge with a namespace on it, and a machine of a LAN: a namespace at the far end of a cable whose near end is the
 * host's spare NIC. First the NIC is left alone, then it becomes a port of the bridge.
 */
const bridged = stage(handBuilt("lan-port"), async (site, session) => {
  const subnet = cidr(session.subnets.choose(24));
  const { machine, guest, neighbour } = await site.namespaces("machine", "guest", "neighbour");
  const [bridge, nic, port, other] = [site.device("br"), site.device("nic"), site.device("p"), site.device("o")];
  const plug = (device: string, namespace: { readonly name: string }, host: number) => [
    `ip link add ${device} type veth peer name eth0 netns ${namespace.name}`,
    `ip netns exec ${namespace.name} ip address add ${subnet.host(host)}/${subnet.prefix} dev eth0`,
    `ip netns exec ${namespace.name} ip link set eth0 up`,
    `ip link set ${device} up`,
  ];
  await site.run(
    `ip link add ${bridge} type bridge`,
    `ip link set ${bridge} up`,
    ...plug(nic, machine, 1),
    ...plug(port, guest, 2),
    ...plug(other, neighbour, 3),
    `ip link set ${port} master ${bridge}`,
    `ip link set ${other} master ${bridge}`,
  );
  const mac = (await link(guest.busybox, "eth0"))?.mac;
  if (mac === undefined) throw new ProbeFailed("the namespace on the bridge has no eth0");
  // By ARP: whether the host's firewall lets IP through between the ports is another question.
  const guestFrom = (from: Vantage) => arping(from, { device: "eth0", address: subnet.host(2), owners: [mac] });
  const apart = await atThisMoment(
    mustNotReach(guestFrom(machine.busybox), { as: "timed out", control: guestFrom(neighbour.busybox) }),
  );
  await site.run(`ip link set ${nic} master ${bridge}`);
  const joined = await atThisMoment(mustReach(guestFrom(machine.busybox)));
  return { apart, joined };
});

requirement(
  "OVERLAY-14",
  {
    must: "With one of the host's NICs as a port of a bridge, namespaces on that bridge MUST be on the NIC's LAN at layer 2; without it they MUST NOT",
    from: [
      cite(
        "linux/bridge#what-does-a-bridge-do",
        "a bridge connects two or more physical Ethernet networks, to form one larger (logical) Ethernet network",
      ),
      D0("1.2"),
    ],
    cause:
      "`ip link set … master` had no effect: a program in front of `ip`, or a network manager that takes the NIC off the bridge again",
    needs: ["disposable host", "host view", "host iproute2"],
  },
  bridged,
  ({ apart, joined }) => {
    apart();
    joined();
  },
);
