import { expect } from "vitest";
import { defaultNetworkOptions, expectedNetworkOptions } from "../../../helpers/expectations/user-network.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { cite, D0, D1, requirement } from "../../../helpers/requirement/index.ts";
import {
  APP_OPTIONS,
  byName,
  configured,
  configuredDevice,
  defaultBridge,
  ON_THE_BRIDGE,
  onBare,
  onDefaultBridge,
  predefined,
} from "./site.ts";

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
    expect(record.Options, "options of a network created without any").toEqual(defaultNetworkOptions(facts));
  },
);
