import type { Card } from "../model/cause.ts";
import type { Note } from "../model/note.ts";
import type { Deployed, Subject } from "../model/subject.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import type { ClaimId } from "./claims.ts";
import { cardsOf, distinct } from "./judge.ts";
import type { Judged } from "./look-twice.ts";
import { subjectsOfClaims } from "./subjects.ts";
import type { Unseen } from "./unseen.ts";

/** What a run knows of the living host. Plain data: it crosses into the test workers. */
export interface LivingHostFacts {
  /** By claim: how many things it was asked of. */
  readonly asked: Readonly<Record<ClaimId, number>>;
  readonly deviations: readonly LivingDeviation[];
  readonly cards: readonly Card[];
  readonly notes: readonly Note[];
  /** What deviates and changed while it was looked at, and was not judged. */
  readonly changed: readonly LivingChange[];
  /** What could not be looked at, twice. */
  readonly unseen: readonly Unseen[];
}

/** Something that the engine changed while it was looked at. */
export interface LivingChange {
  readonly claim: ClaimId;
  readonly subject: Subject;
}

export interface LivingDeviation extends Deployed {
  readonly claim: ClaimId;
  readonly expected: string;
  readonly observed: string;
  /** Key of its card. */
  readonly card: string;
}

/** What deployed it; of a network: what deployed every container on it. */
function projectOf({ containers }: LivingSnapshot, subject: Subject): string | null {
  if (subject.kind === "host") return null;
  const concerned = containers.filter(({ name, endpoints }) =>
    subject.kind === "network"
      ? endpoints.some(({ network }) => network === subject.name)
      : name === (subject.kind === "container" ? subject.name : subject.container),
  );
  const [project = null, ...others] = new Set(concerned.map((container) => container.project));
  return others.length === 0 ? project : null;
}

/**
 * A judgement of everybody's containers as a run's requirements take it.
 * @param again the line that judges again, where it is another one than for everybody's
 */
export function livingHost({ judgement, snapshot }: Judged, again?: string): LivingHostFacts {
  return {
    asked: subjectsOfClaims(snapshot),
    deviations: judgement.deviations.map(({ claim, subject, expected, observed, reason }) => ({
      claim,
      subject,
      project: projectOf(snapshot, subject),
      expected,
      observed,
      card: reason.key,
    })),
    cards: cardsOf(judgement.deviations, snapshot, again),
    notes: distinct(judgement.notes),
    changed: judgement.changed.map(({ claim, subject }) => ({ claim, subject })),
    unseen: judgement.unseen,
  };
}
