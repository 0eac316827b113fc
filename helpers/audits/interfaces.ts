import { sameAddress } from "../model/address.ts";
import type { IpLink } from "../probes/parse/parse-ip-address.ts";
import type { LivingContainer, LivingEndpoint, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, unlessMeant } from "./deviation.ts";
import { about, nicOf } from "./endpoint.ts";
import { byHand, ofContainer, word } from "./remedies.ts";

/** The interface that an endpoint is inside its container: there, up, and with the addresses that the engine gave it. */
export function auditInterface(
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
  const shown = inside.addresses.map(
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
          remedies: ofContainer(snapshot, container),
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
          remedies: ofContainer(snapshot, container, [
            byHand(
              "put the address back",
              missing.map(
                ([wanted, bits]) =>
                  `${enter} ip addr add ${wanted}/${bits} dev ${nic.name}${String(wanted).includes(":") ? " nodad" : ""}`,
              ),
              `${enter} ip addr show dev ${nic.name}`,
            ),
          ]),
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
          remedies: ofContainer(snapshot, container),
        },
      }),
      administersNetwork,
    );
  }
  return auditHardwareAddress(snapshot, container, nic, endpoint);
}

/** On a bridge an interface has the hardware address that the engine gave it, and no other container there has it as well. */
function auditHardwareAddress(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  nic: IpLink,
  endpoint: LivingEndpoint,
): Findings {
  const { name, administersNetwork } = container;
  const { network, networkId, mac } = endpoint;
  const isBridge = snapshot.networks.some(({ Id, Driver }) => Id === networkId && Driver === "bridge");
  const own = nic.mac?.toLowerCase();
  if (!isBridge || mac === "" || own === undefined || own === mac.toLowerCase()) return NOTHING;
  const twins = snapshot.containers.filter(
    ({ endpoints, name: other }) =>
      other !== name && endpoints.some((one) => one.networkId === networkId && one.mac.toLowerCase() === own),
  );
  const shared = twins.map((twin) => twin.name).join(" and ");
  const enter = `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${word(name)}) -n`;
  return unlessMeant(
    about(container, endpoint, "LIVE-01", {
      expected: `${nic.name} with hardware address ${mac}`,
      observed: `${nic.name} with ${own}`,
      effect:
        shared === ""
          ? `${name} is not reached by who remembers its address, nor by what filters hardware addresses.`
          : `What is meant for ${name} and for ${shared} goes now to the one, now to the other.`,
      reason: {
        key: `hardware-address ${name} ${network}`,
        what: `The interface ${nic.name} of container ${name} on network ${network} has the hardware address ${own}; the engine gave it ${mac}${shared === "" ? "" : `, and ${own} is that of container ${shared}`}.`,
        act: "ip link set address in its network namespace, or a network manager that took the interface over",
        certainty: "seen",
        evidence: [`${nic.name}: ${own}, inspect: ${mac}`],
        remedies: ofContainer(snapshot, container, [
          byHand(
            "give it its own hardware address back",
            [`${enter} ip link set dev ${nic.name} address ${mac}`],
            `${enter} ip link show dev ${nic.name}`,
          ),
        ]),
      },
    }),
    administersNetwork,
  );
}
