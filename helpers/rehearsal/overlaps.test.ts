import fc from "fast-check";
import { expect, test } from "vitest";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import { overlaps } from "./overlaps.ts";
import { sampleSituation, stepOf } from "./sample-situation.ts";

const dangersOf = (after: NetworkConfiguration, version = "28.5.2") =>
  overlaps(sampleSituation({}, version), stepOf(after))
    .filter(({ kind }) => kind === "danger")
    .map(({ text }) => text);

const pool = (base: string, size: number): NetworkConfiguration => ({ "default-address-pools": [{ base, size }] });

test.each<[string, NetworkConfiguration, RegExp]>([
  ["bip in the uplink's network", { bip: "192.0.2.129/25" }, /bip 192\.0\.2\.128\/25 overlaps the host's route 192/],
  ["bip over a VPN's route", { bip: "10.60.1.1/24" }, /overlaps the host's route 10\.60\.0\.0\/16 dev tun0/],
  ["bip over a route of another table", { bip: "10.70.1.1/24" }, /10\.70\.0\.0\/16 dev tun0 in table 220/],
  ["bip over a network", { bip: "10.77.0.1/16" }, /overlaps the network shop_default/],
  ["fixed-cidr alone", { "fixed-cidr": "10.8.0.0/25" }, /fixed-cidr 10\.8\.0\.0\/25 overlaps/],
  [
    "a nameserver inside of docker0's subnet",
    { bip: "10.200.0.1/24", dns: ["10.200.0.9"] },
    /10\.200\.0\.9 lies inside/,
  ],
  ["a pool that one network fills", pool("10.77.0.0/24", 24), /no subnet of the pools is free/],
  ["a pool behind a gateway's route", pool("10.60.0.0/16", 24), /the engine does not look at that one/],
])("%s is a danger", (_what, after, said) => {
  expect(dangersOf(after).join("\n")).toMatch(said);
});

test("the halves by which a VPN takes everything are nobody's network", () => {
  const { standing } = sampleSituation();
  const half = { destination: "0.0.0.0/1", device: "tun0", onLink: false, table: "main" };
  const situation = sampleSituation({ standing: { ...standing, routes: [...standing.routes, half] } });
  for (const after of [{ bip: "10.200.0.1/24" }, pool("10.200.0.0/16", 24)])
    expect(overlaps(situation, stepOf(after)).map(({ text }) => text)).toEqual(
      overlaps(sampleSituation(), stepOf(after)).map(({ text }) => text),
    );
});

test("before 23.0 the engine passes over routes behind a gateway too", () => {
  expect(dangersOf(pool("10.60.0.0/12", 24), "20.10.24").join()).not.toContain("does not look");
  expect(dangersOf(pool("10.48.0.0/12", 24), "28.5.2").join()).toContain("does not look");
});

test("what is free, and docker0's own present subnet, is none", () => {
  expect(dangersOf({ bip: "10.200.0.1/24" })).toEqual([]);
  expect(dangersOf({ bip: "172.17.0.1/16" })).toEqual([]);
  expect(dangersOf(pool("10.200.0.0/16", 24))).toEqual([]);
  expect(dangersOf({ bridge: "none", bip: "192.0.2.1/24" })).toEqual([]);
});

test("a pool with a network in it says how many subnets are left and which is the first", () => {
  const texts = overlaps(sampleSituation(), stepOf(pool("10.77.0.0/20", 24))).map(({ text }) => text);
  expect(texts.join("\n")).toMatch(/passes over 1 of their 16 subnets/);
  expect(texts.join("\n")).toMatch(/15 of 16 subnets are free, the first is 10\.77\.1\.0\/24/);
});

test("docker0 takes one subnet of the pools, unless bip gives it another", () => {
  expect(dangersOf(pool("10.77.0.0/23", 24)).join()).toContain("no further network can be made");
  expect(dangersOf({ ...pool("10.77.0.0/23", 24), bip: "10.200.0.1/24" }).join()).toContain(
    "room for 1 new network only",
  );
});

test("never throws, whatever the addresses", () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.string(),
    fc.tuple(fc.ipV4(), fc.nat(40)).map(([a, p]) => `${a}/${p}`),
  );
  fc.assert(
    fc.property(text, text, fc.nat(32), (bip, base, size) => {
      overlaps(sampleSituation(), stepOf({ bip, dns: [bip], ...pool(base, size) }));
    }),
  );
});
