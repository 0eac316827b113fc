import { expect } from "vitest";
import { cidr } from "../../helpers/model/cidr.ts";
import { parseIpv4 } from "../../helpers/model/ipv4.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { handBuilt, settledUp } from "../../helpers/requirement/hand-built.ts";
import { chapter, cite, D0, D3, D4, NotRun, requirement, stage } from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import {
  countersOf,
  ipv4Of,
  kernelIn,
  look,
  meet,
  mustInclude,
  NEEDS,
  names,
  plain,
  type Seen,
  shownIn,
} from "./look.ts";

const TUNNELS = cite("man/veth", "They can act as tunnels between network namespaces");

const site = handBuilt("moving");

/** The pair as it was made, both ends still on the host. */
const made = stage(site, async (lab, session) => {
  const [one, two] = [lab.device("v1"), lab.device("v2")];
  const { ns1, ns2 } = await lab.namespaces("ns1", "ns2");
  const [empty, before] = await Promise.all([look(ns1), look(lab.root)]);
  await lab.run(`ip link add ${one} type veth peer name ${two}`);
  const after = await look(lab.root);
  return { lab, one, two, ns1, ns2, empty, before, after, subnet: cidr(session.subnets.choose(24)) };
});

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

/** One end moved into the first namespace. */
const oneMoved = stage(made, async (value) => {
  const { lab, two, ns1, ns2 } = value;
  await lab.run(`ip link set ${two} netns ${ns1.name}`);
  const [onHost, inside, beside] = await Promise.all([look(lab.root), look(ns1), look(ns2)]);
  return { ...value, onHost, inside, beside };
});

const onOneMoved = chapter({ given: oneMoved, needs: NEEDS });

onOneMoved(
  "NETNS-27",
  {
    must: "Moving one end MUST remove it from the first namespace's list, and leave the other end there",
    from: [D0("3.2"), D3("二.1.1"), D4("虚拟以太网对(veth pair)")],
  },
  ({ one, two, after, onHost }) => {
    expect(names(after.shown), "interfaces of the host before the move").toContain(two);
    expect(names(onHost.shown), "interfaces of the host after the move").not.toContain(two);
    expect(names(onHost.shown), "interfaces of the host after the move").toContain(one);
  },
);

onOneMoved(
  "NETNS-28",
  {
    must: "The moved end MUST appear in the target namespace as `NAME@ifN`, N being the index of its peer",
    from: [D0("3.2")],
  },
  ({ one, two, empty, onHost, inside }) => {
    expect(names(empty.shown), "interfaces of the target before the move").not.toContain(two);
    const { index } = kernelIn(onHost, one);
    expect(shownIn(inside, two).peerIndex, `number behind the @if of ${two}`).toBe(index);
    expect(kernelIn(inside, two).peerIndex, `peer index of ${two} in the kernel's files`).toBe(index);
  },
);

onOneMoved(
  "NETNS-29",
  {
    must: "The moved end MUST keep its index where that is free in the target namespace",
    from: [D0("3.2")],
  },
  ({ two, empty, after, inside }) => {
    const { index } = kernelIn(after, two);
    if (empty.kernel.some((other) => other.index === index))
      throw new NotRun(`index ${index} was taken in the target namespace already`);
    expect(kernelIn(inside, two).index, `index of ${two} after the move`).toBe(index);
  },
);

requirement(
  "NETNS-30",
  { must: "The moved end MUST be down in the target namespace", from: [D0("3.2")], needs: NEEDS },
  oneMoved,
  ({ two, inside }) => {
    expect(kernelIn(inside, two).up, `whether ${two} is up after the move`).toBe(false);
    expect(shownIn(inside, two).state, `state of ${two} after the move`).toBe("DOWN");
  },
);

onOneMoved(
  "NETNS-31",
  {
    must: "The peer's namespace MUST be shown as link-netns NAME when it has a name, else as link-netnsid N",
    from: [D0("3.2"), D4("虚拟以太网对(veth pair)")],
  },
  ({ one, two, ns1, onHost, inside }) => {
    expect(shownIn(onHost, one).linkNetns, "link-netns of the end whose peer is in a named namespace").toBe(ns1.name);
    const back = shownIn(inside, two);
    expect(back.linkNetns, "link-netns of the end whose peer is in the host's namespace, which has no name").toBe(
      undefined,
    );
    expect(back.linkNetnsId, "link-netnsid of the end whose peer is in the host's namespace").toEqual(
      expect.any(Number),
    );
  },
);

onOneMoved(
  "NETNS-98",
  {
    must: "An interface MUST belong to exactly one namespace at a time, before it is moved as well as after",
    from: [
      cite("man/network_namespaces", "A physical network device can live in exactly one network namespace."),
      D3("一"),
    ],
  },
  ({ two, after, empty, onHost, inside, beside }) => {
    const owners = (places: Readonly<Record<string, Seen>>): string[] =>
      Object.entries(places)
        .filter(([, { kernel }]) => kernel.some(({ mac }) => mac === kernelIn(after, two).mac))
        .map(([place]) => place);
    expect(owners({ host: after, ns1: empty }), "namespaces that have the interface before the move").toEqual(["host"]);
    expect(
      owners({ host: onHost, ns1: inside, ns2: beside }),
      "namespaces that have the interface after the move",
    ).toEqual(["ns1"]);
  },
);

/** The moved end renamed to eth0, and attempts to name and find it from where it is not. */
const renamed = stage(oneMoved, async (value) => {
  const { lab, one, two, ns1, ns2 } = value;
  const [sought, soughtBeside, soughtInside] = await Promise.all([
    lab.root.ask(`ip link show ${two}`),
    ns2.ask(`ip link show ${two}`),
    ns1.ask(`ip link show ${two}`),
  ]);
  const misnamed = await lab.attempt(`ip netns exec ${ns1.name} ip link set ${one} name eth0`);
  await lab.runIn(ns1, `ip link set ${two} name eth0`);
  const insideRenamed = await look(ns1);
  return { ...value, sought, soughtBeside, soughtInside, misnamed, insideRenamed };
});

const onRenamed = chapter({ given: renamed, needs: NEEDS });

onRenamed(
  "NETNS-99",
  {
    must: "An interface given to one namespace MUST be invisible to the others, the host's own included",
    from: [D3("一")],
  },
  ({ two, sought, soughtBeside, soughtInside }) => {
    expect(soughtInside.exitCode, `exit code of \`ip link show ${two}\` in its namespace`).toBe(0);
    for (const answer of [sought, soughtBeside]) {
      expect(answer.exitCode, `exit code of \`${answer.command}\``).not.toBe(0);
      expect(answer.stderr, "what `ip link show` says elsewhere").toContain(`"${two}" does not exist`);
    }
  },
);

onRenamed(
  "NETNS-32",
  {
    must: "An interface that is down MUST be renameable inside its namespace",
    from: [D0("3.2"), D3("二.1.1")],
  },
  ({ two, insideRenamed }) => {
    expect(names(insideRenamed.shown), "interfaces of the namespace").toContain("eth0");
    expect(names(insideRenamed.shown), "interfaces of the namespace").not.toContain(two);
  },
);

requirement(
  "NETNS-33",
  { must: "Renaming MUST keep the interface's index", from: [D0("3.2")], needs: NEEDS },
  renamed,
  ({ two, inside, insideRenamed }) => {
    expect(kernelIn(insideRenamed, "eth0").index, "index after the renaming").toBe(kernelIn(inside, two).index);
  },
);

requirement(
  "NETNS-34",
  { must: "Renaming MUST keep the interface's hardware address", from: [D0("3.2")], needs: NEEDS },
  renamed,
  ({ two, inside, insideRenamed }) => {
    expect(kernelIn(insideRenamed, "eth0").mac, "hardware address after the renaming").toBe(kernelIn(inside, two).mac);
  },
);

onRenamed(
  "NETNS-35",
  {
    must: "Renaming an interface in a namespace where it is not MUST fail: it has to be moved there first",
    from: [D3("二.1.1")],
  },
  ({ one, misnamed }) => {
    expect(misnamed.exitCode, `exit code of renaming ${one}, which is on the host`).not.toBe(0);
    expect(misnamed.stderr.trim(), "what `ip` says").toBe(`Cannot find device "${one}"`);
  },
);

/** The network of an address in its class: what a program assumes that is told no mask. */
function classfulPrefix(address: string): number {
  const first = parseIpv4(address) >>> 24;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

function neededIfconfig(present: boolean): void {
  if (!present) throw new NotRun("`ifconfig` (net-tools) is not installed on the host");
}

/** Addresses in one subnet on both sides: by `ifconfig` in the namespace, by `ip` on the host. */
const addressed = stage(renamed, async (value) => {
  const { lab, one, ns1, subnet } = value;
  const ifconfig = (await lab.root.ask("command -v ifconfig")).exitCode === 0;
  const [host, inner] = [subnet.host(2), subnet.host(3)];
  if (ifconfig) await lab.runIn(ns1, `ifconfig eth0 ${inner}`);
  else await lab.runIn(ns1, `ip address add ${inner}/${subnet.prefix} dev eth0`, "ip link set eth0 up");
  const insideAddressed = await look(ns1);
  await lab.run(`ip address add ${host}/${subnet.prefix} dev ${one}`);
  const onHostAddressed = await look(lab.root);
  await lab.run(`ip link set ${one} up`);
  const met = await atThisMoment(
    settledUp(lab.root, one)
      .then(() => settledUp(ns1, "eth0"))
      .then(() => meet(lab.host, host, ns1.busybox, inner)),
  );
  return { ...value, ifconfig, host, inner, insideAddressed, onHostAddressed, met };
});

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

/** The second end moved from the host into the second namespace, which it has an address and has seen packets before. */
const bothMoved = stage(addressed, async (value) => {
  const { lab, one, ns1, ns2 } = value;
  const upBefore = await look(lab.root);
  const countedBefore = await countersOf(lab.root, one);
  await lab.run(`ip link set ${one} netns ${ns2.name}`);
  const countedAfter = await atThisMoment(countersOf(ns2, one));
  const [onHostLast, inFirst, inSecond] = await Promise.all([look(lab.root), look(ns1), look(ns2)]);
  return { ...value, upBefore, countedBefore, countedAfter, onHostLast, inFirst, inSecond };
});

requirement(
  "NETNS-45",
  { must: "The second end of a pair MUST be movable to another namespace afterwards", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, onHostLast, inSecond }) => {
    expect(names(onHostLast.shown), "interfaces of the host").not.toContain(one);
    expect(names(inSecond.shown), "interfaces of the second namespace").toContain(one);
  },
);

requirement(
  "NETNS-46",
  { must: "Moving an interface MUST delete its IPv4 address", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, host, subnet, upBefore, inSecond }) => {
    expect(plain(ipv4Of(shownIn(upBefore, one))), "IPv4 addresses before the move").toEqual([
      `${host}/${subnet.prefix}`,
    ]);
    expect(plain(ipv4Of(shownIn(inSecond, one))), "IPv4 addresses after the move").toEqual([]);
  },
);

requirement(
  "NETNS-47",
  { must: "Moving an interface that is up MUST set it down", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, upBefore, inSecond }) => {
    expect(kernelIn(upBefore, one).up, `whether ${one} was up before the move`).toBe(true);
    expect(kernelIn(inSecond, one).up, `whether ${one} is up after the move`).toBe(false);
  },
);

requirement(
  "NETNS-48",
  { must: "Moving an interface MUST keep its hardware address", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ one, upBefore, inSecond }) => {
    expect(kernelIn(inSecond, one).mac, "hardware address after the move").toBe(kernelIn(upBefore, one).mac);
  },
);

requirement(
  "NETNS-49",
  { must: "Moving an interface MUST keep its packet counters", from: [D0("3.2")], needs: NEEDS },
  bothMoved,
  ({ countedBefore, countedAfter: counted }) => {
    const countedAfter = counted();
    for (const key of ["rxPackets", "rxBytes", "txPackets", "txBytes"] as const) {
      expect(countedBefore[key], `${key} before the move`).toBeGreaterThan(0);
      // The kernel's own frames may have been counted between the reading and the move.
      expect(countedAfter[key], `${key} after the move, ${countedBefore[key]} before`).toBeGreaterThanOrEqual(
        countedBefore[key],
      );
    }
  },
);

requirement(
  "NETNS-50",
  {
    must: "The end that stays MUST keep its address while its peer moves, and lose its carrier",
    from: [D0("3.2")],
    needs: NEEDS,
  },
  bothMoved,
  ({ insideAddressed, inFirst }) => {
    const eth0 = shownIn(inFirst, "eth0");
    expect(plain(ipv4Of(eth0)), "IPv4 addresses of the end that stays").toEqual(
      plain(ipv4Of(shownIn(insideAddressed, "eth0"))),
    );
    expect(eth0.flags, "flags of the end that stays").toContain("NO-CARRIER");
  },
);

/** The second end renamed as the first one was. */
const bothNamed = stage(bothMoved, async (value) => {
  const { lab, one, ns1, ns2 } = value;
  await lab.runIn(ns2, `ip link set ${one} name eth0`);
  const [first, second] = await Promise.all([link(ns1, "eth0"), link(ns2, "eth0")]);
  return { ...value, first, second };
});

/** Its address of the same subnet with its mask. */
const bothReady = stage(bothNamed, async (value) => {
  const { lab, ns1, ns2, subnet, inner, ifconfig } = value;
  const outer = subnet.host(4);
  if (ifconfig) await lab.runIn(ns2, `ifconfig eth0 ${outer}/${subnet.prefix} up`);
  else await lab.runIn(ns2, `ip address add ${outer}/${subnet.prefix} dev eth0`, "ip link set eth0 up");
  const secondAddressed = await look(ns2);
  const namespacesMet = await atThisMoment(
    settledUp(ns1, "eth0")
      .then(() => settledUp(ns2, "eth0"))
      .then(() => meet(ns2.busybox, outer, ns1.busybox, inner)),
  );
  return { ...value, outer, secondAddressed, namespacesMet };
});

requirement(
  "NETNS-36",
  {
    must: "The same name MUST be usable for different interfaces in two namespaces at once",
    from: [
      cite(
        "man/network_namespaces",
        "Network namespaces provide isolation of the system resources associated with networking: network devices, IPv4 and IPv6 protocol stacks, IP routing tables, firewall rules",
      ),
      D0("3.2"),
      D3("二.1.1"),
    ],
    needs: NEEDS,
  },
  bothNamed,
  ({ first, second }) => {
    expect(first?.name, "interface in the first namespace").toBe("eth0");
    expect(second?.name, "interface in the second namespace").toBe("eth0");
    expect(second?.mac, `hardware address of the second eth0, the first one's being ${first?.mac}`).not.toBe(
      first?.mac,
    );
  },
);

const onBothReady = chapter({ given: bothReady, needs: NEEDS });

onBothReady(
  "NETNS-40",
  {
    must: "`ifconfig IF A/24 up` MUST set the mask 255.255.255.0",
    from: [D3("二.1.1")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, outer, secondAddressed }) => {
    neededIfconfig(ifconfig);
    expect(plain(ipv4Of(shownIn(secondAddressed, "eth0"))), "IPv4 addresses of eth0").toEqual([`${outer}/24`]);
  },
);

onBothReady(
  "NETNS-41",
  {
    must: "`ifconfig IF A/24 up` MUST set the broadcast address of A's /24, and bring the interface up",
    from: [D3("二.1.1")],
    appliesTo: "hosts with net-tools",
  },
  ({ ifconfig, subnet, secondAddressed }) => {
    neededIfconfig(ifconfig);
    expect(
      ipv4Of(shownIn(secondAddressed, "eth0")).map(({ broadcast }) => broadcast),
      "broadcast addresses of eth0",
    ).toEqual([subnet.broadcast]);
    expect(kernelIn(secondAddressed, "eth0").up, "whether eth0 is up").toBe(true);
  },
);

onBothReady(
  "NETNS-51",
  {
    must: "The two namespaces MUST reach each other over the pair after the second one's end got an address",
    from: [TUNNELS, D0("3.2"), D3("二.1.1")],
  },
  ({ namespacesMet }) => {
    namespacesMet();
  },
);
