import { expect } from "vitest";
import { isFallbackTunnel } from "../../helpers/expectations/fallback-tunnels.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { quoted } from "../../helpers/model/shell-words.ts";
import { banner, bannerService } from "../../helpers/probes/banner.ts";
import { counters } from "../../helpers/probes/counters.ts";
import { iprouteLinks } from "../../helpers/probes/iproute-links.ts";
import { ping, tcp } from "../../helpers/probes/reach.ts";
import { listenersOn } from "../../helpers/probes/sockets.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  asNobody,
  CONSOLE,
  type HandBuilt,
  handBuilt,
  type NamedNamespace,
  within,
} from "../../helpers/requirement/hand-built.ts";
import {
  chapter,
  cite,
  D0,
  D3,
  D4,
  mustNotReach,
  mustReach,
  requirement,
  stage,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { mustInclude, NEEDS } from "./look.ts";

const site = handBuilt("ns");
const atConsole = topology("ns-console", { containers: { terminal: CONSOLE } });

/** A port that is bound in namespaces of our own only. */
const PORT = 8080;

/** Names that `ip netns list` prints, in its order. */
async function listed(from: Vantage): Promise<string[]> {
  return namesIn(await textOf(from, "ip -j netns list"));
}

function namesIn(json: string): string[] {
  // Without any namespace some versions print nothing at all.
  const entries: unknown = json.trim() === "" ? [] : JSON.parse(json);
  if (!Array.isArray(entries)) throw new ProbeFailed(`\`ip -j netns list\` printed no list: ${json}`);
  return entries.map(({ name }: { name: string }) => name);
}

async function textOf(from: Vantage, command: string): Promise<string> {
  const evidence = await from.ask(command);
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`\`${command}\` failed at ${from.label}: ${evidence.stderr.trim()}`, evidence);
  return evidence.stdout.trim();
}

/** The network namespace that a question is answered in: `net:[4026532281]`. */
async function identityOf(from: Vantage): Promise<string> {
  return await textOf(from, "readlink /proc/self/ns/net");
}

/** Two namespaces made one after the other, and everything that can be seen of them before anything else is done. */
const fresh = stage(site, async (lab) => {
  const first = lab.nameOf("red");
  const before = await listed(lab.root);
  const { red, green } = await lab.namespaces("red", "green");
  const [after, links, loopback] = await Promise.all([
    listed(lab.root),
    iprouteLinks(red),
    atThisMoment(
      mustNotReach(ping(red.busybox, "127.0.0.1"), {
        as: "unreachable",
        control: ping(lab.host, "127.0.0.1"),
        cause: "something set `lo` up in a namespace that was only made",
      }),
    ),
  ]);
  return { lab, first, before, after, red, green, links, loopback };
});

const onSite = chapter({ given: site, needs: NEEDS });

onSite(
  "NETNS-01",
  {
    must: "`ip netns list` MUST print nothing where no namespace was given a name, and MUST print the name as soon as one was: the engine's own namespaces do not count",
    from: [
      cite("man/ip-netns", "This command displays all of the network namespaces in /var/run/netns"),
      D4("初识 network namespace"),
    ],
  },
  async ({ root }) => {
    // Under an empty directory of names, which only this question sees: others may have named namespaces meanwhile.
    const script =
      "mount -t tmpfs none /run/netns && ip -j netns list && echo --- && ip netns add only && ip -j netns list";
    const answer = await textOf(root, `mkdir -p /run/netns && unshare -m sh -c ${quoted(script)}`);
    const [without = "", beside = ""] = answer.split("---");
    expect(namesIn(without), "named namespaces before one was made").toEqual([]);
    expect(namesIn(beside), "named namespaces after one was made").toEqual(["only"]);
  },
);

const onFresh = chapter({ given: fresh, needs: NEEDS });

onFresh(
  "NETNS-02",
  {
    must: "`ip netns add N` MUST create the namespace N, and `ip netns list` MUST show it",
    from: [
      cite("man/ip-netns", "this command creates a new network namespace and assigns NAME"),
      D0("3.2"),
      D3("二.1.1"),
      D4("初识 network namespace"),
    ],
  },
  ({ before, after, red, green }) => {
    expect(before, "named namespaces before").not.toContain(red.name);
    mustInclude("named namespaces after", after, red.name, green.name);
  },
);

onFresh(
  "NETNS-03",
  {
    must: "`ip netns list` MUST show every named namespace once, in the order of the directory /var/run/netns: which is the most recently created first where that is a tmpfs",
    from: [
      cite("man/ip-netns", "This command displays all of the network namespaces in /var/run/netns"),
      D0("3.2"),
      D4("虚拟以太网对(veth pair)"),
    ],
  },
  async ({ lab, red, green }) => {
    // One look at the directory and one at the list, between which others may make namespaces: only ours are compared.
    const ours = (names: readonly string[]): string[] => names.filter((name) => [red.name, green.name].includes(name));
    const [shown, directory, filesystem] = await Promise.all([
      listed(lab.root),
      textOf(lab.root, "ls -U /var/run/netns"),
      textOf(lab.root, "stat -f -c %T /var/run/netns"),
    ]);
    expect(ours(shown), "our namespaces in the list").toEqual(ours(directory.split("\n")));
    if (filesystem === "tmpfs") expect(ours(shown), "our namespaces in the list").toEqual([green.name, red.name]);
  },
);

onFresh(
  "NETNS-04",
  {
    must: "A named namespace MUST appear as /var/run/netns/N, a mount of the namespace itself",
    from: [
      cite(
        "man/ip-netns",
        "By convention a named network namespace is an object at /var/run/netns/NAME that can be opened.",
      ),
      D4("初识 network namespace"),
    ],
  },
  async ({ lab, red }) => {
    const [identity, mounts, inode] = await Promise.all([
      identityOf(red),
      textFile(lab.root, "/proc/self/mountinfo"),
      textOf(lab.root, `stat -L -c net:[%i] /var/run/netns/${red.name}`),
    ]);
    expect(inode, `what /var/run/netns/${red.name} is`).toBe(identity);
    const mount = mounts
      .split("\n")
      .map((line) => line.split(" "))
      .find((fields) => fields[4]?.endsWith(`/run/netns/${red.name}`));
    expect({ root: mount?.[3], type: mount?.[mount.indexOf("-") + 1] }, `the mount at /run/netns/${red.name}`).toEqual({
      root: identity,
      type: "nsfs",
    });
  },
);

onSite(
  "NETNS-05",
  {
    must: "A named namespace MUST persist without any process in it, and keep what was done to it",
    from: [D4("初识 network namespace")],
  },
  async (lab) => {
    const lasting = await lab.namespace("lasting");
    await lab.runIn(lasting, "ip link add br7 type bridge");
    const processes = await textOf(lab.root, `ip netns pids ${lasting.name}`);
    const before = await identityOf(lasting);
    expect(processes, "processes between two commands in the namespace").toBe("");
    expect(await identityOf(lasting), "the namespace in which a later command runs").toBe(before);
    expect(
      (await iprouteLinks(lasting)).map(({ name }) => name),
      "interfaces that a later command sees",
    ).toContain("br7");
  },
);

onFresh(
  "NETNS-06",
  {
    must: "A new namespace MUST contain the interface `lo` and no other, but for the kernel's own fallback tunnels",
    from: [D0("3.2"), D3("二.1.1")],
  },
  ({ links }) => {
    expect(
      links.map(({ name }) => name).filter((name) => !isFallbackTunnel(name)),
      "interfaces of a new namespace",
    ).toEqual(["lo"]);
  },
);

onFresh(
  "NETNS-07",
  {
    must: "`lo` of a new namespace MUST be down",
    from: [D0("3.2"), D3("二.1.1"), D4("初识 network namespace")],
  },
  ({ links }) => {
    const lo = links.find(({ name }) => name === "lo");
    expect(lo?.flags, "flags of `lo`").toEqual(["LOOPBACK"]);
    expect({ state: lo?.state, qdisc: lo?.qdisc }, "state of `lo`").toEqual({ state: "DOWN", qdisc: "noop" });
  },
);

requirement(
  "NETNS-08",
  { must: "`lo` of a new namespace MUST have no address", from: [D0("3.2"), D3("二.1.1")], needs: NEEDS },
  fresh,
  ({ links }) => {
    expect(links.find(({ name }) => name === "lo")?.addresses, "addresses of `lo`").toEqual([]);
  },
);

onFresh(
  "NETNS-09",
  {
    must: "While `lo` is down, 127.0.0.1 MUST NOT be reachable in the namespace",
    from: [D4("初识 network namespace")],
  },
  ({ loopback }) => {
    loopback();
  },
);

/** The same two namespaces with `lo` set up in both. */
const loopbackUp = stage(fresh, async (value) => {
  const { lab, red, green } = value;
  await lab.run(...within(red, "ip link set lo up"), ...within(green, "ip link set lo up"));
  const lo = (await iprouteLinks(red)).find(({ name }) => name === "lo");
  return { ...value, lo };
});

const onLoopbackUp = chapter({ given: loopbackUp, needs: NEEDS });

onLoopbackUp(
  "NETNS-10",
  {
    must: "`ip link set lo up` MUST give `lo` the flags UP and LOWER_UP, and the state UNKNOWN",
    from: [D4("初识 network namespace")],
  },
  ({ lo }) => {
    expect(lo?.flags.toSorted(), "flags of `lo`").toEqual(["LOOPBACK", "LOWER_UP", "UP"]);
    expect({ state: lo?.state, qdisc: lo?.qdisc }, "state of `lo`").toEqual({ state: "UNKNOWN", qdisc: "noqueue" });
  },
);

onLoopbackUp(
  "NETNS-11",
  {
    must: "`ip link set lo up` MUST add 127.0.0.1/8 with the scope host by itself",
    from: [D4("初识 network namespace")],
  },
  ({ lo }) => {
    expect(
      lo?.addresses
        .filter(({ family }) => family === 4)
        .map(({ address, prefix, scope }) => ({ address, prefix, scope })),
      "IPv4 addresses of `lo`",
    ).toEqual([{ address: "127.0.0.1", prefix: 8, scope: "host" }]);
  },
);

onLoopbackUp(
  "NETNS-12",
  {
    must: "`ip link set lo up` MUST add ::1/128 by itself",
    from: [D4("初识 network namespace")],
    needs: [...NEEDS, "ipv6"],
  },
  ({ lo }) => {
    expect(
      lo?.addresses.filter(({ family }) => family === 6).map(({ address, prefix }) => `${address}/${prefix}`),
      "IPv6 addresses of `lo`",
    ).toEqual(["::1/128"]);
  },
);

onLoopbackUp(
  "NETNS-13",
  {
    must: "With `lo` up, 127.0.0.1 MUST answer pings in the namespace",
    from: [D4("初识 network namespace")],
  },
  async ({ red }) => {
    await mustReach(ping(red.busybox, "127.0.0.1"));
  },
);

onFresh(
  "NETNS-14",
  {
    must: "An unprivileged user MUST NOT be able to add a named namespace, while root can",
    from: [D4("虚拟以太网对(veth pair)")],
  },
  async ({ lab, red }) => {
    const name = lab.nameOf("nobody");
    lab.undo(`ip netns del ${name}`);
    const { terminal } = await atConsole.obtain();
    const evidence = await asNobody(terminal, lab.host).ask(`id -u && ip netns add ${name}`);
    if (["", "0"].includes(evidence.stdout.trim()))
      throw new ProbeFailed(`no command could be run as another user: ${evidence.stderr.trim()}`, evidence);
    if (evidence.exitCode === 0 || !/Permission denied|Operation not permitted/.test(evidence.stderr))
      throw new Violation("`ip netns add` of an unprivileged user", {
        expected: "a refusal: Permission denied, or Operation not permitted",
        observed: evidence.exitCode === 0 ? "success" : evidence.stderr.trim(),
      });
    const names = await listed(lab.root);
    expect(names, "named namespaces, of which root made one").toContain(red.name);
    expect(names, "named namespaces after an unprivileged user tried to make one").not.toContain(name);
  },
);

onLoopbackUp(
  "NETNS-15",
  {
    must: "Commands run by `ip netns exec N` MUST be in the namespace N and see its network only",
    from: [
      cite("man/ip-netns", "Run cmd in the named network namespace"),
      D0("3.2"),
      D3("二.1.1"),
      D4("虚拟以太网对(veth pair)"),
    ],
  },
  async ({ lab, red, green }) => {
    const [inRed, inGreen, onHost, linksInRed, linksOnHost, underSys] = await Promise.all([
      identityOf(red),
      identityOf(green),
      identityOf(lab.root),
      iprouteLinks(red),
      iprouteLinks(lab.root),
      textOf(red, "ls /sys/class/net"),
    ]);
    expect(new Set([inRed, inGreen, onHost]).size, "different namespaces among those of red, green and the host").toBe(
      3,
    );
    expect(inRed, "namespace that a command in red has").toBe(
      await textOf(lab.root, `stat -L -c net:[%i] /var/run/netns/${red.name}`),
    );
    const others = new Set(linksOnHost.map(({ name }) => name).filter((name) => name !== "lo"));
    expect(others.size, "interfaces of the host beside lo").toBeGreaterThan(0);
    const names = linksInRed.map(({ name }) => name);
    expect(
      names.filter((name) => others.has(name)),
      "interfaces of the host that a command in red sees",
    ).toEqual([]);
    expect(
      underSys
        .split("\n")
        .filter((name) => name !== "bonding_masters")
        .toSorted(),
      "interfaces under /sys",
    ).toEqual(names.toSorted());
  },
);

/** Another name server, which is nobody's (RFC 5737). */
const NAME_SERVER = "192.0.2.53";

/** A namespace with a resolver configuration of its own and a process that stays in it, beside one without both. */
const configured = stage(site, async (lab) => {
  const { resolving: red, beside: green } = await lab.namespaces("resolving", "beside");
  const before = await textFile(lab.root, "/etc/resolv.conf");
  const folder = `/etc/netns/${red.name}`;
  lab.undo(`rm -rf ${folder}; rmdir /etc/netns`);
  await lab.run(`mkdir -p ${folder}`, `echo nameserver ${NAME_SERVER} >${folder}/resolv.conf`);
  const pid = await inBackground(lab, red, "sleep 60");
  const during = await eventually(async () => {
    // `ip netns exec` needs its moment to get into the namespace.
    if ((await textOf(lab.root, `ip netns pids ${red.name}`)) !== pid) throw new ProbeFailed("no process in red");
    return {
      inRed: await textFile(red, "/etc/resolv.conf"),
      inGreen: await textFile(green, "/etc/resolv.conf"),
      ofProcess: await textFile(lab.root, `/proc/${pid}/mountinfo`),
      onHost: await textFile(lab.root, "/etc/resolv.conf"),
      mountsOnHost: await textFile(lab.root, "/proc/self/mountinfo"),
    };
  });
  return { lab, red, green, before, pid, ...during };
});

/** Starts a process that stays in a namespace; gives its pid. */
async function inBackground(lab: HandBuilt, { name }: NamedNamespace, command: string): Promise<string> {
  const { stdout } = await lab.attempt(`ip netns exec ${name} ${command} </dev/null >/dev/null 2>&1 & echo $!`);
  return stdout.trim();
}

const onConfigured = chapter({ given: configured, needs: NEEDS });

onConfigured(
  "NETNS-16",
  {
    must: "`ip netns exec N` MUST show /etc/netns/N/resolv.conf as /etc/resolv.conf",
    from: [
      cite(
        "man/ip-netns",
        "bind mounting all of the per network namespace configure files into their traditional location in /etc",
      ),
      D4("network namespace 是什么"),
    ],
  },
  ({ inRed }) => {
    expect(inRed.trim(), "/etc/resolv.conf in a namespace with a file of its own").toBe(`nameserver ${NAME_SERVER}`);
  },
);

onConfigured(
  "NETNS-17",
  {
    must: "Without a file /etc/netns/N/resolv.conf the namespace N MUST see the host's /etc/resolv.conf",
    from: [
      cite(
        "man/ip-netns",
        "the convention is to look for global network configuration files first in /etc/netns/NAME/ then in /etc/",
      ),
      D4("network namespace 是什么"),
      D4("Linux bridge"),
    ],
  },
  ({ inGreen, inRed, before }) => {
    expect(inGreen, "/etc/resolv.conf in a namespace without a file of its own").toBe(before);
    expect(inRed, "/etc/resolv.conf in the namespace beside it, which has one").not.toBe(before);
  },
);

onConfigured(
  "NETNS-18",
  {
    must: "The mount that `ip netns exec` makes for a namespace's own files MUST NOT leak to the host",
    from: [
      cite(
        "man/ip-netns",
        "bind mounts are used to move files from their network namespace specific location to their default locations without affecting other processes",
      ),
      D4("network namespace 是什么"),
    ],
  },
  ({ red, before, onHost, ofProcess, mountsOnHost }) => {
    const ours = (mounts: string): string[] =>
      mounts.split("\n").filter((line) => line.includes(`/netns/${red.name}/resolv.conf`));
    expect(ours(ofProcess).length, "mounts of the namespace's resolv.conf that its process has").toBe(1);
    expect(ours(mountsOnHost), "mounts of the namespace's resolv.conf that the host has").toEqual([]);
    expect(onHost, "the host's /etc/resolv.conf while a process runs in the namespace").toBe(before);
  },
);

onConfigured(
  "NETNS-104",
  {
    must: "`ip netns identify` MUST name the namespace of a process, and `ip netns pids` the processes of a namespace",
    from: [
      cite(
        "man/ip-netns",
        "finds all of the process who have the named network namespace as their primary network namespace",
      ),
      D3("二.1.1"),
    ],
  },
  async ({ lab, red, green, pid }) => {
    const [name, inRed, inGreen] = await Promise.all([
      textOf(lab.root, `ip netns identify ${pid}`),
      textOf(lab.root, `ip netns pids ${red.name}`),
      textOf(lab.root, `ip netns pids ${green.name}`),
    ]);
    expect(name, `namespace of process ${pid}`).toBe(red.name);
    expect(inRed.split("\n"), "processes in red").toContain(pid);
    expect(inGreen.split("\n"), "processes in green").not.toContain(pid);
  },
);

/** A namespace that loses its name while somebody holds it open, seen by a veth end that stays on the host. */
const heldOpen = stage(site, async (lab) => {
  const held = await lab.namespace("held");
  const [out, inside] = [lab.device("h"), "veth9"];
  await lab.run(`ip link add ${out} type veth peer name ${inside} netns ${held.name}`);
  const answer = await textOf(
    lab.root,
    [
      `exec 7</var/run/netns/${held.name} && ip netns del ${held.name}`,
      "ip -j netns list; echo ---",
      "nsenter --net=/proc/self/fd/7 ls /sys/class/net >/dev/null; nsenter --net=/proc/self/fd/7 ip -o link; echo ---",
      `ls -d /sys/class/net/${out}`,
    ].join("; "),
  );
  const [names = "", links = "", peer = ""] = answer.split("---");
  return { lab, held, out, inside, names: namesIn(names), links, peer };
});

requirement(
  "NETNS-19",
  {
    must: "An open file descriptor of /var/run/netns/N MUST keep the namespace alive after its name was deleted, and no longer than it is open",
    from: [
      cite("man/ip-netns", "Holding that file descriptor open keeps the network namespace alive."),
      D4("network namespace 是什么"),
    ],
    needs: NEEDS,
  },
  heldOpen,
  async ({ lab, held, out, inside, names, links, peer }) => {
    expect(names, "named namespaces after `ip netns del`").not.toContain(held.name);
    expect(links, "what the open namespace still has").toContain(` ${inside}@`);
    expect(peer.trim(), "the far end on the host, while the namespace is open").toBe(`/sys/class/net/${out}`);
    await eventually(async () => {
      expect(
        (await iprouteLinks(lab.root)).map(({ name }) => name),
        "interfaces of the host after the descriptor was closed",
      ).not.toContain(out);
    });
  },
);

onFresh(
  "NETNS-20",
  {
    must: "A process MUST inherit the network namespace of its parent",
    from: [
      cite("man/ip-netns", "By default a process inherits its network namespace from its parent."),
      D4("network namespace 是什么"),
    ],
  },
  async ({ lab, red }) => {
    const family = "readlink /proc/$$/ns/net; sh -c \"sh -c 'readlink /proc/self/ns/net'; true\"; true";
    for (const from of [red, lab.root]) {
      const [parent, grandchild, ...more] = (await textOf(from, family)).split("\n");
      expect(more, "further lines").toEqual([]);
      expect(grandchild, `namespace of a process that a shell of ${from.label} started`).toBe(parent);
    }
    expect(await identityOf(red), "namespace of red, which is another one than the host's").not.toBe(
      await identityOf(lab.root),
    );
  },
);

onFresh(
  "NETNS-95",
  {
    must: "Every namespace MUST have firewall rules of its own: a rule made in one is in no other, and a new one has none",
    from: [
      cite(
        "man/network_namespaces",
        "Network namespaces provide isolation of the system resources associated with networking: network devices, IPv4 and IPv6 protocol stacks, IP routing tables, firewall rules",
      ),
      D4("network namespace 是什么"),
    ],
  },
  async ({ lab, red, green }, { subnets }) => {
    await lab.needs("iptables", "iptables");
    const mark = cidr(subnets.choose(24)).toString();
    const rulesOf = async (from: Vantage): Promise<string[]> =>
      (await textOf(from, "iptables -w 10 -S")).split("\n").filter((line) => !line.startsWith("-P "));
    expect(await rulesOf(red), "rules of a new namespace").toEqual([]);
    await lab.runIn(red, `iptables -w 10 -A INPUT -s ${mark} -j DROP`);
    const [inRed, inGreen, onHost] = await Promise.all([rulesOf(red), rulesOf(green), rulesOf(lab.root)]);
    expect(inRed, "rules of red after it was given one").toEqual([`-A INPUT -s ${mark} -j DROP`]);
    expect(inGreen, "rules of green meanwhile").toEqual([]);
    expect(
      onHost.filter((rule) => rule.includes(mark)),
      "rules of the host that name red's subnet",
    ).toEqual([]);
  },
);

onLoopbackUp(
  "NETNS-96",
  {
    must: "Every namespace MUST have ports of its own: the same port can be bound in two at once, and each one's own server answers",
    from: [cite("man/network_namespaces", "port numbers (sockets), and so on"), D4("network namespace 是什么")],
  },
  async ({ lab, red, green }) => {
    for (const [namespace, word] of [
      [red, "red"],
      [green, "green"],
    ] as const)
      await lab.runIn(namespace, `busybox sh -c ${quoted(bannerService(PORT, word))}`);
    for (const [namespace, word] of [
      [red, "red"],
      [green, "green"],
    ] as const) {
      await eventually(async () => {
        expect((await listenersOn(namespace, PORT)).length, `listeners on port ${PORT} of ${word}`).toBe(1);
      });
      const { answer } = await mustReach(banner(namespace.busybox, "127.0.0.1", PORT));
      expect(answer.trim(), `who answers on port ${PORT} of ${word}`).toBe(word);
    }
    const again = await red.busybox.ask(`nc -l -p ${PORT}`, { seconds: 2 });
    expect(again.stderr, "what a second server in the same namespace is told").toContain("Address already in use");
  },
);

onFresh(
  "NETNS-97",
  {
    must: "Every namespace MUST have a /proc/net of its own: /proc/net/dev lists the namespace's own interfaces only",
    from: [
      cite("man/network_namespaces", "the /proc/net directory (which is a symbolic link to /proc/PID/net)"),
      D4("network namespace 是什么"),
    ],
  },
  async ({ lab, red }) => {
    const [inRed, own, onHost] = await Promise.all([counters(red), iprouteLinks(red), counters(lab.root)]);
    const names = inRed.map((one) => one.interface);
    expect(names.toSorted(), "interfaces in /proc/net/dev of red").toEqual(own.map(({ name }) => name).toSorted());
    const foreign = onHost.map((one) => one.interface).filter((name) => name !== "lo" && !isFallbackTunnel(name));
    expect(foreign.length, "interfaces in /proc/net/dev of the host beside lo").toBeGreaterThan(0);
    expect(
      names.filter((name) => foreign.includes(name)),
      "interfaces of the host in /proc/net/dev of red",
    ).toEqual([]);
  },
);

/** Root makes a pair of devices in one namespace and moves one end into another, all from within the first. */
const moved = stage(site, async (lab) => {
  const { maker, taker } = await lab.namespaces("maker", "taker");
  const names = async (from: Vantage): Promise<string[]> => (await iprouteLinks(from)).map(({ name }) => name);
  const made = await lab.attempt(`ip netns exec ${maker.name} ip link add q0 type veth peer name q1`);
  const afterMaking = { maker: await names(maker), taker: await names(taker), host: await names(lab.root) };
  const pushed = await lab.attempt(`ip netns exec ${maker.name} ip link set q0 netns ${taker.name}`);
  return {
    lab,
    maker,
    taker,
    made,
    pushed,
    afterMaking,
    afterMoving: { maker: await names(maker), taker: await names(taker) },
  };
});

requirement(
  "NETNS-100",
  {
    must: "Root in a namespace MUST be able to create devices there, which no other namespace sees",
    from: [D4("虚拟以太网对(veth pair)")],
    needs: NEEDS,
  },
  moved,
  ({ made, afterMaking: { maker, taker, host } }) => {
    expect(made.stderr.trim(), "what root was told").toBe("");
    mustInclude("interfaces where root made a pair", maker, "q0", "q1");
    for (const elsewhere of [taker, host])
      expect(
        elsewhere.filter((name) => ["q0", "q1"].includes(name)),
        "ends of the pair elsewhere",
      ).toEqual([]);
  },
);

requirement(
  "NETNS-101",
  {
    must: "Root in a namespace MUST be able to move its virtual devices to another namespace",
    from: [D4("虚拟以太网对(veth pair)")],
    needs: NEEDS,
  },
  moved,
  ({ pushed, afterMoving: { maker, taker } }) => {
    expect(pushed.stderr.trim(), "what root was told").toBe("");
    expect(maker, "interfaces where the pair was made").not.toContain("q0");
    expect(maker, "interfaces where the pair was made").toContain("q1");
    expect(taker, "interfaces where one end was moved to").toContain("q0");
  },
);

requirement(
  "NETNS-102",
  {
    must: "A process without rights in a namespace MUST be able to see and use its devices, and MUST NOT be able to change them",
    from: [D4("虚拟以太网对(veth pair)")],
    needs: NEEDS,
  },
  stage(loopbackUp, async (value) => {
    const { lab } = value;
    const used = await lab.namespace("used");
    await lab.runIn(used, "ip link set lo up", `busybox sh -c ${quoted(bannerService(PORT, "used"))}`);
    await eventually(async () => {
      expect((await listenersOn(used, PORT)).length, `listeners on port ${PORT}`).toBe(1);
    });
    return { ...value, used, terminal: (await atConsole.obtain()).terminal };
  }),
  async ({ lab, used, terminal }) => {
    const nobody = asNobody(terminal, lab.host, used);
    const asBusyBox: Vantage = {
      label: nobody.label,
      ask: async (command, options) => await nobody.ask(`busybox sh -c ${quoted(command)}`, options),
    };
    if ((await textOf(nobody, "id -u")) === "0") throw new ProbeFailed("no command could be run as another user");
    expect(await identityOf(nobody), "namespace of the process").toBe(await identityOf(used));
    const seen = (await iprouteLinks(nobody)).find(({ name }) => name === "lo");
    expect(seen?.flags, "what the process sees of `lo`").toContain("UP");
    await mustReach(tcp(asBusyBox, "127.0.0.1", PORT));
    for (const change of ["ip link set lo down", "ip addr add 192.0.2.1/32 dev lo", "ip link add q0 type bridge"]) {
      const evidence = await nobody.ask(change);
      if (evidence.exitCode === 0 || !evidence.stderr.includes("Operation not permitted"))
        throw new Violation(`\`${change}\` without rights`, {
          expected: "Operation not permitted",
          observed: evidence.exitCode === 0 ? "success" : evidence.stderr.trim(),
        });
    }
    const after = (await iprouteLinks(used)).find(({ name }) => name === "lo");
    expect(after, "`lo` after the attempts to change it").toEqual(seen);
  },
);

onSite(
  "NETNS-103",
  {
    must: "`ip netns` MUST offer list, add, delete, set, identify, pids, exec, monitor and list-id",
    from: [D3("二.1.1")],
  },
  async ({ root }) => {
    const { stdout, stderr } = await root.ask("ip netns help");
    const offered = new Set(
      [...`${stdout}${stderr}`.matchAll(/ip (?:\[-all\] )?netns ([a-z-]+)/g)].map(([, word]) => word),
    );
    const wanted = ["list", "add", "delete", "set", "identify", "pids", "exec", "monitor", "list-id"];
    expect(
      wanted.filter((word) => !offered.has(word)),
      "subcommands that the usage text lacks",
    ).toEqual([]);
  },
);
