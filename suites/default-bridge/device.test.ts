import { expect } from "vitest";
import { askForNetwork } from "../../helpers/engine/answers.ts";
import { deviceOfOthers, expectedDefaultBridge } from "../../helpers/expectations/default-bridge.ts";
import { cidr, isIpv4Cidr } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { isLocallyAdministeredUnicast } from "../../helpers/model/mac.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { type Link, links } from "../../helpers/probes/links.ts";
import { routes } from "../../helpers/probes/routes.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  D4,
  engine,
  NotApplicable,
  type Session,
  stage,
  theEngine,
  Violation,
} from "../../helpers/requirement/index.ts";

/** The default bridge's device on the host, as the host has it and as the engine describes its network. */
const device = stage(theEngine, async (session) => {
  const expected = expectedDefaultBridge(session.facts);
  if (expected === null || !expected.device.known) throw new NotApplicable("this engine has no default bridge");
  const name = expected.device.value;
  const host = await session.host();
  const hostLinks = await links(host);
  return {
    name,
    expected,
    host,
    link: hostLinks.find((one) => one.name === name),
    names: hostLinks.map((one) => one.name),
    network: await reportedNetwork(session),
  };
});

const onDevice = chapter({ given: device, needs: ["default bridge", "host view"] });

onDevice(
  "BRIDGE-34",
  {
    must: "A running engine MUST have a bridge device for its default network on the host: `docker0`, or the one named by its `bridge` option",
    from: [
      cite("cli/dockerd#run-multiple-daemons", "The -b, --bridge= flag is set to docker0 as default bridge network."),
      D0("3.1"),
      D1("5.1.1"),
      D3("二.1"),
      D4("简单回顾"),
    ],
    cause: "somebody deleted the device; a restart of dockerd makes it anew",
  },
  ({ name, link, names }) => {
    expect(names, `interfaces of the host, ${name} among them`).toContain(name);
    expect(link?.bridge !== null, `whether ${name} is a bridge`).toBe(true);
  },
);

onDevice(
  "BRIDGE-36",
  {
    must: "The default bridge's device MUST hold, as its only IPv4 address of the default network's subnet, the network's gateway address with its prefix length and broadcast address",
    from: [
      cite(
        "docs/bridge#skip-bridge-ip-address-configuration",
        "The bridge is normally assigned the network's --gateway address, which is used as the default route from the bridge network to other networks.",
      ),
      D0("3.3.2"),
      D1("host模式"),
      D2("三"),
      D3("二.1"),
    ],
    cause:
      "the address was taken off the device or changed (`ip addr`, a network manager); a restart of dockerd sets it again",
  },
  async ({ name, expected, host, network }, { facts }) => {
    const subnet = expected.subnet.known ? expected.subnet.value : network.subnet;
    // An operator's address of another range serves the host beside it: the engine keeps it over its own restarts.
    const found = (await addresses(host, name)).filter((one) => one.family === 4 && subnet.contains(one.address));
    // A bridge of somebody else's has the broadcast address that they gave it, or none.
    const theirs = deviceOfOthers(facts) !== null;
    expect(
      found.map(({ prefix, broadcast, scope }) => ({
        prefix,
        broadcast: theirs ? subnet.broadcast : broadcast,
        scope,
      })),
      `IPv4 addresses of ${name} in ${subnet}, without the addresses themselves`,
    ).toEqual([{ prefix: subnet.prefix, broadcast: subnet.broadcast, scope: "global" }]);
    const address = found[0]?.address ?? "";
    // An engine that adopted its device's address may name no gateway (measured: 20.10, 26); then the subnet is all it says.
    const wanted = expected.deviceAddress.known ? expected.deviceAddress.value : network.gateway;
    if (wanted === null)
      expect(subnet.contains(address), `whether ${address}, the address of ${name}, lies in ${subnet}`).toBe(true);
    else expect(address, `address of ${name}`).toBe(wanted);
  },
);

onDevice(
  "BRIDGE-39",
  {
    must: "The default bridge's device MUST have an MTU of 1500 unless the daemon is configured with another",
    from: [
      cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)'),
      D0("3.1"),
      D1("bridge模式"),
      D2("三"),
      D3("二.1"),
    ],
    unless: (facts) => {
      const mtu = expectedDefaultBridge(facts)?.deviceMtu;
      return mtu === undefined || mtu.known ? null : mtu.why;
    },
    cause:
      "the device's MTU was set by somebody else (`ip link set … mtu`, a network manager), or it follows a port with a lower one",
  },
  (seen) => {
    const mtu = seen.expected.deviceMtu;
    expect(present(seen).mtu, `MTU of ${seen.name}`).toBe(mtu.known ? mtu.value : undefined);
  },
);

onDevice(
  "BRIDGE-40",
  {
    must: "The MAC of the default bridge's device MUST begin with 02:42",
    from: [D0("3.1"), D1("host模式"), D2("三"), D3("二.1"), D4("简单回顾")],
    until: "random-bridge-mac",
    unless: madeByTheUser,
  },
  (seen) => {
    expect(present(seen).mac, `MAC of ${seen.name}`).toMatch(/^02:42(:[0-9a-f]{2}){4}$/);
  },
);

onDevice(
  "BRIDGE-40b",
  {
    must: "The MAC of the default bridge's device MUST be a locally administered unicast one",
    from: [engine("moby#48808")],
    since: "random-bridge-mac",
    unless: madeByTheUser,
  },
  (seen) => {
    const { mac } = present(seen);
    expect(
      isLocallyAdministeredUnicast(mac),
      `whether ${mac}, the MAC of ${seen.name}, is locally administered unicast`,
    ).toBe(true);
  },
);

onDevice(
  "BRIDGE-43",
  {
    must: "The bridge id of the default bridge's device MUST be 8000 followed by its MAC",
    from: [
      cite(
        "linux/bridge#root-bridge-and-convergence",
        "The Bridge ID is composed of two components: Bridge Priority and the MAC address of the bridge.",
      ),
      D1("5.1.1"),
      D2("三"),
      D3("二.1"),
    ],
    unless: madeByTheUser,
    cause: "the bridge's priority was changed (`ip link set … type bridge priority`)",
  },
  (seen) => {
    const { mac, bridge } = present(seen);
    expect(bridge?.id, `bridge id of ${seen.name}`).toBe(`8000.${mac.replaceAll(":", "")}`);
  },
);

onDevice(
  "BRIDGE-44",
  {
    must: "The spanning tree protocol MUST be off on the default bridge's device",
    from: [D1("5.1.1"), D2("三"), D3("二.1")],
    unless: madeByTheUser,
    cause: "somebody switched it on: every container's start then waits for the forward delay",
  },
  (seen) => {
    expect(present(seen).bridge?.stp, `whether ${seen.name} takes part in a spanning tree`).toBe(false);
  },
);

onDevice(
  "BRIDGE-46",
  {
    must: "The host MUST have a directly connected route to the default network's subnet through the default bridge's device",
    from: [D1("5.2")],
    cause: "a VPN or another bridge claims the same addresses, or the device lost its own",
  },
  async ({ name, expected, host, network }) => {
    const subnet = expected.subnet.known ? expected.subnet.value : network.subnet;
    const found = (await routes(host)).filter(
      (route) => route.destination === subnet.network && route.prefix === subnet.prefix,
    );
    expect(
      found.map(({ interface: on, gateway }) => ({ on, gateway })),
      `routes of the host to ${subnet}`,
    ).toEqual([{ on: name, gateway: null }]);
  },
);

function madeByTheUser(facts: Facts): string | null {
  const { bridge } = facts.configuration;
  return bridge && bridge !== "none"
    ? `the device ${bridge} was made by the user ("bridge": "${bridge}"), so Docker doesn't choose its properties`
    : null;
}

function present(seen: { readonly name: string; readonly link: Link | undefined }): Link {
  if (seen.link === undefined)
    throw new Violation("the default bridge's device", {
      expected: `${seen.name} on the host`,
      observed: "no such interface",
    });
  return seen.link;
}

/** What the engine says of its default network now; its gateway is null where it names none. */
async function reportedNetwork({
  docker,
}: Session): Promise<{ subnet: ReturnType<typeof cidr>; gateway: string | null }> {
  const { IPAM } = await askForNetwork(docker, "bridge");
  const ipv4 = (IPAM.Config ?? []).find((config) => isIpv4Cidr(config.Subnet ?? ""));
  if (ipv4?.Subnet === undefined) throw new ProbeFailed("the engine names no IPv4 subnet of its default network");
  return { subnet: cidr(ipv4.Subnet), gateway: ipv4.Gateway ? (ipv4.Gateway.split("/")[0] ?? null) : null };
}
