import { dirname } from "node:path/posix";
import { expect } from "vitest";
import { hostModeResolvConf } from "../../../helpers/expectations/resolver.ts";
import { ProbeFailed, type Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { parseResolvConf } from "../../../helpers/probes/parse/parse-resolv-conf.ts";
import { http, ping } from "../../../helpers/probes/reach.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import {
  cite,
  D1,
  D2,
  D3,
  D4,
  mustReach,
  NotApplicable,
  NotRun,
  requirement,
} from "../../../helpers/requirement/index.ts";
import { parseWebAnswer } from "../../../helpers/topology/web-server.ts";
import { hostNetwork, hostPrograms } from "../../../helpers/vantage/host-programs.ts";
import type { HostView } from "../../../helpers/vantage/host-view.ts";
import { addressLines, GIVEN_NAME, LOOKS, onSharing, sharing } from "./site.ts";

onSharing(
  "HOST-10",
  {
    must: "A container in host mode MUST NOT get an address of its own: neither does the engine name one, nor has it one that the host lacks",
    from: [
      cite("docs/host", "the container doesn't get its own IP-address allocated"),
      D1("host模式"),
      D4("网络模式简介"),
    ],
  },
  async ({ open }, session) => {
    const { Networks } = (await open.inspect()).NetworkSettings;
    expect(Object.keys(Networks), "networks that the engine names").toEqual(["host"]);
    const { IPAddress, Gateway, GlobalIPv6Address, MacAddress } = open.settingsOn("host");
    expect({ IPAddress, Gateway, GlobalIPv6Address, MacAddress }, "what the engine says of its attachment").toEqual({
      IPAddress: "",
      Gateway: "",
      GlobalIPv6Address: "",
      MacAddress: "",
    });
    const onHost = hostNetwork(await session.host());
    // Interfaces of other containers come and go between the two looks: an address of its own is there in every one.
    let own: readonly string[] | undefined;
    for (let look = 0; look < LOOKS && own?.length !== 0; look++) {
      const [inside, outside] = await Promise.all([addressLines(open), addressLines(onHost)]);
      own = inside.filter((line) => !outside.includes(line) && (own?.includes(line) ?? true));
    }
    expect(own, "addresses in the container that the host does not have").toEqual([]);
  },
);

onSharing(
  "HOST-11",
  {
    must: "A container in host mode MUST have the host's hostname unless it is given one",
    from: [D1("host模式"), D2("二")],
    cause: "the host was renamed after the container's start: the name is copied, not shared",
  },
  async ({ open, other }, session) => {
    const host = await session.host();
    const { stdout } = await host.ask(
      `nsenter -t ${(await host.dockerdPid()) ?? 1} -u -- cat /proc/sys/kernel/hostname`,
    );
    // A rootless engine may not enter the machine's UTS namespace; it tells the name itself.
    const own = stdout.trim() || (session.facts.engine.rootless ? session.facts.engine.hostname : "");
    if (own === "") throw new ProbeFailed("the host's own hostname can't be read");
    const [shared, given] = await Promise.all(
      [open, other].map(async (one) => (await textFile(one, "/proc/sys/kernel/hostname")).trim()),
    );
    expect(shared, "hostname in the container").toBe(own);
    expect(given, "hostname in the container that was given one").toBe(GIVEN_NAME);
  },
);

requirement(
  "HOST-17",
  {
    must: "The engine MUST report no published port for a container in host mode, even when it is started with `-P`",
    from: [
      cite("docs/host", "-p, --publish, -P, and --publish-all option are ignored, producing a warning instead"),
      D1("host模式"),
    ],
  },
  sharing,
  async ({ open, other }) => {
    const [plain, publishing] = await Promise.all([open.inspect(), other.inspect()]);
    expect(plain.NetworkSettings.Ports, "ports of a host-mode container").toEqual({});
    expect(
      publishing.HostConfig.PublishAllPorts,
      "whether the engine knows that the other one was started with -P",
    ).toBe(true);
    expect(publishing.NetworkSettings.Ports, "ports of the one that was started with -P and exposes port 80").toEqual(
      {},
    );
  },
);

onSharing(
  "HOST-19",
  {
    must: "Packets that a container in host mode sends MUST carry the host's own address on the interface that they leave by",
    from: [D1("host模式")],
    needs: ["default bridge", "host view"],
    cause: "a SNAT or MASQUERADE rule that does not spare the host's own packets",
  },
  async ({ open, web }, session) => {
    const { answer } = await mustReach(http(open, web.address));
    const onDevice = await addresses(hostNetwork(await session.host()), session.facts.defaultBridge?.device);
    const own = onDevice.filter((one) => one.family === 4).map((one) => one.address);
    expect(own, "addresses of the host on the default bridge, and the one that a bridged server saw asking").toContain(
      parseWebAnswer(answer)?.peerAddress,
    );
  },
);

onSharing(
  "HOST-22",
  {
    must: "A container in host mode MUST reach what the host reaches, and ask the resolvers that the host asks unless the daemon names others",
    from: [D3("二.2")],
    cause:
      "the host's /etc/resolv.conf was changed after the container's start, which keeps the copy that it got; or the container's own was edited",
  },
  async ({ open, web }, session) => {
    const onHost = hostNetwork(await session.host());
    const gateway = session.facts.host?.uplink?.gateway ?? "";
    const targets = [
      ...(session.facts.defaultBridge === null ? [] : [web.address]),
      ...(gateway === "" ? [] : [gateway]),
    ];
    const reached = await Promise.all(
      targets.map(async (target) => (await ping(onHost, target).ask(2)).outcome === "replied"),
    );
    const reachable = targets.filter((_, index) => reached[index]);
    if (reachable.length === 0) throw new NotRun("nothing is known that the host reaches");
    await Promise.all(reachable.map((target) => mustReach(ping(open, target))));
    const expected = hostModeResolvConf(session.facts);
    if (session.facts.host?.resolver.file === null && !expected.nameservers.known)
      throw new NotApplicable(
        "the host has no /etc/resolv.conf, so it asks no resolver that the container could ask too",
      );
    const inside = parseResolvConf(await textFile(open, "/etc/resolv.conf"));
    const hostsFile = parseResolvConf(await textFile(hostPrograms(await session.host()), "/etc/resolv.conf"));
    expect(inside.nameservers, "nameservers in the container").toEqual(
      expected.nameservers.known ? expected.nameservers.value : hostsFile.nameservers,
    );
  },
);

onSharing(
  "HOST-25",
  {
    must: "Neither a container in host mode nor one on a bridge MUST make its network namespace appear in `ip netns list`",
    from: [D3("二.2")],
    cause: "somebody attached the container's namespace with `ip netns attach`, or linked a file of that name to it",
  },
  async ({ open, web }, session) => {
    const host = await session.host();
    const { SandboxKey } = (await web.inspect()).NetworkSettings;
    if (await listsEnginesOwn(hostPrograms(host), SandboxKey ?? ""))
      throw new NotApplicable(
        `${NAMED_NAMESPACES} of this host was made the engine's own directory, so that \`ip netns\` lists every container`,
      );
    const listed = await namedNamespaces(hostPrograms(host));
    const [one, bridged] = await Promise.all([namespaces(open), namespaces(web)]);
    // That a name would show: the bridged container's namespace is given one where nobody else sees it.
    const named = await namedForAMoment(host, (await web.inspect()).State.Pid);
    if (!named.has(bridged.net)) throw new ProbeFailed("a namespace that was given a name is not listed either");
    const inodes = [...listed.keys()];
    expect(inodes, "namespaces that `ip netns` lists, and the bridged container's").not.toContain(bridged.net);
    expect(inodes, "namespaces that `ip netns` lists, and the host-mode container's").not.toContain(one.net);
  },
);

/** Where `ip netns` keeps its names. */
const NAMED_NAMESPACES = "/var/run/netns";

/**
 * Whether the operator shows the engine's own directory of namespaces to `ip netns`, by a link or a mount.
 * @param sandbox the file of a container's namespace, as the engine names it
 */
async function listsEnginesOwn(host: Vantage, sandbox: string): Promise<boolean> {
  if (sandbox === "") return false;
  const { stdout } = await host.ask(`[ ${NAMED_NAMESPACES} -ef "${dirname(sandbox)}" ] && echo own; true`);
  return stdout.trim() === "own";
}

/** Lists the files of a directory as `ip netns list` does, each with its inode. */
const namesIn = (folder: string): string =>
  `for f in ${folder}/*; do [ -e "$f" ] && echo "$(stat -L -c %i "$f") $f"; done; true`;

/** The network namespaces that `ip netns list` lists (it lists the files of its directory), as `net:[inode]` with their names. */
async function namedNamespaces(host: Vantage): Promise<Map<string, string>> {
  return readNames((await host.ask(namesIn(NAMED_NAMESPACES))).stdout);
}

/** The same of a directory of our own, in a mount namespace of its own, where a process's network namespace has a name. */
async function namedForAMoment(host: HostView, pid: number): Promise<Map<string, string>> {
  const name = `mount -t tmpfs none /tmp && : >/tmp/known && mount --bind /proc/${pid}/ns/net /tmp/known`;
  const evidence = await host.act(`unshare -m sh -c '${name} && { ${namesIn("/tmp")}; }'`);
  if (evidence.exitCode !== 0) throw new ProbeFailed("no network namespace can be given a name", evidence);
  return readNames(evidence.stdout);
}

function readNames(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [`net:[${line.split(" ", 1)[0]}]`, line.slice(line.lastIndexOf("/") + 1)]));
}
