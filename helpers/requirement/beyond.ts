import type { Vantage } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import { type Echoes, echoes } from "../probes/bursts.ts";
import { ping } from "../probes/reach.ts";
import { asControl } from "../vantage/recorder.ts";
import { loss } from "./carried.ts";
import type { Session } from "./session.ts";
import { NotApplicable, NotRun, Violation } from "./verdicts.ts";

/** Somebody beyond the host's uplink who answers pings of the host. */
interface Beyond {
  readonly address: string;
  /** The largest packet that the host sends there without fragments. */
  readonly mtu: number;
}

/**
 * Finds somebody beyond the host's uplink to judge the ways of its containers by: its gateway, else the second host. A
 * router that is known by its link-local address alone is nobody that a container could reach.
 * @throws NotApplicable where nobody answers the host itself, as in clouds that drop pings
 */
export async function somebodyBeyond(session: Session, family: 4 | 6 = 4): Promise<Beyond> {
  const host = await session.host();
  const { host: facts, secondHost } = session.facts;
  const uplink = family === 4 ? facts?.uplink : (facts?.uplink6 ?? facts?.uplink);
  if (!uplink) throw new NotApplicable("the host has no default route, so nobody is known beyond it");
  const gateway = family === 4 ? uplink.gateway : (facts?.uplink6?.gateway ?? "");
  const known = [gateway, secondHost === undefined ? "" : onUplink(secondHost.facts, family)].filter(
    (address) => address !== "" && address !== "0.0.0.0" && !address.startsWith("fe80"),
  );
  for (const address of known) {
    const { outcome } = await asControl(() => ping(host, address).ask(2));
    if (outcome !== "replied") continue;
    const { stdout } = await host.ask(
      `ip ${family === 6 ? "-6 " : ""}route get ${address}; cat /sys/class/net/${uplink.interface}/mtu`,
    );
    const limits = [...stdout.matchAll(/\bmtu (?:lock )?(\d+)|^(\d+)$/gm)].map(([, route, link]) =>
      Number(route ?? link),
    );
    if (limits.length > 0) return { address, mtu: Math.min(...limits) };
  }
  throw new NotApplicable(
    `nobody beyond the host answers its pings (${known.length === 0 ? "its gateway has no address" : known.join(", ")}), so nothing can be said of its containers'`,
  );
}

/** A host's own address of that family on the link of its uplink; empty where it has none. */
export function onUplink({ host }: Pick<Facts, "host">, family: 4 | 6): string {
  const link = (family === 6 ? host?.uplink6 : null) ?? host?.uplink;
  if (link == null) return "";
  const own = host?.addresses.find(
    ({ interface: on, address, scope }) =>
      on === link.interface && scope === "global" && address.includes(":") === (family === 6),
  );
  return own?.address ?? "";
}

/** Seconds that a router's limit for pings has to recover in before it is asked anew. */
const RECOVERY_MS = 2000;
const BURST = { count: 100, every: 0.005 };
/** Losses that nobody is blamed for on ways that are not this host's. */
const FEW = 2;

/**
 * Asserts that of a hundred echoes to somebody beyond the host a container loses no more than the host itself. Where one
 * seems to, each is asked alone: a router that limits pings may have let through the host's and not the container's.
 * @throws NotRun where the host gets no answer any more
 */
export async function mustLoseNoMore(from: Vantage, host: Vantage, to: string): Promise<void> {
  const control = (): Promise<Echoes> => asControl(() => echoes(host, to, BURST));
  const [first, own] = await Promise.all([echoes(from, to, BURST), control()]);
  if (!losesMore(first, own)) return;
  await pause();
  const alone = await echoes(from, to, BURST);
  await pause();
  const ownAlone = await control();
  if (ownAlone.received === 0) throw new NotRun(`${to} no longer answers the host itself`);
  if (!losesMore(alone, ownAlone)) return;
  throw new Violation(`${alone.sent} packets in a row from ${from.label} to ${to}`, {
    ...loss(alone),
    direction: "blocked",
    questions: [alone.asked],
    expected: `each one answered, as ${ownAlone.received} of the host's own ${ownAlone.sent} are`,
  });
}

/** Whether a container loses more than what the way beyond the host explains. */
export function losesMore(container: Echoes, host: Echoes): boolean {
  const lost = container.sent - container.received;
  return lost > FEW && lost > 3 * (host.sent - host.received) + FEW;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, RECOVERY_MS));
}
