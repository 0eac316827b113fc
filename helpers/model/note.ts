import type { Subject } from "./subject.ts";

/** Something worth knowing that is no failure: it never changes a verdict or an exit code. */
export interface Note {
  /** Same key = the same note in a later run. */
  readonly key: string;
  /** One or two sentences: what was seen and what follows. */
  readonly what: string;
  /** What one may do about it; empty when nothing is to be done. */
  readonly todo: string;
  readonly subjects: readonly Subject[];
}

/** The notes in the order of their keys, each key once: the first one that was made stays. */
export function uniqueNotes(notes: readonly Note[]): Note[] {
  const byKey = new Map<string, Note>();
  for (const note of notes) if (!byKey.has(note.key)) byKey.set(note.key, note);
  return [...byKey.values()].toSorted((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
}

/** A note as one text for people: what was seen, then what may be done about it. */
export function noteText({ what, todo }: Note): string {
  return [what, todo].filter((part) => part !== "").join(" ");
}
