import { expect, test } from "vitest";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import { dangers } from "./dangers.ts";
import { sampleSituation, stepOf } from "./sample-situation.ts";

const situation = sampleSituation();
const told = (after: NetworkConfiguration, before: NetworkConfiguration = {}) =>
  dangers(situation, stepOf(after, before)).map(({ text }) => text);

test.each<[NetworkConfiguration, NetworkConfiguration, RegExp]>([
  [{ iptables: false, "userland-proxy": false }, {}, /nothing brings a packet to a published port \(web\)/],
  [{ iptables: false }, {}, /no isolation between networks/],
  [{ "ip-masq": false }, {}, /without a route back/],
  [{}, { icc: false }, /icc is on again/],
  [{ "allow-direct-routing": true }, {}, /past the port mapping/],
  [{ "ip-forward-no-drop": true }, {}, /FORWARD stays open/],
  [{ "ip-forward": false }, {}, /after the next boot/],
  [{ ip6tables: false, ipv6: true }, {}, /stand unfiltered/],
  [{}, { ip: "127.0.0.1" }, /instead of 127\.0\.0\.1: web/],
  [{ ip: "198.51.100.7" }, {}, /no address of this host/],
  [{ bridge: "none" }, {}, /no network any more: web, old/],
  [{ bridge: "br7" }, {}, /no device br7/],
  [{ dns: ["127.0.0.53"] }, {}, /own loopback/],
  [{ bip: "10.9.0.1/24", "default-gateway": "10.10.0.1" }, {}, /outside of bip/],
  [{ bip: "10.9.0.1/24", "default-gateway": "10.9.0.254" }, {}, /something must be there/],
  [{ mtu: 9000 }, {}, /more than the uplink's \(up0: 1450\)/],
  [{ mtu: 1200, ipv6: true }, {}, /below 1280/],
  [{ "firewall-backend": "nftables" }, {}, /DOCKER-USER no longer count/],
])("%j after %j", (after, before, said) => {
  expect(told(after, before).join("\n")).toMatch(said);
});

test("what is so today already is no new danger", () => {
  const open: NetworkConfiguration = { iptables: false, "userland-proxy": false, "ip-masq": false, mtu: 9000 };
  expect(told({ ...open, dns: ["192.0.2.53"] }, open)).toEqual([]);
});

test("harmless edits are none", () => {
  expect(told({ bip: "10.200.0.1/24", dns: ["192.0.2.53"], mtu: 1400, icc: false, ip: "192.0.2.10" })).toEqual([]);
});

test("live-restore in a swarm does not start", () => {
  const { facts } = situation;
  const swarm = sampleSituation({ facts: { ...facts, engine: { ...facts.engine, swarmState: "active" } } });
  expect(dangers(swarm, stepOf({ "live-restore": true }))).toMatchObject([{ kind: "refused" }]);
});
