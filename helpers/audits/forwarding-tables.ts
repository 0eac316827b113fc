import { hostEndKey } from "../cause/keys.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { about, nicOf } from "./endpoint.ts";
import { byHand } from "./remedies.ts";

/** Whether each bridge sends the frames for a container to that container's own port. */
export function auditForwardingTables(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null || host.forwarding.length === 0) return NOTHING;
  return together(attachmentsOf(snapshot).map((attachment) => auditEntry(host, attachment)));
}

function auditEntry(host: LivingHost, { container, endpoint, bridge }: Attachment): Findings {
  const { name, inside } = container;
  const nic = inside === null ? undefined : nicOf(inside, endpoint);
  const mac = nic?.mac?.toLowerCase();
  const end = host.links.find(({ index, master }) => index === nic?.peerIndex && master === bridge.device);
  const port = host.ports.find((one) => one.name === end?.name);
  // What is off its bridge, and what the kernel does not number, is not to be judged by this.
  if (mac === undefined || port === undefined || port.number === 0) return NOTHING;
  const entry = host.forwarding.find(
    (one) => one.bridge === bridge.device && one.mac === mac && (one.local || one.port !== port.number),
  );
  if (entry === undefined) return NOTHING;
  const onBridge = new Set(host.links.filter(({ master }) => master === bridge.device).map((link) => link.name));
  const other = host.ports.find((one) => onBridge.has(one.name) && one.number === entry.port)?.name ?? bridge.device;
  const place = entry.local ? `this host itself (by ${other})` : `the port ${other}`;
  return deviates(
    about(container, endpoint, "LIVE-02", {
      topics: ["hardware address", "forwarding table"],
      expected: `frames for ${mac} to ${port.name}`,
      observed: `frames for ${mac} to ${place}`,
      effect: `What others on network ${bridge.name}, this host, and machines beyond it send to ${name} arrives elsewhere.`,
      reason: {
        key: hostEndKey("misled", name, bridge.name),
        what: `The bridge ${bridge.device} sends frames for container ${name} (${mac}) to ${place}, and the container is at ${port.name}: its forwarding table was written by hand.`,
        act: "bridge fdb add or replace, for a container that had the hardware address before",
        certainty: "seen",
        evidence: [`bridge fdb: ${mac} dev ${other} master ${bridge.device} ${entry.local ? "permanent" : "static"}`],
        remedies: [
          byHand(
            "forget the entry",
            [`bridge fdb del ${mac} dev ${other} master`],
            `bridge fdb show br ${bridge.device}`,
          ),
        ],
      },
    }),
  );
}
