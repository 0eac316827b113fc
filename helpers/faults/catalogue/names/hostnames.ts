import type { Fault } from "../../fault.ts";
import { altered, withKey, withoutKey } from "../alter.ts";
import { eachContainer, gone, LIE } from "./strikes.ts";

/** From an option of `docker run` to nothing: what the engine never hears of, no container has. */
function unheard(
  fault: Pick<Fault, "id" | "breaks" | "caughtBy" | "cause">,
  path: string,
  without: (value: unknown) => unknown,
): Fault {
  return {
    ...fault,
    layer: "names",
    comesBy: "a platform between user and engine that passes on only the options that it knows",
    strike: { when: "the engine is asked", to: /^\/containers\/create$/, alter: altered(path, without) },
    undo: [],
  };
}

/** Hostnames, and what is asked for at the start of a container. */
export const HOSTNAME_FAULTS: readonly Fault[] = [
  {
    id: "names-hostname-changed",
    layer: "names",
    breaks: "the containers have another hostname than they were started with",
    comesBy: "hostname(1) in a container with SYS_ADMIN, or nsenter from the host, by an inventory tool",
    strike: eachContainer(["nsenter -t $PID -u busybox hostname renamed"]),
    undo: [],
    caughtBy: [
      "HOSTCFG-01",
      "HOSTCFG-03",
      "HOSTCFG-10",
      "HOSTCFG-22",
      "DNS-03",
      "DNS-04",
      "JOIN-13",
      "JOIN-15",
      "HOST-11",
      "INSPECT-68",
      "ISO-04",
    ],
    cause: /hostname|renamed|UTS/i,
  },
  {
    id: "names-container-name-as-hostname",
    layer: "names",
    breaks: "the containers have their name as their hostname",
    comesBy: "a platform that sets --hostname to --name",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: (request) => {
        const { NetworkMode = "" } = (request.HostConfig ?? {}) as { NetworkMode?: string };
        if (request.Hostname !== undefined || NetworkMode.startsWith("container:")) return false;
        request.Hostname = "web";
        return true;
      },
    },
    undo: [],
    caughtBy: ["HOSTCFG-01", "DNS-03", "DNS-04", "HOST-11", "JOIN-13", "ISO-04"],
    cause: /hostname/i,
  },
  unheard(
    {
      id: "names-alias-unheard",
      breaks: "containers on user-defined networks don't get the aliases that they were started with",
      caughtBy: ["DNS-12"],
      cause: /alias/i,
    },
    "NetworkingConfig.EndpointsConfig.*",
    withoutKey("Aliases"),
  ),
  unheard(
    {
      id: "names-dns-option-unheard",
      breaks: "containers don't get the DNS servers that --dns names",
      caughtBy: ["DNS-12", "HOSTCFG-19", "HOSTCFG-20", "HOSTCFG-21", "HOSTCFG-22"],
      cause: /--dns|\bDns\b|resolv\.conf/,
    },
    "HostConfig.Dns",
    gone,
  ),
  unheard(
    {
      id: "names-search-option-unheard",
      breaks: "containers don't get the search domain that --dns-search names",
      caughtBy: ["DNS-12"],
      cause: /--dns-search|DnsSearch|search|resolv\.conf/,
    },
    "HostConfig.DnsSearch",
    gone,
  ),
  unheard(
    {
      id: "names-add-host-unheard",
      breaks: "containers don't get the hosts that --add-host names",
      caughtBy: ["HOSTCFG-13", "HOSTCFG-14", "HOSTCFG-15", "HOSTCFG-16", "HOSTCFG-22"],
      cause: /--add-host|ExtraHosts|\/etc\/hosts/,
    },
    "HostConfig.ExtraHosts",
    gone,
  ),
  unheard(
    {
      id: "names-hostname-unheard",
      breaks: "containers don't get the hostname that --hostname names",
      caughtBy: ["HOSTCFG-03", "HOSTCFG-11", "HOSTCFG-12", "HOSTCFG-22", "HOST-11"],
      cause: /hostname/i,
    },
    "Hostname",
    gone,
  ),
  {
    id: "names-add-host-for-all",
    layer: "names",
    breaks: "every container is started with hosts, DNS servers and search domains that its user did not ask for",
    comesBy: "a platform that adds its own to each docker run",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: altered("HostConfig", (old) => {
        const { NetworkMode = "" } = (old ?? {}) as { NetworkMode?: string };
        if (NetworkMode.startsWith("container:")) return old;
        const hosts = withKey("ExtraHosts", [`platform.example:${LIE}`])(old);
        return withKey("DnsSearch", ["platform.example"])(withKey("DnsOptions", ["ndots:5"])(hosts));
      }),
    },
    undo: [],
    caughtBy: ["INSPECT-50", "INSPECT-51", "INSPECT-52", "HOSTCFG-13", "DNS-12"],
    cause: /ExtraHosts|DnsSearch|DnsOptions|\/etc\/hosts|resolv\.conf/i,
  },
];
