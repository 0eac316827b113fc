import { expect } from "vitest";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import { eventually } from "../../../helpers/requirement/eventually.ts";
import { asNobody, type HandBuilt, type NamedNamespace } from "../../../helpers/requirement/hand-built.ts";
import { chapter, cite, D0, D3, D4, stage, Violation } from "../../../helpers/requirement/index.ts";
import { NEEDS } from "../look.ts";
import { atConsole, identityOf, listed, onFresh, onLoopbackUp, site, textOf } from "./site.ts";

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
