import { expect, test } from "vitest";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { healthy } from "./checks/testing/healthy.ts";
import { lastingFrom } from "./lasting.ts";

/** A healthy host but for the MAC of its default bridge, which ends so. */
function withMac(end: number): Snapshot {
  const snapshot = healthy();
  const bridge = snapshot.host?.links.find(({ name }) => name === "docker0");
  if (bridge === undefined) throw new Error("the captured snapshot has no docker0");
  bridge.mac = `00:16:3e:00:00:${end}`;
  return snapshot;
}

/** What is found when the host looks like this, one look after the other; the last for good. */
async function seen(first: Snapshot, ...later: Snapshot[]) {
  let looks = 1;
  const found = await lastingFrom(first, async () => {
    const next = later[Math.min(looks - 1, later.length - 1)];
    looks++;
    return next ?? first;
  });
  return { found: found.map(({ reason }) => /(?<=the MAC )[\w:]+/.exec(reason.what)?.[0]), looks };
}

test("a healthy host is looked at once", async () => {
  expect(await seen(healthy())).toEqual({ found: [], looks: 1 });
});

test("what is gone by the next look was the engine at work", async () => {
  expect(await seen(withMac(13), healthy())).toEqual({ found: [], looks: 2 });
  expect(await seen(withMac(13), withMac(13))).toEqual({ found: ["00:16:3e:00:00:13"], looks: 2 });
});

test("a host that deviates otherwise each time is looked at until it settles, but not forever", async () => {
  expect(await seen(withMac(13), withMac(12), withMac(12))).toEqual({ found: ["00:16:3e:00:00:12"], looks: 3 });
  const restless = [21, 22, 23, 24, 25].map(withMac);
  expect(await seen(withMac(12), ...restless)).toEqual({ found: [], looks: 4 });
});
