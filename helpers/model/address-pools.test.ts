import { expect, test } from "vitest";
import { addressPools, poolSubnets } from "./address-pools.ts";
import { factsOf } from "./captured/facts.ts";
import type { NetworkConfiguration } from "./configuration-facts.ts";

const subnetsOf = (version: string, pools: NonNullable<NetworkConfiguration["default-address-pools"]>) =>
  [...poolSubnets(addressPools(factsOf(version, { "default-address-pools": pools })))].map(String);

// As docker0 and five networks got them on 28.5.2 and 26.1.5.
test("pools that stand in no order", () => {
  const pools = [
    { base: "10.211.0.0/24", size: 26 },
    { base: "10.210.0.0/24", size: 25 },
  ];
  const low = ["10.210.0.0/25", "10.210.0.128/25"];
  const high = ["10.211.0.0/26", "10.211.0.64/26", "10.211.0.128/26", "10.211.0.192/26"];
  expect(subnetsOf("28.5.2", pools)).toEqual([...low, ...high]);
  expect(subnetsOf("26.1.5", pools)).toEqual([...high, ...low]);
});

// On 28.5.2 the fifth network got "all predefined address pools have been fully subnetted".
test("a pool inside of another one adds nothing", () => {
  const pools = [
    { base: "10.50.0.0/24", size: 25 },
    { base: "10.50.0.0/25", size: 26 },
    { base: "10.49.0.0/24", size: 25 },
  ];
  expect(subnetsOf("28.5.2", pools)).toEqual(["10.49.0.0/25", "10.49.0.128/25", "10.50.0.0/25", "10.50.0.128/25"]);
});
