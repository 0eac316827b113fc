import type { Bearing, ClaimId } from "./deviation.ts";

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
