import { expect } from "vitest";
import { isFallbackTunnel } from "../../../helpers/expectations/fallback-tunnels.ts";
import { quoted } from "../../../helpers/model/shell-words.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import { cite, D0, D3, D4 } from "../../../helpers/requirement/index.ts";
import { mustInclude } from "../look.ts";
import { identityOf, listed, namesIn, onFresh, onSite, textOf } from "./site.ts";

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
