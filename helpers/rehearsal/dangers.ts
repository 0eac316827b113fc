import { valueDangers } from "../configuration/value-dangers.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import { danger, type Finding, namesText, refused } from "./finding.ts";
import { differs, type HostSituation, onDefaultBridge, type Step, userBridges } from "./host-situation.ts";

/** IPv6's least MTU (RFC 8200). */
const LEAST_IPV6_MTU = 1280;
const ANY_ADDRESS: ReadonlySet<string | undefined> = new Set([undefined, "", "0.0.0.0", "::"]);

/**
 * What the candidate cuts off or opens, as far as it is not so today already: what stays as it is needs no warning
 * before this edit.
 */
export function dangers(situation: HostSituation, step: Step): Finding[] {
  return [
    ...refusals(situation, step),
    ...filters(situation, step),
    ...reach(situation, step),
    ...links(situation, step),
  ];
}

/** What keeps this host's dockerd from starting and a disposable one not. */
function refusals({ facts, networks }: HostSituation, { after }: Step): Finding[] {
  const findings: Finding[] = [];
  if (facts.engine.swarmActive && after["live-restore"] === true)
    findings.push(
      refused(
        ["live-restore"],
        "live-restore is incompatible with swarm mode, and this host is in a swarm: dockerd does not start",
      ),
    );
  if (facts.engine.swarmActive && after["firewall-backend"] === "nftables")
    findings.push(
      refused(["firewall-backend"], "nftables is incompatible with swarm mode, and this host is in a swarm"),
    );
  const { bridge } = after;
  if (bridge !== undefined && bridge !== "" && bridge !== "none" && bridge !== "docker0" && facts.host !== null) {
    if (!facts.host.links.some(({ name }) => name === bridge))
      findings.push(
        refused(["bridge"], `this host has no device ${bridge}: dockerd does not make it, and does not start`),
      );
    const owner = networks.find(({ device }) => device === bridge);
    if (owner !== undefined && owner.name !== "bridge")
      findings.push(refused(["bridge"], `the device ${bridge} is the bridge of the network ${owner.name}`));
  }
  return findings;
}

/** Whether a key is switched to this value by the step. */
function becomes<K extends keyof NetworkConfiguration>(step: Step, key: K, value: NetworkConfiguration[K]): boolean {
  return step.after[key] === value && step.before[key] !== value;
}

function filters(situation: HostSituation, step: Step): Finding[] {
  const { after } = step;
  const findings: Finding[] = [];
  const published = situation.containers.filter(({ running, ports }) => running && ports.length > 0);
  const proxyless = after.iptables === false && after["userland-proxy"] === false;
  if (proxyless && (differs(step, "iptables") || differs(step, "userland-proxy")))
    findings.push(
      danger(
        ["iptables", "userland-proxy"],
        `with iptables off and the userland proxy off nothing brings a packet to a published port (${namesText(published.map(({ name }) => name))})`,
      ),
    );
  if (becomes(step, "iptables", false))
    findings.push(
      danger(
        ["iptables"],
        "iptables off: no masquerading (containers reach nothing beyond the host), no isolation between networks, ports by docker-proxy alone; the rules that are there now stay until the next boot and hide it, and where FORWARD is closed new networks are cut off even inside",
      ),
    );
  if (becomes(step, "ip-masq", false) && after.iptables !== false)
    findings.push(
      danger(
        ["ip-masq"],
        "ip-masq off: containers on the default bridge leave under their own addresses; without a route back to this host nobody answers them",
      ),
    );
  if (becomes(step, "ip6tables", false) && usesIpv6(situation, after))
    findings.push(
      danger(
        ["ip6tables"],
        "ip6tables off: containers with IPv6 stand unfiltered, every port of theirs is open to whoever routes to them",
      ),
    );
  if (step.before.icc === false && after.icc !== false)
    findings.push(danger(["icc"], "icc is on again: containers on the default bridge reach each other's every port"));
  if (becomes(step, "allow-direct-routing", true))
    findings.push(
      danger(
        ["allow-direct-routing"],
        "allow-direct-routing: whoever routes to this host reaches published container ports past the port mapping, also ports published on 127.0.0.1 only",
      ),
    );
  if (becomes(step, "ip-forward-no-drop", true))
    findings.push(
      danger(["ip-forward-no-drop"], "ip-forward-no-drop: this host forwards for everybody, FORWARD stays open"),
    );
  if (becomes(step, "ip-forward", false))
    findings.push(
      danger(
        ["ip-forward"],
        "ip-forward off: after the next boot nothing switches forwarding on, unless net.ipv4.ip_forward=1 is set by the host itself; containers then reach nothing",
      ),
    );
  if (becomes(step, "firewall-backend", "nftables"))
    findings.push(
      danger(
        ["firewall-backend"],
        "nftables: rules in DOCKER-USER no longer count, and dockerd no longer switches forwarding on",
      ),
    );
  return findings;
}

function usesIpv6(situation: HostSituation, after: NetworkConfiguration): boolean {
  return after.ipv6 === true || userBridges(situation).some(({ ipv6 }) => ipv6);
}

function reach(situation: HostSituation, step: Step): Finding[] {
  const { before, after } = step;
  const findings: Finding[] = [];
  const unbound = onDefaultBridge(situation).filter(({ ports }) => ports.some(({ hostIp }) => ANY_ADDRESS.has(hostIp)));
  if (!ANY_ADDRESS.has(before.ip) && ANY_ADDRESS.has(after.ip))
    findings.push(
      danger(
        ["ip"],
        `ports published without an address open on every address of the host instead of ${before.ip}: ${namesText(unbound.map(({ name }) => name))}`,
      ),
    );
  if (becomes(step, "bridge", "none")) {
    const cut = onDefaultBridge(situation).map(({ name }) => name);
    if (cut.length > 0)
      findings.push(
        danger(
          ["bridge"],
          `"bridge": "none": containers of the default bridge have no network any more: ${namesText(cut)}`,
        ),
      );
  }
  for (const { key, text } of valueDangers(after, situation.facts.host))
    if (differs(step, key)) findings.push(danger([key], text));
  const gateway = after["default-gateway"];
  if (gateway !== undefined && differs(step, "default-gateway") && after.bip !== undefined && isIpv4Cidr(after.bip)) {
    if (!cidr(after.bip).contains(gateway))
      findings.push(
        refused(
          ["default-gateway"],
          `default-gateway ${gateway} lies outside of bip ${after.bip}: dockerd does not start`,
        ),
      );
    else if (!after.bip.startsWith(`${gateway}/`))
      findings.push(
        danger(
          ["default-gateway"],
          `containers on the default bridge send everything to ${gateway} instead of docker0: something must be there and route for them`,
        ),
      );
  }
  return findings;
}

function links({ facts, standing }: HostSituation, step: Step): Finding[] {
  const findings: Finding[] = [];
  const mtu = step.after.mtu ?? 1500;
  const { uplink } = facts.host ?? { uplink: null };
  const limit = uplink === null ? undefined : standing.mtus[uplink.interface];
  if (differs(step, "mtu") && uplink !== null && limit !== undefined && mtu > limit)
    findings.push(
      danger(
        ["mtu"],
        `MTU ${mtu} is more than the uplink's (${uplink.interface}: ${limit}): large packets are lost where path MTU discovery is filtered`,
      ),
    );
  if (differs(step, "mtu") && mtu < LEAST_IPV6_MTU && step.after.ipv6 === true)
    findings.push(
      danger(["mtu"], `MTU ${mtu} is below ${LEAST_IPV6_MTU}: the kernel takes IPv6 away from such a link`),
    );
  return findings;
}
