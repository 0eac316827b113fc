import type { Demand } from "../model/demand.ts";
import type { Note } from "../model/note.ts";
import type { Judgement, ReportedProbe, Verdict } from "../model/results.ts";
import type { Site } from "../model/site.ts";
import type { Difference, Source } from "../model/source.ts";
import type { Walk } from "../model/walk.ts";

/** What crosses from a check to the reports, on the test's meta. */
export interface RequirementMeta {
  readonly id: string;
  readonly must: string;
  readonly sources: readonly Source[];
  readonly differs?: readonly Difference[];
  readonly tags: readonly string[];
  readonly appliesTo: string;
  readonly needs: readonly string[];
}

/** How it ended. */
export interface OutcomeMeta extends Judgement {
  /** What is shown only in a lab stands in no report of a working host. */
  readonly verdict: Verdict | "only in a lab";
  /** The way of one of its packets: one that failed, sent again; or of a healthy one where that was asked for. */
  readonly walk?: Walk;
  readonly probes: readonly ReportedProbe[];
  /** When it was through, ms since the epoch. */
  readonly endedAt: number;
  /** Ids and names of the containers and networks that it dealt with. */
  readonly uses: readonly string[];
  /** A script that shows it without us, or why there is none; missing where none was asked for. */
  readonly reproduction?: Reproduction;
  /** Of a failure: what stands until a key is pressed; missing for nothing. */
  readonly standing?: Standing;
  /** What of the suites' own was made since the last check of its worker; missing for nothing. */
  readonly site?: Omit<Site, "file">;
  /** What the check remarked beside its verdict; missing for none. */
  readonly notes?: readonly Note[];
}

/** A script that shows a requirement without us, or why there is none. */
export type Reproduction = { readonly script: string } | { readonly why: string };

/** Containers and networks of a failure that are kept, by name. */
export interface Standing {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
}

/** What became of a check, without what was recorded meanwhile. */
export type Judged = Omit<
  OutcomeMeta,
  "probes" | "notes" | "endedAt" | "uses" | "site" | "consulted" | "reproduction" | "standing"
>;

declare module "vitest" {
  interface TaskMeta {
    requirement?: RequirementMeta;
    demand?: Demand;
    outcome?: OutcomeMeta;
  }
}
