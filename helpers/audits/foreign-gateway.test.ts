import { expect, test } from "vitest";
import { audit } from "./judge.ts";
import { shop } from "./testing/shop.ts";
import { insideOf } from "./testing/strikes.ts";

/** A host whose daemon.json names another gateway than the default bridge. */
function elsewhere() {
  const snapshot = shop();
  const gateway = "172.17.0.254";
  Object.assign(snapshot.containers[0]?.endpoints[0] ?? {}, { gateway });
  const inside = insideOf(snapshot, "web");
  Object.assign(inside.defaults[0] ?? {}, { gateway });
  Object.assign(inside.mainRoutes[0] ?? {}, { gateway });
  inside.waysOut = [];
  return snapshot;
}

const told = (snapshot: ReturnType<typeof elsewhere>): string[] =>
  audit(snapshot)
    .deviations.filter(({ claim }) => claim === "LIVE-05")
    .map(({ reason }) => reason.what);

test("a gateway that nobody on the bridge has cuts its containers off", () => {
  expect(told(elsewhere())).toEqual([
    expect.stringMatching(/send what is for elsewhere to 172\.17\.0\.254, and nobody/),
  ]);
});

test("one that the host has, or that may be behind another port, does not", () => {
  const own = elsewhere();
  own.host.addresses
    .find(({ name }) => name === "docker0")
    ?.addresses.push({ family: 4, address: "172.17.0.254", prefix: 32, scope: "global" });
  expect(told(own)).toEqual([]);
  const behind = elsewhere();
  const [port] = structuredClone(behind.host.links.filter(({ master }) => master === "docker0"));
  if (port === undefined) throw new Error("docker0 has a port");
  behind.host.links.push({ ...port, name: "eth9", index: 99, peerIndex: 99 });
  expect(told(behind)).toEqual([]);
});
