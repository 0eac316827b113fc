import { expect, test } from "vitest";
import { selectionText } from "./selection-text.ts";

test("a few words stand as they were given", () => {
  expect(selectionText([])).toBe("");
  expect(selectionText(["nat", "PORT-22", "PORT-23", "dns"])).toBe("nat PORT-22 PORT-23 dns");
});

test("many ids of one topic are told by the first, the last and their number", () => {
  const nets = ["NETNS-01", "NETNS-02", "NETNS-03b", "NETNS-04"];
  expect(selectionText(["PORT-22", ...nets, "OVERLAY-01"])).toBe("PORT-22 NETNS-01 … NETNS-04 (4) OVERLAY-01");
});

test("only neighbours are put together", () => {
  const mixed = ["NAT-01", "NAT-02", "DNS-01", "NAT-03", "NAT-04"];
  expect(selectionText(mixed)).toBe(mixed.join(" "));
});
