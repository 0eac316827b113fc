import { expect, test } from "vitest";
import { subjectText } from "../model/subject.ts";
import { auditEndpoints } from "./endpoints.ts";
import { shop } from "./testing/shop.ts";

test("an interface that is down takes its port along: one deviation, about the interface", () => {
  const snapshot = shop();
  const nic = snapshot.containers[0]?.inside?.addresses.at(-1);
  if (nic !== undefined) nic.flags = [];
  for (const port of snapshot.host.ports) if (port.name === "veth100") port.state = 0;
  const found = auditEndpoints(snapshot).deviations;
  expect(found.map(({ claim, subject }) => `${claim} ${subjectText(subject)}`)).toEqual([
    "LIVE-01 container web on network bridge",
  ]);
});
