import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NETWORK_KEYS, type NetworkKey } from "./index.ts";

const catalogue = readFileSync(new URL("../../../docs/catalogue.md", import.meta.url), "utf8");
const ids = new Set([...catalogue.matchAll(/^\| ([A-Z0-9]+-\d+[a-z]?) \|/gm)].map(([, id]) => id));

test.each(Object.entries<NetworkKey>(NETWORK_KEYS))("what judges `%s` is in the catalogue", (_, { observedBy }) =>
  expect(observedBy.filter((id) => !ids.has(id))).toEqual([]),
);
