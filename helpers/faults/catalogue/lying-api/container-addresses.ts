import type { Fault } from "../../fault.ts";
import { altered, always, instead, nextAddress, together } from "../alter.ts";
import { ATTACHMENT, CONTAINER, FOREIGN_MAC, lie, NOBODY, told } from "./lie.ts";

/** What a container's inspect says of its networks. */
export const CONTAINER_ADDRESS_LIES: readonly Fault[] = [
  lie({
    id: "api-container-address",
    breaks: "container inspect gives another address on its networks than the container has",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.IPAddress`, nextAddress),
    caughtBy: ["INSPECT-64", "INSPECT-66", "JOIN-04", "MACVLAN-32", "DNS-14"],
    cause: told("address"),
  }),
  lie({
    id: "api-container-top-level-address",
    breaks: "container inspect gives an old address at the top of NetworkSettings, on every network",
    to: CONTAINER,
    alter: altered("NetworkSettings.IPAddress", (old) => (old === undefined ? old : "172.17.0.99")),
    caughtBy: ["INSPECT-62", "INSPECT-63", "MACVLAN-32"],
    cause: told("address"),
    until: "no-top-level-network-settings",
  }),
  lie({
    id: "api-container-prefix",
    breaks: "container inspect gives another prefix length than the container's interface has",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.IPPrefixLen`, (old) => (typeof old === "number" ? old + 4 : old)),
    caughtBy: ["INSPECT-64", "INSPECT-37"],
    cause: told("prefix"),
  }),
  lie({
    id: "api-container-gateway",
    breaks: "container inspect gives another gateway than the container's default route leads to",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.Gateway`, nextAddress),
    caughtBy: ["INSPECT-64", "INSPECT-11b", "INSPECT-12", "MACVLAN-04"],
    cause: told("gateway", "default route"),
  }),
  lie({
    id: "api-container-mac",
    breaks: "container inspect gives a MAC address that the container's interface does not have",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.MacAddress`, instead(FOREIGN_MAC)),
    caughtBy: ["INSPECT-64", "JOIN-05"],
    cause: told("MAC", "hardware address"),
  }),
  lie({
    id: "api-host-mode-address",
    breaks: "container inspect gives a container in host mode an address, a gateway and a MAC address of its own",
    to: CONTAINER,
    alter: together(
      altered("NetworkSettings.Networks.host.IPAddress", (old) => (old === "" ? "172.17.0.2" : old)),
      altered("NetworkSettings.Networks.host.IPPrefixLen", (old) => (old === 0 ? 16 : old)),
      altered("NetworkSettings.Networks.host.Gateway", (old) => (old === "" ? "172.17.0.1" : old)),
      altered("NetworkSettings.Networks.host.MacAddress", (old) => (old === "" ? FOREIGN_MAC : old)),
    ),
    caughtBy: ["INSPECT-35", "INSPECT-36", "INSPECT-37", "INSPECT-41", "HOST-10"],
    cause: told("(IPAddress|IPPrefixLen|Gateway|MacAddress) on host", "host mode"),
  }),
  lie({
    id: "api-host-mode-ipv6",
    breaks: "container inspect gives a container in host mode an IPv6 address and gateway of its own",
    to: CONTAINER,
    alter: together(
      altered("NetworkSettings.Networks.host.GlobalIPv6Address", (old) => (old === "" ? "2001:db8::2" : old)),
      altered("NetworkSettings.Networks.host.GlobalIPv6PrefixLen", (old) => (old === 0 ? 64 : old)),
      altered("NetworkSettings.Networks.host.IPv6Gateway", (old) => (old === "" ? "2001:db8::1" : old)),
    ),
    caughtBy: ["INSPECT-38", "INSPECT-39", "INSPECT-40", "HOST-10"],
    cause: told("IPv6", "host mode", "the host's"),
  }),
  lie({
    id: "api-container-ipv6-address",
    breaks: "container inspect gives a bridged container an IPv6 address that its interface does not have",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.GlobalIPv6Address`, (old) => (old === "" ? "2001:db8::99" : old)),
    caughtBy: ["INSPECT-39", "INSPECT-69", "HOST-10"],
    cause: told("IPv6"),
  }),
  lie({
    id: "api-host-mode-settings",
    breaks: "container inspect gives a container in host mode settings of an attachment that nobody asked for",
    to: CONTAINER,
    alter: together(
      altered("NetworkSettings.Networks.host.IPAMConfig", always({ IPv4Address: "172.17.0.2" })),
      altered("NetworkSettings.Networks.host.Links", always(["db:db"])),
      altered("NetworkSettings.Networks.host.Aliases", always(["web"])),
      altered("NetworkSettings.Networks.host.DriverOpts", always({ "com.example.option": "1" })),
    ),
    caughtBy: ["INSPECT-42", "INSPECT-43", "INSPECT-44", "INSPECT-45"],
    cause: told("IPAMConfig|Links|Aliases|DriverOpts"),
  }),
  lie({
    id: "api-container-network-id",
    breaks: "container inspect gives the id of a network that there is not",
    comesBy: "a network that was removed and made again under its name while the engine kept the old record",
    to: CONTAINER,
    alter: altered("NetworkSettings.Networks.host.NetworkID", instead(NOBODY)),
    caughtBy: ["INSPECT-33"],
    cause: told("NetworkID", "network id", "id of the network"),
  }),
  lie({
    id: "api-container-endpoint-id",
    breaks: "container inspect gives another endpoint id than network inspect lists the container under",
    comesBy: "an endpoint that was made again after a crash of dockerd, and one of the two records kept",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.EndpointID`, instead(NOBODY)),
    caughtBy: ["INSPECT-29", "INSPECT-34"],
    cause: told("endpoint"),
  }),
  lie({
    id: "api-container-network-mode",
    breaks: "container inspect presents every container as one of the default bridge",
    to: CONTAINER,
    alter: altered("HostConfig.NetworkMode", instead("bridge")),
    caughtBy: ["INSPECT-46", "JOIN-26", "JOIN-02", "NETLS-15", "NONE-13"],
    cause: told("NetworkMode", "network mode"),
  }),
  lie({
    id: "api-container-extra-network",
    breaks: "container inspect lists an attachment to the default bridge that no interface of the container belongs to",
    to: CONTAINER,
    alter: altered("NetworkSettings.Networks", (old) =>
      typeof old === "object" && old !== null && !("bridge" in old)
        ? { ...old, bridge: { ...Object.values(old)[0], IPAddress: "172.17.0.99", Gateway: "172.17.0.1" } }
        : old,
    ),
    caughtBy: ["INSPECT-32", "HOST-10", "UDN-34", "MACVLAN-33", "JOIN-08", "NETLS-15", "NONE-13"],
    cause: told("networks?", "attach"),
  }),
  lie({
    id: "api-container-missing-network",
    breaks: "container inspect leaves out the second network that a container was connected to",
    to: CONTAINER,
    alter: altered("NetworkSettings.Networks", (old) =>
      typeof old === "object" && old !== null && Object.keys(old).length > 1
        ? Object.fromEntries(Object.entries(old).slice(0, 1))
        : old,
    ),
    caughtBy: ["INSPECT-66"],
    cause: told("networks?", "attach"),
  }),
];
