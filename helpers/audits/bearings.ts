import type { Place } from "../model/question.ts";
import type { ClaimId } from "./claims.ts";

/** The part of a host's networking that a deviation lies in. */
export type Layer = "nat" | "filter" | "links" | "routes" | "names" | "ports" | "namespaces" | "engine";

/**
 * What a deviation does to packets: `blocks` keeps them from arriving, `opens` lets through what must stay out. `any`: what
 * stands there is another thing than was asked for, and whatever fails at it is explained.
 */
export type Does = "blocks" | "opens" | "differs" | "any";

/** Which failures a deviation can explain. */
export interface Bearing {
  readonly kind: Layer;
  readonly does: Does;
  /** What a question has to be about for this to explain it, where the kind alone does not tell: `mtu`, `masquerade`. */
  readonly topics: readonly string[];
  /** True for what many healthy hosts have as well: told only where it explains the failure and nothing better does. */
  readonly weak: boolean;
  /** The one family of addresses that it is about; null for both, or where it is about none. */
  readonly family: 4 | 6 | null;
  /** The kind of place that it is about: it explains only what was asked from there. Null for every other deviation. */
  readonly vantage: Place["kind"] | null;
  /** The program of the host's that it is about: it explains only what was done with that. Null for every other deviation. */
  readonly program: string | null;
}

/** What most deviations have in common. */
export const PLAIN = { topics: [], weak: false, family: null, vantage: null, program: null } as const;

/** What a breach of each claim does to packets, unless its audit says otherwise. */
export const BEARINGS: Readonly<Record<ClaimId, Pick<Bearing, "kind" | "does"> & Partial<Bearing>>> = {
  "LIVE-01": { kind: "links", does: "blocks" },
  "LIVE-02": { kind: "links", does: "blocks" },
  "LIVE-03": { kind: "routes", does: "blocks", topics: ["default route", "gateway"] },
  "LIVE-04": { kind: "namespaces", does: "differs" },
  "LIVE-05": { kind: "links", does: "blocks" },
  "LIVE-06": { kind: "routes", does: "blocks" },
  "LIVE-07": { kind: "filter", does: "blocks" },
  "LIVE-08": { kind: "nat", does: "blocks", topics: ["masquerade", "nat"] },
  "LIVE-09": { kind: "filter", does: "opens", topics: ["icc"] },
  "LIVE-10": { kind: "filter", does: "opens", topics: ["isolation", "internal"] },
  "LIVE-11": { kind: "nat", does: "blocks", topics: ["nat", "dnat", "publish", "port"] },
  "LIVE-12": { kind: "filter", does: "blocks", topics: ["publish", "port"] },
  "LIVE-13": { kind: "ports", does: "blocks", topics: ["port", "publish"] },
  "LIVE-14": {
    kind: "names",
    does: "blocks",
    topics: ["127.0.0.11", "name", "dns", "lookup", "look up", "resolve", "resolver"],
  },
  "LIVE-15": { kind: "routes", does: "blocks" },
  "LIVE-16": { kind: "nat", does: "differs" },
  "LIVE-17": { kind: "engine", does: "blocks" },
  "LIVE-18": { kind: "links", does: "blocks" },
  "LIVE-19": { kind: "links", does: "blocks" },
  "LIVE-20": { kind: "namespaces", does: "blocks" },
};
