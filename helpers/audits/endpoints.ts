import { sameAddress } from "../expectations/address.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import {
  joinedBy,
  type LivingContainer,
  type LivingEndpoint,
  type LivingInside,
  type LivingSnapshot,
  runs,
  sharesNetwork,
} from "../snapshot/living.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import {
  type ClaimId,
  type Deviation,
  deviates,
  type Findings,
  NOTHING,
  notes,
  type Reason,
  together,
  unlessMeant,
} from "./deviation.ts";
import { byHand, restartContainer, word } from "./remedies.ts";

/** Drivers whose endpoints are interfaces in the container's namespace. */
const WITH_INTERFACE: ReadonlySet<string> = new Set(["bridge", "macvlan", "ipvlan", "overlay"]);

/** What each running container has in its network namespace and at the host's end of its veth pairs. */
export function auditEndpoints(snapshot: LivingSnapshot): Findings {
  const drivers = new Map(snapshot.networks.map(({ Id, Driver }) => [Id, Driver]));
  return together([
    ...snapshot.containers.filter(runs).map((container) => {
      const { inside } = container;
      if (sharesNetwork(container)) return auditSharing(snapshot, container);
      if (inside === null || container.ownStack) return NOTHING;
      return together([
        ...container.endpoints
          .filter(({ networkId }) => WITH_INTERFACE.has(drivers.get(networkId) ?? ""))
          .map((endpoint) => auditInterface(snapshot, container, inside, endpoint)),
        auditDefaults(snapshot, container, inside),
        auditWiredByOthers(container, inside),
      ]);
    }),
    ...attachmentsOf(snapshot).map((attachment) => auditHostEnd(snapshot, attachment)),
  ]);
}

/** The interface of an endpoint: by its address, else by its MAC. */
export function nicOf(inside: LivingInside, { address, address6, mac }: LivingEndpoint): IpLink | undefined {
  const nics = inside.links.filter(({ name }) => name !== "lo");
  const has = ({ addresses }: IpLink, wanted: string): boolean =>
    wanted !== "" && addresses.some((one) => sameAddress(one.address, wanted));
  return (
    nics.find((link) => has(link, address) || has(link, address6)) ??
    nics.find((link) => mac !== "" && link.mac?.toLowerCase() === mac)
  );
}

function about(
  { name }: LivingContainer,
  { network }: LivingEndpoint,
  claim: ClaimId,
  parts: Omit<Deviation, "claim" | "subject" | "concerns">,
): Deviation {
  return { claim, subject: { kind: "endpoint", container: name, network }, concerns: [name], ...parts };
}

function auditInterface(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  inside: LivingInside,
  endpoint: LivingEndpoint,
): Findings {
  const { name, administersNetwork } = container;
  const { network, address, prefix, address6, prefix6 } = endpoint;
  const told = [address === "" ? "" : `${address}/${prefix}`, address6 === "" ? "" : `${address6}/${prefix6}`].filter(
    (text) => text !== "",
  );
  if (told.length === 0) return NOTHING;
  const nic = nicOf(inside, endpoint);
  const restart = restartContainer(snapshot, container);
  const shown = inside.links.map(
    ({ name: link, addresses }) => `${link} ${addresses.map((one) => `${one.address}/${one.prefix}`).join(" ")}`,
  );
  if (nic === undefined) {
    return unlessMeant(
      about(container, endpoint, "LIVE-01", {
        expected: `an interface with ${told.join(" and ")}`,
        observed: shown.join("; "),
        effect: `${name} reaches nobody on network ${network}, and nobody there reaches it.`,
        reason: {
          key: `no-interface ${name} ${network}`,
          what: `Container ${name} has no interface for network ${network}: its veth pair was deleted.`,
          act: "ip link delete, or a script that cleans up interfaces",
          certainty: "seen",
          evidence: shown,
          remedies: [restart],
        },
      }),
      administersNetwork,
    );
  }
  const enter = `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${word(name)}) -n`;
  const missing = [
    [address, prefix],
    [address6, prefix6],
  ].filter(([wanted]) => wanted !== "" && !nic.addresses.some((one) => sameAddress(one.address, String(wanted))));
  if (missing.length > 0) {
    const lacking = missing.map(([wanted, bits]) => `${wanted}/${bits}`);
    return unlessMeant(
      about(container, endpoint, "LIVE-01", {
        expected: `${lacking.join(" and ")} on ${nic.name}`,
        observed: shown.join("; "),
        effect: `${name} is not reached at ${lacking.join(" and ")}, and its answers have nowhere to come from.`,
        reason: {
          key: `no-address ${name} ${network}`,
          what: `The address ${lacking.join(" and ")} that the engine gave container ${name} on network ${network} is gone from its ${nic.name}.`,
          act: null,
          certainty: "seen",
          evidence: shown,
          remedies: [
            byHand(
              "put the address back",
              missing.map(
                ([wanted, bits]) =>
                  `${enter} ip addr add ${wanted}/${bits} dev ${nic.name}${String(wanted).includes(":") ? " nodad" : ""}`,
              ),
              `${enter} ip addr show dev ${nic.name}`,
            ),
            restart,
          ],
        },
      }),
      administersNetwork,
    );
  }
  if (!nic.flags.includes("UP")) {
    return unlessMeant(
      about(container, endpoint, "LIVE-01", {
        expected: `${nic.name} up`,
        observed: `${nic.name} is down`,
        effect: `${name} reaches nobody on network ${network}, and nobody there reaches it.`,
        reason: {
          key: `interface-down ${name} ${network}`,
          what: `The interface ${nic.name} of container ${name} on network ${network} is down.`,
          act: null,
          certainty: "seen",
          evidence: [`${nic.name}: <${nic.flags.join(",")}>`],
          // Its routes went with it: switching it on alone would not bring them back.
          remedies: [restart],
        },
      }),
      administersNetwork,
    );
  }
  return NOTHING;
}

function auditDefaults(snapshot: LivingSnapshot, container: LivingContainer, inside: LivingInside): Findings {
  const internal = new Set(snapshot.networks.filter(({ Internal }) => Internal).map(({ Id }) => Id));
  const found: Findings[] = [];
  for (const family of [4, 6] as const) {
    const gateways = container.endpoints.flatMap((endpoint) => {
      const gateway = family === 4 ? endpoint.gateway : endpoint.gateway6;
      const has = family === 4 ? endpoint.address : endpoint.address6;
      return gateway === "" || has === "" || internal.has(endpoint.networkId) ? [] : [{ endpoint, gateway }];
    });
    const [first] = gateways;
    if (first === undefined) continue;
    // An interface that is gone or down has taken the route with it: that is told of the interface.
    if (!gateways.some(({ endpoint }) => nicOf(inside, endpoint)?.flags.includes("UP"))) continue;
    const defaults = inside.defaults.filter((route) => route.family === family);
    if (defaults.some(({ gateway }) => gateway === null || gateways.some((one) => sameAddress(one.gateway, gateway))))
      continue;
    const { name, administersNetwork } = container;
    const { endpoint, gateway } = first;
    const nic = nicOf(inside, endpoint)?.name ?? "eth0";
    const minus6 = family === 6 ? "-6 " : "";
    const enter = `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${word(name)}) -n`;
    const shown = defaults.map((route) => `default via ${route.gateway ?? "the link"} dev ${route.interface}`);
    const deviation = about(container, endpoint, "LIVE-03", {
      expected: `default via ${gateways.map((one) => one.gateway).join(" or ")}`,
      observed: shown.length === 0 ? `no default route for IPv${family}` : shown.join("; "),
      effect: `${name} reaches nothing beyond its own networks by IPv${family}, and no other machine gets an answer from it.`,
      reason: {
        key: `no-default-route-${family} ${name}`,
        what:
          shown.length === 0
            ? `Container ${name} has no default route for IPv${family}: the engine gave it one via ${gateway}.`
            : `The default route of container ${name} leads elsewhere (${shown.join("; ")}) than to its gateway ${gateway}.`,
        act: null,
        certainty: "seen",
        evidence: shown,
        remedies: [
          byHand(
            "put the route back",
            [`${enter} ip ${minus6}route replace default via ${gateway} dev ${nic}`],
            `${enter} ip ${minus6}route show default`,
          ),
          restartContainer(snapshot, container),
        ],
      },
    });
    // One that leads elsewhere was made by somebody, and to make it takes more than a fault.
    found.push(unlessMeant(deviation, administersNetwork || shown.length > 0));
  }
  return together(found);
}

/** Interfaces that the engine did not make: a CNI plugin's, pipework's, a VPN client's. */
function auditWiredByOthers(container: LivingContainer, inside: LivingInside): Findings {
  if (container.networkMode !== "none") return NOTHING;
  const wired = inside.links.filter(
    ({ name, addresses }) => name !== "lo" && addresses.some(({ scope }) => scope === "global"),
  );
  if (wired.length === 0) return NOTHING;
  return notes({
    key: `wired-by-others ${container.name}`,
    what: `Container ${container.name} was started without a network and has ${wired.map(({ name }) => name).join(", ")}: another program wired it, and what that made is not judged.`,
    todo: "",
    subjects: [{ kind: "container", name: container.name }],
  });
}

function auditSharing(snapshot: LivingSnapshot, container: LivingContainer): Findings {
  const { name, networkMode, inside } = container;
  if (networkMode === "host" || inside === null) return NOTHING;
  const target = joinedBy(snapshot.containers, container);
  const wanted = networkMode.slice("container:".length);
  const shown = target?.name ?? wanted.slice(0, 12);
  const base = {
    claim: "LIVE-04",
    subject: { kind: "container", name },
    concerns: target === null ? [name] : [name, target.name],
    effect: `${name} has only what is left of a network: it reaches nobody, and nobody reaches it.`,
  } as const;
  const reason = (what: string, act: string | null, remedies: Reason["remedies"]): Reason => ({
    key: `not-sharing ${name}`,
    what,
    act,
    certainty: "seen",
    evidence: [`network namespace of ${name}: ${inside.namespace}`],
    remedies,
  });
  if (target === null) {
    // A container of this project's, or one that the list did not have yet, is nobody's fault.
    return deviates({
      ...base,
      expected: `the network namespace of container ${shown}`,
      observed: `there is no container ${shown} any more`,
      reason: reason(
        `Container ${name} shares the network of container ${shown}, which was removed.`,
        "the other container was created anew, and this one still names the old one",
        [],
      ),
    });
  }
  if (!runs(target)) {
    return deviates({
      ...base,
      expected: `the network namespace of container ${target.name}`,
      observed: `${target.name} does not run (${target.status})`,
      reason: reason(`Container ${name} shares the network of container ${target.name}, which does not run.`, null, [
        {
          what: "start the other one, and this one after it",
          commands: [`docker start ${word(target.name)}`, `docker restart ${word(name)}`],
          cost: `${name} is interrupted for some seconds.`,
          check: `docker exec ${word(name)} ip addr`,
        },
      ]),
    });
  }
  const theirs = target.inside?.namespace;
  if (theirs === undefined || theirs === inside.namespace || target.networkMode === "host") return NOTHING;
  return deviates({
    ...base,
    expected: `the network namespace of container ${target.name} (${theirs})`,
    observed: inside.namespace,
    reason: reason(
      `Container ${name} is left in the network that container ${target.name} had before it was restarted.`,
      `${target.name} was restarted alone`,
      [restartContainer(snapshot, container)],
    ),
  });
}

function auditHostEnd(snapshot: LivingSnapshot, { container, endpoint, bridge }: Attachment): Findings {
  const { host } = snapshot;
  const { inside, name } = container;
  if (host === null || inside === null || sharesNetwork(container)) return NOTHING;
  const nic = nicOf(inside, endpoint);
  // An interface that is down takes its port along: that is told of the interface.
  if (nic?.peerIndex === undefined || !nic.flags.includes("UP")) return NOTHING;
  const veth = host.links.find(({ index }) => index === nic.peerIndex);
  const device = host.links.find((link) => link.name === bridge.device);
  const cut = `${name} reaches nobody on network ${bridge.name} and nothing beyond it, and its published ports are not served.`;
  const restart = restartContainer(snapshot, container);
  const say = (key: string, expected: string, observed: string, what: string, commands: readonly string[]) =>
    deviates(
      about(container, endpoint, "LIVE-02", {
        expected,
        observed,
        effect: cut,
        reason: {
          key: `${key} ${name} ${bridge.name}`,
          what,
          act: null,
          certainty: "seen",
          evidence: [observed],
          remedies: [
            ...(commands.length === 0
              ? []
              : [byHand("put the link right", commands, `bridge link show dev ${veth?.name ?? ""}`)]),
            restart,
          ],
        },
      }),
    );
  if (veth === undefined)
    return say(
      "no-host-end",
      `the host's end of ${nic.name} on ${bridge.device}`,
      `the host has no interface ${nic.peerIndex}`,
      `The host's end of the veth pair of container ${name} (${nic.name}, network ${bridge.name}) is not on the host: it was moved to another network namespace.`,
      [],
    );
  // Without its bridge nothing can be a port of it: that is told of the network.
  if (device === undefined) return NOTHING;
  if (veth.master !== bridge.device)
    return say(
      "off-its-bridge",
      `${veth.name} is a port of ${bridge.device}`,
      veth.master === null ? `${veth.name} is a port of no bridge` : `${veth.name} is a port of ${veth.master}`,
      `${veth.name}, the host's end of container ${name} on network ${bridge.name}, was taken off the bridge ${bridge.device}${veth.master === null ? "" : ` and is on ${veth.master}`}.`,
      [`ip link set ${veth.name} master ${bridge.device}`],
    );
  if (!veth.up)
    return say(
      "host-end-down",
      `${veth.name} up`,
      `${veth.name} is down`,
      `${veth.name}, the host's end of container ${name} on network ${bridge.name}, was switched off.`,
      [`ip link set ${veth.name} up`],
    );
  const port = host.ports.find((one) => one.name === veth.name);
  if (port === undefined) return NOTHING;
  // Learning and listening are states on the way to forwarding, with the spanning tree protocol.
  if (device.up && device.bridge?.stp !== true && port.state !== 3)
    return say(
      "port-not-forwarding",
      `${veth.name} forwards`,
      `state ${port.state} of the bridge port ${veth.name} (3 = forwarding)`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} does not forward.`,
      [`bridge link set dev ${veth.name} state 3`],
    );
  if (port.isolated)
    return say(
      "port-isolated",
      `${veth.name} is not isolated`,
      `the bridge port ${veth.name} is isolated`,
      `The bridge port ${veth.name} of container ${name} on network ${bridge.name} is isolated: it exchanges nothing with other isolated ports.`,
      [`bridge link set dev ${veth.name} isolated off`],
    );
  return NOTHING;
}
