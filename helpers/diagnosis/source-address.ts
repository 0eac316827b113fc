import { evaluate, type Firewall, type Place } from "../snapshot/firewall/index.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Sent } from "./packets.ts";

/** Whether what leaves gets another source address. */
export function isTranslated(filters: Firewall, { from, to, packet }: Sent): boolean {
  // What the host keeps for itself passes no such rule.
  if (to.device === null) return false;
  const { changes } = evaluate(filters, { ...packet, inDevice: from.device, outDevice: to.device }, "postrouting");
  return changes.some(({ action }) => action.kind === "masquerade" || action.kind === "snat");
}

/** Whether Docker's own rule is there, and something before it keeps packets from it. */
export function hasMasquerade({ tables }: Firewall, subnet: string, device: string): boolean {
  const rule = `-A POSTROUTING -s ${subnet} ! -o ${device} -j MASQUERADE`;
  return tables.some(({ chains }) => chains.some(({ rules }) => rules.some(({ text }) => text === rule)));
}

/** The rule that stands before the masquerading which a packet would come to without it. */
export function keeperFrom({ tables, unread }: Firewall, sent: Sent): Place | null {
  for (const table of tables)
    for (const chain of table.chains) {
      if (chain.base?.type !== "nat" || chain.base.hook !== "postrouting") continue;
      for (const rule of chain.rules) {
        const rules = chain.rules.filter((one) => one !== rule);
        const chains = table.chains.map((one) => (one === chain ? { ...chain, rules } : one));
        const without = { tables: tables.map((one) => (one === table ? { ...table, chains } : one)), unread };
        if (isTranslated(without, sent)) return { table, chain, rule };
      }
    }
  return null;
}

/** The rule that gives what leaves a source address which this host does not have: answers to it go elsewhere. */
export function foreignSource({ host }: Snapshot, filters: Firewall, { from, to, packet }: Sent): Place | null {
  if (to.device === null) return null;
  const { changes } = evaluate(filters, { ...packet, inDevice: from.device, outDevice: to.device }, "postrouting");
  const foreign = changes.find(
    ({ action }) =>
      action.kind === "snat" &&
      action.address !== null &&
      host?.addresses.some(({ addresses }) => addresses.some(({ address }) => address === action.address)) === false,
  );
  return foreign?.place ?? null;
}

/** The source address that whoever is reached sees; null where a rule does with it what is not known here. */
export function sourceBeyond(filters: Firewall, { from, to, packet }: Sent, { host }: Snapshot): string | null {
  if (from.device === null || to.device === null || from.device === to.device) return from.address;
  const {
    changes,
    ends,
    packet: left,
  } = evaluate(filters, { ...packet, inDevice: from.device, outDevice: to.device }, "postrouting");
  if (ends.some(({ verdict }) => verdict === "unknown")) return null;
  if (!changes.some(({ action }) => action.kind === "masquerade" || action.kind === "snat")) return from.address;
  if (left.source !== undefined && left.source !== packet.source) return left.source;
  const own = host?.addresses
    .filter(({ name }) => name === to.device)
    .flatMap(({ addresses }) => addresses)
    .find(({ family }) => (family === 4) === (packet.family === "ip"));
  return own?.address ?? from.address;
}
