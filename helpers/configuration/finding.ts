/** Something that a rehearsal found out about a candidate `daemon.json`. */
export interface Finding {
  /**
   * - `refused`: dockerd does not start with it
   * - `danger`: it starts, and something is cut off, collides or stands open
   * - `change`: what the restart changes on the host
   * - `idle`: something in the file that does nothing
   * - `note`: worth knowing, and no reason against the file
   */
  readonly kind: "refused" | "danger" | "change" | "idle" | "note";
  /** The keys it comes from; empty for the restart itself. */
  readonly keys: readonly string[];
  /** One sentence for the operator. */
  readonly text: string;
}

export const refused = (keys: readonly string[], text: string): Finding => ({ kind: "refused", keys, text });
export const danger = (keys: readonly string[], text: string): Finding => ({ kind: "danger", keys, text });
export const change = (keys: readonly string[], text: string): Finding => ({ kind: "change", keys, text });
export const note = (keys: readonly string[], text: string): Finding => ({ kind: "note", keys, text });
export const idle = (keys: readonly string[], text: string): Finding => ({ kind: "idle", keys, text });

const MAX_NAMES = 8;

/** `web, db and 3 more`; `none` for none. */
export function namesText(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
}
