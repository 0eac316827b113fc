import { expect } from "vitest";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { bridgePorts } from "../../helpers/probes/bridge-ports.ts";
import { parseIpAddress } from "../../helpers/probes/parse/parse-ip-address.ts";
import { parsePing } from "../../helpers/probes/parse/parse-ping.ts";
import { ping } from "../../helpers/probes/reach.ts";
import { defaultRoute } from "../../helpers/probes/routes.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import {
  CONSOLE,
  framesDuring,
  type HandBuilt,
  handBuilt,
  type NamedNamespace,
  settledUp,
  within,
} from "../../helpers/requirement/hand-built.ts";
import {
  chapter,
  cite,
  D0,
  D4,
  mustMatchTable,
  mustNotReach,
  mustReach,
  NotApplicable,
  requirement,
  type Session,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { lanAddress, uplinkOf } from "../../helpers/requirement/lan-address.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { countersOf, ipv4Of, kernelIn, look, mustInclude, NEEDS, names, type Seen, shownIn } from "./look.ts";

const FORWARDS = cite(
  "linux/bridge#what-does-a-bridge-do",
  "A bridge transparently forwards traffic between multiple network interfaces.",
);

const BEYOND = [...NEEDS, "second host"] as const;

const FILTERED =
  "with br_netfilter loaded the host's FORWARD chain filters the frames between the ports too: a rule there drops them";
const STOPPED = "a rule of the host's FORWARD chain, or its rp_filter, stops what comes from the bridge";

const site = handBuilt("bridge");
const atConsole = topology("bridge-console", { containers: { terminal: CONSOLE } });

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
const made = stage(site, async (lab, session) => {
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

async function linksBy(lab: HandBuilt, filter: string): Promise<string[]> {
  const evidence = await lab.root.ask(`ip -j link show ${filter}`);
  if (evidence.exitCode !== 0) throw new ProbeFailed(`\`ip link show ${filter}\` failed on the host`, evidence);
  // Without any link some versions print nothing at all.
  return names(evidence.stdout.trim() === "" ? [] : parseIpAddress(evidence.stdout));
}

requirement(
  "NETNS-72",
  { must: "`ip link add B type bridge` MUST create a bridge that is down", from: [D4("Linux bridge")], needs: NEEDS },
  made,
  ({ bridge, alone }) => {
    const kernel = kernelIn(alone, bridge);
    expect(kernel.bridge, "what the kernel says of it as a bridge").not.toBe(null);
    expect(kernel.up, "whether the new bridge is up").toBe(false);
    const shown = shownIn(alone, bridge);
    expect({ flags: shown.flags, state: shown.state, qdisc: shown.qdisc }, "the new bridge").toEqual({
      flags: ["BROADCAST", "MULTICAST"],
      state: "DOWN",
      qdisc: "noop",
    });
  },
);

requirement(
  "NETNS-73",
  {
    must: "`ip link show type bridge` MUST list bridges, all of them, and nothing else",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  made,
  async ({ lab, bridge, red }, { facts }) => {
    // Other networks come and go: what is looked at before and after the list is what it must agree with.
    const before = (await look(lab.root)).kernel;
    const listed = await linksBy(lab, "type bridge");
    const after = (await look(lab.root)).kernel;
    const steady = before.filter(({ name, index }) => after.some((one) => one.name === name && one.index === index));
    const bridges = steady.filter((one) => one.bridge !== null).map(({ name }) => name);
    mustInclude("interfaces of the host", names(steady), bridge, red.port);
    mustInclude("what is listed", listed, ...bridges);
    expect(
      listed.filter((name) => steady.some((one) => one.name === name) && !bridges.includes(name)),
      "what is listed and is no bridge",
    ).toEqual([]);
    expect(bridges, "bridges by the kernel's own files").toContain(bridge);
    if (facts.defaultBridge !== null) expect(listed, "what is listed").toContain(facts.defaultBridge.device);
  },
);

/** Two namespaces' far ends made ports, and the bridge set up; the ports are still down. */
const enslaved = stage(made, async (value) => {
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

const onEnslaved = chapter({ given: enslaved, needs: NEEDS });

onEnslaved(
  "NETNS-74",
  {
    must: "`ip link set P master B` MUST make P a port of the bridge B",
    from: [D4("Linux bridge")],
  },
  ({ bridge, red, green, alone, attached, ports }) => {
    expect(names(alone.kernel), "interfaces of the host").toContain(bridge);
    for (const { port } of [red, green]) {
      expect(shownIn(attached, port).master, `master of ${port} as \`ip\` shows it`).toBe(bridge);
      expect(kernelIn(attached, port).master, `master of ${port} in the kernel's files`).toBe(bridge);
    }
    expect(ports, "ports in the bridge's own list").toEqual([red.port, green.port].toSorted());
  },
);

onEnslaved(
  "NETNS-75",
  {
    must: "`ip link show master B` MUST list the ports of B only, and nothing for a bridge without ports",
    from: [D4("Linux bridge")],
  },
  ({ red, green, blue, idlePorts, listed, attached }) => {
    expect(idlePorts, "what was listed before the bridge had ports").toEqual([]);
    expect(names(attached.shown), "interfaces of the host, the third pair's end among them").toContain(blue.port);
    expect(listed.toSorted(), "what is listed with two ports").toEqual([red.port, green.port].toSorted());
  },
);

onEnslaved(
  "NETNS-76",
  {
    must: "A bridge whose hardware address nobody has set MUST take the numerically lowest one of its ports",
    from: [D4("Linux bridge")],
    appliesTo: "hosts where nothing (udev's MACAddressPolicy) sets it",
  },
  ({ bridge, red, green, alone, attached, filedAs }) => {
    // NET_ADDR_SET of linux/netdevice.h.
    if (filedAs === "3")
      throw new NotApplicable("something on this host sets the hardware addresses of new bridges: udev does so");
    const [lowest] = [red, green].map(({ port }) => kernelIn(attached, port).mac).toSorted();
    expect(kernelIn(attached, bridge).mac, "hardware address of the bridge with two ports").toBe(lowest);
    expect(kernelIn(alone, bridge).mac, "hardware address of the bridge before it had ports").not.toBe(lowest);
  },
);

requirement(
  "NETNS-77",
  { must: "Ports MUST stay down until they are set up", from: [D4("Linux bridge")], needs: NEEDS },
  enslaved,
  ({ red, green, idle }) => {
    for (const { port } of [red, green]) {
      expect(kernelIn(idle, port).up, `whether ${port} is up after it became a port`).toBe(false);
      expect(shownIn(idle, port).state, `state of ${port}`).toBe("DOWN");
    }
  },
);

onEnslaved(
  "NETNS-78",
  {
    must: "A bridge that is up but has no running port MUST be without carrier",
    from: [D0("3.2"), D4("简单回顾")],
  },
  ({ bridge, idle }) => {
    const shown = shownIn(idle, bridge);
    mustInclude("flags of the bridge", shown.flags, "NO-CARRIER", "UP");
    expect(shown.state, "state of the bridge").toBe("DOWN");
    expect(kernelIn(idle, bridge).carrier, "carrier of the bridge").toBe(false);
  },
);

onEnslaved(
  "NETNS-81",
  {
    must: "A port MUST be in the host's own namespace and show the link-netns NAME of the namespace that holds its far end",
    from: [D4("Linux bridge")],
  },
  ({ red, green, attached }) => {
    for (const { port, namespace } of [red, green])
      expect(shownIn(attached, port).linkNetns, `link-netns of ${port}`).toBe(namespace.name);
  },
);

onEnslaved(
  "NETNS-82",
  {
    must: "The far end of a port MUST show a link-netnsid, and the port's index as its peer",
    from: [D4("Linux bridge")],
  },
  ({ all, far, attached }) => {
    for (const [n, { device, port }] of all.entries()) {
      const seen = far[n];
      if (seen === undefined) throw new ProbeFailed(`${device} was not looked at`);
      expect(shownIn(seen, device).linkNetnsId, `link-netnsid of ${device}`).toEqual(expect.any(Number));
      expect(shownIn(seen, device).peerIndex, `peer index of ${device}`).toBe(kernelIn(attached, port).index);
    }
  },
);

/** Everything up, the namespaces with addresses; the bridge has none. */
const joined = stage(enslaved, async (value) => {
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

const onJoined = chapter({ given: joined, needs: NEEDS });

onJoined(
  "NETNS-79",
  {
    must: "With bridge, ports and far ends up, the bridge MUST show UP and LOWER_UP, with the state UP",
    from: [D4("Linux bridge")],
  },
  ({ bridgeRunning }) => {
    bridgeRunning();
  },
);

onJoined(
  "NETNS-80",
  {
    must: "With bridge, ports and far ends up, every port MUST show UP and LOWER_UP, with the state UP",
    from: [D4("Linux bridge")],
  },
  ({ portsRunning }) => {
    portsRunning();
  },
);

onJoined(
  "NETNS-83",
  {
    must: "Of two namespaces on one bridge, the second (green) MUST reach the first (red)",
    from: [FORWARDS, D4("Linux bridge")],
  },
  ({ greenToRed }) => {
    greenToRed();
  },
);

onJoined(
  "NETNS-84",
  {
    must: "Of two namespaces on one bridge, the first (red) MUST reach the second (green)",
    from: [FORWARDS, D4("Linux bridge")],
  },
  ({ redToGreen }) => {
    redToGreen();
  },
);

onJoined(
  "NETNS-85",
  {
    must: "Namespaces on one bridge MUST reach each other although the bridge has no IP address",
    from: [
      cite(
        "linux/bridge#is-it-l3-protocol-independent",
        "The bridge sees all frames, but it uses only L2 headers/information.",
      ),
      D4("Linux bridge"),
    ],
  },
  ({ bridge, withoutAddress, redToGreen, greenToRed }) => {
    expect(ipv4Of(shownIn(withoutAddress, bridge)), "IPv4 addresses of the bridge").toEqual([]);
    redToGreen();
    greenToRed();
  },
);

onJoined(
  "NETNS-86",
  {
    must: "More than two namespaces MUST be connectable through one bridge",
    from: [FORWARDS, D4("Linux bridge")],
  },
  ({ threeMeet }) => {
    threeMeet();
  },
);

/** Pings that are counted, where a handful of the kernel's own frames must not matter. */
const MANY = 20;

/** What the bridge learned and whom it sent to, and what left the host meanwhile. */
const learned = stage(joined, async (value) => {
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

function macOf(seen: Seen | undefined, device: string): string {
  if (seen === undefined) throw new ProbeFailed(`${device} was not looked at`);
  return kernelIn(seen, device).mac;
}

requirement(
  "NETNS-105",
  {
    must: "Forwarding between namespaces on a bridge MUST go by the destination's hardware address, which the bridge has learned with its port: no other port gets the frames",
    from: [
      cite(
        "linux/bridge#introduction",
        "The purpose of a bridge is to filter and forward frames between different segments based on the destination MAC (Media Access Control) address.",
      ),
      D4("Linux bridge"),
    ],
    needs: NEEDS,
  },
  learned,
  ({ all, far, table, sent, flood }) => {
    expect(
      all.map(({ device }, n) => table.get(macOf(far[n], device))),
      "ports that the bridge has learned for the namespaces' hardware addresses",
    ).toEqual(all.map(({ port }) => port));
    expect(parsePing(flood.stdout).received, `answers to ${MANY} pings from red to green`).toBe(MANY);
    const [toRed = 0, toGreen = 0, toBlue = 0] = sent;
    expect(toGreen, "frames sent through green's port meanwhile").toBeGreaterThanOrEqual(MANY);
    expect(toRed, "frames sent through red's port meanwhile").toBeGreaterThanOrEqual(MANY);
    expect(toBlue, "frames sent through blue's port meanwhile").toBeLessThan(MANY);
  },
);

requirement(
  "NETNS-106",
  {
    must: "Frames MUST NOT leave the host through a bridge that has no physical port, not even broadcasts",
    from: [D4("Linux bridge")],
    needs: [...BEYOND, "packet capture"],
  },
  learned,
  async ({ lab, bridge, subnet, red, green }, session) => {
    const uplink = uplinkOf(session.facts);
    const beyond = await outside(session);
    const { terminal } = await atConsole.obtain();
    const inRed = `ip netns exec ${red.namespace.name} busybox`;
    const nobody = subnet.host(200);
    const frames = await framesDuring(
      terminal,
      lab.host,
      `(net ${subnet}) or (icmp and host ${beyond})`,
      [
        `${inRed} ping -c 2 -i 0.1 -W 2 ${green.address}`,
        `${inRed} arping -c 1 -w 1 -I ${red.device} ${nobody}`,
        `busybox ping -c 1 -W 2 ${beyond}`,
      ].join("; "),
    );
    const of = (what: string): { interface: string; text: string }[] =>
      frames.filter(({ text }) => text.includes(what));
    const on = (what: string): string[] => [...new Set(of(what).map((frame) => frame.interface))];
    if (!on(beyond).includes(uplink.interface))
      throw new ProbeFailed(`the capture saw nothing on ${uplink.interface}, not even what was sent there`);
    mustInclude("interfaces that a ping between the namespaces passed", on(red.address), red.port, green.port);
    mustInclude("interfaces that a broadcast of red passed", on(`who-has ${nobody}`), bridge, green.port);
    // What the namespaces send beyond by the default route meanwhile is forwarded by the host, not by the bridge.
    const inside = new Set((await bridgePorts(lab.root, bridge)).concat(bridge));
    expect(
      frames.filter((frame) => !inside.has(frame.interface) && !frame.text.includes(beyond)).map(({ text }) => text),
      "frames of the namespaces on other interfaces than the bridge and its ports",
    ).toEqual([]);
  },
);

/** The second host's address on the LAN: it has no route back to the subnet of the namespaces. */
async function outside(session: Session): Promise<string> {
  return lanAddress((await session.secondHost()).facts);
}

/** The bridge with an address, the namespaces without a default route. */
const reachable = stage(learned, async (value, session) => {
  const { lab, bridge, subnet, red, all } = value;
  const gateway = subnet.host(1);
  const lan = lanAddress(session.facts);
  await lab.run(`ip address add ${gateway}/${subnet.prefix} dev ${bridge}`);
  const gatewayAnswers = await atThisMoment(
    mustMatchTable(
      all.map(({ namespace }) => ({ question: ping(namespace.busybox, gateway), expected: "replied" as const })),
    ),
  );
  const hostHidden = await atThisMoment(
    mustNotReach(ping(red.namespace.busybox, lan), { as: "unreachable", control: ping(lab.host, lan) }),
  );
  return { ...value, gateway, lan, gatewayAnswers, hostHidden };
});

requirement(
  "NETNS-87",
  {
    must: "An address on the bridge MUST make it reachable from the namespaces",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  reachable,
  ({ gatewayAnswers }) => {
    gatewayAnswers();
  },
);

requirement(
  "NETNS-88",
  {
    must: "Without a default route a namespace MUST NOT reach the host's LAN address: its own kernel knows no route",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  reachable,
  ({ hostHidden }) => {
    expect(hostHidden().unreachable, "why it is unreachable").toBe("no route");
  },
);

/** The bridge's address as the namespaces' default gateway; nothing is masqueraded yet. */
const routed = stage(reachable, async (value) => {
  const { lab, gateway, lan, red, all } = value;
  await lab.run(...all.flatMap(({ namespace }) => within(namespace, `ip route add default via ${gateway}`)));
  const hostAnswers = await atThisMoment(mustReach(ping(red.namespace.busybox, lan)));
  return { ...value, hostAnswers };
});

requirement(
  "NETNS-89",
  {
    must: "With the bridge's address as its default gateway a namespace MUST reach the host's LAN address",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  routed,
  async ({ hostAnswers, gateway, red }) => {
    hostAnswers();
    expect(await defaultRoute(red.namespace), "default route of the namespace").toMatchObject({
      gateway,
      interface: red.device,
    });
  },
);

/** TTL of the answer to a ping. */
function ttlOf(answer: string): number {
  const [reply] = parsePing(answer).replies;
  if (reply === undefined) throw new ProbeFailed("the ping's answer has no TTL");
  return reply.ttl;
}

requirement(
  "NETNS-90",
  {
    must: "The TTL of the host's own answer to a namespace MUST be undiminished: the packet is not forwarded",
    from: [D4("Linux bridge")],
    needs: NEEDS,
  },
  routed,
  async ({ lab, lan, hostAnswers }) => {
    const { answer } = await mustReach(ping(lab.host, lan));
    const initial = Number((await textFile(lab.root, "/proc/sys/net/ipv4/ip_default_ttl")).trim());
    expect(ttlOf(answer), "TTL of the host's answer to itself").toBe(initial);
    expect(ttlOf(hostAnswers().answer), "TTL of the host's answer to a namespace").toBe(initial);
  },
);

/** Masquerading for the namespaces' subnet; the same ping to the second host without and with it. */
const masqueraded = stage(routed, async (value, session) => {
  const { lab, subnet, red, green } = value;
  const beyond = await outside(session);
  const silent = await atThisMoment(
    mustNotReach(ping(red.namespace.busybox, beyond), {
      as: "timed out",
      control: ping(lab.host, beyond),
      cause: "the second host has a route to this subnet, or something masquerades it already",
    }),
  );
  // The comment says whose it is: to whoever reads the host's rules, and to the suites that judge those of others.
  const rule = `POSTROUTING -s ${subnet} -m comment --comment ${lab.nameOf("masquerade")} -j MASQUERADE`;
  lab.undo(`iptables -w 10 -t nat -D ${rule}`);
  await lab.run(`iptables -w 10 -t nat -A ${rule}`);
  const [fromRed, fromGreen] = await Promise.all([
    atThisMoment(mustReach(ping(red.namespace.busybox, beyond), STOPPED)),
    atThisMoment(mustReach(ping(green.namespace.busybox, beyond), STOPPED)),
  ]);
  return { ...value, beyond, silent, fromRed, fromGreen };
});

const onMasqueraded = chapter({ given: masqueraded, needs: BEYOND });

onMasqueraded(
  "NETNS-92",
  {
    must: "For targets beyond the host the namespaces' source address MUST be masqueraded: without the rule no answer comes back, with it one does",
    from: [D4("Linux bridge")],
  },
  ({ silent, fromRed }) => {
    silent();
    fromRed();
  },
);

onMasqueraded(
  "NETNS-93",
  {
    must: "With forwarding and masquerading every namespace MUST reach an address beyond the host",
    from: [D4("Linux bridge")],
  },
  async ({ lab, fromRed, fromGreen }) => {
    expect((await textFile(lab.root, "/proc/sys/net/ipv4/ip_forward")).trim(), "net.ipv4.ip_forward of the host").toBe(
      "1",
    );
    fromRed();
    fromGreen();
  },
);

onMasqueraded(
  "NETNS-94",
  {
    must: "The TTL of an outside answer MUST be one lower in the namespace than on the host",
    from: [D4("Linux bridge")],
  },
  async ({ lab, beyond, fromRed }) => {
    const { answer } = await mustReach(ping(lab.host, beyond));
    expect(ttlOf(fromRed().answer), "TTL of the second host's answer to a namespace").toBe(ttlOf(answer) - 1);
  },
);

/**
 * A machine that forwards for somebody behind it, with net.ipv4.ip_forward off and on. The setting is one of each
 * namespace, so the blue one is that machine: turned off on the host itself it would cut off every container there.
 */
const forwarded = stage(masqueraded, async (value, session) => {
  const { lab, blue, beyond } = value;
  const hidden = await lab.namespace("behind");
  const between = cidr(session.subnets.choose(24));
  const [far, near] = [between.host(2), between.host(1)];
  await lab.run(
    `ip link add eth0 netns ${hidden.name} type veth peer name inner netns ${blue.namespace.name}`,
    ...within(
      blue.namespace,
      `ip address add ${near}/${between.prefix} dev inner`,
      "ip link set inner up",
      `iptables -w 10 -t nat -A POSTROUTING -s ${between} -j MASQUERADE`,
      "sysctl -q -w net.ipv4.ip_forward=0",
    ),
    ...within(
      hidden,
      `ip address add ${far}/${between.prefix} dev eth0`,
      "ip link set eth0 up",
      `ip route add default via ${near}`,
    ),
  );
  const gatewayAnswers = await atThisMoment(
    settledUp(hidden, "eth0").then(() => mustReach(ping(hidden.busybox, near))),
  );
  const off = await atThisMoment(
    mustNotReach(ping(hidden.busybox, beyond), {
      as: ["timed out", "unreachable"],
      control: ping(blue.namespace.busybox, beyond),
    }),
  );
  await lab.runIn(blue.namespace, "sysctl -q -w net.ipv4.ip_forward=1");
  const on = await atThisMoment(mustReach(ping(hidden.busybox, beyond)));
  return { gatewayAnswers, off, on };
});

requirement(
  "NETNS-91",
  {
    must: "For targets beyond a machine its net.ipv4.ip_forward MUST be 1: with 0 nothing gets through, not even masqueraded, though the machine itself answers and reaches them",
    from: [D4("Linux bridge")],
    needs: BEYOND,
  },
  forwarded,
  ({ gatewayAnswers, off, on }) => {
    gatewayAnswers();
    off();
    on();
  },
);

onMasqueraded(
  "NETNS-107",
  {
    must: "The Docker default network MUST be buildable by hand with the steps bridge, veth pairs, addresses, default routes, ip_forward and masquerading: then every namespace reaches every other one, the gateway, the host and what lies beyond",
    from: [
      cite(
        "libnetwork/network#bridge-mode",
        "Creates a veth-pair, attaching one end to docker0 bridge on host NS, and move the other end to the new container NS.",
      ),
      D4("简单回顾"),
    ],
  },
  async ({ all, gateway, lan, beyond }) => {
    await mustMatchTable(
      all.flatMap((from) =>
        [...all.filter((to) => to !== from).map(({ address }) => address), gateway, lan, beyond].map((target) => ({
          question: ping(from.namespace.busybox, target),
          expected: "replied" as const,
        })),
      ),
      STOPPED,
    );
  },
);
