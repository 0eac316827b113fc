import { expect } from "vitest";
import { cidr } from "../../../helpers/model/cidr.ts";
import type { NetworkRecord } from "../../../helpers/model/engine-answers.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { has } from "../../../helpers/model/version-switches.ts";
import { addresses, type CarriedAddress } from "../../../helpers/probes/addresses.ts";
import { defaultRoute } from "../../../helpers/probes/routes.ts";
import { cite, D0, D1, D2, NotApplicable, type Session } from "../../../helpers/requirement/index.ts";
import { configured, ON_THE_BRIDGE, onBare, onDefaultBridge } from "./site.ts";

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
