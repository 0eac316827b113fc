import { expect, test } from "vitest";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** What deviates between two containers of docker0 where these rules stand in front of their chains' own. */
function effectsOf(...rules: readonly string[]): string[] {
  const snapshot = shop();
  const [web] = structuredClone(snapshot.containers);
  const [endpoint] = web?.endpoints ?? [];
  if (web === undefined || endpoint === undefined) throw new Error("web is on docker0");
  snapshot.containers.push({
    ...web,
    id: "2".repeat(64),
    name: "web2",
    ports: [],
    bindings: [],
    endpoints: [{ ...endpoint, address: "172.17.0.3" }],
    inside: null,
  });
  snapshot.host.ways["172.17.0.3"] = "docker0";
  const mangle = ["*mangle", ":FORWARD ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", ...rules, "COMMIT"];
  snapshot.host.filters = filtering(`${RULES}\n${mangle.join("\n")}\n`) as typeof snapshot.host.filters;
  return audit(snapshot)
    .deviations.filter(({ claim }) => claim === "LIVE-09")
    .map(({ effect }) => effect);
}

const SHUT = "Containers of network bridge (web, web2) don't reach each other.";

test("a healthy network's containers reach each other", () => {
  expect(effectsOf()).toEqual([]);
});

test("what drops their packets as they leave the bridge cuts them off from each other", () => {
  expect(effectsOf("-A POSTROUTING -s 172.17.0.0/16 -d 172.17.0.0/16 -j DROP")).toEqual([SHUT]);
});

test("what drops UDP alone is told as that", () => {
  expect(effectsOf("-A FORWARD -p udp -j DROP")).toEqual([SHUT.replace(".", " by UDP.")]);
});

test("between ports of one bridge no hop is taken", () => {
  expect(effectsOf("-A FORWARD -m ttl --ttl-lt 64 -j DROP")).toEqual([]);
  expect(effectsOf("-A FORWARD -m ttl --ttl-gt 63 -j DROP")).toEqual([SHUT]);
  expect(effectsOf("-A FORWARD -m physdev --physdev-is-bridged -j DROP")).toEqual([SHUT]);
});
