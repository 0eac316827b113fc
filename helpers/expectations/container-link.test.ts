import { expect, test } from "vitest";
import { factsOf } from "./captured/facts.ts";
import {
  expectedIfindex,
  expectedLoopbackIpv6,
  expectedMac,
  isGeneratedBridgeMac,
  isGeneratedMac,
} from "./container-link.ts";

test("which MAC, ifindex and ::1 a container has depends on the engine (values of real containers)", () => {
  expect(expectedMac(factsOf("26.1.5"), "172.17.0.2")).toMatchObject({ value: "02:42:ac:11:00:02" });
  expect(expectedMac(factsOf("28.5.2"), "172.17.0.2")).toMatchObject({ known: false });
  expect(expectedMac(factsOf("28.5.2"), "10.0.1.2", "overlay")).toMatchObject({ value: "02:42:0a:00:01:02" });
  expect(isGeneratedMac(factsOf("28.5.2"), "5e:83:da:91:4a:60", "172.17.0.2")).toBe(true);
  expect(isGeneratedMac(factsOf("26.1.5"), "5e:83:da:91:4a:60", "172.17.0.2")).toBe(false);
  expect(isGeneratedBridgeMac(factsOf("26.1.5"), "02:42:86:D7:21:83")).toBe(true);
  expect(isGeneratedBridgeMac(factsOf("28.5.2"), "f6:56:16:82:bc:d9")).toBe(true);
  expect(expectedIfindex(factsOf("28.5.2"))).toMatchObject({ value: 2 });
  expect(expectedIfindex(factsOf("26.1.5")).known).toBe(false);
  expect(expectedLoopbackIpv6(factsOf("20.10.24"))).toMatchObject({ value: false });
  expect(expectedLoopbackIpv6(factsOf("26.1.5"))).toMatchObject({ value: true });
  expect(expectedLoopbackIpv6(factsOf("26.1.5", {}, null)).known).toBe(false);
});
