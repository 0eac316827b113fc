import { expect, test } from "vitest";
import { audit, cardsOf, confirmed, judge } from "./judge.ts";
import { shop } from "./testing/shop.ts";

type Shop = ReturnType<typeof shop>;

/** What is told where two looks find this. */
function cards(alter: (snapshot: Shop) => void) {
  const snapshot = shop();
  alter(snapshot);
  return cardsOf(confirmed(judge(snapshot), judge(snapshot), []).deviations, snapshot);
}

/** Takes the rules of a chain that a pattern finds. */
function without({ host }: Shop, chainName: string, pattern: RegExp): void {
  for (const { chains } of host.filters?.tables ?? [])
    for (const chain of chains)
      if (chain.name === chainName) chain.rules = chain.rules.filter(({ text }) => !pattern.test(text));
}

test("all docker-proxies were stopped: one card that names every container, and one line that mends it", () => {
  const [card, ...others] = cards(({ host }) => {
    for (const proxy of host.proxies) proxy.halted = true;
  });
  expect(others).toEqual([]);
  expect(card?.what).toMatch(/of container web is stopped.* The same has befallen api\.$/);
  expect(card?.remedies.map(({ commands }) => commands)).toEqual([
    ["pkill -CONT -x docker-proxy"],
    ["docker restart web", "docker restart api"],
  ]);
  expect(card?.explains).toEqual(["LIVE-13"]);
});

test("one docker-proxy was stopped: its container is named alone", () => {
  const [card, ...others] = cards(({ host }) => Object.assign(host.proxies[0] ?? {}, { halted: true }));
  expect(others).toEqual([]);
  expect(card?.what).toMatch(/answers nobody\.$/);
});

test("the same was taken off several containers, all of it or a part: one card each", () => {
  const offBridge = cards(({ host }) => {
    for (const link of host.links) if (link.master !== null) link.master = null;
  });
  expect(offBridge.map(({ what }) => what)).toEqual([expect.stringContaining("The same has befallen api.")]);
  const rules = cards((snapshot) => without(snapshot, "DOCKER", /-j DNAT .*:80$/));
  expect(rules).toHaveLength(1);
});

test("different things are different cards", () => {
  const told = cards(({ host }) => {
    Object.assign(host.proxies[0] ?? {}, { halted: true });
    for (const link of host.links) if (link.name === "veth200") link.master = null;
  });
  expect(told).toHaveLength(2);
});

test("the key of a deviation stays, whatever it is told with: a second look compares it", () => {
  const snapshot = shop();
  for (const proxy of snapshot.host.proxies) proxy.halted = true;
  const keys = audit(snapshot).deviations.map(({ key }) => key);
  const found = confirmed(judge(snapshot), judge(snapshot), []).deviations.map(({ key }) => key);
  expect(found.toSorted()).toEqual(keys.toSorted());
});

test("rules of a network and of its ports are gone together: an earlier moment's were restored, and one card says so", () => {
  const [card, ...others] = cards((snapshot) => {
    for (const pattern of [/br-fc57f91b6867/, /10\.44\.0\./])
      for (const chain of ["DOCKER", "FORWARD", "POSTROUTING", "DOCKER-FORWARD", "DOCKER-CT", "DOCKER-BRIDGE"])
        without(snapshot, chain, pattern);
    const nat = snapshot.host.filters?.tables.find(({ name }) => name === "nat");
    const chain = nat?.chains.find(({ name }) => name === "DOCKER");
    const like = chain?.rules.find(({ text }) => text.includes("DNAT"));
    if (chain === undefined || like === undefined) throw new Error("the shop translates");
    const old = structuredClone(like);
    for (const step of old.steps) if (step.kind === "dnat") Object.assign(step, { address: "10.66.0.2" });
    Object.assign(old, { text: "-A DOCKER -p tcp -m tcp --dport 8070 -j DNAT --to-destination 10.66.0.2:80" });
    chain.rules = [...chain.rules, old];
  });
  expect(others.map(({ what }) => what)).toEqual([]);
  expect(card?.what).toBe(
    "A part of the engine's own firewall rules is gone: those of network shop, and of the published ports of api, and rules that lead to containers that are gone are there.",
  );
  expect(card?.remedies.map(({ commands }) => commands)).toEqual([["systemctl restart docker"]]);
});
