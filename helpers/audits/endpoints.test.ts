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

test("an MTU that IPv6 can't have is the cause that its address is gone, and mended with it", () => {
  const snapshot = shop();
  const [web] = snapshot.containers;
  const nic = web?.inside?.addresses.at(-1);
  const [endpoint] = web?.endpoints ?? [];
  if (nic === undefined || endpoint === undefined) throw new Error("web has an interface");
  Object.assign(endpoint, { address6: "fd00:17::2", prefix6: 64, gateway6: "fd00:17::1" });
  const told = () =>
    auditEndpoints(snapshot).deviations.map(({ reason }) => ({
      key: reason.key,
      lines: reason.remedies.flatMap((one) => ("commands" in one ? one.commands : [])).slice(0, 3),
    }));
  const enter = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n";
  const back = [
    `${enter} ip addr add fd00:17::2/64 dev eth0 nodad`,
    `${enter} ip -6 route replace default via fd00:17::1 dev eth0`,
  ];
  nic.mtu = 600;
  expect(told()).toMatchObject([
    { key: expect.stringContaining("mtu: web"), lines: [`${enter} ip link set dev eth0 mtu 1500`, ...back] },
  ]);
  nic.mtu = 1300;
  expect(told()).toMatchObject([
    { key: expect.stringContaining("no-address: web"), lines: [...back, "docker restart web"] },
  ]);
});
