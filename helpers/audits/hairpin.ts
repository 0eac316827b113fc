import { sysctlKey } from "../cause/keys.ts";
import { selfMasquerade, usesNftables, usesProxy } from "../expectations/firewall.ts";
import { isLoopback, isUnspecified } from "../model/address.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { firewallOf, missingBasics } from "./engine-rules.ts";
import { packetOf } from "./network-view.ts";
import { pass } from "./passage.ts";
import { about, leadsByHost, type Published, portText, RULE_BACK } from "./published.ts";
import { byHand } from "./remedies.ts";
import { rulesGone } from "./rules-gone.ts";
import { uplinkOf } from "./uplink.ts";
import { publishedPort } from "./written-rules.ts";

/** Without docker-proxy the kernel alone leads to a published port from 127.0.0.1, and from the container itself. */
export function auditHairpin(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  if (usesProxy(snapshot.facts) || published.family === 6 || !leadsByHost(snapshot, published)) return NOTHING;
  return together([auditOwnLoopback(host, published), auditOwnPort(snapshot, host, published)]);
}

/** The kernel sends from 127.0.0.1 to a bridge only where it is told that it may. */
function auditOwnLoopback(host: LivingHost, published: Published): Findings {
  const { container, port, ends } = published;
  const [end] = ends;
  if (end === undefined || (!isUnspecified(port.hostAddress) && !isLoopback(port.hostAddress))) return NOTHING;
  const { device } = end.attachment.bridge;
  if (
    host.sysctls[`ipv4/conf/${device}/route_localnet`] !== "0" ||
    host.sysctls["ipv4/conf/all/route_localnet"] === "1"
  )
    return NOTHING;
  const sysctl = `net.ipv4.conf.${device.replaceAll(".", "/")}.route_localnet`;
  return about(published, "LIVE-11", {
    expected: `${sysctl} = 1`,
    observed: `${sysctl} = 0`,
    effect: `Port ${portText(container, port)} is not served on 127.0.0.1.`,
    reason: {
      key: sysctlKey(sysctl),
      what: `The kernel sends nothing from 127.0.0.1 to the bridge ${device}: ${sysctl} is 0, and there is no docker-proxy.`,
      act: "sysctl --system with a file that says so",
      certainty: "seen",
      evidence: [`${sysctl} = 0`],
      remedies: [byHand("switch it on", [`sysctl -w ${sysctl}=1`], `sysctl ${sysctl}`)],
    },
  });
}

/** What a container sends to its own published port comes back to it, and must not come from its own address. */
function auditOwnPort(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port, ends, family } = published;
  const [end] = ends;
  const firewall = firewallOf(snapshot, host, family);
  const address = isUnspecified(port.hostAddress) ? uplinkOf(host, family)?.address : port.hostAddress;
  if (end === undefined || firewall === null || address === undefined || isLoopback(address)) return NOTHING;
  if (usesNftables(snapshot.facts) || missingBasics(snapshot, firewall, family).length > 0) return NOTHING;
  const { device } = end.attachment.bridge;
  const passage = pass(
    firewall.all,
    packetOf(published, {
      protocol: port.protocol,
      source: end.address,
      destination: address,
      destinationPort: port.hostPort,
      destinationType: "local",
      inDevice: device,
      outDevice: null,
    }),
    ["prerouting"],
  );
  // One that is not translated is told as that.
  if (passage.outcome !== "open" || passage.packet.destination !== end.address) return NOTHING;
  const onward = pass(firewall.all, { ...passage.packet, state: "new", outDevice: device }, ["postrouting"]);
  if (onward.outcome !== "open" || onward.translatedBy.length > 0) return NOTHING;
  return about(published, "LIVE-11", {
    expected: `what ${end.address} sends to ${address}:${port.hostPort} gets the gateway's address`,
    observed: "it keeps its own",
    effect: `Container ${container.name} does not reach its own published port ${portText(container, port)}: the answer comes from nobody it asked.`,
    reason: rulesGone(
      snapshot,
      { part: "hairpin", container },
      [],
      [
        byHand(
          RULE_BACK,
          [`${firewall.program} ${selfMasquerade([], publishedPort(published, end)).wanted}`],
          `${firewall.program} -t nat -S POSTROUTING | grep -- ${end.address}`,
        ),
      ],
    ),
  });
}
