/** One asked question as the page shows it, whether it stands in the page or is unpacked there. */
export interface TranscriptEntry {
  /** `control`, or `` for the question itself. */
  readonly role: string;
  /** Where it was asked, in words. */
  readonly vantage: string;
  readonly command: string;
  /** How it ended, in words. */
  readonly ending: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** By the fragment of the requirement. */
export type PackedEvidence = Readonly<Record<string, readonly TranscriptEntry[]>>;
