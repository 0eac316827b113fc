import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { chosenTwice, masqueradedTwice } from "./known-defects.ts";

test.each([
  ["27.5.1", false],
  ["28.0.4", true],
  ["28.2.2", true],
  ["28.3.3", false],
  ["29.7.2", false],
])("Engine %s chooses one number twice: %s", (version, has) => {
  expect(chosenTwice(factsOf(version)) !== null).toBe(has);
});

test("only nftables without userland proxy masquerades twice", () => {
  const nftables = { "firewall-backend": "nftables" };
  expect(masqueradedTwice(factsOf("29.7.2", { ...nftables, "userland-proxy": false }))).toContain("rule exists");
  expect(masqueradedTwice(factsOf("29.7.2", nftables))).toBeNull();
  expect(masqueradedTwice(factsOf("29.7.2", { "userland-proxy": false }))).toBeNull();
});
