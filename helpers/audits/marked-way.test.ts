import { expect, test } from "vitest";
import { parseIpRoute } from "../probes/parse/parse-ip-route.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** A router with two ways out marks each connection that comes by, and restores its mark in what belongs to it. */
const MARKING = [
  ":hook - [0:0]",
  "-A PREROUTING -j hook",
  "-A hook -j CONNMARK --restore-mark --nfmask 0x3f00 --ctmask 0x3f00",
  "-A hook -m mark --mark 0x0/0x3f00 -j MARK --set-xmark 0x100/0x3f00",
  "-A hook -j CONNMARK --save-mark --nfmask 0x3f00 --ctmask 0x3f00",
];
const MARKED = "2001: from all fwmark 0x100/0x3f00 lookup 1";

/** What deviates from the way to docker0's containers with these rules, and in the table 1 these routes. */
function astray(marking: readonly string[], rule: string, ...routes: readonly string[]) {
  return astrayOn(shop(), marking, rule, ...routes);
}

function astrayOn(
  snapshot: ReturnType<typeof shop>,
  marking: readonly string[],
  rule: string,
  ...routes: readonly string[]
) {
  const mangle = ["*mangle", ":PREROUTING ACCEPT [0:0]", ...marking, "COMMIT"];
  snapshot.host.filters = filtering(`${RULES}\n${mangle.join("\n")}\n`) as typeof snapshot.host.filters;
  snapshot.host.rules.push(rule);
  snapshot.host.routes.push(
    ...(parseIpRoute(routes.map((one) => `${one} table 1`).join("\n")) as typeof snapshot.host.routes),
  );
  return audit(snapshot).deviations.filter(({ claim }) => claim === "LIVE-06");
}

test("a table that lacks the engine's networks leads what is marked past their bridges", () => {
  const [first, ...others] = astray(MARKING, MARKED, "default via 192.0.2.1 dev eth0");
  expect(others.map(({ subject }) => subject)).toEqual([{ kind: "network", name: "shop" }]);
  expect(first).toMatchObject({
    expected: "172.17.0.2 by docker0",
    observed: "by eth0",
    effect: "Containers of network bridge (web) get no answers from beyond this host.",
  });
  expect(first?.reason.what).toContain(`\`${MARKED}\``);
  expect(first?.reason.evidence.join()).toContain("CONNMARK --restore-mark");
  expect(first?.reason.remedies).toMatchObject([{ commands: ["ip rule add to 172.17.0.0/16 lookup main pref 2000"] }]);
});

test("a mark of new connections alone keeps others from published ports", () => {
  const [first] = astray(
    ["-A PREROUTING -i eth0 -m conntrack --ctstate NEW -j MARK --set-mark 0x100"],
    MARKED,
    "default via 192.0.2.1 dev eth0",
  );
  expect(first?.effect).toBe("Ports of container web are not reached by other machines.");
});

test("where nothing is led away there is no fault", () => {
  const ways = ["default via 192.0.2.1 dev eth0", "172.17.0.0/16 dev docker0", "10.44.0.0/24 dev br-fc57f91b6867"];
  expect(astray(MARKING, MARKED, ...ways)).toEqual([]);
  expect(astray([], MARKED, "default via 192.0.2.1 dev eth0")).toEqual([]);
  expect(astray(MARKING, MARKED.replace("0x100", "0x200"), "default via 192.0.2.1 dev eth0")).toEqual([]);
  // What may be marked or not is nobody's fault.
  const sometimes = ["-A PREROUTING -m statistic --mode random --probability 0.5 -j MARK --set-mark 0x100"];
  expect(astray(sometimes, MARKED, "default via 192.0.2.1 dev eth0")).toEqual([]);
});

test("what is led nowhere is told as that", () => {
  expect(astray(MARKING, "2001: from all fwmark 0x100/0x3f00 unreachable")[0]?.observed).toBe("nowhere");
});

test("of a run's own networks, which end with it, nothing is worth typing", () => {
  const ofRun = { ...shop(), whose: "run" as const };
  const found = astrayOn(ofRun, MARKING, MARKED, "default via 192.0.2.1 dev eth0");
  expect(found.map(({ reason }) => reason.remedies.length)).toEqual([1, 0]);
});
