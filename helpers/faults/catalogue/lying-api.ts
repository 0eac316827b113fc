import type { Fault } from "../fault.ts";
import { altered, always, instead, nextAddress, together, where, withKey } from "./alter.ts";

const CONTAINER = /^\/containers\/[^/]+\/json$/;
const CONTAINERS = /^\/containers\/json$/;
/** One network; what creating and pruning answer is something else. */
const NETWORK = /^\/networks\/(?!(?:create|prune)$)[^/]+$/;
const NETWORKS = /^\/networks$/;
const INFO = /^\/info$/;

const ATTACHMENT = "NetworkSettings.Networks.*";
/** An id of the right shape that nothing has. */
const NOBODY = "0".repeat(63).concat("1");
const FOREIGN_MAC = "02:42:0a:00:00:63";
const BRIDGE = "com.docker.network.bridge";

/** What the likely cause has to say: that the engine's answer is what is wrong, and which part of it. */
function told(...things: readonly string[]): RegExp {
  return new RegExp(
    `(?=[^]*\\b(inspect|engine|API|docker ps|network ls|docker info))(?=[^]*(${things.join("|")}))`,
    "i",
  );
}

interface Lie extends Omit<Fault, "layer" | "strike" | "undo" | "comesBy"> {
  readonly to: RegExp;
  readonly refusals?: boolean;
  readonly alter: (answer: unknown) => unknown;
  readonly comesBy?: string;
}

/** A lie of the engine's; it ends with the engine that tells it. */
function lie({ to, refusals = false, alter, comesBy, ...fault }: Lie): Fault {
  return {
    ...fault,
    layer: "API",
    comesBy: comesBy ?? "a defect of an engine, or a proxy between client and engine that keeps old answers",
    strike: { when: "the engine answers", to, refusals, alter },
    undo: [],
  };
}

const OF_CONTAINERS: readonly Fault[] = [
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
  lie({
    id: "api-container-host-port",
    breaks: "container inspect gives other host ports than the ports are published on",
    comesBy: "a restart that chose new ephemeral ports while an inventory or a proxy kept the old ones",
    to: CONTAINER,
    alter: altered("NetworkSettings.Ports.*.*.HostPort", (old) =>
      typeof old === "string" && old !== "" ? String(Number(old) + 3) : old,
    ),
    caughtBy: ["PORT-01", "PORT-02", "PORT-12", "PORT-24", "PORT-27", "PORT-33", "PORT-35"],
    cause: told("port"),
  }),
  lie({
    id: "api-container-host-address",
    breaks: "container inspect presents what is published on 127.0.0.1 as published on every address",
    to: CONTAINER,
    alter: altered("NetworkSettings.Ports.*.*.HostIp", (old) => (old === "127.0.0.1" ? "0.0.0.0" : old)),
    caughtBy: ["PORT-06", "PORT-07", "PORT-11", "PORT-12"],
    cause: told("127\\.0\\.0\\.1", "bindings?", "HostIp", "address"),
  }),
  lie({
    id: "api-container-unpublished-port",
    breaks: "container inspect gives a host port to a port that is exposed and not published",
    to: CONTAINER,
    alter: altered("NetworkSettings.Ports.*", (old) =>
      old === null ? [{ HostIp: "0.0.0.0", HostPort: "32700" }] : old,
    ),
    caughtBy: ["INSPECT-48"],
    cause: told("port"),
  }),
  lie({
    id: "api-container-host-mode-ports",
    breaks: "container inspect gives a container in host mode published ports",
    to: CONTAINER,
    alter: inHostMode(
      together(
        altered("NetworkSettings.Ports", always({ "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "80" }] })),
        altered("HostConfig.PortBindings", always({ "80/tcp": [{ HostIp: "", HostPort: "80" }] })),
      ),
    ),
    caughtBy: ["HOST-17", "INSPECT-47"],
    cause: told("port"),
  }),
  lie({
    id: "api-container-ports-missing",
    breaks: "container inspect gives the first only of the host addresses that a port is published on",
    comesBy: "a client or an inventory that takes the first of a list for the whole",
    to: CONTAINER,
    alter: altered("NetworkSettings.Ports.*", (old) => (Array.isArray(old) && old.length > 1 ? old.slice(0, 1) : old)),
    caughtBy: ["PORT-11", "PORT-12", "PORT-17"],
    cause: told("port", "bindings?"),
  }),
  lie({
    id: "api-container-resolver-options",
    breaks: "container inspect names DNS servers, options and search domains that the container was not given",
    to: CONTAINER,
    alter: together(
      altered("HostConfig.Dns", always(["203.0.113.53"])),
      altered("HostConfig.DnsOptions", always(["ndots:5"])),
      altered("HostConfig.DnsSearch", always(["corp.example"])),
    ),
    caughtBy: ["INSPECT-49", "INSPECT-50", "INSPECT-51"],
    cause: told("Dns", "name ?server", "search", "options"),
  }),
  lie({
    id: "api-container-extra-hosts",
    breaks: "container inspect names extra hosts and links that the container was not given",
    to: CONTAINER,
    alter: together(
      altered("HostConfig.ExtraHosts", always(["db:192.0.2.7"])),
      altered("HostConfig.Links", always(["/db:/web/db"])),
    ),
    caughtBy: ["INSPECT-52", "INSPECT-53"],
    cause: told("ExtraHosts", "Links", "hosts"),
  }),
  lie({
    id: "api-container-namespace-modes",
    breaks: "container inspect says that containers share the host's PID, UTS, IPC and user namespaces",
    to: CONTAINER,
    alter: together(
      altered("HostConfig.PidMode", always("host")),
      altered("HostConfig.UTSMode", always("host")),
      altered("HostConfig.UsernsMode", always("host")),
      altered("HostConfig.IpcMode", always("host")),
    ),
    caughtBy: ["INSPECT-54", "INSPECT-55", "INSPECT-56", "INSPECT-57b"],
    cause: told("namespace", "Mode"),
  }),
  lie({
    id: "api-container-pid",
    breaks: "container inspect gives the PID of dockerd's own init as the container's main process",
    to: CONTAINER,
    alter: altered("State.Pid", (old) => (typeof old === "number" && old > 1 ? 1 : old)),
    caughtBy: ["INSPECT-61"],
    cause: told("PID", "process"),
  }),
  lie({
    id: "api-container-files",
    breaks: "container inspect gives the paths of another container's hostname, hosts and resolv.conf files",
    to: CONTAINER,
    alter: together(
      altered("HostnamePath", instead(`/var/lib/docker/containers/${NOBODY}/hostname`)),
      altered("HostsPath", instead(`/var/lib/docker/containers/${NOBODY}/hosts`)),
      altered("ResolvConfPath", instead(`/var/lib/docker/containers/${NOBODY}/resolv.conf`)),
    ),
    caughtBy: ["INSPECT-58", "INSPECT-59", "INSPECT-60"],
    cause: told("Path", "files?"),
  }),
  lie({
    id: "api-container-sandbox",
    breaks: "container inspect gives the network namespace of another container as its sandbox",
    to: CONTAINER,
    alter: altered("NetworkSettings.SandboxKey", (old) =>
      typeof old === "string" && !old.endsWith("/default") ? "/proc/1/ns/net" : old,
    ),
    caughtBy: ["INSPECT-67"],
    cause: told("SandboxKey", "namespace"),
  }),
  lie({
    id: "api-container-hostname",
    breaks: "container inspect gives another hostname than the container has",
    to: CONTAINER,
    alter: altered("Config.Hostname", instead("renamed")),
    caughtBy: ["INSPECT-68"],
    cause: told("hostname"),
  }),
  lie({
    id: "api-container-dns-names",
    breaks: "container inspect names DNS names that do not lead to the container",
    to: CONTAINER,
    alter: altered(`${ATTACHMENT}.DNSNames`, (old) => (Array.isArray(old) ? [...old.slice(1), "db"] : old)),
    caughtBy: ["INSPECT-70"],
    cause: told("DNSNames", "names?"),
    since: "dns-names-field",
  }),
  lie({
    id: "api-container-host-ports-alike",
    breaks: "container inspect gives one host port for all publications",
    to: CONTAINER,
    alter: altered("NetworkSettings.Ports.*.*.HostPort", instead("32768")),
    caughtBy: ["PORT-04"],
    cause: told("port"),
  }),
  lie({
    id: "api-container-host-port-of-ipv6",
    breaks: "container inspect gives another host port for IPv6 than for IPv4",
    to: CONTAINER,
    alter: altered("NetworkSettings.Ports.*.*", (old) =>
      typeof old === "object" && old !== null && "HostIp" in old && "HostPort" in old && old.HostIp === "::"
        ? { ...old, HostPort: String(Number(old.HostPort) + 1) }
        : old,
    ),
    caughtBy: ["PORT-44"],
    cause: told("port"),
    since: "one-chosen-port-for-both-families",
  }),
  lie({
    id: "api-container-started-at",
    breaks: "container inspect gives the time of the question as the container's start",
    to: CONTAINER,
    alter: altered("State.StartedAt", () => new Date().toISOString()),
    caughtBy: ["CONNECT-03"],
    cause: told("start"),
  }),
  lie({
    id: "api-container-exit-code",
    breaks: "container inspect gives exit code 0 for every container",
    to: CONTAINER,
    alter: altered("State.ExitCode", always(0)),
    caughtBy: ["JOIN-21"],
    cause: told("exit code"),
  }),
  lie({
    id: "api-container-published-all",
    breaks: "container inspect says of every container that all its ports are published",
    to: CONTAINER,
    alter: altered("HostConfig.PublishAllPorts", always(true)),
    caughtBy: ["INSPECT-48"],
    cause: told("port", "Publish"),
  }),
  lie({
    id: "api-container-secondary-addresses",
    breaks: "container inspect gives secondary addresses that no interface has",
    to: CONTAINER,
    alter: altered("NetworkSettings.SecondaryIPAddresses", (old) =>
      old === undefined ? old : [{ Addr: "172.17.0.99", PrefixLen: 16 }],
    ),
    caughtBy: ["INSPECT-65"],
    cause: told("address"),
    until: "no-top-level-network-settings",
  }),
  lie({
    id: "api-container-top-level-settings",
    breaks: "container inspect still has the fields at the top of NetworkSettings that API 1.52 took away",
    to: CONTAINER,
    alter: altered("NetworkSettings", (old) => ({
      ...(old as object),
      IPAddress: "172.17.0.99",
      SecondaryIPAddresses: null,
    })),
    caughtBy: ["INSPECT-62b", "INSPECT-63b", "INSPECT-65b"],
    comesBy: "a proxy between client and engine that speaks an older API to its clients",
    cause: told("NetworkSettings", "address"),
    since: "no-top-level-network-settings",
  }),
];

/** Only in the answer about a container in host mode. */
function inHostMode(alter: (answer: unknown) => boolean) {
  return (answer: unknown): boolean => {
    const isIt = JSON.stringify(answer).includes('"NetworkMode":"host"');
    return isIt && alter(answer);
  };
}

const OF_NETWORKS: readonly Fault[] = [
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

const OF_LISTS: readonly Fault[] = [
  lie({
    id: "api-list-driver",
    breaks: "the list of networks gives another driver for every network than it has",
    to: NETWORKS,
    alter: altered("*.Driver", instead("ipvlan")),
    caughtBy: ["NETLS-05", "NETLS-06", "NETLS-07", "NETLS-11", "NETLS-13", "NETLS-14"],
    cause: told("driver"),
  }),
  lie({
    id: "api-list-scope",
    breaks: "the list of networks gives every network the scope of a swarm",
    to: NETWORKS,
    alter: altered("*.Scope", instead("swarm")),
    caughtBy: ["NETLS-08", "NETLS-11", "NETLS-14"],
    cause: told("scope"),
  }),
  lie({
    id: "api-list-predefined-missing",
    breaks: "the list of networks lacks the engine's own networks",
    comesBy: "an authorization plugin or a proxy that shows each user the own networks only",
    to: NETWORKS,
    alter: (answer) =>
      Array.isArray(answer)
        ? answer.filter(({ Name }: { Name?: string }) => !["bridge", "host", "none"].includes(Name ?? ""))
        : false,
    caughtBy: ["NETLS-01", "NETLS-02", "NETLS-03", "NETLS-05", "NETLS-06", "NETLS-07", "NETLS-08"],
    cause: told("networks?", "list"),
  }),
  lie({
    id: "api-list-created-missing",
    breaks: "the list of networks lacks what users created",
    comesBy: "an answer kept by a proxy from before they were created",
    to: NETWORKS,
    alter: (answer) =>
      Array.isArray(answer)
        ? answer.filter(({ Name }: { Name?: string }) => ["bridge", "host", "none"].includes(Name ?? ""))
        : false,
    caughtBy: ["NETLS-10", "NETLS-11", "NETLS-12", "NETLS-13", "NETLS-14"],
    cause: told("networks?", "list"),
  }),
  lie({
    id: "api-list-container-mode",
    breaks: "the list of networks has a network for the container mode",
    to: NETWORKS,
    alter: (answer) =>
      Array.isArray(answer)
        ? [...answer, { ...answer[0], Name: "container-shared", Id: NOBODY, Driver: "container", Scope: "local" }]
        : false,
    caughtBy: ["NETLS-15"],
    cause: told("networks?", "list"),
  }),
  lie({
    id: "api-list-id",
    breaks: "the list of networks gives other ids than the networks have",
    to: NETWORKS,
    alter: altered("*.Id", (old) => (typeof old === "string" ? old.split("").toReversed().join("") : old)),
    caughtBy: ["NETLS-09", "NETLS-10", "NETLS-11", "NETLS-14"],
    cause: told("ids?"),
  }),
  lie({
    id: "api-info-network-drivers",
    breaks: "docker info leaves network drivers out",
    comesBy: "an engine that was built without them",
    to: INFO,
    alter: altered("Plugins.Network", always(["bridge", "host"])),
    caughtBy: ["NETLS-16", "NETLS-16b"],
    cause: told("driver"),
  }),
  lie({
    id: "api-info-settings",
    breaks: "docker info tells address pools, live-restore and experimental features that nothing sets",
    to: INFO,
    alter: together(
      altered("LiveRestoreEnabled", always(true)),
      altered("ExperimentalBuild", always(true)),
      altered("DefaultAddressPools", always([{ Base: "10.99.0.0/16", Size: 24 }])),
    ),
    caughtBy: ["CONF-08"],
    cause: told("pools", "live-restore", "experimental"),
  }),
  lie({
    id: "api-containers-published",
    breaks: "the list of containers gives other host ports than container inspect",
    to: CONTAINERS,
    alter: altered("*.Ports.*.PublicPort", (old) => (typeof old === "number" ? old + 3 : old)),
    caughtBy: ["PORT-29"],
    cause: told("port"),
  }),
  lie({
    id: "api-containers-ports",
    breaks: "the list of containers gives a published port to every container",
    to: CONTAINERS,
    alter: altered("*.Ports", always([{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }])),
    caughtBy: ["PORT-29", "PORT-30", "PORT-31"],
    cause: told("port"),
  }),
];

const OF_REFUSALS: readonly Fault[] = [
  lie({
    id: "api-refusals-without-reason",
    breaks: "the engine's refusals don't say what they refuse",
    comesBy: "a proxy that hides an engine's words behind its own",
    to: /^/,
    refusals: true,
    alter: altered("message", instead("request refused")),
    caughtBy: ["JOIN-23", "JOIN-23b", "UDN-16b", "UDN-21", "UDN-21b", "MACVLAN-15"],
    cause: told("refus", "words"),
  }),
];

/** An engine that lies: its answers against what containers and devices really have. */
export const LYING_API_FAULTS: readonly Fault[] = [...OF_CONTAINERS, ...OF_NETWORKS, ...OF_LISTS, ...OF_REFUSALS];
