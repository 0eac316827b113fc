import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOf } from "./captured/facts.ts";
import { apiAtLeast, atLeast, compareVersions, parseVersion } from "./engine-version.ts";
import { describeSwitch, has, type SwitchKey, VERSION_SWITCHES, type VersionSwitch } from "./version-switches.ts";

describe("versions", () => {
  test.each([
    ["20.10.24+dfsg1", { major: 20, minor: 10, patch: 24, prerelease: "" }],
    ["28.5.2", { major: 28, minor: 5, patch: 2, prerelease: "" }],
    ["29.0.0-rc.1", { major: 29, minor: 0, patch: 0, prerelease: "rc.1" }],
    ["24.0.7-0ubuntu2~22.04.1", { major: 24, minor: 0, patch: 7, prerelease: "" }],
    ["v27.0", { major: 27, minor: 0, patch: 0, prerelease: "" }],
    ["1.41", { major: 1, minor: 41, patch: 0, prerelease: "" }],
  ])("%s is read", (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  test("that are none are refused with their text", () => {
    for (const text of ["", "dev", "28", "latest"]) expect(() => parseVersion(text)).toThrow(JSON.stringify(text));
  });

  test("are ordered", () => {
    const part = fc.nat(60);
    const version = fc.tuple(part, part, part);
    fc.assert(
      fc.property(version, version, (one, other) => {
        const byParts = one.map((n, i) => n - (other[i] ?? 0)).find((d) => d !== 0) ?? 0;
        return Math.sign(compareVersions(one.join("."), other.join("."))) === Math.sign(byParts);
      }),
    );
    expect(["29.0.0", "29.0.0-rc.2", "28.5.2", "29.0.0-rc.10"].sort(compareVersions)).toEqual([
      "28.5.2",
      "29.0.0-rc.2",
      "29.0.0-rc.10",
      "29.0.0",
    ]);
  });

  test("reach a minimum; a pre-release behaves as its release", () => {
    expect(atLeast("20.10.24+dfsg1", "20.10")).toBe(true);
    expect(atLeast("29.0.0-rc.1", "29.0")).toBe(true);
    expect(atLeast(factsOf("28.5.2"), "29.0")).toBe(false);
    expect(apiAtLeast(factsOf("29.0.0"), "1.52")).toBe(true);
    expect(apiAtLeast("1.6", "1.41")).toBe(false);
  });
});

describe("the table of version switches", () => {
  test.each(Object.entries(VERSION_SWITCHES) as [SwitchKey, VersionSwitch][])("%s is complete", (_, row) => {
    expect(row.since).toMatch(/^(Engine|API) \d+\.\d+(\.\d+)?$/);
    expect(row.before).not.toBe("");
    expect(row.after).not.toBe(row.before);
    expect(row.source).not.toBe("");
  });

  test("tells the engines apart", () => {
    const keys = Object.keys(VERSION_SWITCHES) as SwitchKey[];
    const count = (version: string) => keys.filter((key) => has(factsOf(version), key)).length;
    expect(count("20.10.24")).toBe(1);
    expect(count("20.10.24")).toBeLessThan(count("26.1.5"));
    expect(count("26.1.5")).toBeLessThan(count("28.5.2"));
    expect(count("28.5.2")).toBeLessThan(count("29.7.2"));
    expect(count("29.7.2")).toBe(keys.length);
    expect(has(factsOf("28.0.0"), "docker-forward-chain")).toBe(false);
    expect(has(factsOf("29.0.0"), "static-address-on-automatic-subnet")).toBe(false);
  });

  test("says what holds and since when", () => {
    expect(describeSwitch(factsOf("28.5.2"), "random-mac")).toMatch(/^a generated MAC is random.*since Engine 28\.0/);
    expect(describeSwitch(factsOf("26.1.5"), "random-mac")).toMatch(/^a generated MAC on bridge.*before Engine 28\.0/);
  });
});
