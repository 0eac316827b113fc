import { sysctlKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { masqueradesHost, selfMasquerade, usesNftables, usesProxy } from "../expectations/firewall.ts";
import { isLoopback, isUnspecified } from "../model/address.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf } from "./bridges.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { firewallOf, missingBasics } from "./engine-rules.ts";
import { packetOf } from "./network-view.ts";
import { askedBy, opening } from "./opening.ts";
import { pass } from "./passage.ts";
import { about, leadsByHost, type Published, portText, RULE_BACK } from "./published.ts";
import { byHand, setAgain } from "./remedies.ts";
import { rulesGone } from "./rules-gone.ts";
import { insertion } from "./translation.ts";
import { uplinkOf } from "./uplink.ts";
import { publishedPort } from "./written-rules.ts";

/**
 * Without docker-proxy the kernel alone leads to a published port from 127.0.0.1, from the container itself, and from its
 * neighbours.
 */
export function auditHairpin(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  if (usesProxy(snapshot.facts) || published.family === 6 || !leadsByHost(snapshot, published)) return NOTHING;
  return together([
    auditOwnLoopback(host, published),
    auditLoopbackSource(snapshot, host, published),
    auditOwnPort(snapshot, host, published),
    auditNeighbours(snapshot, host, published),
  ]);
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

/** What this host sends from 127.0.0.1 must get another source: no container answers that one. */
function auditLoopbackSource(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port, ends, family } = published;
  const [end] = ends;
  const firewall = firewallOf(snapshot, host, family);
  if (end === undefined || firewall === null || missingBasics(snapshot, firewall, family).length > 0) return NOTHING;
  if (!isUnspecified(port.hostAddress) && !isLoopback(port.hostAddress)) return NOTHING;
  const { device, name } = end.attachment.bridge;
  const asked = isUnspecified(port.hostAddress) ? "127.0.0.1" : port.hostAddress;
  const sent = pass(firewall.all, askedBy(opening(port, family), { device: null, from: asked, to: asked }), ["output"]);
  // One that is not translated is told as that.
  if (sent.outcome !== "open" || sent.packet.destination !== end.address) return NOTHING;
  const onward = pass(firewall.all, { ...sent.packet, state: "new", outDevice: device }, ["postrouting"]);
  if (onward.outcome !== "open" || onward.translatedBy.length > 0) return NOTHING;
  return about(published, "LIVE-11", {
    expected: `what ${asked} sends to ${end.address} gets the address of ${device}`,
    observed: "it keeps its own",
    effect: `Port ${portText(container, port)} is not served on ${asked}.`,
    reason: rulesGone(
      snapshot,
      { part: "loopback", network: name },
      [],
      usesNftables(snapshot.facts)
        ? []
        : [
            byHand(
              RULE_BACK,
              [insertion(firewall, masqueradesHost([], device).wanted)],
              `${firewall.program} -t nat -S POSTROUTING | grep -- ${device}`,
            ),
          ],
    ),
  });
}

/** A neighbour's answer goes from port to port of their bridge, where only iptables gives it back the address that was asked. */
function auditNeighbours(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port, ends } = published;
  const name = "net.bridge.bridge-nf-call-iptables";
  if (host.sysctls["bridge/bridge-nf-call-iptables"] !== "0" || isLoopback(port.hostAddress)) return NOTHING;
  const [first] = ends.flatMap(({ attachment: { bridge } }) => {
    const near = attachmentsOf(snapshot).filter((one) => one.bridge.name === bridge.name);
    const neighbours = near.map((one) => one.container.name).filter((one) => one !== container.name);
    return bridge.icc && neighbours.length > 0 ? [{ bridge, neighbours }] : [];
  });
  if (first === undefined) return NOTHING;
  return about(published, "LIVE-11", {
    expected: `${name} = 1`,
    observed: `${name} = 0`,
    effect: `${listed(first.neighbours.toSorted())} on network ${first.bridge.name} don't reach port ${portText(container, port)} at this host's address: the answer comes from another one than they asked.`,
    reason: {
      key: sysctlKey(name),
      what: `${name} is 0, and there is no docker-proxy: answers between containers of one network pass no rule that translates them back.`,
      act: "`sysctl --system` with a file for virtual machines on other bridges, or a hardening script",
      certainty: "seen",
      evidence: [`${name} = 0`],
      remedies: setAgain(name, "1"),
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
