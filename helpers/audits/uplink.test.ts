import { expect, test } from "vitest";
import { audit } from "./judge.ts";
import { shop } from "./testing/shop.ts";
import { uplinkOf } from "./uplink.ts";

test("a default route in a table of its own, for some packets alone, makes no other uplink", () => {
  const snapshot = shop();
  const before = uplinkOf(shop().host, 4);
  const [route] = snapshot.host.routes.filter(({ destination }) => destination === "default");
  if (route === undefined) throw new Error("the host has a default route");
  snapshot.host.routes.unshift({ ...route, interface: "docker0", table: "300" });
  expect(uplinkOf(snapshot.host, 4)).toEqual(before);
  expect(audit(snapshot).deviations).toEqual([]);
});

test("where no other one leads to the world, the default route of such a table is the way", () => {
  const snapshot = shop();
  for (const route of snapshot.host.routes)
    if (route.destination === "default") Object.assign(route, { table: "51820" });
  expect(uplinkOf(snapshot.host, 4)).toMatchObject({ device: "eth0" });
});
