import { isUnspecified } from "../model/address.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Sender, senderBeyond, senderTo } from "./askers.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { leadsByHost, type Published, publishedPorts, subjectOf } from "./published.ts";
import { standingOf } from "./standing.ts";
import { uplinkOf } from "./uplink.ts";

/**
 * What is worth knowing of published ports at further interfaces of this host, a second uplink or a VPN's: a rule may stop
 * there what passes at the first one. Notes: who names such an interface in a rule may have meant it.
 */
export function auditFurtherUplinks(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together(
    publishedPorts(snapshot)
      .filter((one) => isUnspecified(one.port.hostAddress) && one.ends.length > 0 && leadsByHost(snapshot, one))
      .map((one) => auditOne(snapshot, host, one)),
  );
}

function auditOne(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port, family } = published;
  const uplink = uplinkOf(host, family);
  const first = senderBeyond(host, family);
  const further = furtherAddresses(host, family);
  if (uplink === null || first === null || further.length === 0) return NOTHING;
  const asked = (sender: Sender, to: string) => standingOf(host, published, { ...sender, to });
  if (asked(first, uplink.address).standing !== "connects") return NOTHING;
  return together(
    further.map((address) => {
      const sender = senderTo(snapshot, host, address, family);
      if (sender === null) return NOTHING;
      const { standing, by, chosen } = asked(sender, address);
      if (standing !== "blocked" || chosen) return NOTHING;
      return notes({
        key: `at ${sender.device} ${by}`,
        what: `Other machines at ${sender.device} don't reach published ports, and those at ${uplink.device} do: \`${by}\`.`,
        todo: "If they are to, let these ports pass before that rule, or take it away.",
        subjects: [subjectOf(container, port)],
      });
    }),
  );
}

/** This host's addresses on interfaces of its own beside the uplink; bridges are engines' and hypervisors'. */
function furtherAddresses(host: LivingHost, family: 4 | 6): string[] {
  const uplink = uplinkOf(host, family)?.device;
  const devices = host.links
    .filter(({ up, bridge, master }) => up && bridge === null && master === null)
    .map(({ name }) => name);
  return host.addresses
    .filter(({ name }) => name !== "lo" && name !== uplink && devices.includes(name))
    .flatMap(
      ({ addresses }) => addresses.find((one) => one.family === family && one.scope === "global")?.address ?? [],
    );
}
