import { expect, test } from "vitest";
import { mutantsOf } from "../../audits/testing/mutants.ts";
import { deviations } from "./deviations.ts";
import { after, rethrow, told } from "./testing/broken.ts";
import { healthy } from "./testing/healthy.ts";

test("a healthy host deviates in nothing", () => {
  expect(deviations(healthy(), rethrow)).toEqual([]);
});

test("without the host's view only the engine's own words are compared", () => {
  const snapshot = healthy();
  snapshot.host = null;
  for (const container of snapshot.containers) container.inside = null;
  expect(deviations(snapshot)).toEqual([]);
});

test("a gateway that only the containers were told is looked for on the bridge", () => {
  const moved = (reserved?: Readonly<Record<string, string>>) =>
    told(
      after(({ networks }, host) => {
        const config = networks.find(({ Name }) => Name === "bridge")?.IPAM.Config?.[0];
        const own = host.addresses.find(({ name }) => name === "docker0")?.addresses.find(({ family }) => family === 4);
        if (config === undefined || own === undefined) throw new Error("the captured snapshot has no default bridge");
        delete config.Gateway;
        if (reserved !== undefined) config.AuxiliaryAddresses = { ...reserved };
        own.address = "172.17.200.1";
      }),
    );
  expect(moved()).toMatch(
    /gateway address 172\.17\.0\.1 of network bridge is gone from its bridge docker0, which has 172\.17\.200\.1/,
  );
  expect(moved({ DefaultGatewayIPv4: "172.17.0.1" })).not.toMatch(/gateway/);
});

test("whatever one field of networks, addresses and routes holds, no check falls silent", () => {
  const snapshot = healthy();
  const { networks, containers } = snapshot;
  const fields = mutantsOf(
    {
      networks: networks.map(({ IPAM }) => IPAM.Config),
      routes: containers.map(({ inside }) => inside?.routes),
      addresses: containers.map(({ inside }) => inside?.addresses),
    },
    (key) => key,
  ).filter(({ how }) => how === "emptied" || how === "removed");
  // Of each field one container's, network's or link's is enough.
  for (const { apply } of new Map(fields.map((mutant) => [`${mutant.field} ${mutant.how}`, mutant])).values()) {
    const undo = apply();
    deviations(snapshot, rethrow);
    undo();
  }
});
