import { isUnspecified } from "../../model/address.ts";
import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import { change, danger, namesText, refused } from "../finding.ts";
import { becomes, differs, type HostSituation, onDefaultBridge } from "../step.ts";
import { address, bip, ipv4Network, ipv6Interface, ipv6Network, mtu } from "./judge-value.ts";
import type { NetworkKey } from "./key.ts";
import { type Answers, bridgeOption, bridgeRange, bridgeSwitch, interfaceOf } from "./told.ts";

const DEFAULT_MTU = 1500;
/** IPv6's least MTU (RFC 8200). */
const LEAST_IPV6_MTU = 1280;

/** The range that containers get their addresses from; null where a bridge of the family has none of its own. */
function rangeOf(answers: Answers, family: 4 | 6): string | null | undefined {
  const range = bridgeRange(answers, family);
  // Engine 29.0 writes an empty text where there is no range; others leave it out.
  return range === undefined ? undefined : range.IPRange || null;
}

/** Published ports of the default bridge that name no address of the host. */
function unboundPorts(situation: HostSituation) {
  return onDefaultBridge(situation).flatMap((container) =>
    container.ports.filter(({ hostIp }) => isAny(hostIp)).map((port) => ({ ...port, name: container.name })),
  );
}

const isAny = (ip = ""): boolean => ip === "" || isUnspecified(ip);

/** Keys that shape the default bridge and nothing else. */
export const DEFAULT_BRIDGE_KEYS = {
  bip: {
    kind: "text",
    scope: "default bridge",
    otherwise: "docker0 takes the first free subnet of the pools, or keeps the one it has",
    effect: "address and prefix of docker0, and with them subnet and gateway of the default bridge",
    influences: ["default-bridge", "inspect", "nat"],
    observedBy: ["BRIDGE-36", "BRIDGE-11"],
    judge: bip,
    told: (answers) => interfaceOf(bridgeRange(answers, 4)),
  },
  bip6: {
    kind: "text",
    scope: "default bridge",
    since: "daemon-json-of-28",
    otherwise: "docker0 takes an IPv6 subnet of the pools, if IPv6 is on",
    effect: "IPv6 address and prefix of docker0",
    influences: ["default-bridge", "inspect"],
    observedBy: ["CONF-36"],
    needs: "IPv6",
    judge: ipv6Interface,
    told: (answers) => interfaceOf(bridgeRange(answers, 6)),
  },
  bridge: {
    kind: "text",
    scope: "default bridge",
    flag: "bridge",
    otherwise: "docker0, made and kept by dockerd",
    effect: "a bridge of the host's own stands for docker0; `none`: there is no default bridge at all",
    influences: ["default-bridge", "network-list", "inspect"],
    observedBy: ["BRIDGE-34", "INSPECT-23"],
    default: () => "docker0",
    // A bridge that is named is the host's own, whatever its name.
    statedDiffers: true,
    told: (answers) => (answers.bridge === null ? "none" : bridgeOption(answers, "bridge.name")),
    dangers: (step, situation) => [...missingBridge(step.after.bridge, situation), ...cutFromBridge(step, situation)],
  },
  "fixed-cidr": {
    kind: "text",
    scope: "default bridge",
    otherwise: "containers get any free address of the default bridge's subnet",
    effect: "range from which containers on the default bridge get their addresses",
    influences: ["default-bridge", "inspect"],
    observedBy: ["BRIDGE-05"],
    default: () => null,
    idle: ({ configuration: { bip: own, "fixed-cidr": range } }) =>
      own !== undefined && range !== undefined && liesOutside(range, own)
        ? [`fixed-cidr ${range} lies outside of bip ${own}: it is ignored, or dockerd does not start`]
        : [],
    judge: ipv4Network,
    told: (answers) => rangeOf(answers, 4),
  },
  "fixed-cidr-v6": {
    kind: "text",
    scope: "default bridge",
    otherwise: "a unique local prefix since 28.0; before, `ipv6` can't do without this key",
    effect: "IPv6 subnet of the default bridge, if IPv6 is on",
    influences: ["default-bridge", "inspect"],
    observedBy: ["CONF-37"],
    needs: "IPv6",
    judge: ipv6Network,
    told: (answers) => {
      const range = bridgeRange(answers, 6);
      return range?.IPRange || range?.Subnet;
    },
  },
  "default-gateway": {
    kind: "text",
    scope: "default bridge",
    otherwise: "docker0's own address",
    effect: "default route of containers on the default bridge",
    influences: ["default-bridge", "inspect"],
    observedBy: ["BRIDGE-11"],
    default: () => null,
    judge: address,
    told: (answers) => {
      const range = bridgeRange(answers, 4);
      return range === undefined ? undefined : (range.AuxiliaryAddresses?.DefaultGatewayIPv4 ?? null);
    },
    dangers(step) {
      const { "default-gateway": gateway, bip: own } = step.after;
      if (gateway === undefined || own === undefined || !isIpv4Cidr(own) || !differs(step, "default-gateway"))
        return [];
      if (!cidr(own).contains(gateway))
        return [
          refused(["default-gateway"], `default-gateway ${gateway} lies outside of bip ${own}: dockerd does not start`),
        ];
      if (own.startsWith(`${gateway}/`)) return [];
      return [
        danger(
          ["default-gateway"],
          `containers on the default bridge send everything to ${gateway} instead of docker0: something must be there and route for them`,
        ),
      ];
    },
  },
  "default-gateway-v6": {
    kind: "text",
    scope: "default bridge",
    otherwise: "docker0's own IPv6 address",
    effect: "IPv6 default route of containers on the default bridge",
    influences: ["default-bridge", "inspect"],
    observedBy: [],
    default: () => null,
    needs: "IPv6",
    judge: address,
    told: (answers) =>
      answers.bridge?.EnableIPv6 === true
        ? (bridgeRange(answers, 6)?.AuxiliaryAddresses?.DefaultGatewayIPv6 ?? null)
        : undefined,
  },
  mtu: {
    kind: "number",
    scope: "default bridge",
    otherwise: "1500",
    effect: "MTU of docker0 and of eth0 of its containers; user-defined networks keep theirs",
    influences: ["default-bridge", "inspect", "user-defined-bridge"],
    observedBy: ["BRIDGE-10", "BRIDGE-29", "BRIDGE-39", "CONF-30"],
    default: () => DEFAULT_MTU,
    judge: mtu,
    told(answers) {
      const text = bridgeOption(answers, "driver.mtu");
      return text === undefined ? undefined : Number(text);
    },
    dangers(step, { facts, standing }) {
      if (!differs(step, "mtu")) return [];
      const { mtu: size = DEFAULT_MTU, ipv6 } = step.after;
      const uplink = facts.host?.uplink ?? null;
      const limit = uplink === null ? undefined : standing.mtus[uplink.interface];
      return [
        ...(uplink !== null && limit !== undefined && size > limit
          ? [
              danger(
                ["mtu"],
                `MTU ${size} is more than the uplink's (${uplink.interface}: ${limit}): large packets are lost where path MTU discovery is filtered`,
              ),
            ]
          : []),
        ...(size < LEAST_IPV6_MTU && ipv6 === true
          ? [danger(["mtu"], `MTU ${size} is below ${LEAST_IPV6_MTU}: the kernel takes IPv6 away from such a link`)]
          : []),
      ];
    },
  },
  icc: {
    kind: "boolean",
    scope: "default bridge",
    otherwise: "containers on the default bridge reach each other",
    effect: "false: a DROP between the default bridge's ports; user-defined networks stay open",
    influences: ["default-bridge", "nat", "packet-paths", "container-joined"],
    observedBy: ["BRIDGE-48b", "NAT-16", "CONF-35"],
    default: () => true,
    told: (answers) => bridgeSwitch(answers, "bridge.enable_icc"),
    dangers: ({ before, after }) =>
      before.icc === false && after.icc !== false
        ? [danger(["icc"], "icc is on again: containers on the default bridge reach each other's every port")]
        : [],
  },
  ip: {
    kind: "text",
    scope: "default bridge",
    otherwise: "0.0.0.0 and [::]",
    effect: "host address on which ports of the default bridge's containers are published when `-p` names none",
    influences: ["published-ports", "inspect", "nat"],
    observedBy: ["PORT-02", "PORT-08"],
    default: () => "0.0.0.0",
    judge: address,
    told: (answers) => bridgeOption(answers, "bridge.host_binding_ipv4"),
    endangers(value, host) {
      const ip = String(value);
      const own = host?.addresses.map((one) => one.address) ?? [];
      if (isAny(ip) || own.length === 0 || own.includes(ip)) return null;
      return `ip ${ip} is no address of this host: containers with a published port don't start ("cannot assign requested address")`;
    },
    dangers({ before, after }, situation) {
      if (isAny(before.ip) || !isAny(after.ip)) return [];
      const names = [...new Set(unboundPorts(situation).map(({ name }) => name))];
      return [
        danger(
          ["ip"],
          `ports published without an address open on every address of the host instead of ${before.ip}: ${namesText(names)}`,
        ),
      ];
    },
    changes(step, situation) {
      const { ip } = step.after;
      if (!differs(step, "ip") || isAny(ip)) return [];
      const moved = unboundPorts(situation).map(
        ({ name, hostPort, containerPort }) => `${name} ${hostPort === "" ? "(any)" : hostPort}:${containerPort}`,
      );
      return [
        change(
          ["ip"],
          moved.length === 0
            ? `no container on the default bridge publishes a port without an address: nothing moves to ${ip} now`
            : `published ports move from every address of the host to ${ip} when their containers start again: ${namesText(moved)}`,
        ),
      ];
    },
  },
  "ip-masq": {
    kind: "boolean",
    scope: "default bridge",
    otherwise: "what leaves the default bridge's subnet is masqueraded",
    effect: "false: containers leave the host under their own addresses",
    influences: ["nat", "packet-paths", "inspect"],
    observedBy: ["NAT-05", "CONF-34"],
    // Without its rules dockerd masquerades nothing.
    default: ({ configuration }) => configuration.iptables !== false,
    needs: "rules",
    told: (answers) => bridgeSwitch(answers, "bridge.enable_ip_masquerade"),
    dangers: (step) =>
      becomes(step, "ip-masq", false) && step.after.iptables !== false
        ? [
            danger(
              ["ip-masq"],
              "ip-masq off: containers on the default bridge leave under their own addresses; without a route back to this host nobody answers them",
            ),
          ]
        : [],
  },
  ipv6: {
    kind: "boolean",
    scope: "default bridge",
    otherwise: "the default bridge has no IPv6",
    effect: "IPv6 on the default bridge",
    influences: ["default-bridge", "inspect", "host-configuration", "published-ports"],
    observedBy: ["INSPECT-06"],
    default: () => false,
    told: ({ bridge }) => bridge?.EnableIPv6,
  },
} as const satisfies Readonly<Record<string, NetworkKey>>;

function liesOutside(range: string, own: string): boolean {
  return isIpv4Cidr(range) && isIpv4Cidr(own) && !cidr(own).contains(cidr(range));
}

/** A bridge of the host's own that is not there, or that is a network's. */
function missingBridge(bridge: string | undefined, { facts, networks }: HostSituation) {
  if (bridge === undefined || bridge === "" || bridge === "none" || bridge === "docker0" || facts.host === null)
    return [];
  const owner = networks.find(({ device }) => device === bridge);
  return [
    ...(facts.host.links.some(({ name }) => name === bridge)
      ? []
      : [refused(["bridge"], `this host has no device ${bridge}: dockerd does not make it, and does not start`)]),
    ...(owner === undefined || owner.name === "bridge"
      ? []
      : [refused(["bridge"], `the device ${bridge} is the bridge of the network ${owner.name}`)]),
  ];
}

function cutFromBridge(step: Parameters<typeof becomes>[0], situation: HostSituation) {
  const cut = becomes(step, "bridge", "none") ? onDefaultBridge(situation).map(({ name }) => name) : [];
  if (cut.length === 0) return [];
  return [
    danger(
      ["bridge"],
      `"bridge": "none": containers of the default bridge have no network any more: ${namesText(cut)}`,
    ),
  ];
}
