import { expect, test } from "vitest";
import type { CatalogueEntry } from "../model/results.ts";
import { holdsOn, provenBy, renderKeys } from "./keys-table.ts";

const entry = (id: string, tags: readonly string[], appliesTo = "every engine"): CatalogueEntry => ({
  id,
  must: `${id} MUST hold`,
  sources: [],
  suite: "daemon-configuration",
  file: "suites/daemon-configuration/keys.changing.test.ts",
  tags,
  appliesTo,
  needs: ["lab"],
});

const entries = [
  entry("KEY-1", ["mtu:effect", "mtu:scope"]),
  entry("KEY-2", ["bip6:effect"], "since Engine 28.0"),
  entry("KEY-3", ["bip6:refusal"], "before Engine 28.0"),
];

test("the bounds of a requirement are read from its own words", () => {
  expect(holdsOn("every engine", "20.10")).toBe(true);
  expect(["26.1", "28.5"].map((version) => holdsOn("since Engine 28.0", version))).toEqual([false, true]);
  expect(["26.1", "28.0"].map((version) => holdsOn("before Engine 28.0", version))).toEqual([true, false]);
  expect(holdsOn("before Engine 29.0; since Engine 28.2; only with a proxy", "28.5")).toBe(true);
});

test("a requirement proves an aspect on the engines on which it holds", () => {
  expect(provenBy(entries, "bip6", "effect", "28.5")).toEqual(["KEY-2"]);
  expect(provenBy(entries, "bip6", "effect", "26.1")).toEqual([]);
  expect(provenBy(entries, "bip6", "refusal", "26.1")).toEqual(["KEY-3"]);
});

test("the table has a row per key and engine, and says which engine does not know a key", () => {
  const text = renderKeys(
    [
      { name: "mtu", scope: "default bridge", effect: "the MTU" },
      { name: "bip6", scope: "default bridge", effect: "the address", since: "28.0" },
    ],
    ["26.1", "28.5"],
    entries,
  );
  expect(text).toContain("| mtu | 28.5 | KEY-1 | KEY-1 | – | – | – |");
  expect(text).toContain("| bip6 | 26.1 (unknown there) | – | – | – | KEY-3 | – |");
  expect(text).toContain("| bip6 | 28.5 | KEY-2 | – | – | – | – |");
});
