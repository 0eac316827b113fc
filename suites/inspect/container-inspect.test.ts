import { join } from "node:path/posix";
import { expect } from "vitest";
import { expectedHostsFile, missingHostsLines } from "../../helpers/expectations/hosts-file.ts";
import { isBlank } from "../../helpers/expectations/inspect.ts";
import { defaultIpcMode, sharesUserNamespace } from "../../helpers/expectations/namespaces.ts";
import { defaultBridgeResolvConf, type ExpectedResolvConf } from "../../helpers/expectations/resolver.ts";
import { word } from "../../helpers/model/shell-words.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { hostsFile } from "../../helpers/probes/hosts-file.ts";
import { links } from "../../helpers/probes/links.ts";
import { lookupAs } from "../../helpers/probes/lookup-as.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import { defaultRoute } from "../../helpers/probes/routes.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  engine,
  mustReach,
  NotRun,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import type { Endpoint, Inspected } from "../../helpers/topology/endpoint.ts";
import { inspectNetwork } from "../../helpers/topology/network-record.ts";

const OLD_FIELDS = cite(
  "cli/deprecated#top-level-network-properties-in-networksettings",
  'When inspecting a container, NetworkSettings contains top-level information about the default ("bridge") network',
);
const OLD_FIELDS_GONE = cite(
  "api/changes#v1.52",
  "GET /containers/{id}/json: the NetworkSettings no longer returns the deprecated",
);

/** Containers started without any option but their network: what their inspect says is held against what they have. */
const started = topology("inspect-container", {
  networks: { app: bridge() },
  containers: {
    hosted: busybox<never>({ on: "host" }),
    plain: busybox(),
    member: busybox({ on: "app", expose: ["80/tcp"] }),
  },
});

/** A container on the default bridge that is connected to a second network; apart, since not every engine has the first. */
const connected = topology("inspect-connected", {
  networks: { second: bridge() },
  containers: { both: busybox<"second">({ on: ["default", "second"] }) },
});

/** What the engine says about each of them. */
const inspected = stage(started, async ({ hosted, plain, member }) => {
  const [ofHosted, ofPlain, ofMember] = await Promise.all([hosted.inspect(), plain.inspect(), member.inspect()]);
  return { hosted, plain, member, ofHosted, ofPlain, ofMember };
});

const onInspected = chapter({ given: inspected });

onInspected(
  "INSPECT-32",
  {
    must: 'A container in host mode MUST have "host" as the only key of `Networks` in `container inspect`, and the host\'s network namespace',
    from: [D1("host模式")],
    needs: ["host view"],
  },
  async ({ hosted, ofHosted }, { facts }) => {
    const { net } = await namespaces(hosted);
    expect(Object.keys(ofHosted.NetworkSettings.Networks), "networks of a container in host mode").toEqual(["host"]);
    expect(net, "its network namespace, against dockerd's").toBe(facts.host?.namespaces.net);
  },
);

onInspected(
  "INSPECT-33",
  {
    must: "A container in host mode MUST have the id of the network `host` as its `NetworkID` in `container inspect`",
    from: [D1("host模式")],
  },
  async ({ hosted }, { docker }) => {
    const { Id } = await inspectNetwork(docker, "host");
    expect(hosted.settingsOn("host").NetworkID, "NetworkID, against the id of the network host").toBe(Id);
  },
);

onInspected(
  "INSPECT-34",
  {
    must: "A container in host mode MUST have an endpoint id in `container inspect`, under which the network `host` lists it",
    from: [D1("host模式")],
  },
  async ({ hosted }, { docker }) => {
    const { EndpointID } = hosted.settingsOn("host");
    const { Containers } = await inspectNetwork(docker, "host");
    expect(EndpointID, "EndpointID of a container in host mode").toMatch(/^[0-9a-f]{64}$/);
    expect(Containers?.[hosted.id]?.EndpointID, "endpoint id in inspect of the network host").toBe(EndpointID);
  },
);

/** Fields that describe what the engine gives a container; in host mode it gives none, the addresses are the host's. */
const NOT_GIVEN = [
  ["INSPECT-35", "Gateway", ""],
  ["INSPECT-36", "IPAddress", ""],
  ["INSPECT-37", "IPPrefixLen", 0],
  ["INSPECT-38", "IPv6Gateway", ""],
  ["INSPECT-39", "GlobalIPv6Address", ""],
  ["INSPECT-40", "GlobalIPv6PrefixLen", 0],
  ["INSPECT-41", "MacAddress", ""],
] as const;

const NO_ADDRESS_OF_ITS_OWN = cite("docs/host", "the container doesn't get its own IP-address allocated");

for (const [id, field, nothing] of NOT_GIVEN) {
  requirement(
    id,
    {
      must: `A container in host mode MUST have ${nothing === 0 ? "0" : "an empty text"} as \`${field}\` in \`container inspect\`: what it has is the host's, the engine gave it none`,
      from: [...(field === "IPAddress" ? [NO_ADDRESS_OF_ITS_OWN] : []), D1("host模式")],
    },
    inspected,
    ({ hosted }) => {
      expect(hosted.settingsOn("host")[field], `${field} of a container in host mode`).toBe(nothing);
    },
  );
}

/** Fields that repeat what was asked for on this network; nothing was. */
const NOT_ASKED = [
  ["INSPECT-42", "IPAMConfig"],
  ["INSPECT-43", "Links"],
  ["INSPECT-44", "Aliases"],
  ["INSPECT-45", "DriverOpts"],
] as const;

for (const [id, field] of NOT_ASKED) {
  requirement(
    id,
    {
      must: `A container in host mode MUST have nothing as \`${field}\` in \`container inspect\` (null, empty or absent) when nothing was asked for`,
      from: [D1("host模式")],
    },
    inspected,
    ({ hosted }) => {
      const value = hosted.settingsOn("host")[field];
      expect(isBlank(value) ? "nothing" : value, `${field} of a container in host mode`).toBe("nothing");
    },
  );
}

onInspected(
  "INSPECT-46",
  {
    must: 'A container in host mode MUST have "host" as `HostConfig.NetworkMode` in `container inspect`',
    from: [
      cite("api#HostConfig.NetworkMode", "Supported standard values are: bridge, host, none, and container:<name|id>."),
      D3("二.2"),
    ],
  },
  ({ ofHosted }) => {
    expect(ofHosted.HostConfig.NetworkMode, "network mode of a container in host mode").toBe("host");
  },
);

onInspected(
  "INSPECT-47",
  {
    must: "A container in host mode MUST have no `HostConfig.PortBindings` in `container inspect` when no port was published",
    from: [D3("二.2")],
  },
  ({ ofHosted }) => {
    const { PortBindings } = ofHosted.HostConfig;
    expect(isBlank(PortBindings) ? "none" : PortBindings, "port bindings of a container in host mode").toBe("none");
  },
);

onInspected(
  "INSPECT-48",
  {
    must: "A container MUST have `HostConfig.PublishAllPorts` false in `container inspect` without `-P`, and no host port for what its image exposes",
    from: [D3("二.2")],
  },
  ({ ofHosted, ofMember }) => {
    expect(
      [ofHosted.HostConfig.PublishAllPorts, ofMember.HostConfig.PublishAllPorts],
      "PublishAllPorts of a container in host mode and of one on a bridge",
    ).toEqual([false, false]);
    expect(ofMember.NetworkSettings.Ports, "ports of a container that exposes 80/tcp").toEqual({ "80/tcp": null });
  },
);

/** Resolver options of `docker run`, where their effect shows, and what the container must have without them. */
const RESOLVER_OPTIONS = [
  ["INSPECT-49", "Dns", "nameservers"],
  ["INSPECT-50", "DnsOptions", "options"],
  ["INSPECT-51", "DnsSearch", "search"],
] as const satisfies readonly (readonly [string, string, keyof ExpectedResolvConf])[];

for (const [id, field, part] of RESOLVER_OPTIONS) {
  requirement(
    id,
    {
      must: `A container MUST have no \`HostConfig.${field}\` in \`container inspect\` without the option, and the ${part} of the daemon or the host in its resolv.conf`,
      from: [D3("二.2")],
      needs: ["host view", "default bridge"],
      cause: "the host's resolv.conf was changed after the container's start, or the file inside the container was",
    },
    inspected,
    async ({ plain, ofHosted, ofPlain }, { facts }) => {
      for (const { HostConfig, Name } of [ofHosted, ofPlain]) {
        const value = HostConfig[field];
        expect(isBlank(value) ? "none" : value, `HostConfig.${field} of ${Name}`).toBe("none");
      }
      const expected = defaultBridgeResolvConf(facts)[part];
      if (!expected.known) throw new NotRun(expected.why);
      expect((await resolvConf(plain))[part], `${part} in resolv.conf, from ${expected.why}`).toEqual(expected.value);
    },
  );
}

/** Options that would add lines to /etc/hosts. */
const HOSTS_OPTIONS = [
  ["INSPECT-52", "ExtraHosts"],
  ["INSPECT-53", "Links"],
] as const;

for (const [id, field] of HOSTS_OPTIONS) {
  requirement(
    id,
    {
      must: `A container MUST have no \`HostConfig.${field}\` in \`container inspect\` without the option, and no line for another host in /etc/hosts`,
      from: [D3("二.2")],
      needs: ["default bridge"],
      cause: "the container's /etc/hosts was edited after its start",
    },
    inspected,
    async ({ plain, ofHosted, ofPlain }, { facts }) => {
      for (const { HostConfig, Name } of [ofHosted, ofPlain]) {
        const value = HostConfig[field];
        expect(isBlank(value) ? "none" : value, `HostConfig.${field} of ${Name}`).toBe("none");
      }
      const own = (await addresses(plain, "eth0"))
        .filter(({ scope }) => scope === "global")
        .map(({ address }) => address);
      const expected = expectedHostsFile(facts, { hostname: plain.shortId, addresses: own });
      const lines = (await hostsFile(plain)).map(({ address, names }) => ({ address, names }));
      expect(missingHostsLines(expected, lines), "lines in /etc/hosts for anything but the container itself").toEqual(
        [],
      );
    },
  );
}

/** Namespaces other than the network's, which no network mode shares. */
const OWN_NAMESPACES = [
  [
    "INSPECT-54",
    "PidMode",
    "pid",
    "processes",
    cite("cli/container_run#pid", "By default, all containers have the PID namespace enabled."),
  ],
  [
    "INSPECT-55",
    "UTSMode",
    "uts",
    "hostname",
    cite(
      "cli/container_run#uts",
      "By default, all containers, including those with --network=host, have their own UTS namespace.",
    ),
  ],
] as const;

for (const [id, field, kind, what, written] of OWN_NAMESPACES) {
  requirement(
    id,
    {
      must: `A container MUST have an empty \`HostConfig.${field}\` in \`container inspect\` by default, in host mode too: its ${what} are in a namespace of its own`,
      from: [written, D3("二.2")],
      needs: ["host view"],
    },
    inspected,
    async ({ hosted, plain, ofHosted, ofPlain }, { facts }) => {
      const [inHostMode, onBridge] = await Promise.all([namespaces(hosted), namespaces(plain)]);
      expect(
        [ofHosted.HostConfig[field], ofPlain.HostConfig[field]],
        `${field} of a container in host mode and of one on the default bridge`,
      ).toEqual(["", ""]);
      expect([inHostMode[kind], onBridge[kind]], `their ${kind} namespaces, none of which is the host's`).not.toContain(
        facts.host?.namespaces[kind],
      );
    },
  );
}

onInspected(
  "INSPECT-56",
  {
    must: "A container MUST have an empty `HostConfig.UsernsMode` in `container inspect` unless it is exempt from the engine's remapping of users, in host mode too: its user namespace is the engine's, which is the host's unless the engine remaps users",
    from: [D3("二.2")],
    needs: ["host view"],
  },
  async ({ hosted, plain, ofHosted, ofPlain }, { facts }) => {
    const [inHostMode, onBridge] = await Promise.all([namespaces(hosted), namespaces(plain)]);
    expect(
      [ofHosted.HostConfig.UsernsMode, ofPlain.HostConfig.UsernsMode],
      "UsernsMode of a container in host mode and of one on the default bridge",
    ).toEqual([facts.engine.usernsRemap ? "host" : "", ""]);
    const shared = sharesUserNamespace(facts);
    const hosts = facts.host?.namespaces.user;
    expect([inHostMode.user === hosts, onBridge.user === hosts], "whether their user namespace is dockerd's").toEqual([
      shared || facts.engine.usernsRemap,
      shared,
    ]);
  },
);

onInspected(
  "INSPECT-57",
  {
    must: 'A container MUST have "shareable" as `HostConfig.IpcMode` in `container inspect` by default',
    from: [D3("二.2")],
    until: "private-ipc",
  },
  ({ ofPlain }, { facts }) => {
    expect(ofPlain.HostConfig.IpcMode, "IpcMode of a container").toBe(
      facts.configuration["default-ipc-mode"] ?? "shareable",
    );
  },
);

onInspected(
  "INSPECT-57b",
  {
    must: "A container MUST have the daemon's `default-ipc-mode` as `HostConfig.IpcMode` in `container inspect`, \"private\" unless configured, and an IPC namespace that is not the host's, in host mode too",
    from: [
      cite("cli/dockerd#daemon", 'Default mode for containers ipc ("shareable" | "private") (default "private")'),
      engine("moby#35621, default-ipc-mode private since 20.10"),
    ],
    since: "private-ipc",
    needs: ["host view"],
  },
  async ({ hosted, plain, ofHosted, ofPlain }, { facts }) => {
    const [inHostMode, onBridge] = await Promise.all([namespaces(hosted), namespaces(plain)]);
    const mode = defaultIpcMode(facts);
    expect(
      [ofHosted.HostConfig.IpcMode, ofPlain.HostConfig.IpcMode],
      "IpcMode of a container in host mode and of one on the default bridge",
    ).toEqual([mode, mode]);
    expect([inHostMode.ipc, onBridge.ipc], "their IPC namespaces, none of which is the host's").not.toContain(
      facts.host?.namespaces.ipc,
    );
  },
);

/** Files that the engine writes for a container and mounts into it. */
const FILES = [
  ["INSPECT-58", "HostnamePath", "hostname"],
  ["INSPECT-59", "HostsPath", "hosts"],
  ["INSPECT-60", "ResolvConfPath", "resolv.conf"],
] as const;

for (const [id, field, file] of FILES) {
  requirement(
    id,
    {
      must: `A container MUST have a \`${field}\` in its own directory below the engine's in \`container inspect\`, the file that it sees as /etc/${file}`,
      from: [D3("二.2")],
      needs: ["host view"],
    },
    inspected,
    async ({ plain, ofPlain }, session) => {
      const { DockerRootDir } = (await session.docker.info()) as { DockerRootDir?: string };
      const path = ofPlain[field];
      expect(path, `${field} in inspect`).toBe(join(DockerRootDir ?? "", "containers", plain.id, file));
      const host = await session.host();
      const [outside, inside] = await Promise.all([host.own(`cat ${word(path)}`), textFile(plain, `/etc/${file}`)]);
      expect(inside, `/etc/${file} in the container, against ${path} on the host`).toBe(outside.stdout);
    },
  );
}

onInspected(
  "INSPECT-61",
  {
    must: "A container MUST have as `State.Pid` in `container inspect` the PID of its main process on the host, whose network namespace is the container's",
    from: [D3("二.2")],
    needs: ["host view"],
  },
  async ({ plain, member, ofPlain, ofMember }, session) => {
    const host = await session.host();
    const onHost = await Promise.all(
      [ofPlain, ofMember].map(async ({ State }) =>
        (await host.ask(`readlink /proc/${State.Pid}/ns/net`)).stdout.trim(),
      ),
    );
    const own = await Promise.all([namespaces(plain), namespaces(member)]);
    expect(onHost, "network namespaces of the PIDs on the host, against the containers' own").toEqual(
      own.map(({ net }) => net),
    );
  },
);

onInspected(
  "INSPECT-67",
  {
    must: "A container MUST have as `SandboxKey` in `container inspect` a file of the host that is the network namespace it is in",
    from: [
      cite("api#NetworkSettings", "SandboxKey is the full path of the netns handle"),
      engine("API: NetworkSettings.SandboxKey"),
    ],
    needs: ["host view"],
  },
  async ({ plain, member, ofPlain, ofMember }, session) => {
    const host = await session.host();
    const judged = [
      { container: member, inspected: ofMember },
      // Without a default bridge this one is on no network, for which Engine 20.10 makes no file.
      ...(session.facts.defaultBridge === null ? [] : [{ container: plain, inspected: ofPlain }]),
    ];
    const behind = await Promise.all(
      judged.map(async ({ inspected: { NetworkSettings } }) => {
        const { stdout } = await host.own(`stat -L -c %i ${word(NetworkSettings.SandboxKey)}`);
        return `net:[${stdout.trim()}]`;
      }),
    );
    const own = await Promise.all(judged.map(({ container }) => namespaces(container)));
    expect(behind, "network namespaces behind SandboxKey on the host, against the containers' own").toEqual(
      own.map(({ net }) => net),
    );
  },
);

onInspected(
  "INSPECT-68",
  {
    must: "A container MUST have as `Config.Hostname` in `container inspect` the hostname that its kernel tells",
    from: [engine("API: Config.Hostname")],
    cause: "the hostname was changed in the container after its start",
  },
  async ({ plain, member, ofPlain, ofMember }) => {
    const own = await Promise.all([plain, member].map(async (one) => await textFile(one, "/proc/sys/kernel/hostname")));
    expect([ofPlain.Config.Hostname, ofMember.Config.Hostname], "Hostname in inspect, against the kernel's").toEqual(
      own.map((name) => name.trim()),
    );
  },
);

onInspected(
  "INSPECT-69",
  {
    must: "A container MUST have its IPv6 address and prefix length under `Networks.<name>` in `container inspect` as its own kernel has them, and none where it has none",
    from: [cite("api#EndpointSettings", "Global IPv6 address."), engine("API: EndpointSettings.GlobalIPv6Address")],
    cause: "IPv6 was switched off, or the address was changed, inside the container after its start",
  },
  async ({ member }) => {
    const { GlobalIPv6Address, GlobalIPv6PrefixLen } = member.settingsOn("app");
    const own = (await addresses(member, "eth0")).find(({ family, scope }) => family === 6 && scope === "global");
    expect(
      { GlobalIPv6Address, GlobalIPv6PrefixLen },
      "the IPv6 part of the attachment in inspect, against the container's own",
    ).toEqual({ GlobalIPv6Address: own?.address ?? "", GlobalIPv6PrefixLen: own?.prefix ?? 0 });
  },
);

onInspected(
  "INSPECT-70",
  {
    must: "A container on a user-defined network MUST have its name and its short id among the `DNSNames` in `container inspect`, and each of these names MUST resolve to its address",
    from: [
      cite(
        "api#EndpointSettings",
        "This list is based on the container name, network aliases, container short ID, and hostname.",
      ),
      engine("API 1.44: EndpointSettings.DNSNames"),
    ],
    since: "dns-names-field",
  },
  async ({ member }) => {
    const { DNSNames, IPAddress } = member.settingsOn("app");
    expect(DNSNames, "DNSNames in inspect").toEqual(expect.arrayContaining([member.name, member.shortId]));
    await Promise.all((DNSNames ?? []).map((name) => mustReach(lookupAs(member, name, IPAddress))));
  },
);

/** A container's own IPv4 addresses, without loopback. */
async function ownAddresses(container: Endpoint): Promise<string[]> {
  const carried = await addresses(container);
  return carried.filter(({ family, scope }) => family === 4 && scope === "global").map(({ address }) => address);
}

const OLDER_API =
  "something between here and the engine answers in an API before 1.52 (a proxy, a platform's gateway), or alters NetworkSettings in what inspect says";

/** The fields at the top of `NetworkSettings` that API 1.52 removed and the engine's answer has all the same. */
function removedFields({ NetworkSettings }: Pick<Inspected, "NetworkSettings">): string[] {
  return ["IPAddress", "SecondaryIPAddresses"].filter((field) => field in NetworkSettings);
}

onInspected(
  "INSPECT-62",
  {
    must: "A container on the default bridge MUST have its address twice in `container inspect`: at the top of `NetworkSettings` and under `Networks.bridge`",
    from: [OLD_FIELDS, D0("3.4.2.2"), D1("5.6")],
    until: "no-top-level-network-settings",
    needs: ["default bridge"],
  },
  async ({ plain, ofPlain }) => {
    expect(
      [ofPlain.NetworkSettings.IPAddress, plain.settingsOn("bridge").IPAddress],
      "top-level IPAddress and Networks.bridge.IPAddress, against eth0 in the container",
    ).toEqual([...(await ownAddresses(plain)), ...(await ownAddresses(plain))]);
  },
);

onInspected(
  "INSPECT-62b",
  {
    must: "A container on the default bridge MUST have its address only under `Networks.bridge` in `container inspect`",
    from: [OLD_FIELDS_GONE, engine("API 1.52: top-level fields of NetworkSettings removed")],
    since: "no-top-level-network-settings",
    cause: OLDER_API,
    needs: ["default bridge"],
  },
  async ({ plain, ofPlain }) => {
    expect(removedFields(ofPlain), "fields that API 1.52 removed, of a container on the default bridge").toEqual([]);
    expect([plain.settingsOn("bridge").IPAddress], "Networks.bridge.IPAddress, against eth0 in the container").toEqual(
      await ownAddresses(plain),
    );
  },
);

onInspected(
  "INSPECT-63",
  {
    must: "A container that is only on a user-defined network MUST have an empty text as `IPAddress` at the top of `NetworkSettings` in `container inspect`, although it has an address",
    from: [OLD_FIELDS, D1("5.6"), D1("macvlan")],
    until: "no-top-level-network-settings",
  },
  async ({ member, ofMember }) => {
    expect(await ownAddresses(member), "its own IPv4 addresses").toHaveLength(1);
    expect(ofMember.NetworkSettings.IPAddress, "top-level IPAddress").toBe("");
  },
);

onInspected(
  "INSPECT-63b",
  {
    must: "A container that is only on a user-defined network MUST have no `IPAddress` at the top of `NetworkSettings` in `container inspect`",
    from: [OLD_FIELDS_GONE, engine("API 1.52: top-level fields of NetworkSettings removed")],
    since: "no-top-level-network-settings",
    cause: OLDER_API,
  },
  ({ ofMember }) => {
    expect(removedFields(ofMember), "fields that API 1.52 removed, of a container on a user-defined network").toEqual(
      [],
    );
  },
);

onInspected(
  "INSPECT-64",
  {
    must: "A container on a user-defined network MUST have its address, prefix length, gateway and MAC address under `Networks.<name>` in `container inspect` as its own kernel has them",
    from: [
      cite("api#NetworkSettings", "Information about all networks that the container is connected to."),
      D1("5.6"),
      D1("macvlan"),
    ],
    cause: "address, route or MAC were changed inside the container after its start",
  },
  async ({ member }) => {
    const { IPAddress, IPPrefixLen, Gateway, MacAddress } = member.settingsOn("app");
    const [carried, route, interfaces] = await Promise.all([
      addresses(member, "eth0"),
      defaultRoute(member),
      links(member),
    ]);
    const own = carried.find(({ family }) => family === 4);
    expect(
      { IPAddress, IPPrefixLen, Gateway, MacAddress },
      "the attachment in inspect, against the container's own",
    ).toEqual({
      IPAddress: own?.address,
      IPPrefixLen: own?.prefix,
      Gateway: route?.gateway,
      MacAddress: interfaces.find(({ name }) => name === "eth0")?.mac,
    });
  },
);

onInspected(
  "INSPECT-65",
  {
    must: "A container MUST have null as `SecondaryIPAddresses` in `container inspect`, and no second IPv4 address on its interface",
    from: [
      cite(
        "api/changes#v1.44",
        "SecondaryIPv6Addresses available in NetworkSettings when calling GET /containers/{id}/json are deprecated",
      ),
      D1("5.6"),
      D1("macvlan"),
    ],
    until: "no-top-level-network-settings",
  },
  async ({ member, ofPlain, ofMember }) => {
    expect(
      [ofPlain.NetworkSettings.SecondaryIPAddresses, ofMember.NetworkSettings.SecondaryIPAddresses],
      "SecondaryIPAddresses on the default bridge and on a user-defined network",
    ).toEqual([null, null]);
    expect(await ownAddresses(member), "IPv4 addresses of the container on the user-defined network").toHaveLength(1);
  },
);

onInspected(
  "INSPECT-65b",
  {
    must: "A container MUST have no `SecondaryIPAddresses` in `container inspect`, and no second IPv4 address on its interface",
    from: [OLD_FIELDS_GONE, engine("API 1.52: top-level fields of NetworkSettings removed")],
    since: "no-top-level-network-settings",
    cause: OLDER_API,
  },
  async ({ member, ofMember }) => {
    expect(removedFields(ofMember), "fields that API 1.52 removed, of a container").not.toContain(
      "SecondaryIPAddresses",
    );
    expect(await ownAddresses(member), "IPv4 addresses of the container on the user-defined network").toHaveLength(1);
  },
);

requirement(
  "INSPECT-66",
  {
    must: "A container connected to a second network MUST have one entry per network in `container inspect`, each with the address that one of its interfaces has",
    from: [cite("api#EndpointSettings", "IPv4 address."), D1("5.6"), D2("四")],
    needs: ["default bridge"],
  },
  connected,
  async ({ both, networks }) => {
    const entries = Object.entries((await both.inspect()).NetworkSettings.Networks);
    expect(
      entries.map(([name]) => name).toSorted(),
      "networks in inspect of a container on the default bridge and on ours",
    ).toEqual(["bridge", networks.second.name].toSorted());
    expect(
      entries.map(([, { IPAddress }]) => IPAddress).toSorted(),
      "addresses in inspect, against those of its interfaces",
    ).toEqual((await ownAddresses(both)).toSorted());
  },
);
