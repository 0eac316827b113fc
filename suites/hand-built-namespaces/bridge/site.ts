import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { bridgePorts } from "../../../helpers/probes/bridge-ports.ts";
import { parseIpAddress } from "../../../helpers/probes/parse/parse-ip-address.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import {
  type HandBuilt,
  handBuilt,
  type NamedNamespace,
  settledUp,
  within,
} from "../../../helpers/requirement/hand-built.ts";
import { mustMatchTable, mustReach, type Session, stage } from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { countersOf, look, NEEDS, names } from "../look.ts";

export const BEYOND = [...NEEDS, "second host"] as const;

const FILTERED =
  "with br_netfilter loaded the host's FORWARD chain filters the frames between the ports too: a rule there drops them";

const site = handBuilt("bridge");

/** The namespaces of the lab; every one's device is called `eth0-` and its first letter, as in the document. */
const KEYS = ["red", "green", "blue"] as const;

type Key = (typeof KEYS)[number];

interface Plugged {
  readonly namespace: NamedNamespace;
  /** Its end of the pair. */
  readonly device: string;
  /** The other end, on the host. */
  readonly port: string;
  readonly address: string;
}

/** Where a pair goes between a namespace and the host. */
function plugOf(lab: HandBuilt, key: Key, namespace: NamedNamespace, address: string): Plugged {
  return { namespace, device: `eth0-${key.charAt(0)}`, port: lab.device(key.charAt(0)), address };
}

/** The bridge as it was made, and three namespaces beside it. */
export const made = stage(site, async (lab, session) => {
  const subnet = cidr(session.subnets.choose(24));
  const bridge = lab.device("br");
  await lab.run(`ip link add ${bridge} type bridge`);
  const [alone, idlePorts, namespaces] = await Promise.all([
    look(lab.root),
    linksBy(lab, `master ${bridge}`),
    lab.namespaces(...KEYS),
  ]);
  const red = plugOf(lab, "red", namespaces.red, subnet.host(11));
  const green = plugOf(lab, "green", namespaces.green, subnet.host(12));
  const blue = plugOf(lab, "blue", namespaces.blue, subnet.host(13));
  await lab.run(
    ...[red, green, blue].map(
      ({ namespace, device, port }) => `ip link add ${device} netns ${namespace.name} type veth peer name ${port}`,
    ),
  );
  return { lab, subnet, bridge, alone, idlePorts, red, green, blue, all: [red, green, blue] as const };
});

export async function linksBy(lab: HandBuilt, filter: string): Promise<string[]> {
  const evidence = await lab.root.ask(`ip -j link show ${filter}`);
  if (evidence.exitCode !== 0) throw new ProbeFailed(`\`ip link show ${filter}\` failed on the host`, evidence);
  // Without any link some versions print nothing at all.
  return names(evidence.stdout.trim() === "" ? [] : parseIpAddress(evidence.stdout));
}

/** Two namespaces' far ends made ports, and the bridge set up; the ports are still down. */
export const enslaved = stage(made, async (value) => {
  const { lab, bridge, red, green, all } = value;
  await lab.run(`ip link set ${red.port} master ${bridge}`, `ip link set ${green.port} master ${bridge}`);
  const [attached, ports, listed, filedAs] = await Promise.all([
    look(lab.root),
    bridgePorts(lab.root, bridge),
    linksBy(lab, `master ${bridge}`),
    textFile(lab.root, `/sys/class/net/${bridge}/addr_assign_type`),
  ]);
  await lab.run(`ip link set ${bridge} up`);
  const [idle, far] = await Promise.all([look(lab.root), Promise.all(all.map(({ namespace }) => look(namespace)))]);
  return { ...value, attached, ports, listed, filedAs: filedAs.trim(), idle, far };
});

/** Everything up, the namespaces with addresses; the bridge has none. */
export const joined = stage(enslaved, async (value) => {
  const { lab, bridge, subnet, red, green, blue, all } = value;
  // Where br_netfilter is loaded, frames between ports pass the host's FORWARD chain too, whose policy the engine has
  // set to DROP: the documents' host has no engine.
  await lab.needs("iptables", "iptables");
  for (const side of ["-i", "-o"]) lab.undo(`iptables -w 10 -D FORWARD ${side} ${bridge} -j ACCEPT`);
  const setUp = ({ namespace, device, address, port }: Plugged): string[] => [
    ...within(namespace, `ip address add ${address}/${subnet.prefix} dev ${device}`, `ip link set ${device} up`),
    `ip link set ${port} up`,
  ];
  await lab.run(
    ...["-i", "-o"].map((side) => `iptables -w 10 -I FORWARD ${side} ${bridge} -j ACCEPT`),
    ...setUp(red),
    ...setUp(green),
  );
  const [bridgeRunning, portsRunning] = await Promise.all([
    atThisMoment(settledUp(lab.root, bridge)),
    atThisMoment(settledUp(lab.root, red.port, green.port)),
  ]);
  const [redToGreen, greenToRed] = await Promise.all([
    atThisMoment(mustReach(ping(red.namespace.busybox, green.address), FILTERED)),
    atThisMoment(mustReach(ping(green.namespace.busybox, red.address), FILTERED)),
  ]);
  const withoutAddress = await look(lab.root);
  await lab.run(`ip link set ${blue.port} master ${bridge}`, ...setUp(blue));
  const threeMeet = await atThisMoment(
    settledUp(lab.root, blue.port).then(() =>
      mustMatchTable(
        all.flatMap((from) =>
          all
            .filter((to) => to !== from)
            .map((to) => ({ question: ping(from.namespace.busybox, to.address), expected: "replied" as const })),
        ),
        FILTERED,
      ),
    ),
  );
  return { ...value, bridgeRunning, portsRunning, redToGreen, greenToRed, withoutAddress, threeMeet };
});

/** Pings that are counted, where a handful of the kernel's own frames must not matter. */
export const MANY = 20;

/** What the bridge learned and whom it sent to, and what left the host meanwhile. */
export const learned = stage(joined, async (value) => {
  const { lab, bridge, red, green, all } = value;
  const counted = async (): Promise<number[]> =>
    await Promise.all(all.map(async ({ port }) => (await countersOf(lab.root, port)).txPackets));
  const before = await counted();
  const flood = await red.namespace.busybox.ask(`ping -q -c ${MANY} -i 0.02 -W 2 ${green.address}`);
  const sent = (await counted()).map((after, n) => after - (before[n] ?? 0));
  const table = await forwardingTable(lab, bridge);
  return { ...value, flood, sent, table };
});

/** Hardware address → port, as the bridge learned them. */
async function forwardingTable(lab: HandBuilt, bridge: string): Promise<ReadonlyMap<string, string>> {
  const evidence = await lab.root.ask(`bridge -j fdb show br ${bridge} dynamic`);
  if (evidence.exitCode !== 0) throw new ProbeFailed("the bridge's table can't be read", evidence);
  const entries = JSON.parse(evidence.stdout) as readonly { readonly mac: string; readonly ifname: string }[];
  return new Map(entries.map(({ mac, ifname }) => [mac, ifname]));
}

/** The second host's address on the LAN: it has no route back to the subnet of the namespaces. */
export async function outside(session: Session): Promise<string> {
  return lanAddress((await session.secondHost()).facts);
}
