import { expect, test } from "vitest";
import { CAPTURE_HOST, factsOf } from "../model/captured/facts.ts";
import { forwardingTurnedOnBy, needsBridgeNetfilter, noNetworkYet, switchedByNetworks } from "./engine-switches.ts";

test("without a default bridge dockerd may have made no network yet", () => {
  expect(noNetworkYet({ configuration: { bridge: "none" } })).toBe(true);
  for (const configuration of [{}, { bridge: "br0" }, { bridge: "none", "ip-forward": false }])
    expect(noNetworkYet({ configuration })).toBe(false);
});

test("what dockerd turns on with a network is not left behind by a run", () => {
  expect(switchedByNetworks({ configuration: {} })).toContain("net/ipv4/ip_forward=1");
  expect(switchedByNetworks({ configuration: { "ip-forward": false } })).toEqual([]);
  expect(switchedByNetworks({ configuration: {} })).not.toContain("net/bridge/bridge-nf-call-iptables=0");
  expect(switchedByNetworks({ configuration: { "userland-proxy": false } })).toContain(
    "net/bridge/bridge-nf-call-iptables=0",
  );
});

test("bridged packets have to be seen without docker-proxy or where a bridge keeps its containers apart", () => {
  expect(needsBridgeNetfilter({ configuration: {} })).toBeNull();
  expect(needsBridgeNetfilter({ configuration: { "userland-proxy": false } })).toContain("userland-proxy");
  expect(needsBridgeNetfilter({ configuration: { icc: false } })).toContain("icc");
  expect(needsBridgeNetfilter({ configuration: { icc: false, iptables: false } })).toBeNull();
});

test("a network that turns forwarding on is told before it is made, unless it is allowed", () => {
  const off4 = { host: { ...CAPTURE_HOST, switches: { "net/ipv4/ip_forward": "0" } } };
  const off6 = {
    host: { ...CAPTURE_HOST, switches: { "net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "0" } },
  };
  const bridge = { driver: "bridge" };
  const dual = { ...bridge, ipv6: true };
  const { engine } = factsOf("28.5.2");
  const plain = { configuration: {}, engine };
  expect(forwardingTurnedOnBy({ ...plain, ...off4 }, bridge)).toContain("net.ipv4.ip_forward");
  expect(forwardingTurnedOnBy({ ...plain, ...off6 }, dual)).toContain("IPv6");
  expect(forwardingTurnedOnBy({ ...plain, host: null }, dual)).toContain("can't be seen");
  for (const [facts, network] of [
    [{ ...plain, ...off6 }, bridge],
    [{ ...plain, ...off4 }, { driver: "macvlan" }],
    [{ ...plain, configuration: { "ip-forward": false }, ...off4 }, bridge],
    [{ ...plain, ...off4, disposable: true }, bridge],
    [{ ...plain, ...off4, allowsForwarding: true }, bridge],
    [{ ...plain, host: null }, bridge],
    [{ ...plain, host: null, allowsForwarding: true }, dual],
    [{ ...plain, engine: { ...engine, rootless: true }, host: null }, dual],
    [{ ...plain, host: CAPTURE_HOST }, bridge],
  ] as const)
    expect(forwardingTurnedOnBy(facts, network)).toBeNull();
});
