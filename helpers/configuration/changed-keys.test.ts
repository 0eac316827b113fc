import fc from "fast-check";
import { expect, test } from "vitest";
import { changedKeys, valueText } from "./changed-keys.ts";

const all = () => true;

test("networking keys with both values and what can show them; other keys by name only", () => {
  const before = { bip: "172.17.0.1/16", mtu: 1400, "registry-mirrors": ["https://a.invalid"], debug: true };
  const after = { bip: "10.200.0.1/24", dns: ["192.0.2.53"], mtu: 1400, debug: true, "http-proxy": "http://u:p@x" };
  const { network, others } = changedKeys(before, after, all);
  expect(network.map(({ key, before, after }) => [key, valueText(before), valueText(after)])).toEqual([
    ["bip", '"172.17.0.1/16"', '"10.200.0.1/24"'],
    ["dns", "not set", '["192.0.2.53"]'],
  ]);
  expect(network[0]?.words).toContain("default-bridge");
  expect(others).toEqual(["registry-mirrors", "http-proxy"]);
});

test("a null is not set, and the order inside an object is no change", () => {
  expect(changedKeys({ bip: null }, {}, all).network).toEqual([]);
  const pools = (pool: unknown) => ({ "default-address-pools": [pool] });
  expect(changedKeys(pools({ base: "10.9.0.0/16", size: 24 }), pools({ size: 24, base: "10.9.0.0/16" }), all)).toEqual({
    network: [],
    others: [],
  });
});

test("a key whose words name nothing is covered by nothing", () => {
  expect(changedKeys({}, { bip: "10.200.0.1/24" }, () => false).network).toMatchObject([{ key: "bip", words: [] }]);
});

test("a file against itself shows no change", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("bip", "dns", "mtu", "debug", "x"), fc.jsonValue()), (values) => {
      expect(changedKeys(values, structuredClone(values), all)).toEqual({ network: [], others: [] });
    }),
  );
});
