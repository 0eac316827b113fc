import { describe, expect, test } from "vitest";
import type { HostSituation } from "../configuration/step.ts";
import { factsOf } from "../model/captured/facts.ts";
import { effectsOfUpgrade } from "./effects-on-host.ts";
import { sampleSituation } from "./sample-situation.ts";
import { effectsOfVersion } from "./upgrade.ts";

/** What a host of one version meets on another, by the switch. */
function met(from: string, to: string, parts: Partial<HostSituation> = {}): Readonly<Record<string, string>> {
  const findings = effectsOfVersion(sampleSituation(parts, from), { version: to, debian: null });
  return Object.fromEntries(findings.map(({ text }) => [/\(([a-z0-9-]+), since [^)]*\)$/.exec(text)?.[1] ?? "", text]));
}

const rule = (text: string) => `iptables -t filter ${text}`;

describe("what a host meets on another version", () => {
  test("nothing on its own, and nothing where no switch lies between", () => {
    expect(met("28.5.2", "28.5")).toEqual({});
    expect(met("28.5.2", "28.5.2")).toEqual({});
  });

  test("containers and ports are named, with what was and what will be", () => {
    const found = met("26.1.5", "28.5");
    expect(found["raw-drop-for-published"]).toMatch(
      /^web \(8080→80\/tcp\): so far a machine with a route .*; on 28\.5 raw PREROUTING/,
    );
    expect(found["raw-drop-for-every-container"]).toContain("web (bridge), shop-db-1 (shop_default)");
    // Stopped ones, and a policy that keeps strangers off already, are no news.
    expect(Object.values(found).join()).not.toContain("old");
    expect(found["unpublished-ports-dropped"]).toBeUndefined();
  });

  test("nothing is said of an engine that it never had", () => {
    expect(met("26.1.5", "28.5")["raw-drop-for-every-container"]).toMatch(
      /\(shop_default\).*: on 28\.5 raw PREROUTING/,
    );
    expect(met("28.0.4", "28.5")["raw-drop-for-every-container"]).toMatch(
      /: so far raw .* published .* only; on 28\.5/,
    );
    expect(met("28.5.2", "26.1")["raw-drop-for-every-container"]).toBeUndefined();
    expect(met("28.5.2", "28.0.4")["raw-drop-for-every-container"]).toMatch(/: so far raw .* every .*; on 28\.0\.4/);
  });

  test("the way back is told the other way round", () => {
    const found = met("28.5.2", "26.1");
    expect(found["raw-drop-for-published"]).toMatch(/so far raw PREROUTING .*; on 26\.1 a machine with a route/);
  });

  test("an open FORWARD policy, and ports on the loopback", () => {
    const { standing, containers } = sampleSituation();
    const [web, ...others] = containers;
    const local = {
      ...(web ?? expect.fail()),
      ports: [{ hostIp: "127.0.0.1", hostPort: "5432", containerPort: "5432/tcp" }],
    };
    const found = met("26.1.5", "28.5", {
      standing: { ...standing, forwardPolicy: "ACCEPT" },
      containers: [local, ...others],
    });
    expect(found["unpublished-ports-dropped"]).toContain("shop-db-1");
    expect(found["loopback-publication-guarded"]).toContain("web (127.0.0.1:5432→5432/tcp)");
  });

  test("rules of the host's own: in FORWARD, behind DOCKER-USER's RETURN, to chains that are gone", () => {
    const rules = [
      rule("-A FORWARD -j DOCKER-USER"),
      rule("-A FORWARD -o docker0 -j DOCKER"),
      rule("-A FORWARD -i br-3b9aadfbb53b ! -o br-3b9aadfbb53b -j ACCEPT"),
      rule("-A FORWARD -s 10.8.0.0/24 -j ACCEPT"),
      rule("-A DOCKER-USER -i up0 -j LOG"),
      rule("-A DOCKER-USER -j RETURN"),
      rule("-A DOCKER-USER -i up0 -j DROP"),
      rule("-A OURS -j DOCKER-ISOLATION-STAGE-1"),
      rule("-A FORWARD -j DOCKER-ISOLATION-STAGE-1"),
    ];
    const found = met("26.1.5", "29.0", { rules });
    const named = (key: string) => found[key]?.split(": so far")[0];
    expect(named("docker-forward-chain")).toBe(rule("-A FORWARD -s 10.8.0.0/24 -j ACCEPT"));
    expect(named("no-docker-user-return")).toBe(rule("-A DOCKER-USER -i up0 -j DROP"));
    expect(named("no-isolation-chains")).toBe(rule("-A OURS -j DOCKER-ISOLATION-STAGE-1"));
  });

  test("its daemon.json: pools out of order, fixed-cidr alone, no resolver", () => {
    const pools = [
      { base: "10.200.0.0/16", size: 24 },
      { base: "10.100.0.0/16", size: 24 },
    ];
    const facts = factsOf(
      "20.10.24",
      { "default-address-pools": pools, "fixed-cidr": "10.5.0.0/24" },
      { resolver: { nameservers: [], search: [], options: [] } },
    );
    const found = met("20.10.24", "28.5", { facts });
    expect(found["pools-in-order-of-addresses"]).toContain("10.200.0.0/16, 10.100.0.0/16");
    expect(found["fixed-cidr-alone"]).toContain("the default bridge");
    expect(found["no-fallback-resolvers-on-user-networks"]).toContain("shop-db-1 (shop_default)");
    expect(met("20.10.24", "28.5")["no-fallback-resolvers-on-user-networks"]).toBeUndefined();
  });

  test("a route behind a gateway that lies in a pool", () => {
    const { standing } = sampleSituation();
    const route = { destination: "172.20.0.0/16", device: "tun0", onLink: false, table: "main" };
    const found = met("20.10.24", "28.5", { standing: { ...standing, routes: [...standing.routes, route] } });
    expect(found["pools-avoid-on-link-routes-only"]).toMatch(/^the route to 172\.20\.0\.0\/16 by tun0: /);
  });
});

test("the upgrade itself stops what runs, and says what stays stopped", () => {
  const texts = effectsOfUpgrade(sampleSituation()).map(({ text }) => text);
  expect(texts[0]).toContain("the upgrade restarts dockerd, which stops 3 running containers");
  expect(texts).toContain("without a restart policy, so they stay stopped: web");
  expect(effectsOfUpgrade(sampleSituation({ liveRestore: true }))[0]?.text).toContain("live-restore");
});
