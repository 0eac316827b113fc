import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../helpers/project-root.ts";
import { compareVersions, nextVersion, readChangelog, releaseChangelog, versionOf } from "./changelog.ts";

const HEAD = "# Changelog\n\nWords about it.\n\n";
const RELEASED = `${HEAD}## Unreleased

### Fixed

- A port.

## 0.2.0 - 2026-11-28

### Added

- A thing,
  told on two lines.

## 0.1.0 - 2026-11-01

### Added

- All.
`;

test("this project's own changelog can be read, and has its version or comes before it", () => {
  const own = readChangelog(readFileSync(join(PROJECT_ROOT, "CHANGELOG.md"), "utf8"));
  const manifest = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")) as { readonly version: string };
  if (own.released.length > 0) expect(own.released[0]?.version).toBe(manifest.version);
  expect(own.unreleased === "").toBe(own.kinds.length === 0);
});

test("sections come apart by version, newest first", () => {
  expect(readChangelog(RELEASED)).toEqual({
    unreleased: "### Fixed\n\n- A port.",
    kinds: ["Fixed"],
    released: [
      { version: "0.2.0", notes: "### Added\n\n- A thing,\n  told on two lines." },
      { version: "0.1.0", notes: "### Added\n\n- All." },
    ],
  });
});

test.each([
  ["nothing at all", "", /the first section is not ## Unreleased/],
  ["no unreleased section", `${HEAD}## 0.1.0 - 2026-11-01\n`, /line 5: the first section is not ## Unreleased/],
  ["a heading that is none", `${HEAD}## Unreleased\n\n## Version 1\n`, /line 7: ## Version 1/],
  ["a version without a day", `${HEAD}## Unreleased\n\n## 0.1.0\n`, /line 7: ## 0\.1\.0/],
  ["a kind that there is not", `${HEAD}## Unreleased\n\n### Addded\n\n- A.\n`, /no kind Addded/],
  ["a kind without entries", `${HEAD}## Unreleased\n\n### Added\n\n### Fixed\n\n- A.\n`, /### Added has no entry/],
  ["a kind at the end without entries", `${HEAD}## Unreleased\n\n### Added\n`, /### Added has no entry/],
  ["a kind twice", `${HEAD}## Unreleased\n\n### Added\n\n- A.\n\n### Added\n\n- B.\n`, /### Added stands twice/],
  ["a change without a kind", `${HEAD}## Unreleased\n\n- A.\n`, /line 7: a change without a kind/],
  ["unreleased twice", `${HEAD}## Unreleased\n\n## Unreleased\n`, /## Unreleased stands twice/],
  ["a version twice", RELEASED.replace("0.1.0 -", "0.2.0 -"), /0\.2\.0 stands below 0\.2\.0/],
  ["versions out of order", RELEASED.replace("0.1.0 -", "0.10.0 -"), /0\.10\.0 stands below 0\.2\.0/],
])("%s is told with its line", (_, text, seen) => {
  expect(() => readChangelog(text)).toThrow(seen);
});

describe("the next version", () => {
  const having = (version: string | null, ...kinds: readonly string[]) => ({
    unreleased: "",
    kinds,
    released: version === null ? [] : [{ version, notes: "" }],
  });

  test.each([
    ["0.1.0", having(null, "Added"), undefined, "0.1.0"],
    ["0.1.0", having("0.1.0", "Fixed"), undefined, "0.1.1"],
    ["0.1.0", having("0.1.0", "Fixed", "Security"), undefined, "0.1.1"],
    ["0.1.0", having("0.1.0", "Fixed", "Changed"), undefined, "0.2.0"],
    ["0.1.9", having("0.1.9", "Removed"), undefined, "0.2.0"],
    ["1.4.2", having("1.4.2", "Removed", "Fixed"), undefined, "2.0.0"],
    ["1.4.2", having("1.4.2", "Fixed"), "major", "2.0.0"],
    ["1.4.2", having("1.4.2", "Removed"), "patch", "1.4.3"],
    ["1.4.2", having("1.4.2", "Added"), "1.10.0", "1.10.0"],
    ["0.1.0", having(null, "Added"), "0.1.0", "0.1.0"],
    ["0.1.0", having(null, "Added"), "1.0.0", "1.0.0"],
  ])("of %s", (current, changelog, wish, next) => {
    expect(nextVersion(current, changelog, wish)).toBe(next);
  });

  test.each([
    ["minro", /minro is no version/],
    ["v0.2.0", /v0\.2\.0 is no version/],
    ["0.2", /0\.2 is no version/],
    ["0.2.0", /0\.2\.0 is not newer than 0\.2\.0/],
    ["0.1.9", /0\.1\.9 is not newer than 0\.2\.0/],
    ["toString", /toString is no version/],
  ])("%s is refused", (wish, seen) => {
    expect(() => nextVersion("0.2.0", having("0.2.0", "Added"), wish)).toThrow(seen);
  });

  test("a package.json without a version is told", () => {
    expect(() => nextVersion("next", having(null, "Added"), undefined)).toThrow(/version is next/);
  });
});

test("what is released is read again as that version, with nothing unreleased above it", () => {
  const before = readChangelog(RELEASED);
  const after = readChangelog(releaseChangelog(RELEASED, "0.2.1", "2026-12-01"));
  expect(after.unreleased).toBe("");
  expect(after.released).toEqual([{ version: "0.2.1", notes: before.unreleased }, ...before.released]);
});

test("versions are ordered as numbers", () => {
  const number = fc.nat(1000);
  fc.assert(
    fc.property(fc.tuple(number, number, number), fc.tuple(number, number, number), (one, other) => {
      expect(versionOf(one.join("."))).toEqual(one);
      const [first = 0] = one.map((part, index) => part - (other[index] ?? 0)).filter((difference) => difference !== 0);
      expect(Math.sign(compareVersions(one, other))).toBe(Math.sign(first));
    }),
  );
});
