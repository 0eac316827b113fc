import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { expectedIfindex, expectedLoopbackIpv6 } from "./container-link.ts";

test("which ifindex and ::1 a container has depends on the engine", () => {
  expect(expectedIfindex(factsOf("28.5.2"))).toMatchObject({ value: 2 });
  expect(expectedIfindex(factsOf("26.1.5")).known).toBe(false);
  expect(expectedLoopbackIpv6(factsOf("20.10.24"))).toMatchObject({ value: false });
  expect(expectedLoopbackIpv6(factsOf("26.1.5"))).toMatchObject({ value: true });
  expect(expectedLoopbackIpv6(factsOf("26.1.5", {}, null)).known).toBe(false);
});
