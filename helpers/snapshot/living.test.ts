import { expect, test } from "vitest";
import { shop } from "../audits/testing/shop.ts";
import { joinedBy, runs, sharesNetwork } from "./living.ts";

test("a container is joined by its name, its id, or the beginning of that", () => {
  const { containers } = shop();
  const [web] = containers;
  const joining = (networkMode: string) => joinedBy(containers, { networkMode });
  expect(joining("container:web")).toBe(web);
  expect(joining(`container:${web?.id}`)).toBe(web);
  expect(joining(`container:${web?.id.slice(0, 12)}`)).toBe(web);
  expect(joining("container:gone")).toBeNull();
  expect(joining("bridge")).toBeNull();
});

test("who shares another's network, and who has one at all", () => {
  expect(["host", "container:x", "bridge", "none"].map((networkMode) => sharesNetwork({ networkMode }))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect((["running", "paused", "restarting", "exited"] as const).map((status) => runs({ status }))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
