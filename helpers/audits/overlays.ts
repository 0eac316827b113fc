import { keyOfEach } from "../cause/keys.ts";
import { listed, RESTART_ENGINE } from "../cause/mend.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import {
  type LivingContainer,
  type LivingEndpoint,
  type LivingOverlay,
  type LivingSnapshot,
  type OverlayLink,
  runs,
  sharesNetwork,
} from "../snapshot/living.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { byHand, ofContainer } from "./remedies.ts";

/** What an overlay network needs inside its namespace: a bridge, the VXLAN device, and its containers' interfaces on it. */
export function auditOverlays(snapshot: LivingSnapshot): Findings {
  return together(
    snapshot.overlays.map((overlay) => {
      const network = snapshot.networks.find(({ Id }) => Id === overlay.networkId);
      return network === undefined ? NOTHING : auditOverlay(snapshot, network, overlay);
    }),
  );
}

interface Member {
  readonly container: LivingContainer;
  readonly endpoint: LivingEndpoint;
}

function membersOf({ containers }: LivingSnapshot, { Id }: NetworkRecord): Member[] {
  return containers
    .filter((container) => runs(container) && !sharesNetwork(container))
    .flatMap((container) =>
      container.endpoints.flatMap((endpoint) => (endpoint.networkId === Id ? [{ container, endpoint }] : [])),
    );
}

function auditOverlay(snapshot: LivingSnapshot, network: NetworkRecord, { links }: LivingOverlay): Findings {
  const { Name } = network;
  const members = membersOf(snapshot, network);
  if (members.length === 0) return NOTHING;
  const names = members.map(({ container }) => container.name);
  const enter = `nsenter --net=$(ls -d /var/run/docker/netns/*-${network.Id.slice(0, 10)})`;
  const say = (
    what: string,
    expected: string,
    observed: string,
    effect: string,
    commands: readonly string[],
  ): Findings =>
    deviates({
      claim: "LIVE-19",
      subject: { kind: "network", name: Name },
      concerns: [Name, ...names],
      expected,
      observed,
      effect,
      reason: {
        key: `overlay ${what} ${Name}`,
        what,
        act: null,
        certainty: "seen",
        evidence: (links ?? []).map(linkText),
        remedies: [
          ...(commands.length === 0 ? [] : [byHand("put the device right", commands, `${enter} ip -d link`)]),
          // One container's restart leaves the network as the others use it.
          RESTART_ENGINE,
        ],
      },
    });
  const cut = `${listed(names)} reach nobody on network ${Name}.`;
  const tunnel = `${listed(names)} reach none of network ${Name} that runs on another host.`;
  if (links === null)
    return say(
      `The network namespace of overlay network ${Name} is gone from this host.`,
      "a namespace with a bridge and a VXLAN device",
      "no such namespace",
      cut,
      [],
    );
  const bridge = links.find(({ kind }) => kind === "bridge");
  if (bridge === undefined)
    return say(`The bridge of overlay network ${Name} is gone.`, "a bridge", "no bridge", cut, []);
  if (!bridge.up)
    return say(
      `The bridge ${bridge.name} of overlay network ${Name} is down.`,
      `${bridge.name} up`,
      `${bridge.name} is down`,
      cut,
      [`${enter} ip link set ${bridge.name} up`],
    );
  const vxlan = links.find(({ kind }) => kind === "vxlan");
  return together([
    vxlan === undefined
      ? say(`The VXLAN device of overlay network ${Name} is gone.`, "a VXLAN device", "none", tunnel, [])
      : vxlan.master !== bridge.name
        ? say(
            `The VXLAN device ${vxlan.name} of overlay network ${Name} was taken off its bridge ${bridge.name}.`,
            `${vxlan.name} is a port of ${bridge.name}`,
            `${vxlan.name} is a port of ${vxlan.master ?? "no bridge"}`,
            tunnel,
            [`${enter} ip link set ${vxlan.name} master ${bridge.name}`],
          )
        : !vxlan.up
          ? say(
              `The VXLAN device ${vxlan.name} of overlay network ${Name} is down.`,
              `${vxlan.name} up`,
              `${vxlan.name} is down`,
              tunnel,
              [`${enter} ip link set ${vxlan.name} up`],
            )
          : NOTHING,
    ...members.map((member) => auditPort(snapshot, network, member, links, bridge, enter)),
  ]);
}

/** The other end of a container's interface, which must be a port of the network's bridge. */
function auditPort(
  snapshot: LivingSnapshot,
  { Name }: NetworkRecord,
  { container, endpoint }: Member,
  links: readonly OverlayLink[],
  bridge: OverlayLink,
  enter: string,
): Findings {
  const nic = container.inside === null ? undefined : nicOf(container.inside, endpoint);
  // One that is gone or down is told of the container.
  if (nic?.peerIndex === undefined || !nic.flags.includes("UP")) return NOTHING;
  const end = links.find(({ index }) => index === nic.peerIndex);
  if (end?.master === bridge.name && end.up) return NOTHING;
  const observed =
    end === undefined ? "no such interface" : end.up ? `a port of ${end.master ?? "no bridge"}` : `${end.name} is down`;
  return deviates({
    claim: "LIVE-19",
    subject: { kind: "endpoint", container: container.name, network: Name },
    concerns: [Name, container.name],
    expected: `the other end of ${nic.name} is a port of ${bridge.name}, and up`,
    observed,
    effect: `${container.name} reaches nobody on network ${Name}, and nobody there reaches it.`,
    reason: {
      key: keyOfEach("overlay port", `${container.name} ${Name}`),
      what: `The other end of container ${container.name}'s ${nic.name} is no working port of overlay network ${Name}'s bridge (${observed}).`,
      act: null,
      certainty: "seen",
      evidence: links.map(linkText),
      remedies: ofContainer(
        snapshot,
        container,
        end === undefined
          ? []
          : [
              byHand(
                "put the port right",
                [`${enter} ip link set ${end.name} master ${bridge.name} up`],
                `${enter} bridge link`,
              ),
            ],
      ),
    },
  });
}

function linkText({ name, up, master, vni }: OverlayLink): string {
  return [name, up ? "up" : "down", master === null ? "" : `master ${master}`, vni === null ? "" : `vxlan id ${vni}`]
    .filter((part) => part !== "")
    .join(" ");
}
