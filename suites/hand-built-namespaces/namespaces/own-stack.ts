import { expect } from "vitest";
import { isFallbackTunnel } from "../../../helpers/expectations/fallback-tunnels.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed, type Vantage } from "../../../helpers/model/evidence.ts";
import { quoted } from "../../../helpers/model/shell-words.ts";
import { banner, bannerService } from "../../../helpers/probes/banner.ts";
import { counters } from "../../../helpers/probes/counters.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { tcp } from "../../../helpers/probes/reach.ts";
import { listenersOn } from "../../../helpers/probes/sockets.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import { asNobody } from "../../../helpers/requirement/hand-built.ts";
import { cite, D3, D4, mustReach, requirement, stage, Violation } from "../../../helpers/requirement/index.ts";
import { mustInclude, NEEDS } from "../look.ts";
import { atConsole, identityOf, loopbackUp, namesIn, onFresh, onLoopbackUp, onSite, site, textOf } from "./site.ts";

/** A port that is bound in namespaces of our own only. */
const PORT = 8080;

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
