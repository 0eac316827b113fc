import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import type { Facts } from "../model/facts.ts";
import { fileInDoubt } from "./file-in-doubt.ts";

describe("a configuration file that dockerd may not have read", () => {
  const facts = (claimed: object, effective: object, changedAt: string): Facts => ({
    ...factsOf("28.5.2", claimed, { dockerdStartedAt: "2026-11-24T12:00:00.000Z" }),
    claims: Object.fromEntries(
      Object.entries(claimed).map(([key, value]) => [key, { value, origin: "file" as const }]),
    ),
    effective: { mtu: 1500, ...effective },
    configurationFile: {
      path: "/etc/docker/daemon.json",
      present: true,
      modifiedAt: changedAt,
      changedAt,
      problems: [],
    },
  });
  const before = "2026-11-24T11:00:00.000Z";
  const after = "2026-11-24T13:00:00.000Z";
  test("is said to be newer than dockerd where the two differ", () =>
    expect(fileInDoubt(facts({ mtu: 1400 }, {}, after)).join()).toMatch(
      /was changed 60 min after dockerd's start.*mtu: 1400 in the file, 1500 in dockerd.*other requirements may fail for this reason alone/,
    ));
  test("is named where it sets what the engine does not tell", () =>
    expect(fileInDoubt(facts({ dns: ["10.0.0.53"], mtu: 1500 }, {}, after)).join()).toContain(
      'whether it has "dns" as',
    ));
  test("is not mentioned where dockerd has what it asks for, or has read it", () => {
    expect(fileInDoubt(facts({ mtu: 1400 }, { mtu: 1400 }, after))).toEqual([]);
    expect(fileInDoubt(facts({ dns: ["10.0.0.53"] }, {}, before))).toEqual([]);
  });
});
