import type { Fault } from "../../fault.ts";
import { altered, always, instead, together } from "../alter.ts";
import { ATTACHMENT, CONTAINER, lie, NOBODY, told } from "./lie.ts";

/** Only in the answer about a container in host mode. */
function inHostMode(alter: (answer: unknown) => boolean) {
  return (answer: unknown): boolean => {
    const isIt = JSON.stringify(answer).includes('"NetworkMode":"host"');
    return isIt && alter(answer);
  };
}

/** What a container's inspect says of its ports, files and settings. */
export const CONTAINER_LIES: readonly Fault[] = [
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
