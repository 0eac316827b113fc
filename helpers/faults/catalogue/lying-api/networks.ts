import type { Fault } from "../../fault.ts";
import { altered, always, instead, nextAddress, together, where, withKey } from "../alter.ts";
import { FOREIGN_MAC, lie, NOBODY, told } from "./lie.ts";

/** One network; what creating and pruning answer is something else. */
const NETWORK = /^\/networks\/(?!(?:create|prune)$)[^/]+$/;

const BRIDGE = "com.docker.network.bridge";

/** What a network's inspect says. */
export const NETWORK_LIES: readonly Fault[] = [
  lie({
    id: "api-network-name",
    breaks: "network inspect calls the default network docker0",
    to: NETWORK,
    alter: altered("Name", (old) => (old === "bridge" ? "docker0" : old)),
    caughtBy: ["INSPECT-01"],
    cause: told("name"),
  }),
  lie({
    id: "api-network-id",
    breaks: "network inspect gives another id than the network's",
    to: NETWORK,
    alter: altered("Id", instead(NOBODY)),
    caughtBy: ["INSPECT-02"],
    cause: told("\\bid\\b", "Id"),
  }),
  lie({
    id: "api-network-subnet",
    breaks: "network inspect gives another subnet than the network's containers are in",
    to: NETWORK,
    alter: altered("IPAM.Config.*.Subnet", (old) =>
      typeof old === "string" && old.includes(".") ? "198.18.0.0/16" : old,
    ),
    caughtBy: ["INSPECT-10", "UDN-07"],
    cause: told("subnet"),
  }),
  lie({
    id: "api-network-gateway",
    breaks: "network inspect gives another gateway than the network's bridge device has",
    to: NETWORK,
    alter: altered("IPAM.Config.*.Gateway", nextAddress),
    caughtBy: ["INSPECT-11", "UDN-07", "UDN-13", "MACVLAN-04"],
    cause: told("gateway"),
  }),
  lie({
    id: "api-network-driver",
    breaks: "network inspect gives another driver than the network has",
    to: NETWORK,
    alter: altered("Driver", instead("ipvlan")),
    caughtBy: ["INSPECT-05", "MACVLAN-01"],
    cause: told("driver"),
  }),
  lie({
    id: "api-network-scope",
    breaks: "network inspect presents networks of one host as networks of a swarm",
    to: NETWORK,
    alter: altered("Scope", instead("swarm")),
    caughtBy: ["INSPECT-04"],
    cause: told("scope"),
  }),
  lie({
    id: "api-network-internal",
    breaks: "network inspect says of every network that it is internal, though containers have their default route",
    to: NETWORK,
    alter: altered("Internal", always(true)),
    caughtBy: ["INSPECT-12", "MACVLAN-07"],
    cause: told("internal"),
  }),
  lie({
    id: "api-network-flags",
    breaks: "network inspect says of every network that it is attachable, an ingress and a configuration",
    to: NETWORK,
    alter: together(
      altered("Attachable", always(true)),
      altered("Ingress", always(true)),
      altered("ConfigOnly", always(true)),
      altered("ConfigFrom", always({ Network: "template" })),
    ),
    caughtBy: ["INSPECT-13", "INSPECT-14", "INSPECT-15", "INSPECT-16"],
    cause: told("Attachable", "Ingress", "Config"),
  }),
  lie({
    id: "api-network-flags-denied",
    breaks: "network inspect says of no network that it is internal, attachable, a configuration or made from one",
    to: NETWORK,
    alter: together(
      altered("Internal", always(false)),
      altered("Attachable", always(false)),
      altered("ConfigOnly", always(false)),
      altered("ConfigFrom", always({ Network: "" })),
    ),
    caughtBy: ["INSPECT-12", "INSPECT-13", "INSPECT-15", "INSPECT-16"],
    cause: told("Internal", "Attachable", "Config"),
  }),
  lie({
    id: "api-network-ipv6",
    breaks: "network inspect says that networks have IPv6, and their containers have no such address",
    to: NETWORK,
    alter: altered("EnableIPv6", (old) => (old === false ? true : old)),
    caughtBy: ["INSPECT-06", "MACVLAN-06", "CONF-08"],
    cause: told("IPv6"),
  }),
  lie({
    id: "api-network-mtu",
    breaks: "network inspect gives another MTU than the network's interfaces have",
    to: NETWORK,
    alter: altered("Options", (old) =>
      typeof old === "object" && old !== null && "com.docker.network.driver.mtu" in old
        ? withKey("com.docker.network.driver.mtu", "9000")(old)
        : old,
    ),
    caughtBy: ["INSPECT-24", "INSPECT-25", "CONF-08"],
    cause: told("mtu"),
  }),
  lie({
    id: "api-network-bridge-options",
    breaks: "network inspect of the default bridge gives driver options that are not in force",
    to: NETWORK,
    alter: where(
      "Name",
      "bridge",
      together(
        altered("Options", withKey(`${BRIDGE}.default_bridge`, "false")),
        altered("Options", withKey(`${BRIDGE}.enable_icc`, "false")),
        altered("Options", withKey(`${BRIDGE}.enable_ip_masquerade`, "false")),
        altered("Options", withKey(`${BRIDGE}.host_binding_ipv4`, "127.0.0.1")),
      ),
    ),
    caughtBy: ["INSPECT-19", "INSPECT-20", "INSPECT-21", "INSPECT-22", "CONF-08"],
    cause: told("icc", "masq", "ip\\b", "default_bridge", "option"),
  }),
  lie({
    id: "api-network-bridge-name",
    breaks: "network inspect of the default bridge names a device that it does not stand on",
    to: NETWORK,
    alter: where("Name", "bridge", altered("Options", withKey(`${BRIDGE}.name`, "br-old"))),
    caughtBy: ["INSPECT-23"],
    cause: told("device", "bridge"),
  }),
  lie({
    id: "api-network-foreign-option",
    breaks: "network inspect gives a network options and labels that it was not created with",
    to: NETWORK,
    alter: together(
      altered("Options", withKey("com.example.option", "1")),
      altered("Labels", withKey("com.example.label", "1")),
    ),
    caughtBy: ["INSPECT-18", "INSPECT-25", "INSPECT-26"],
    cause: told("options?", "labels?"),
  }),
  lie({
    id: "api-network-containers-missing",
    breaks: "network inspect lists none of the containers that are attached",
    comesBy: "an engine that lost its endpoints over a crash, or a swarm manager that is asked about another node's",
    to: NETWORK,
    alter: altered("Containers", (old) => (old === undefined ? old : {})),
    caughtBy: ["INSPECT-17", "INSPECT-27", "JOIN-08", "MACVLAN-01", "INSPECT-34"],
    cause: told("Containers?", "list"),
  }),
  lie({
    id: "api-network-containers-extra",
    breaks: "network inspect lists a container that is not there any more",
    comesBy: "a stale endpoint after a crash of dockerd (docker network disconnect --force takes it away)",
    to: NETWORK,
    alter: altered("Containers", (old) =>
      old === undefined
        ? old
        : withKey(NOBODY, {
            Name: "gone",
            EndpointID: NOBODY,
            MacAddress: FOREIGN_MAC,
            IPv4Address: "172.17.0.99/16",
            IPv6Address: "",
          })(old),
    ),
    caughtBy: ["INSPECT-17", "INSPECT-27", "JOIN-08", "MACVLAN-01"],
    cause: told("Containers?", "list"),
  }),
  lie({
    id: "api-network-container-address",
    breaks: "network inspect gives attached containers another address than their interface has",
    to: NETWORK,
    alter: altered("Containers.*.IPv4Address", nextAddress),
    caughtBy: ["INSPECT-31", "CONNECT-07"],
    cause: told("address"),
  }),
  lie({
    id: "api-network-container-mac",
    breaks: "network inspect gives attached containers another MAC address than their interface has",
    to: NETWORK,
    alter: altered("Containers.*.MacAddress", instead(FOREIGN_MAC)),
    caughtBy: ["INSPECT-30"],
    cause: told("MAC", "hardware address"),
  }),
  lie({
    id: "api-network-container-name",
    breaks: "network inspect gives attached containers the name that they had before they were renamed",
    to: NETWORK,
    alter: altered("Containers.*.Name", (old) => `/${String(old)}`),
    caughtBy: ["INSPECT-28"],
    cause: told("names?"),
  }),
  lie({
    id: "api-network-container-endpoint",
    breaks: "network inspect gives attached containers another endpoint id than they have",
    to: NETWORK,
    alter: altered("Containers.*.EndpointID", instead(NOBODY)),
    caughtBy: ["INSPECT-29", "INSPECT-34"],
    cause: told("endpoint"),
  }),
  lie({
    id: "api-network-created",
    breaks: "network inspect gives a time of creation that lies years back",
    comesBy: "a machine whose clock was wrong when it booted, or a defect of the engine",
    to: NETWORK,
    alter: altered("Created", instead("2016-07-05T10:58:30.000000000Z")),
    caughtBy: ["INSPECT-03"],
    cause: told("clock", "time", "created"),
  }),
  lie({
    id: "api-network-ipam",
    breaks: "network inspect gives an IPAM driver and IPAM options that nobody asked for",
    to: NETWORK,
    alter: together(altered("IPAM.Driver", instead("dhcp")), altered("IPAM.Options", always({ foo: "bar" }))),
    caughtBy: ["INSPECT-07", "INSPECT-08", "INSPECT-09"],
    cause: told("IPAM"),
  }),
  lie({
    id: "api-network-macvlan-details",
    breaks: "network inspect gives a macvlan network another parent, range and set of reserved addresses",
    to: NETWORK,
    alter: where(
      "Driver",
      "macvlan",
      together(
        altered("Options", withKey("parent", "lo")),
        altered("IPAM.Config.*.IPRange", nextAddress),
        altered("IPAM.Config.*.AuxiliaryAddresses", (old) => (old === undefined ? old : {})),
      ),
    ),
    caughtBy: ["MACVLAN-03", "MACVLAN-05", "MACVLAN-12"],
    cause: told("parent", "range", "auxiliary"),
  }),
];
