import { expect } from "vitest";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeNetwork } from "../../helpers/engine/sweep.ts";
import { expectedDefaultBridge } from "../../helpers/expectations/default-bridge.ts";
import { expectedNetworkOptions } from "../../helpers/expectations/user-network.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { has } from "../../helpers/model/version-switches.ts";
import { addresses, type CarriedAddress } from "../../helpers/probes/addresses.ts";
import { link, links } from "../../helpers/probes/links.ts";
import { defaultRoute } from "../../helpers/probes/routes.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  NotApplicable,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../helpers/requirement/index.ts";
import { type AttachedContainer, inspectNetwork, type NetworkRecord } from "../../helpers/topology/network-record.ts";

const ENDPOINT = cite(
  "api#EndpointResource",
  "contains network resources allocated and used for a container in a network",
);

/** Options of the network `app`: two that the driver reads, one of which shows in its containers. */
const APP_OPTIONS = {
  "com.docker.network.driver.mtu": "1400",
  "com.docker.network.bridge.enable_icc": "true",
};

/** A container on the default bridge and one on a network with options of its own: their view is what inspect is held against. */
const inspected = topology("inspect-network", {
  networks: { app: bridge({ options: APP_OPTIONS }) },
  containers: {
    web: busybox(),
    member: busybox({ on: "app" }),
  },
});

/** The network `bridge`, reached by the id that a container started without a network option reports. */
const defaultBridge = stage(inspected, async ({ web, member, networks }, { docker }) => ({
  web,
  record: await inspectNetwork(docker, web.settingsOn("bridge").NetworkID),
  member,
  app: await inspectNetwork(docker, networks.app.id),
}));

/** A network with a name and a subnet, asked for as `docker network create --subnet … NAME` does, and the engine's clock around it. */
const bare = stage(theEngine, async (_, { docker, runId, subnets }) => {
  const name = nameOf(runId, "inspect-bare");
  const labels = labelsOf(runId);
  try {
    const before = await systemTime(docker);
    await docker.createNetwork({
      Name: name,
      Labels: labels,
      Options: {},
      IPAM: { Driver: "default", Options: {}, Config: [{ Subnet: subnets.choose(24) }] },
    });
    const after = await systemTime(docker);
    return { labels, before, after, record: await inspectNetwork(docker, name) };
  } finally {
    await removeNetwork(docker, name);
  }
});

/** The engine's own networks that have no settings of their own to speak of. */
const predefined = stage(theEngine, async (_, { docker }) => {
  return await Promise.all(["host", "none"].map(async (name) => await inspectNetwork(docker, name)));
});

async function systemTime(docker: Session["docker"]): Promise<number> {
  const { SystemTime } = (await docker.info()) as { SystemTime?: string };
  return Date.parse(SystemTime ?? "");
}

/** What the configuration asks of the default bridge; the need "default bridge" has made sure that there is one. */
function configured({ facts }: Session) {
  const expected = expectedDefaultBridge(facts);
  if (expected === null) throw new NotApplicable('"bridge": "none"');
  return expected;
}

/** IPv4 addresses of the default bridge's device as the host itself shows them. */
async function deviceAddresses(session: Session): Promise<CarriedAddress[]> {
  const device = session.facts.defaultBridge?.device;
  const carried = await addresses(await session.host(), device);
  return carried.filter(({ family }) => family === 4);
}

/** The IPv4 range of a network. */
function ipv4Config(record: NetworkRecord): { readonly Subnet?: string; readonly Gateway?: string } {
  const config = (record.IPAM.Config ?? []).find(({ Subnet }) => Subnet?.includes(".") ?? false);
  if (config === undefined) throw new ProbeFailed(`inspect of ${record.Name} names no IPv4 subnet`);
  return config;
}

const ON_THE_BRIDGE = ["default bridge", "host view"] as const;

const onDefaultBridge = chapter({ given: defaultBridge, needs: ["default bridge"] });

onDefaultBridge(
  "INSPECT-01",
  {
    must: 'The network that a container without a network option is on MUST have the name "bridge" in `network inspect`',
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"Name": "bridge"'),
      D0("3.1"),
      D1("默认网桥"),
      D2("三"),
    ],
  },
  ({ record }) => {
    expect(record.Name, "name of the network of a container without a network option").toBe("bridge");
  },
);

onDefaultBridge(
  "INSPECT-02",
  {
    must: "`network inspect` MUST give a network's id as 64 hex digits, the first 12 of which name the bridge device on the host",
    from: [cite("api#Network", "ID that uniquely identifies a network on a single machine."), D1("默认网桥"), D2("三")],
    needs: ON_THE_BRIDGE,
  },
  async ({ record, app }, session) => {
    for (const { Name, Id } of [record, app]) expect(Id, `id of the network ${Name}`).toMatch(/^[0-9a-f]{64}$/);
    const names = (await links(await session.host())).map((one) => one.name);
    expect(names, "links of the host").toContain(`br-${app.Id.slice(0, 12)}`);
  },
);

const onBare = chapter({ given: bare });

onBare(
  "INSPECT-03",
  {
    must: "`network inspect` MUST give the time of a network's creation in RFC 3339, true to the engine's clock",
    from: [
      cite("api#Network", "Date and time at which the network was created in RFC 3339 format with nano-seconds."),
      D1("默认网桥"),
      D2("三"),
    ],
  },
  ({ record, before, after }) => {
    expect(record.Created, "Created of a new network").toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    );
    const created = Date.parse(record.Created);
    expect(created, "Created, in ms, against the engine's clock before the creation").toBeGreaterThanOrEqual(before);
    expect(created, "Created, in ms, against the engine's clock after the creation").toBeLessThanOrEqual(after);
  },
);

onDefaultBridge(
  "INSPECT-04",
  {
    must: 'The network `bridge` MUST have the scope "local" in `network inspect`',
    from: [cite("cli/network_inspect#inspect-the-bridge-network", '"Scope": "local"'), D1("默认网桥"), D2("三")],
  },
  ({ record }) => {
    expect(record.Scope, "Scope of the network bridge").toBe("local");
  },
);

onDefaultBridge(
  "INSPECT-05",
  {
    must: 'The network `bridge` MUST have the driver "bridge" in `network inspect`, and a bridge device on the host',
    from: [cite("cli/network_inspect#inspect-the-bridge-network", '"Driver": "bridge"'), D1("默认网桥"), D2("三")],
    needs: ON_THE_BRIDGE,
    cause: "the device was removed or replaced behind the engine's back",
  },
  async ({ record }, session) => {
    const device = await link(await session.host(), configuredDevice(session));
    expect(record.Driver, "Driver of the network bridge").toBe("bridge");
    expect(device?.bridge != null, `whether ${configuredDevice(session)} is a bridge on the host`).toBe(true);
  },
);

function configuredDevice(session: Session): string {
  const { device } = configured(session);
  return device.known ? device.value : (session.facts.defaultBridge?.device ?? "");
}

onDefaultBridge(
  "INSPECT-06",
  {
    must: "The network `bridge` MUST have `EnableIPv6` false in `network inspect` unless the daemon is configured with `ipv6`, and its containers an IPv6 address only then",
    from: [
      cite("man/dockerd#--ipv6", "Enable IPv6 support on the default bridge network. Default is false."),
      D1("默认网桥"),
      D2("三"),
    ],
    needs: ON_THE_BRIDGE,
  },
  async ({ record, web }, session) => {
    const { ipv6 } = configured(session);
    const inside = (await addresses(web, "eth0")).filter(({ family, scope }) => family === 6 && scope === "global");
    expect(record.EnableIPv6, "EnableIPv6 of the network bridge").toBe(ipv6);
    expect(inside.length > 0, "whether its container has a global IPv6 address").toBe(ipv6);
  },
);

onDefaultBridge(
  "INSPECT-07",
  {
    must: 'A network created without an IPAM driver, and the network `bridge`, MUST have the IPAM driver "default" in `network inspect`',
    from: [cite("api#IPAM", "Name of the IPAM driver to use."), D0("3.1"), D1("默认网桥"), D2("三")],
  },
  ({ record, app }) => {
    expect([record.IPAM.Driver, app.IPAM.Driver], "IPAM drivers of the network bridge and of ours").toEqual([
      "default",
      "default",
    ]);
  },
);

onDefaultBridge(
  "INSPECT-08",
  {
    must: "The network `bridge` MUST have `IPAM.Options` null in `network inspect`: nobody has given any",
    from: [D1("默认网桥"), D2("三")],
  },
  ({ record }) => {
    expect(record.IPAM.Options, "IPAM.Options of the network bridge").toBeNull();
  },
);

onBare(
  "INSPECT-09",
  {
    must: "A network created with an empty set of IPAM options, as `docker network create` does, MUST have `IPAM.Options` {} in `network inspect`, not null",
    from: [D1("新建网桥"), D1("macvlan"), D2("四")],
  },
  ({ record }) => {
    expect(record.IPAM.Options, "IPAM.Options of a network created with an empty set").toEqual({});
  },
);

onDefaultBridge(
  "INSPECT-10",
  {
    must: "The network `bridge` MUST have the subnet in `network inspect` that its device on the host and its containers are in",
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"Subnet": "172.17.42.1/16"'),
      D0("3.1"),
      D1("默认网桥"),
      D2("三"),
    ],
    needs: ON_THE_BRIDGE,
    cause: "the device's address was changed or removed after the engine's start (a network manager, another program)",
  },
  async ({ record, web }, session) => {
    const { subnet } = configured(session);
    const { Subnet = "" } = ipv4Config(record);
    const [onHost, inside] = await Promise.all([deviceAddresses(session), addresses(web, "eth0")]);
    const networks = (carried: readonly CarriedAddress[]) =>
      carried
        .filter(({ family }) => family === 4)
        .map(({ address, prefix }) => cidr(`${address}/${prefix}`).toString());
    if (subnet.known) expect(Subnet, `Subnet of the network bridge, by ${subnet.why}`).toBe(subnet.value.toString());
    expect(networks(onHost), "IPv4 networks of the bridge's device on the host").toContain(Subnet);
    expect(networks(inside), "IPv4 networks of eth0 in a container on it").toEqual([Subnet]);
  },
);

onDefaultBridge(
  "INSPECT-11",
  {
    must: "The network `bridge` MUST have the address of its device on the host as the gateway in `network inspect`",
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"Gateway": "172.17.42.1"'),
      D0("3.1"),
      D1("默认网桥"),
      D2("三"),
    ],
    appliesTo:
      'before Engine 26.0 only where the bridge device was there before the engine\'s last start; not with "fixed-cidr" alone',
    needs: ON_THE_BRIDGE,
    cause: "the device's address was changed or removed after the engine's start (a network manager, another program)",
  },
  async ({ record }, session) => {
    const { Gateway } = ipv4Config(record);
    const { "fixed-cidr": range, bip } = session.facts.configuration;
    if (Gateway === undefined && range !== undefined && bip === undefined) {
      throw new NotApplicable(
        `the subnet is that of "fixed-cidr" (${range}) without "bip": the engine names no gateway then (measured on 28.5); INSPECT-11b judges the gateway in force`,
      );
    }
    if (Gateway === undefined && !has(session.facts, "default-bridge-names-gateway")) {
      throw new NotApplicable(
        "this engine made the bridge device at its last start and names no gateway then (moby#26799); INSPECT-11b judges the gateway in force",
      );
    }
    const onHost = (await deviceAddresses(session)).map(({ address }) => address);
    expect(onHost, "IPv4 addresses of the bridge's device on the host").toContain(Gateway);
  },
);

onDefaultBridge(
  "INSPECT-11b",
  {
    must: "A container on the network `bridge` MUST have the gateway in its `inspect` that its default route leads to: the device's address, or the daemon's `default-gateway`",
    from: [cite("api#EndpointSettings", "Gateway address for this network.")],
    needs: ON_THE_BRIDGE,
    cause: "the device's address was changed or removed after the engine's start (a network manager, another program)",
  },
  async ({ web }, session) => {
    const { containerGateway } = configured(session);
    const [route, onHost] = await Promise.all([defaultRoute(web), deviceAddresses(session)]);
    expect(web.settingsOn("bridge").Gateway, "the gateway in inspect, against the container's default route").toBe(
      route?.gateway,
    );
    if (containerGateway.known) {
      expect(route?.gateway, `the container's gateway, by ${containerGateway.why}`).toBe(containerGateway.value);
    }
    if (session.facts.configuration["default-gateway"] === undefined) {
      expect(
        onHost.map(({ address }) => address),
        "IPv4 addresses of the bridge's device on the host",
      ).toContain(route?.gateway);
    }
  },
);

/** The networks that nobody has given the setting in question. */
const undemanding = stage(bare, async ({ record }, { docker, facts }) => [
  record,
  ...(await predefined.obtain()),
  ...(facts.defaultBridge === null ? [] : [await inspectNetwork(docker, "bridge")]),
]);

/** A setting of the networks, by name. */
function byName<T>(networks: readonly NetworkRecord[], setting: (network: NetworkRecord) => T): Record<string, T> {
  return Object.fromEntries(networks.map((network) => [network.Name, setting(network)]));
}

/** A configuration alone, and a network that was made from it and asks for what networks seldom ask for. */
const demanding = stage(theEngine, async (_, { docker, runId, subnets }) => {
  const [pattern, asking] = [nameOf(runId, "inspect-pattern"), nameOf(runId, "inspect-asking")];
  try {
    await docker.createNetwork({
      Name: pattern,
      ConfigOnly: true,
      // Those of the network that is made from it, too: it may have none of its own.
      Labels: labelsOf(runId),
      IPAM: { Driver: "default", Config: [{ Subnet: subnets.choose(24) }] },
    });
    await docker.createNetwork({
      Name: asking,
      Driver: "bridge",
      ConfigFrom: { Network: pattern },
      Internal: true,
      Attachable: true,
    });
    return { pattern: await inspectNetwork(docker, pattern), asking: await inspectNetwork(docker, asking) };
  } finally {
    await removeNetwork(docker, asking);
    await removeNetwork(docker, pattern);
  }
});

const onUndemanding = chapter({ given: undemanding });

onUndemanding(
  "INSPECT-12",
  {
    must: "A network MUST have `Internal` false in `network inspect` unless it was asked for, and a bridge network then give its containers a default route",
    from: [
      cite("api#Network", "Whether the network is created to only allow internal networking connectivity."),
      D1("默认网桥"),
      D1("新建网桥"),
    ],
  },
  async (networks) => {
    const { member } = await inspected.obtain();
    const { asking } = await demanding.obtain();
    const route = await defaultRoute(member);
    expect(
      byName(networks, ({ Internal }) => Internal),
      "Internal by network",
    ).toEqual(byName(networks, () => false));
    expect(asking.Internal, "Internal of a network that was made so").toBe(true);
    expect(route?.gateway, "gateway of a container on a network that is not internal").toBe(
      member.settingsOn("app").Gateway,
    );
  },
);

for (const [id, field, asked, said] of [
  [
    "INSPECT-13",
    "Attachable",
    "asking",
    "Whether a global / swarm scope network is manually attachable by regular containers from workers in swarm mode.",
  ],
  [
    "INSPECT-16",
    "ConfigOnly",
    "pattern",
    "Config-only networks are placeholder networks for network configurations to be used by other networks.",
  ],
] as const) {
  requirement(
    id,
    {
      must: `A network MUST have \`${field}\` false in \`network inspect\` unless it was asked for`,
      from: [cite("api#Network", said), D1("默认网桥"), D1("新建网桥")],
    },
    undemanding,
    async (networks) => {
      const { [asked]: one } = await demanding.obtain();
      expect(
        byName(networks, (network) => network[field]),
        `${field} by network`,
      ).toEqual(byName(networks, () => false));
      expect(one[field], `${field} of a network that was made so`).toBe(true);
    },
  );
}

onUndemanding(
  "INSPECT-14",
  {
    must: "A network of one host MUST have `Ingress` false in `network inspect`: only a swarm has one",
    from: [
      cite("api#Network", "Whether the network is providing the routing-mesh for the swarm cluster."),
      D1("默认网桥"),
      D1("新建网桥"),
    ],
  },
  (networks) => {
    expect(
      byName(networks, ({ Ingress }) => Ingress),
      "Ingress by network",
    ).toEqual(byName(networks, () => false));
  },
);

onUndemanding(
  "INSPECT-15",
  {
    must: "A network MUST have an empty `ConfigFrom.Network` in `network inspect` unless it was made from another one's configuration, and name that one then",
    from: [
      cite("api#ConfigReference", "The config-only network source to provide the configuration for this network."),
      D1("默认网桥"),
      D1("新建网桥"),
    ],
  },
  async (networks) => {
    const { asking, pattern } = await demanding.obtain();
    expect(
      byName(networks, ({ ConfigFrom }) => ConfigFrom.Network),
      "ConfigFrom.Network by network",
    ).toEqual(byName(networks, () => ""));
    expect(asking.ConfigFrom.Network, "ConfigFrom.Network of a network that was made from another's").toBe(
      pattern.Name,
    );
  },
);

onBare(
  "INSPECT-17",
  {
    must: "A network without a running container MUST have an empty object as `Containers` in `network inspect`, and one entry for each that is attached",
    from: [
      cite("api#NetworkInspect", "Contains endpoints attached to the network."),
      D1("默认网桥"),
      D1("新建网桥"),
      D1("macvlan"),
    ],
    needs: ["default bridge"],
  },
  async ({ record }) => {
    const { app, member } = await defaultBridge.obtain();
    expect(Object.keys(app.Containers ?? {}), "Containers of a network with one container").toEqual([member.id]);
    expect(record.Containers, "Containers of a network without any").toEqual({});
  },
);

onBare(
  "INSPECT-18",
  {
    must: "A network MUST have in `network inspect` the labels that it was created with and no others: an empty object on the engine's own networks",
    from: [
      cite("api#Network", "Metadata specific to the network being created."),
      D1("默认网桥"),
      D1("新建网桥"),
      D1("macvlan"),
    ],
  },
  async ({ record, labels }) => {
    const own = await predefined.obtain();
    expect(record.Labels, "Labels of a network created with ours").toEqual(labels);
    expect(
      byName(own, ({ Labels }) => Labels),
      "Labels of the engine's own networks",
    ).toEqual(byName(own, () => ({})));
  },
);

const BRIDGE_OPTIONS = [
  {
    id: "INSPECT-19",
    option: "com.docker.network.bridge.default_bridge",
    must: '`"true"`: it is the one that containers without a network option are put on',
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"com.docker.network.bridge.default_bridge": "true"'),
      D1("默认网桥"),
    ],
  },
  {
    id: "INSPECT-20",
    option: "com.docker.network.bridge.enable_icc",
    must: '`"true"` unless the daemon is configured with `icc` false',
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"com.docker.network.bridge.enable_icc": "true"'),
      D1("默认网桥"),
    ],
  },
  {
    id: "INSPECT-21",
    option: "com.docker.network.bridge.enable_ip_masquerade",
    must: '`"true"` unless the daemon is configured with `ip-masq` or `iptables` false',
    from: [
      cite(
        "cli/network_inspect#inspect-the-bridge-network",
        '"com.docker.network.bridge.enable_ip_masquerade": "true"',
      ),
      D1("默认网桥"),
    ],
  },
  {
    id: "INSPECT-22",
    option: "com.docker.network.bridge.host_binding_ipv4",
    must: '`"0.0.0.0"` unless the daemon is configured with another `ip`',
    from: [
      cite(
        "cli/network_inspect#inspect-the-bridge-network",
        '"com.docker.network.bridge.host_binding_ipv4": "0.0.0.0"',
      ),
      D1("默认网桥"),
    ],
  },
] as const;

for (const { id, option, must, from } of BRIDGE_OPTIONS) {
  requirement(
    id,
    {
      must: `The network \`bridge\` MUST have the option \`${option}\` in \`network inspect\` with the value ${must}`,
      from,
      needs: ON_THE_BRIDGE,
      cause: "dockerd was not restarted after its configuration was edited, or a flag overrides the file",
    },
    defaultBridge,
    ({ record }, session) => {
      expect(record.Options?.[option], `option ${option} of the network bridge`).toBe(
        configured(session).options[option],
      );
    },
  );
}

onDefaultBridge(
  "INSPECT-23",
  {
    must: "The network `bridge` MUST name its device in the option `com.docker.network.bridge.name`: `docker0` unless configured otherwise, a bridge of the host with the container's interface plugged in",
    from: [
      cite("cli/network_inspect#inspect-the-bridge-network", '"com.docker.network.bridge.name": "docker0"'),
      D0("3.1"),
      D1("默认网桥"),
    ],
    needs: ON_THE_BRIDGE,
    cause: "the container's end on the host was taken out of the bridge, or the bridge was replaced",
  },
  async ({ record, web }, session) => {
    const [onHost, eth0] = await Promise.all([links(await session.host()), link(web, "eth0")]);
    const name = record.Options?.["com.docker.network.bridge.name"];
    expect(name, "name of the device in inspect").toBe(configuredDevice(session));
    expect(
      onHost.filter(({ master }) => master === name).map(({ index }) => index),
      `ifindexes of the ports of ${name}, among them the other end of the container's eth0`,
    ).toContain(eth0?.peerIndex);
  },
);

onDefaultBridge(
  "INSPECT-24",
  {
    must: "The network `bridge` MUST have the MTU in the option `com.docker.network.driver.mtu` that the daemon is configured with, else 1500, and its containers that MTU on eth0",
    from: [
      cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)'),
      D0("3.1"),
      D1("默认网桥"),
    ],
    needs: ON_THE_BRIDGE,
    cause: "dockerd was not restarted after `mtu` was edited, or a flag overrides the file",
  },
  async ({ record, web }, session) => {
    const { mtu } = configured(session);
    const eth0 = await link(web, "eth0");
    expect(record.Options?.["com.docker.network.driver.mtu"], "MTU in the options of the network bridge").toBe(
      String(mtu),
    );
    expect(eth0?.mtu, "MTU of eth0 in a container on it").toBe(mtu);
  },
);

onDefaultBridge(
  "INSPECT-25",
  {
    must: "`network inspect` MUST give every driver option as a string, as it was asked for, numbers and booleans too",
    from: [cite("api#Network", "Network-specific options uses when creating the network."), D0("3.1"), D1("默认网桥")],
    needs: ON_THE_BRIDGE,
  },
  async ({ record, app, member }, { facts }) => {
    const eth0 = await link(member, "eth0");
    expect(app.Options, "options of a network created with some").toEqual(expectedNetworkOptions(facts, APP_OPTIONS));
    expect(String(eth0?.mtu), "MTU of eth0 in its container, against the option asked for").toBe(
      APP_OPTIONS["com.docker.network.driver.mtu"],
    );
    const others = Object.entries(record.Options ?? {}).filter(([, value]) => typeof value !== "string");
    expect(others, "options of the network bridge that are not strings").toEqual([]);
  },
);

onBare(
  "INSPECT-26",
  {
    must: "A bridge network created without options MUST have an empty object as `Options` in `network inspect`, or the daemon's `default-network-opts`",
    from: [cite("cli/network_inspect#inspect-a-user-defined-network", '"Options": {}'), D1("新建网桥")],
    needs: ["host view"],
  },
  ({ record }, { facts }) => {
    expect(record.Options, "options of a network created without any").toEqual(expectedNetworkOptions(facts));
  },
);

/** The entry of a container in its network's inspect. */
function entryOf(
  network: NetworkRecord,
  container: { readonly id: string; readonly label: string },
): AttachedContainer {
  const entry = network.Containers?.[container.id];
  if (entry === undefined)
    throw new ProbeFailed(`inspect of the network ${network.Name} does not list ${container.label}`);
  return entry;
}

onDefaultBridge(
  "INSPECT-27",
  {
    must: "`network inspect` MUST list a running container that is attached under its full id",
    from: [
      cite(
        "cli/network_inspect#inspect-the-bridge-network",
        "The network inspect command shows the containers, by id, in its results.",
      ),
      D0("3.1"),
    ],
  },
  ({ record, web, app, member }) => {
    expect(Object.keys(record.Containers ?? {}), "containers of the network bridge").toContain(web.id);
    expect(Object.keys(app.Containers ?? {}), "containers of the network app").toEqual([member.id]);
  },
);

onDefaultBridge(
  "INSPECT-28",
  {
    must: "`network inspect` MUST give an attached container's name without a slash",
    from: [cite("cli/network_inspect#inspect-the-bridge-network", '"Name": "container2"'), D0("3.1")],
  },
  ({ record, web, app, member }) => {
    expect([entryOf(record, web).Name, entryOf(app, member).Name], "names of the attached containers").toEqual([
      web.name,
      member.name,
    ]);
  },
);

onDefaultBridge(
  "INSPECT-29",
  {
    must: "`network inspect` MUST give an attached container's endpoint id as 64 hex digits, the same as the container's own inspect",
    from: [ENDPOINT, D0("3.1")],
  },
  ({ record, web, app, member }) => {
    const ids = [entryOf(record, web).EndpointID, entryOf(app, member).EndpointID];
    for (const id of ids) expect(id, "endpoint id of an attached container").toMatch(/^[0-9a-f]{64}$/);
    expect(ids, "endpoint ids in network inspect, against those in container inspect").toEqual([
      web.settingsOn("bridge").EndpointID,
      member.settingsOn("app").EndpointID,
    ]);
  },
);

onDefaultBridge(
  "INSPECT-30",
  {
    must: "`network inspect` MUST give an attached container's MAC address as its eth0 has it",
    from: [ENDPOINT, D0("3.1")],
    cause: "the MAC address was changed inside the container after its start",
  },
  async ({ record, web, app, member }) => {
    const [onBridge, onApp] = await Promise.all([link(web, "eth0"), link(member, "eth0")]);
    expect(
      [entryOf(record, web).MacAddress, entryOf(app, member).MacAddress],
      "MAC addresses in network inspect, against eth0 in the containers",
    ).toEqual([onBridge?.mac, onApp?.mac]);
  },
);

onDefaultBridge(
  "INSPECT-31",
  {
    must: "`network inspect` MUST give an attached container's IPv4 address with its prefix length as its eth0 has it",
    from: [ENDPOINT, D0("3.1")],
    cause: "the address was changed inside the container after its start",
  },
  async ({ record, web, app, member }) => {
    const carried = await Promise.all([addresses(web, "eth0"), addresses(member, "eth0")]);
    const own = carried.map((list) => list.find(({ family }) => family === 4));
    expect(
      [entryOf(record, web).IPv4Address, entryOf(app, member).IPv4Address],
      "IPv4 addresses in network inspect, against eth0 in the containers",
    ).toEqual(own.map((one) => `${one?.address}/${one?.prefix}`));
  },
);
