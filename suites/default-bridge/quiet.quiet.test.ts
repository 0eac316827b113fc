import { expect } from "vitest";
import { askForNetwork } from "../../helpers/engine/answers.ts";
import { defaultBridgeRange, defaultBridgeSubnet, deviceOfOthers } from "../../helpers/expectations/default-bridge.ts";
import { type Cidr, isIpv4Cidr, lowestFreeHost } from "../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { bridgePorts } from "../../helpers/probes/bridge-ports.ts";
import { type Link, link, links } from "../../helpers/probes/links.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D3,
  D4,
  NotApplicable,
  type Session,
  stage,
  theEngine,
} from "../../helpers/requirement/index.ts";
import { undisturbed } from "../../helpers/requirement/undisturbed.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import type { HostView } from "../../helpers/vantage/host-view.ts";

const EVERY_ENDPOINT = cite(
  "libnetwork/bridge",
  "It creates a single bridge, called docker0 by default, and attaches a veth pair between the bridge and every endpoint.",
);

/**
 * The default bridge before, while and after containers come and go one after another: a first, a second beside it, and
 * a third in the place of the first. Containers of others may be attached; what is expected is computed from them.
 */
const comingAndGoing = stage(theEngine, async (session) => {
  const network = session.facts.defaultBridge;
  if (network === null) throw new NotApplicable("this engine has no default bridge");
  const host = session.facts.host === null ? null : await session.host();
  return await undisturbed(session, network.id, async (attempt) => {
    const unused = await settled(() => look(session, host));
    const one = { containers: { only: busybox() } };
    const withFirst = await briefly(session, `quiet-first-${attempt}`, one, async ({ containers: { only: first } }) => {
      const alone = await settled(() => look(session, host, first));
      return await briefly(session, `quiet-second-${attempt}`, one, async ({ containers: { only: second } }) => {
        const both = await settled(() => look(session, host, second));
        await first.remove();
        const left = await settled(() => look(session, host));
        return await briefly(session, `quiet-again-${attempt}`, one, async ({ containers: { only: again } }) => {
          return { alone, both, left, again: await look(session, host, again) };
        });
      });
    });
    return { unused, ...withFirst };
  });
});

const onComingAndGoing = chapter({ given: comingAndGoing, needs: ["default bridge", "host view"] });

onComingAndGoing(
  "BRIDGE-05",
  {
    must: "A container on the default bridge MUST get the lowest address of the bridge's range that neither the gateway nor another container has",
    from: [D0("3.4.2.1"), D1("默认网桥"), D2("三")],
    needs: ["default bridge"],
    tags: ["quiet"],
    cause:
      "something in the container changed its address after the start (a DHCP client, an entry point), or the engine lost track of one",
  },
  ({ unused, alone }, { facts }) => {
    expect(alone.newcomer, "address of the first container").toBe(nextAddress(facts, unused, alone));
  },
);

onComingAndGoing(
  "BRIDGE-06",
  {
    must: "A second container on the default bridge MUST get the next free address after that of the first",
    from: [D1("默认网桥"), D1("5.2")],
    needs: ["default bridge"],
    tags: ["quiet"],
    cause:
      "something in the container changed its address after the start (a DHCP client, an entry point), or the engine lost track of one",
  },
  ({ alone, both }, { facts }) => {
    expect(both.newcomer, `address of the second container, beside ${alone.newcomer}, that of the first`).toBe(
      nextAddress(facts, alone, both),
    );
  },
);

onComingAndGoing(
  "BRIDGE-07",
  {
    must: "The address of a container on the default bridge MUST be given out again once the container is gone",
    from: [D0("3.4.2.1"), D0("3.4.2.2")],
    needs: ["default bridge"],
    tags: ["quiet"],
    cause:
      "the engine lost track of an address (endpoints without a container in `docker network inspect bridge`), or the container changes its address itself",
  },
  ({ alone, left, again }, { facts }) => {
    expect(left.taken, "addresses in use after the first container was removed").not.toContain(alone.newcomer);
    expect(again.newcomer, "address of a container started after that").toBe(alone.newcomer);
    expect(again.newcomer, "the same, beside the lowest free address").toBe(nextAddress(facts, left, again));
  },
);

onComingAndGoing(
  "BRIDGE-23",
  {
    must: "The default bridge's device MUST have no port but those of the containers attached to it: none while no container uses it",
    from: [EVERY_ENDPOINT, D1("5.1.1"), D2("三"), D4("简单回顾")],
    unless: deviceOfOthers,
    tags: ["quiet"],
    cause: "something beside Docker is plugged into the bridge, or the engine left the veth of a container behind",
  },
  ({ unused }) => {
    expect(unused.ports, `number of ports, with ${unused.attached} containers attached`).toHaveLength(unused.attached);
  },
);

onComingAndGoing(
  "BRIDGE-24",
  {
    must: "Each running container on the default bridge MUST add exactly one port to the bridge's device, and take it away when it goes",
    from: [EVERY_ENDPOINT, D1("bridge模式"), D1("5.1.2"), D3("二.1")],
    tags: ["quiet"],
    cause:
      "a network manager or a script unplugs veth interfaces from the bridge or plugs them into another one (`ip link set … nomaster`)",
  },
  ({ unused, alone, both, left }) => {
    expect(added(unused, alone), "ports that the first container added").toEqual([alone.hostEnd]);
    expect(added(alone, both), "ports that the second container added").toEqual([both.hostEnd]);
    expect(left.ports, "ports after the first container was removed").toEqual(
      both.ports.filter((port) => port !== alone.hostEnd),
    );
  },
);

onComingAndGoing(
  "BRIDGE-37",
  {
    must: "The default bridge's device MUST be administratively up, but without carrier, while no container runs on it",
    from: [D0("3.2"), D0("3.3.2"), D1("host模式"), D3("二.1"), D4("简单回顾")],
    unless: deviceOfOthers,
    appliesTo: "a device that dockerd made",
    tags: ["quiet"],
  },
  ({ unused: { attached, device } }) => {
    if (attached > 0)
      throw new NotApplicable(`containers of others run on the default bridge (${attached}), so it is never without`);
    expect({ up: device?.up, carrier: device?.carrier, state: device?.state }, "the device without containers").toEqual(
      { up: true, carrier: false, state: "down" },
    );
  },
);

onComingAndGoing(
  "BRIDGE-38",
  {
    must: "The default bridge's device MUST be up and have carrier while a container runs on it",
    from: [D0("3.1"), D1("bridge模式"), D3("二.1")],
    tags: ["quiet"],
    cause:
      "the device or its ports are down, or a network manager unplugs veth interfaces from the bridge, so that it has no port with carrier",
  },
  ({ alone, both }) => {
    for (const { device } of [alone, both]) {
      expect({ up: device?.up, carrier: device?.carrier, state: device?.state }, "the device with a container").toEqual(
        { up: true, carrier: true, state: "up" },
      );
    }
  },
);

onComingAndGoing(
  "BRIDGE-41",
  {
    must: "The MAC of the default bridge's device MUST NOT change when containers come and go",
    from: [D1("bridge模式"), D3("二.1")],
    unless: deviceOfOthers,
    appliesTo: "a device that dockerd made",
    tags: ["quiet"],
    cause: "the device's MAC was not set explicitly, so that it follows its ports",
  },
  ({ unused, alone, both, left, again }) => {
    const { mac } = unused.device ?? {};
    expect(mac, "MAC of the device before").toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    for (const { device, ports } of [alone, both, left, again])
      expect(device?.mac, `MAC of the device with ${ports.length} ports`).toBe(mac);
  },
);

onComingAndGoing(
  "BRIDGE-45",
  {
    must: "The default bridge's device MUST have its IPv6 link-local address once it has had carrier",
    from: [D1("bridge模式"), D3("二.1")],
    appliesTo: "hosts where IPv6 is on at the bridge's device",
    needs: ["default bridge", "ipv6", "host view"],
    tags: ["quiet"],
    cause: "the link-local address was removed (`ip -6 addr flush`), as scripts do that are to switch IPv6 off",
  },
  ({ alone: { linkLocal, ipv6Disabled, linkLocalMode } }) => {
    if (ipv6Disabled)
      throw new NotApplicable("IPv6 is switched off at the bridge's device (net.ipv6.conf.<device>.disable_ipv6)");
    if (linkLocalMode === "1")
      throw new NotApplicable("the device is told to form no link-local address (addr_gen_mode 1)");
    expect(linkLocal, "link-local addresses of the device with a container").not.toEqual([]);
  },
);

/** The default bridge at one moment. */
interface Look {
  /** Containers that the engine counts as attached. */
  readonly attached: number;
  /** Addresses that are not free: gateway, reserved ones, containers. */
  readonly taken: readonly string[];
  /** Ports of the device; empty without the host's view. */
  readonly ports: readonly string[];
  readonly device: Link | null;
  readonly linkLocal: readonly string[];
  readonly ipv6Disabled: boolean;
  readonly linkLocalMode: string;
  /** The address that the newcomer itself has on its eth0. */
  readonly newcomer: string | undefined;
  /** Its gateway: an engine that lost its bridge device's address may name none for the network. */
  readonly gateway: readonly string[];
  /** The host's end of its veth pair. */
  readonly hostEnd: string | undefined;
}

async function look({ docker, facts }: Session, host: HostView | null, newcomer?: Endpoint): Promise<Look> {
  const name = facts.defaultBridge?.device ?? "";
  const [network, onDevice, inside, eth0, hostLinks, ports, ipv6] = await Promise.all([
    askForNetwork(docker, "bridge"),
    host === null ? [] : addresses(host, name),
    newcomer === undefined ? [] : addresses(newcomer, "eth0"),
    newcomer === undefined ? null : link(newcomer, "eth0"),
    host === null ? [] : links(host),
    host === null ? [] : bridgePorts(host, name),
    host === null || facts.host?.ipv6Enabled !== true
      ? ["1", ""]
      : Promise.all([
          textFile(host, `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`),
          textFile(host, `/proc/sys/net/ipv6/conf/${name}/addr_gen_mode`),
        ]),
  ]);
  const containers = Object.values(network.Containers ?? {});
  const ranges = (network.IPAM.Config ?? []).filter((range) => isIpv4Cidr(range.Subnet ?? ""));
  const taken = [
    ...containers.map((container) => container.IPv4Address ?? ""),
    ...ranges.flatMap((range) => [range.Gateway ?? "", ...Object.values(range.AuxiliaryAddresses ?? {})]),
    ...onDevice.filter((address) => address.family === 4).map((address) => address.address),
    facts.defaultBridge?.gateway ?? "",
  ];
  return {
    attached: containers.length,
    taken: [...new Set(taken.filter((address) => address !== "").map((address) => address.split("/")[0] ?? ""))],
    ports,
    device: hostLinks.find((one) => one.name === name) ?? null,
    linkLocal: onDevice
      .filter((address) => address.family === 6 && address.scope === "link")
      .map((address) => address.address),
    ipv6Disabled: ipv6[0]?.trim() !== "0",
    linkLocalMode: ipv6[1]?.trim() ?? "",
    newcomer: inside.find((address) => address.family === 4)?.address,
    gateway: [newcomer?.settingsOn("bridge").Gateway ?? ""].filter((address) => address !== ""),
    hostEnd: eth0 === null ? undefined : hostLinks.find((one) => one.index === eth0.peerIndex)?.name,
  };
}

/**
 * The state that things come to: the kernel takes links away and changes the device's carrier and its state a moment
 * after the engine has answered. What does not come to rest is returned as it is: the requirements judge it.
 */
async function settled(take: () => Promise<Look>): Promise<Look> {
  let last: Look | undefined;
  const atRest = async (): Promise<Look> => {
    last = await take();
    const { device, ports, attached, ipv6Disabled, linkLocalMode, linkLocal } = last;
    const state = attached > 0 ? "up" : "down";
    const waitsForAddress = attached > 0 && !ipv6Disabled && linkLocalMode !== "1" && linkLocal.length === 0;
    if (device !== null && (ports.length !== attached || device.state !== state || waitsForAddress))
      throw new ProbeFailed("not at rest");
    return last;
  };
  try {
    return await eventually(atRest, 2500);
  } catch (error) {
    if (last !== undefined) return last;
    throw error;
  }
}

/** The address that a container is given at the moment of `before`; `then` has that container. */
function nextAddress(facts: Session["facts"], before: Look, then: Look): string {
  const subnet: Cidr | null = defaultBridgeSubnet(facts);
  if (subnet === null) throw new NotApplicable("the default bridge has no IPv4 subnet");
  return lowestFreeHost(subnet, [...before.taken, ...then.gateway], defaultBridgeRange(facts) ?? subnet);
}

function added(before: Look, after: Look): string[] {
  return after.ports.filter((port) => !before.ports.includes(port));
}
