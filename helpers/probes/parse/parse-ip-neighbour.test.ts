import fc from "fast-check";
import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { type Neighbour, parseIpNeighbour } from "./parse-ip-neighbour.ts";

test("live, dead and permanent neighbours, by BusyBox and iproute2", () => {
  for (const file of [
    "busybox-1.38/ip-neigh-host.txt",
    "iproute2-6.1/ip-neigh-host.txt",
    "iproute2-7.3/ip-neigh-host.txt",
  ]) {
    expect(parseIpNeighbour(captured(file)).map(({ mac: _, ...rest }) => rest)).toEqual([
      { address: "10.79.0.50", interface: "br-cap", state: "PERMANENT", flags: [] },
      { address: "10.79.0.77", interface: "br-cap", state: "FAILED", flags: [] },
      { address: "10.79.0.2", interface: "br-cap", state: "REACHABLE", flags: [] },
      { address: "192.0.2.1", interface: "wan0", state: "REACHABLE", flags: [] },
      { address: "fd79::2", interface: "br-cap", state: "REACHABLE", flags: [] },
    ]);
    expect(
      parseIpNeighbour(captured(file))
        .map(({ mac }) => mac ?? null)
        .slice(0, 2),
    ).toEqual(["02:00:00:00:00:50", null]);
  }
});

test("proxy entries have no state", () => {
  expect(parseIpNeighbour(captured("iproute2-6.1/ip-neigh-proxy-host.txt"))).toEqual([
    { address: "10.79.0.60", interface: "br-cap", flags: ["proxy"] },
  ]);
});

const anyNeighbour: fc.Arbitrary<Neighbour> = fc.record(
  {
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    interface: fc.stringMatching(/^[a-z][a-z0-9]{0,14}$/),
    mac: fc.constantFrom("02:42:ac:11:00:02", "de:ad:be:ef:00:01"),
    flags: fc.uniqueArray(fc.constantFrom("router", "extern_learn")),
    state: fc.constantFrom("REACHABLE", "STALE", "FAILED", "INCOMPLETE", "PERMANENT"),
  },
  { requiredKeys: ["address", "interface", "flags", "state"] },
);

test("what is rendered is read back", () => {
  fc.assert(
    fc.property(fc.array(anyNeighbour), fc.boolean(), (neighbours, busybox) => {
      const text = neighbours
        .map(({ address, interface: device, mac, flags, state }) =>
          [
            address,
            "dev",
            device,
            ...(mac === undefined ? [] : ["lladdr", mac]),
            ...(busybox ? ["ref", "1", "used", "0/0/0", "probes", "4"] : []),
            ...flags,
            state,
          ].join(" "),
        )
        .join("\n");
      expect(parseIpNeighbour(text)).toEqual(neighbours);
    }),
  );
});
