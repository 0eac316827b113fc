import { listed } from "../cause/mend.ts";
import { sameAddress } from "../model/address.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { nicOf } from "./endpoint.ts";
import { aboutNetwork } from "./network-view.ts";
import { byHand } from "./remedies.ts";

/**
 * Where the engine gives containers of a bridge another gateway than the bridge (`default-gateway`): whether anybody there
 * has that address. The bridge's own is judged with its device.
 */
export function auditForeignGateways(snapshot: LivingSnapshot): Findings {
  const byNetwork = Map.groupBy(attachmentsOf(snapshot), ({ bridge }) => bridge.name);
  return together([...byNetwork.values()].map((on) => auditNetwork(snapshot, on)));
}

function auditNetwork(snapshot: LivingSnapshot, on: readonly Attachment[]): Findings {
  const { host, containers } = snapshot;
  const [first] = on;
  if (host === null || first === undefined) return NOTHING;
  const { name, device, ranges } = first.bridge;
  const misled = on.filter(
    ({ endpoint: { gateway } }) => gateway !== "" && !ranges.some((one) => one.gateway === gateway),
  );
  const gateway = misled[0]?.endpoint.gateway;
  if (gateway === undefined) return NOTHING;
  const everybody = [host.addresses, ...containers.map(({ inside }) => inside?.addresses ?? [])].flat();
  if (everybody.some(({ addresses }) => addresses.some(({ address }) => sameAddress(address, gateway)))) return NOTHING;
  const ends = containers.flatMap(({ inside, endpoints }) =>
    inside === null ? [] : endpoints.flatMap((endpoint) => nicOf(inside, endpoint)?.peerIndex ?? []),
  );
  // Behind any other port may be a machine that has it.
  if (host.links.some(({ master, index }) => master === device && !ends.includes(index))) return NOTHING;
  const names = misled.map(({ container }) => container.name);
  return deviates(
    aboutNetwork(name, "LIVE-05", {
      topics: ["gateway"],
      concerns: [name, ...names],
      expected: `somebody at ${gateway} on ${device}`,
      observed: "nobody",
      effect: `${listed(names)} reach nothing beyond network ${name}, and their published ports are not served to other machines.`,
      reason: {
        key: `gateway ${name} ${gateway}`,
        what: `Containers of network ${name} send what is for elsewhere to ${gateway}, and nobody on ${device} has that address.`,
        act: '"default-gateway" in daemon.json',
        certainty: "seen",
        evidence: [`inspect: gateway ${gateway}`],
        remedies: [
          {
            ...byHand(
              "have the bridge answer for it",
              [`ip addr add ${gateway}/32 dev ${device}`],
              `ip addr show dev ${device}`,
            ),
            cost: 'It lasts until the next reboot: take "default-gateway" out of daemon.json, and restart dockerd when that suits.',
          },
        ],
      },
    }),
  );
}
