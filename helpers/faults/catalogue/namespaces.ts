import { type AlteredRequest, type Fault, ofLayer } from "../fault.ts";
import { agentOnDeath, inContainer, isBridged, STOP_AGENT } from "./shell.ts";

interface Asked {
  readonly NetworkMode?: string;
  readonly PidMode?: string;
  readonly [option: string]: unknown;
}

/** Alters the HostConfig of containers as they are created, except of those by which the suites look at the host. */
function created(change: (asked: Asked) => Asked | null): AlteredRequest {
  return {
    when: "the engine is asked",
    to: /^\/containers\/create$/,
    alter: (request) => {
      const asked = (request.HostConfig ?? {}) as Asked;
      const changed = asked.PidMode === "host" ? null : change(asked);
      if (changed === null) return false;
      request.HostConfig = changed;
      return true;
    },
  };
}

/** Another mode for containers of one mode; `container` stands for all that join another one. */
function insteadOf(mode: "default" | "host" | "none" | "container", other: string): AlteredRequest {
  return created((asked) => {
    const { NetworkMode = "default" } = asked;
    return NetworkMode.split(":")[0] === mode ? { ...asked, NetworkMode: other } : null;
  });
}

const PLATFORM = "a platform or an authorization plugin that rewrites what users ask for";

/** Which namespaces a container is in, and what is in its network namespace. */
export const NAMESPACES_FAULTS: readonly Fault[] = ofLayer("namespaces", [
  {
    id: "namespaces-joined-apart",
    breaks: "containers that were to join another one's network are on the default bridge instead",
    comesBy: PLATFORM,
    strike: insteadOf("container", "bridge"),
    undo: [],
    caughtBy: [
      "JOIN-01",
      "JOIN-02",
      "JOIN-03",
      "JOIN-04",
      "JOIN-05",
      "JOIN-06",
      "JOIN-07",
      "JOIN-09",
      "JOIN-10",
      "JOIN-12",
      "JOIN-13",
      "JOIN-14",
      "JOIN-15",
      "JOIN-16",
      "JOIN-18",
      "JOIN-20",
      "JOIN-22",
      "JOIN-24",
      "JOIN-25",
      "NETLS-15",
    ],
    beside: ["JOIN-11"],
    cause: /namespace|NetworkMode/i,
  },
  {
    id: "namespaces-joined-without-network",
    breaks: "containers that were to join another one's network have none",
    comesBy: PLATFORM,
    strike: insteadOf("container", "none"),
    undo: [],
    caughtBy: ["JOIN-01", "JOIN-02", "JOIN-03", "JOIN-04", "JOIN-06", "JOIN-09", "JOIN-13", "JOIN-15"],
    cause: /namespace|NetworkMode/i,
  },
  {
    id: "namespaces-host-mode-refused",
    breaks: "containers that were to be on the host's network have a namespace of their own on the default bridge",
    comesBy: PLATFORM,
    strike: insteadOf("host", "bridge"),
    undo: [],
    caughtBy: [
      "HOST-01",
      "HOST-02",
      "HOST-03",
      "HOST-04",
      "HOST-06",
      "HOST-07",
      "HOST-08",
      "HOST-09",
      "HOST-10",
      "HOST-11",
      "HOST-12",
      "HOST-13",
      "HOST-14",
      "HOST-15",
      "HOST-16",
      "HOST-17",
      "HOST-18",
      "HOST-19",
      "HOST-20",
      "HOST-21",
      "HOST-23",
      "HOST-24",
      "HOST-26",
      "ISO-09",
      "INSPECT-32",
      "INSPECT-46",
      "JOIN-15",
    ],
    cause: /namespace|NetworkMode|host mode/i,
  },
  {
    id: "namespaces-default-without-network",
    breaks: "containers started without a network option have no network",
    comesBy: "a platform with --network none for whoever does not ask for one",
    strike: insteadOf("default", "none"),
    undo: [],
    caughtBy: ["BRIDGE-01", "BRIDGE-03"],
    beside: ["INSPECT-01", "CONNECT-19"],
    cause: /NetworkMode/i,
  },
  {
    id: "namespaces-default-in-host",
    breaks: "containers started without a network option are on the host's network",
    comesBy: "a platform with --network host for all, for the sake of speed",
    strike: insteadOf("default", "host"),
    undo: [],
    caughtBy: ["BRIDGE-01", "BRIDGE-03", "BRIDGE-53"],
    cause: /namespace|NetworkMode/i,
  },
  {
    id: "namespaces-joined-loopback-down",
    breaks: "the loopback of a network that containers share is down",
    comesBy: "an entry point with NET_ADMIN in the container that joins, which sets up interfaces anew",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => networkMode.startsWith("container:"),
      shell: [inContainer("ip link set lo down")],
    },
    undo: [],
    caughtBy: ["JOIN-09", "JOIN-10", "JOIN-19"],
    cause: /\blo\b|loopback/i,
  },
  {
    id: "namespaces-owner-started-again",
    breaks: "a container whose network others share is started again as soon as it stops",
    comesBy: "a watchdog that starts whatever it finds stopped (autoheal, a cron job with docker start)",
    strike: {
      when: "before the topology",
      shell: [agentOnDeath('ask("POST /containers/$id/start");')],
    },
    undo: [STOP_AGENT],
    caughtBy: ["JOIN-16", "JOIN-22"],
    beside: ["JOIN-17", "JOIN-18", "JOIN-20", "JOIN-25"],
    cause: /runs? again|started again|is running|watchdog|start/i,
  },
  {
    id: "namespaces-joined-ended-with-owner",
    breaks: "when a container stops, those that share its network are ended as well",
    comesBy: "a supervisor that takes them for one pod, with PartOf= or a hook on the event",
    strike: {
      when: "before the topology",
      shell: [
        agentOnDeath(
          'for (split(/(?=\\{"Id":")/, ask("GET /containers/json"))) { ask("POST /containers/$1/kill") if /^\\{"Id":"([0-9a-f]{64})".*"NetworkMode":"container:$id"/; }',
        ),
      ],
    },
    undo: [STOP_AGENT],
    caughtBy: ["JOIN-17"],
    cause: /ended|killed|stopped|does not run/i,
  },
  {
    id: "namespaces-files-copied",
    breaks: "files that a container writes into its /tmp turn up on the host and in all other containers",
    comesBy: "an agent that keeps a directory of a host and its containers alike",
    strike: {
      when: "a container is up",
      shell: [
        // What it writes as it starts may take a moment.
        `T=/proc/$PID/root/tmp/; O="-maxdepth 1 -type f -size -9 ! -name nginx.*"; for i in $(seq 10); do [ -z "$(find $T $O)" ] || break; sleep 0.1; done; ` +
          "mkdir -p /run/copied; find $T $O -exec cp -n {} /run/copied/ ';'; cp -n /run/copied/* /tmp/ 2>/dev/null; cp -n /run/copied/* $T 2>/dev/null || :",
      ],
    },
    undo: ["for f in /run/copied/*; do rm -f /tmp/${f##*/}; done; rm -rf /run/copied"],
    caughtBy: ["ISO-01", "ISO-06"],
    cause: /mount|file/i,
  },
  {
    id: "namespaces-named-for-ip-netns",
    breaks: "`ip netns` of the host lists the containers' namespaces",
    comesBy: "ip netns attach, or the old advice to link /var/run/netns to Docker's own directory",
    strike: {
      when: "a container is up",
      of: isBridged,
      shell: ["ip netns attach container-$PID $PID 2>/dev/null || ip netns list | grep -q container-$PID"],
    },
    undo: [],
    caughtBy: ["HOST-25"],
    cause: /ip netns/i,
  },
  {
    id: "namespaces-none-on-bridge",
    breaks: "containers that were to have no network are on the default bridge",
    comesBy: PLATFORM,
    strike: insteadOf("none", "bridge"),
    undo: [],
    caughtBy: ["NONE-01", "NONE-07", "NONE-10", "NONE-12"],
    cause: /eth0|interface|NetworkMode|namespace|attached/i,
  },
  {
    id: "namespaces-none-in-host",
    breaks: "containers that were to have no network are in the host's network namespace",
    comesBy: PLATFORM,
    strike: insteadOf("none", "host"),
    undo: [],
    caughtBy: ["NONE-01", "NONE-07", "NONE-08", "NONE-10"],
    cause: /namespace|NetworkMode/i,
  },
  {
    id: "namespaces-eth0-taken-away",
    breaks: "eth0 of the containers on the default bridge was moved into the host's namespace",
    comesBy: "ip link set … netns, by a tool that takes the wrong process for its target",
    strike: {
      when: "a container is up",
      of: ({ networkMode }) => ["default", "bridge"].includes(networkMode),
      // A container that is connected to a second network is struck a second time.
      shell: [
        "! nsenter -t $PID -n ip link set eth0 down name t$PID 2>/dev/null || nsenter -t $PID -n ip link set t$PID netns 1",
      ],
    },
    undo: [],
    caughtBy: ["NONE-14", "BRIDGE-16", "INSPECT-62", "INSPECT-66", "INSPECT-10"],
    cause: /eth0|interface/i,
  },
  {
    id: "namespaces-shared-ipc",
    breaks: "the containers share the host's IPC namespace",
    comesBy: "--ipc host in a template of the platform's, for a program that wants shared memory",
    strike: created((asked) => ({ ...asked, IpcMode: "host" })),
    undo: [],
    caughtBy: ["ISO-03", "ISO-09", "INSPECT-57b"],
    cause: /IPC/i,
  },
  {
    id: "namespaces-shared-memory-mounted",
    breaks: "the host's /dev/shm is mounted into every container",
    comesBy: "a volume in a template of the platform's, for a program that wants more shared memory",
    strike: created((asked) => ({ ...asked, Binds: ["/dev/shm:/dev/shm"] })),
    undo: [],
    caughtBy: ["ISO-03", "ISO-09"],
    cause: /shared memory|\/dev\/shm|IPC|mount/i,
  },
  {
    id: "namespaces-shared-pid",
    breaks: "the containers share the host's PID namespace",
    comesBy: "--pid host in a template of the platform's, for its monitoring",
    strike: created((asked) => ({ ...asked, PidMode: "host" })),
    undo: [],
    caughtBy: ["ISO-02", "ISO-07", "ISO-08", "INSPECT-54"],
    cause: /PID/,
  },
  {
    id: "namespaces-shared-uts",
    breaks: "containers in host mode share the host's UTS namespace, the hostname with it",
    comesBy: "--uts host in a template of the platform's, so that log lines carry the host's name",
    strike: created((asked) => (asked.NetworkMode === "host" ? { ...asked, UTSMode: "host" } : null)),
    undo: [],
    caughtBy: ["ISO-09", "INSPECT-55"],
    cause: /UTS|hostname/i,
  },
  {
    id: "namespaces-host-programs-mounted",
    breaks: "the host's programs are mounted into every container",
    comesBy: "-v /usr/sbin:/usr/sbin in a template of the platform's, for an agent inside",
    strike: created((asked) => ({ ...asked, Binds: ["/usr/sbin:/usr/sbin:ro"] })),
    undo: [],
    caughtBy: ["ISO-10"],
    cause: /program|mount/i,
  },
  {
    id: "namespaces-joined-in-targets-others",
    breaks: "a container that joins another one's network joins its PID and IPC namespaces too",
    comesBy: "a pod as other platforms make it: --pid container:X and --ipc container:X beside --network container:X",
    strike: created((asked) =>
      asked.NetworkMode?.startsWith("container:")
        ? { ...asked, PidMode: asked.NetworkMode, IpcMode: "host" }
        : { ...asked, IpcMode: "host" },
    ),
    undo: [],
    caughtBy: ["ISO-02", "ISO-03"],
    cause: /PID|IPC/,
  },
]);
