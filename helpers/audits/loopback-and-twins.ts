import { keyOfEach } from "../cause/keys.ts";
import { sameAddress } from "../model/address.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import {
  type LivingContainer,
  type LivingEndpoint,
  type LivingHost,
  type LivingInside,
  type LivingSnapshot,
  runs,
} from "../snapshot/living.ts";
import { bridgesOf } from "./bridges.ts";
import { type Findings, NOTHING, together, unlessMeant } from "./deviation.ts";
import { about } from "./endpoint.ts";
import { byHand, inNamespaceOf, ofContainer } from "./remedies.ts";

/** Without its loopback a container does not reach itself, nor the engine's resolver. */
export function auditLoopback(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { addresses: links }: LivingInside,
): Findings {
  const { name, administersNetwork } = container;
  const loopback = links.find((link) => link.name === "lo");
  if (loopback === undefined || loopback.flags.includes("UP")) return NOTHING;
  const enter = inNamespaceOf(name);
  return unlessMeant(
    {
      claim: "LIVE-01",
      subject: { kind: "container", name },
      concerns: [name],
      expected: "lo up",
      observed: "lo is down",
      effect: `${name} does not reach itself at 127.0.0.1 or ::1, and finds no name by the engine's resolver.`,
      reason: {
        key: keyOfEach("loopback", name),
        what: `The loopback interface of container ${name} is down.`,
        act: null,
        certainty: "seen",
        evidence: [`lo: <${loopback.flags.join(",")}>`],
        remedies: ofContainer(snapshot, container, [
          byHand("switch it on", [`${enter} ip link set lo up`], `${enter} ip link show lo`),
        ]),
      },
    },
    administersNetwork,
  );
}

/** Who else has the address that the engine gave a container: another container of the network, or this host. */
export function auditTwins(snapshot: LivingSnapshot, container: LivingContainer, endpoint: LivingEndpoint): Findings {
  return together(
    [endpoint.address, endpoint.address6]
      .filter((address) => address !== "")
      .map((address) => auditAddress(snapshot, container, endpoint, address)),
  );
}

function auditAddress(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  endpoint: LivingEndpoint,
  address: string,
): Findings {
  const { host, containers } = snapshot;
  const bridge = bridgesOf(snapshot).find(({ network }) => network.Id === endpoint.networkId)?.device ?? null;
  const has = ({ addresses }: { readonly addresses: readonly { readonly address: string }[] }): boolean =>
    addresses.some((one) => sameAddress(one.address, address));
  const onHost = host?.addresses.find(has);
  const bits = address.includes(":") ? 128 : 32;
  const others = containers.flatMap((other) => {
    if (other.id === container.id || !runs(other) || other.inside?.namespaces.net === container.inside?.namespaces.net)
      return [];
    const nic = other.inside?.addresses.find(has);
    const isNear = other.endpoints.some(({ networkId }) => networkId === endpoint.networkId);
    return nic !== undefined && (isNear || isOnBridge(host, nic, bridge)) ? [{ other, nic }] : [];
  });
  const [twin] = others;
  if (onHost === undefined && twin === undefined) return NOTHING;
  const { name } = container;
  const who = onHost === undefined ? `container ${twin?.other.name}` : `this host (${onHost.name})`;
  const remove =
    onHost === undefined
      ? `${inNamespaceOf(twin?.other.name ?? "")} ip addr del ${address}/${lengthOf(twin?.nic, address) ?? bits} dev ${twin?.nic.name}`
      : `ip addr del ${address}/${lengthOf(onHost, address) ?? bits} dev ${onHost.name}`;
  return unlessMeant(
    about(container, endpoint, "LIVE-01", {
      expected: `${address} on container ${name} alone`,
      observed: `${who} has it as well`,
      effect: `What is sent to ${name} at ${address} arrives now here, now at ${who}, or never here.`,
      reason: {
        key: `twin ${name} ${address}`,
        what: `The address ${address} of container ${name} is that of ${who} as well.`,
        act: "ip addr add, by a person or by a program that moves addresses between machines",
        certainty: "seen",
        evidence: [`${address} on ${onHost?.name ?? twin?.nic.name ?? ""} of ${who}`],
        remedies:
          onHost === undefined && snapshot.whose === "run"
            ? []
            : [byHand("take the address away there", [remove], `ip route get ${address}`)],
      },
    }),
    onHost === undefined && twin?.other.administersNetwork === true,
  );
}

/** Whether the other end of an interface is a port of a network's bridge, whoever put it there. */
function isOnBridge(host: LivingHost | null, { index, peerIndex }: IpLink, bridge: string | null): boolean {
  return (
    bridge !== null &&
    host?.links.some((link) => link.index === peerIndex && link.peerIndex === index && link.master === bridge) === true
  );
}

interface Addressed {
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

function lengthOf(link: Addressed | undefined, address: string): number | undefined {
  return link?.addresses.find((one) => sameAddress(one.address, address))?.prefix;
}
