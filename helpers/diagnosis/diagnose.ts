import type { Deviation } from "../audits/deviation.ts";
import { isFirewallKey, isMissingRules } from "../cause/keys.ts";
import { withoutCredentials } from "../model/credentials.ts";
import type { Explanation } from "../model/explanation.ts";
import type { Walk } from "../model/walk.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type Looker, takeSnapshot } from "../snapshot/take-snapshot.ts";
import { asCause } from "./as-cause.ts";
import { byAddress, passedOn } from "./by-address.ts";
import { concludeWalk } from "./concluded-walk.ts";
import { type Followable, followableOf } from "./followable.ts";
import { lastingFrom } from "./lasting.ts";
import { refusedBy, waysOfRefusal } from "./refused.ts";
import { concernsOf, explaining, type Failure, withNetworks } from "./relevance.ts";
import { type Stopped, stoppedBy } from "./stopped.ts";
import { waysOf } from "./ways.ts";

/** What the look at the host has brought. */
export interface Diagnosis extends Explanation {
  /** The host's rules, links, routes and sockets were all looked at, and the inside of every container concerned. */
  readonly complete: boolean;
  /** Whose packet tells more than the look did; null where the look explains the failure, or no packet can be followed. */
  readonly follow: Followable | null;
  /** The way of one of its packets, as it follows from the look; null where it is not about reach. */
  readonly walk: Walk | null;
}

/** Failures this close together share one look. */
const SHARED_MS = 2000;
/** All of a diagnosis: about a second on an idle host, some twenty of them on one whose load is twenty times its cores. */
const DEADLINE_MS = 45_000;

/** A look at the host, and what later ones confirm. */
export interface Look {
  readonly at: number;
  readonly snapshot: Promise<Snapshot>;
  readonly lasting: Promise<Deviation[]>;
}

let last: Look | undefined;

/**
 * Why a requirement has failed, by what the host and the run's own containers look like now, or looked like in a look that
 * was taken while what it is about still stood. Never rejects.
 */
export async function diagnose(failure: Failure, open: () => Promise<Looker>, taken?: Look): Promise<Diagnosis> {
  let guard: NodeJS.Timeout | undefined;
  const late = new Promise<Diagnosis>((resolve) => {
    guard = setTimeout(() => resolve(unseen(failure, `it gave no answer within ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([look(failure, open, taken), late]);
  } catch (error) {
    return unseen(failure, withoutCredentials(error instanceof Error ? error.message : String(error)));
  } finally {
    clearTimeout(guard);
  }
}

/** Of a host that could not be looked at: what the engine said when it refused. */
function unseen({ refusal }: Failure, why: string): Diagnosis {
  const found = refusal === null ? [] : refusedBy(refusal, []);
  return {
    causes: found.map((one) => asCause(one, { containers: [], networks: [], costs: null })),
    ways: refusal === null ? [] : waysOfRefusal(refusal),
    unread: [`the host: ${why}`],
    complete: false,
    follow: null,
    walk: null,
  };
}

async function look(failure: Failure, open: () => Promise<Looker>, taken?: Look): Promise<Diagnosis> {
  const current = taken ?? (await sharedLook(failure, open));
  const snapshot = await current.snapshot;
  if (failure.refusal !== null) {
    const found = refusedBy(failure.refusal, await current.lasting);
    const unread = unreadOf(snapshot, new Set());
    return {
      causes: found.map((one) => asCause(one, snapshot)),
      ways: waysOfRefusal(failure.refusal),
      unread,
      complete: unread.length === 0,
      follow: null,
      walk: null,
    };
  }
  const concerned = concernsOf(snapshot, failure);
  const sent = byAddress(snapshot, failure);
  const stopped = stoppedBy(snapshot, { ...sent, questions: [...sent.questions, ...passedOn(snapshot, sent)] });
  const lasting = (await current.lasting).filter((one) => !isContradicted(one, stopped));
  const near = explaining(snapshot, concerned, lasting, failure);
  const fitting = near.length > 0 ? near : explaining(snapshot, withNetworks(snapshot, concerned), lasting, failure);
  // A policy drops because what Docker accepts before it is gone: then that is the cause.
  const gone = fitting.some(({ reason }) => isMissingRules(reason.key));
  // What may end a part of such packets is no better than what was seen to be broken.
  const first = gone || (!stopped.surely && fitting.some(({ weak }) => !weak));
  const further = stopped.decided && !gone ? [] : fitting;
  const found = first ? [...fitting, ...stopped.found] : [...stopped.found, ...further];
  const unread = unreadOf(snapshot, concerned);
  const explained = stopped.surely || fitting.some(({ weak }) => !weak);
  return {
    causes: found.map((one) => asCause(one, snapshot)),
    ways: waysOf(snapshot, failure),
    unread,
    complete: unread.length === 0,
    follow: explained ? null : followableOf(snapshot, sent),
    walk: concludeWalk(snapshot, sent, found, stopped),
  };
}

async function sharedLook(failure: Failure, open: () => Promise<Looker>): Promise<Look> {
  const failed = performance.now();
  if (last === undefined || failed - last.at > SHARED_MS) last = startLook(open);
  const current = last;
  // What a look lacks that began after the failure, another one lacks as well.
  if (current.at >= failed || !lacksSubject(await current.snapshot, failure)) return current;
  last = startLook(open);
  return last;
}

/** Whether a deviation is one that keeps packets from passing the filters, and is known not to: they pass, or end elsewhere. */
function isContradicted({ kind, does, reason: { key } }: Deviation, { open, evaluated, found }: Stopped): boolean {
  if (kind !== "filter" || does !== "blocks") return false;
  return open || (evaluated && isFirewallKey(key) && !found.some(({ reason }) => reason.key === key));
}

/** What a cause may lie in and was not looked at. */
function unreadOf({ host, containers }: Snapshot, concerned: ReadonlySet<string>): string[] {
  const unseen = containers.filter(({ name, inside }) => inside === null && concerned.has(name));
  return [
    ...(host === null ? ["the host's links, routes, sockets and firewall"] : []),
    ...(host !== null && host.filters === null ? ["the host's packet filters"] : []),
    ...(host?.filters?.unread ?? []),
    ...unseen.map(({ name }) => `the inside of container ${name}`),
  ];
}

/** A container that came up since is not in the shared look: one that was asked, or whatever else the failure is about. */
function lacksSubject(snapshot: Snapshot, failure: Failure): boolean {
  const { containers, networks } = snapshot;
  const known = new Set([...containers.map(({ name }) => name), ...networks.map(({ Name }) => Name)]);
  const { probes, scope } = failure;
  return (
    probes.some(({ place }) => place?.kind === "container" && !known.has(place.name)) ||
    // Who asks from the host names no container: its port is nobody's yet.
    scope.some((name) => !known.has(name)) ||
    concernsOf(snapshot, failure).size === 0
  );
}

/**
 * Looks at the host while what a failure is about still stands.
 * @returns once all of it is looked at; rejects where the host can't be looked at
 */
export async function takeLook(open: () => Promise<Looker>): Promise<Look> {
  const look = startLook(open);
  await look.lasting;
  return look;
}

function startLook(open: () => Promise<Looker>): Look {
  const looker = open();
  const snapshot = looker.then(takeSnapshot);
  const lasting = snapshot.then(async (first) => await lastingFrom(first, async () => takeSnapshot(await looker)));
  // Whoever waits is told; a look that nobody waits for any more must not end the process.
  lasting.catch(() => undefined);
  return { at: performance.now(), snapshot, lasting };
}
