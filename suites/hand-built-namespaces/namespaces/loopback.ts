import { expect } from "vitest";
import { ping } from "../../../helpers/probes/reach.ts";
import { D0, D3, D4, mustReach, requirement } from "../../../helpers/requirement/index.ts";
import { NEEDS } from "../look.ts";
import { fresh, onFresh, onLoopbackUp } from "./site.ts";

onFresh(
  "NETNS-07",
  {
    must: "`lo` of a new namespace MUST be down",
    from: [D0("3.2"), D3("二.1.1"), D4("初识 network namespace")],
  },
  ({ links }) => {
    const lo = links.find(({ name }) => name === "lo");
    expect(lo?.flags, "flags of `lo`").toEqual(["LOOPBACK"]);
    expect({ state: lo?.state, qdisc: lo?.qdisc }, "state of `lo`").toEqual({ state: "DOWN", qdisc: "noop" });
  },
);

requirement(
  "NETNS-08",
  { must: "`lo` of a new namespace MUST have no address", from: [D0("3.2"), D3("二.1.1")], needs: NEEDS },
  fresh,
  ({ links }) => {
    expect(links.find(({ name }) => name === "lo")?.addresses, "addresses of `lo`").toEqual([]);
  },
);

onFresh(
  "NETNS-09",
  {
    must: "While `lo` is down, 127.0.0.1 MUST NOT be reachable in the namespace",
    from: [D4("初识 network namespace")],
  },
  ({ loopback }) => {
    loopback();
  },
);

onLoopbackUp(
  "NETNS-10",
  {
    must: "`ip link set lo up` MUST give `lo` the flags UP and LOWER_UP, and the state UNKNOWN",
    from: [D4("初识 network namespace")],
  },
  ({ lo }) => {
    expect(lo?.flags.toSorted(), "flags of `lo`").toEqual(["LOOPBACK", "LOWER_UP", "UP"]);
    expect({ state: lo?.state, qdisc: lo?.qdisc }, "state of `lo`").toEqual({ state: "UNKNOWN", qdisc: "noqueue" });
  },
);

onLoopbackUp(
  "NETNS-11",
  {
    must: "`ip link set lo up` MUST add 127.0.0.1/8 with the scope host by itself",
    from: [D4("初识 network namespace")],
  },
  ({ lo }) => {
    expect(
      lo?.addresses
        .filter(({ family }) => family === 4)
        .map(({ address, prefix, scope }) => ({ address, prefix, scope })),
      "IPv4 addresses of `lo`",
    ).toEqual([{ address: "127.0.0.1", prefix: 8, scope: "host" }]);
  },
);

onLoopbackUp(
  "NETNS-12",
  {
    must: "`ip link set lo up` MUST add ::1/128 by itself",
    from: [D4("初识 network namespace")],
    needs: [...NEEDS, "ipv6"],
  },
  ({ lo }) => {
    expect(
      lo?.addresses.filter(({ family }) => family === 6).map(({ address, prefix }) => `${address}/${prefix}`),
      "IPv6 addresses of `lo`",
    ).toEqual(["::1/128"]);
  },
);

onLoopbackUp(
  "NETNS-13",
  {
    must: "With `lo` up, 127.0.0.1 MUST answer pings in the namespace",
    from: [D4("初识 network namespace")],
  },
  async ({ red }) => {
    await mustReach(ping(red.busybox, "127.0.0.1"));
  },
);
