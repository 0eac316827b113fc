import { keyOfEach } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { addressBack, LEAST_OF_IPV6, lostByMtu } from "./lost-addresses.ts";
import { byHand } from "./remedies.ts";

/** What a question has to be about for these to explain it. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  "bridge-arp": ["arp"],
  "bridge-mac": ["hardware address", "mac"],
  "bridge-mtu": ["mtu", "fragment"],
};

/** What keeps a bridge that is up, with its addresses, from carrying packets. */
export function auditBridgeDevices(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together(
    [...Map.groupBy(attachmentsOf(snapshot), ({ bridge }) => bridge.device).values()].map((on) =>
      auditBridge(host, on),
    ),
  );
}

function auditBridge(host: LivingHost, on: readonly Attachment[]): Findings {
  const [first] = on;
  const device = host.addresses.find(({ name }) => name === first?.bridge.device);
  // One that is gone or down is told as that.
  if (first === undefined || device?.flags.includes("UP") !== true) return NOTHING;
  const { name, network } = first.bridge;
  const say = (
    key: string,
    expected: string,
    observed: string,
    what: string,
    effect: string,
    commands: readonly string[],
  ) =>
    deviates({
      claim: "LIVE-05",
      topics: TOPICS[key] ?? [],
      subject: { kind: "network", name },
      concerns: [name, ...on.map(({ container }) => container.name)],
      expected,
      observed,
      effect: `${listed(on.map(({ container }) => container.name))} ${effect}`,
      reason: {
        key: keyOfEach(key, device.name),
        what: `The bridge ${device.name} of network ${name} ${what}.`,
        act: "ip link set, or a network manager that took the bridge over",
        certainty: "seen",
        evidence: [`${device.name}: <${device.flags.join(",")}> mtu ${device.mtu}`],
        remedies: [byHand("put the bridge right", commands, `ip link show dev ${device.name}`)],
      },
    });
  if (device.flags.includes("NOARP"))
    return say(
      "bridge-arp",
      `${device.name} answers ARP`,
      `${device.name} is switched to NOARP`,
      "answers no ARP",
      "reach nothing beyond their network, for nobody answers for their gateway.",
      [`ip link set dev ${device.name} arp on`],
    );
  const own = host.links.find((link) => link.name === device.name)?.mac.toLowerCase();
  const robbed = on.find(({ endpoint }) => own !== undefined && endpoint.mac.toLowerCase() === own);
  if (own !== undefined && robbed !== undefined) {
    const { name: victim } = robbed.container;
    const free = freeMac(robbed.bridge.ranges.find(({ family }) => family === 4)?.gateway ?? "");
    return say(
      "bridge-mac",
      `${device.name} with a hardware address of its own`,
      `${device.name} with ${own}, which is ${victim}'s`,
      `has the hardware address of container ${victim} (${own}): the host takes for its own what is for the container`,
      `lose what is sent to ${victim}, or by it to this host and beyond.`,
      free === null ? [] : [`ip link set dev ${device.name} address ${free}`],
    );
  }
  const wanted = Number(network.Options?.["com.docker.network.driver.mtu"] ?? 0);
  const inside = on.flatMap(({ container, endpoint }) =>
    container.inside === null ? [] : (nicOf(container.inside, endpoint)?.mtu ?? []),
  );
  // A bridge takes the smallest MTU of its ports, unless somebody gives it another.
  const least = Math.min(...inside, ...(wanted === 0 ? [] : [wanted]), ...portsOf(host, device.name));
  if (!Number.isFinite(least) || device.mtu >= least) return NOTHING;
  const lost = lostByMtu(first.bridge, host);
  return say(
    "bridge-mtu",
    `${device.name} with MTU ${least}`,
    `${device.name} with MTU ${device.mtu}`,
    `has MTU ${device.mtu}, and its containers ${least}${lost.length === 0 ? "" : `. Below ${LEAST_OF_IPV6} the kernel gives a device no IPv6: its gateway ${lost.map(({ gateway }) => gateway).join(" and ")} is gone`}`,
    `get no packets of more than ${device.mtu} bytes from this host and from beyond it${lost.length === 0 ? "" : ", and none by IPv6"}.`,
    [
      `ip link set dev ${device.name} mtu ${least}`,
      ...(least < LEAST_OF_IPV6 ? [] : lost.flatMap((range) => addressBack(first.bridge, range))),
    ],
  );
}

/** As the engine makes them of an address: no container has the gateway's. Null where there is none of IPv4. */
function freeMac(gateway: string): string | null {
  const bytes = gateway.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return bytes.length === 4 ? `02:42:${bytes.join(":")}` : null;
}

function portsOf({ links }: LivingHost, device: string): number[] {
  return links.filter(({ master }) => master === device).map(({ mtu }) => mtu);
}
