import { type AlteredRequest, type Fault, type OnContainer, ofLayer, type StruckContainer } from "../fault.ts";
import { altered } from "./alter.ts";

function publishing(...shell: readonly string[]): OnContainer {
  return { when: "a container is up", of: ({ publishes }: StruckContainer) => publishes, shell };
}

/**
 * Goes through the published ports of the container as `docker port` lists them: `$inside`, `$proto`, `$address` and
 * `$outside`. Ports of IPv6 are left out.
 */
function perPort(commands: string, only = "."): string {
  return `docker port $ID | sed -nE 's|^([0-9]+)/(tcp\\|udp) -> ([0-9.]+):([0-9]+)$|\\1 \\2 \\3 \\4|p' | grep -E '${only}' | while read inside proto address outside; do ${commands}; done`;
}

const KILL_PROXY = 'pkill -f "[d]ocker-proxy.* -proto $proto .*-host-port $outside "';
/** By hand, as the engine starts it. It says that it listens on its third descriptor, and nobody is there to hear it. */
function proxy(hostIp: string, containerPort: string, outside = "$outside"): string {
  return `(docker-proxy -proto $proto -host-ip ${hostIp} -host-port ${outside} -container-ip $IP -container-port ${containerPort} 3>/dev/null </dev/null >/dev/null 2>&1 &)`;
}
const LAN_ADDRESS = "$(ip -4 -o address show dev eth0 | sed -E 's|.* inet ([0-9.]+)/.*|\\1|')";

const LOOPBACK_SERVED = ["PORT-19", "PORT-24", "PORT-33", "PORT-35", "PORT-12"] as const;

/** Every publication is altered on its way to the engine. */
function asked(path: string, change: (value: unknown, key: string) => unknown): AlteredRequest {
  return { when: "the engine is asked", to: /^\/containers\/create$/, alter: altered(path, change) };
}

/** Published ports: the process that holds them, the address that they are held on, and what answers behind. */
export const PORTS_FAULTS: readonly Fault[] = ofLayer("ports", [
  {
    id: "ports-proxy-killed",
    breaks: "no docker-proxy runs for the published ports",
    comesBy: "the OOM killer, or pkill by somebody who took them for leftovers",
    // The struck container's alone: without its own, the start of another that comes up beside it would fail.
    strike: publishing('pkill -f "[d]ocker-proxy.* -container-ip $IP " || true'),
    undo: [],
    caughtBy: [
      ...LOOPBACK_SERVED,
      "PORT-01",
      "PORT-02",
      "PORT-06",
      "PORT-07",
      "PORT-08",
      "PORT-09",
      "PORT-17",
      "PORT-27",
      "PORT-28",
      "PORT-36",
      "PORT-37",
      "PORT-38",
      "PORT-39",
    ],
    cause: /docker-proxy/i,
  },
  {
    id: "ports-udp-proxy-killed",
    breaks: "no docker-proxy runs for the published UDP ports",
    comesBy: "the OOM killer, or pkill by somebody who took them for leftovers",
    strike: publishing('pkill -f "[d]ocker-proxy.* -proto udp .*-container-ip $IP " || true'),
    undo: [],
    caughtBy: ["PORT-38", "PORT-39"],
    cause: /docker-proxy|\budp\b/i,
  },
  {
    id: "ports-proxy-on-lan-only",
    breaks: "docker-proxy of a port that is published on every address listens on the LAN address alone",
    comesBy: "a proxy started by hand again after the engine's own was killed",
    strike: publishing(perPort(`${KILL_PROXY}; ${proxy(LAN_ADDRESS, "$inside")}; sleep 0.1`, " tcp 0.0.0.0 ")),
    undo: ["pkill -x docker-proxy || true"],
    caughtBy: ["PORT-24", "PORT-33", "PORT-35", "PORT-27", "PORT-37"],
    cause: /docker-proxy|listens?|listener/i,
  },
  {
    id: "ports-loopback-served-on-lan",
    breaks: "what is published on 127.0.0.1 is served at the host's LAN address as well",
    comesBy: "socat, an ssh forward or a second docker-proxy, started for a test and forgotten",
    strike: publishing(perPort(`${proxy(LAN_ADDRESS, "$inside")}`, " 127.0.0.1 "), "sleep 0.1"),
    undo: ["pkill -x docker-proxy || true"],
    caughtBy: ["PORT-20", "PORT-21", "PORT-39"],
    cause: /listens?|listener|docker-proxy|something else|more than 127\.0\.0\.1/i,
  },
  {
    id: "ports-proxy-to-wrong-port",
    breaks: "docker-proxy leads to another port of the container than the published one",
    comesBy: "a proxy started by hand again after the engine's own was killed, with a slip in its arguments",
    strike: publishing(perPort(`${KILL_PROXY}; ${proxy("$address", "$((inside + 1))")}`, " tcp "), "sleep 0.1"),
    undo: ["pkill -x docker-proxy || true"],
    caughtBy: ["PORT-19", "PORT-24", "PORT-33", "PORT-35", "PORT-37", "PORT-39"],
    cause: /docker-proxy/i,
  },
  {
    id: "ports-foreign-listener",
    breaks: "another server than docker-proxy listens on the published TCP ports, and answers",
    comesBy: "a web server of the host's that was started while docker-proxy was down",
    strike: publishing(
      "mkdir -p /run/foreign && echo foreign >/run/foreign/index.html",
      perPort(`${KILL_PROXY}; sleep 0.1; busybox httpd -p $address:$outside -h /run/foreign || true`, " tcp "),
    ),
    undo: ['pkill -f "[h]ttpd -p" || true', "rm -r /run/foreign"],
    caughtBy: ["PORT-12", "PORT-19", "PORT-24", "PORT-28", "PORT-33", "PORT-37", "PORT-39"],
    cause: /docker-proxy|listens?|listener|something else|another (program|server)|busybox|httpd/i,
  },
  {
    id: "ports-closed-inside",
    breaks: "the published service of the container is closed by the container's own packet filter",
    comesBy: "a firewall inside the image (ufw, firewalld in a container that was made for a machine)",
    strike: publishing("nsenter -t $PID -n iptables -I INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    undo: [],
    caughtBy: [
      "PORT-01",
      "PORT-02",
      "PORT-12",
      "PORT-17",
      "PORT-19",
      "PORT-24",
      "PORT-25",
      "PORT-33",
      "PORT-37",
      "CONNECT-24",
    ],
    cause: /INPUT|REJECT|rule inside|inside the container|in the container/i,
  },
  {
    id: "ports-server-stopped",
    breaks: "the container of a published service runs, and its server does not",
    comesBy: "a crash of a server that is not the container's main process",
    strike: publishing(
      // One that is struck again has none any more, and what is no server never had one.
      "for i in $(seq 30); do pkill --ns $PID --nslist pid nginx && break; sleep 0.1; done",
      "for i in $(seq 30); do pgrep --ns $PID --nslist pid nginx >/dev/null || break; pkill --ns $PID --nslist pid nginx; sleep 0.1; done",
    ),
    undo: [],
    caughtBy: ["PORT-01", "PORT-02", "PORT-12", "PORT-19", "PORT-24", "PORT-25", "PORT-33", "PORT-37"],
    cause: /nobody listens|no listener|does not listen|not listening|server/i,
  },
  {
    id: "ports-ephemeral-range-moved",
    breaks: "the host's range of ephemeral ports was moved after dockerd had read it",
    comesBy: "sysctl -w net.ipv4.ip_local_port_range, for a load balancer with many connections",
    strike: { when: "before the topology", shell: ["echo 50000 50999 >/proc/sys/net/ipv4/ip_local_port_range"] },
    undo: ["echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range"],
    caughtBy: ["PORT-03", "PORT-18"],
    cause: /ip_local_port_range/i,
  },
  {
    id: "ports-taken-after-removal",
    breaks: "a program that waited for a published port takes it as soon as its container is gone",
    comesBy: "a service of the host's with Restart=always and the same port in its configuration",
    strike: publishing(
      perPort(
        "(while ! busybox nc -l -p $outside -e true; do sleep 0.02; done </dev/null >/dev/null 2>&1 &)",
        " tcp 0.0.0.0 ",
      ),
    ),
    undo: ['pkill -f "[b]usybox nc -l" || true'],
    caughtBy: ["PORT-05"],
    cause: /taken|holds|listens?|port allocator|docker-proxy/i,
  },
  {
    id: "ports-published-everywhere",
    breaks: "what users publish on 127.0.0.1 is published on every address",
    comesBy: "a platform that takes host port and container port out of -p, and forgets the address",
    strike: asked("HostConfig.PortBindings.*.*.HostIp", (old) => (old === "127.0.0.1" ? "0.0.0.0" : old)),
    undo: [],
    caughtBy: ["PORT-06", "PORT-07", "PORT-20", "PORT-21", "PORT-39", "PORT-41"],
    cause: /0\.0\.0\.0|every address|HostIp|more than 127\.0\.0\.1/i,
  },
  {
    id: "ports-published-on-loopback",
    breaks: "what users publish on every address is published on 127.0.0.1 alone",
    comesBy: "a hardened platform that lets nothing be published to the LAN",
    strike: asked("HostConfig.PortBindings.*.*.HostIp", (old) =>
      old === "" || old === undefined || old === "0.0.0.0" ? "127.0.0.1" : old,
    ),
    undo: [],
    caughtBy: ["PORT-01", "PORT-02", "PORT-05", "PORT-08", "PORT-09", "PORT-37", "PORT-38", "PORT-41"],
    cause: /127\.0\.0\.1|loopback|HostIp/i,
  },
  {
    id: "ports-host-port-shifted",
    breaks: "host ports that users choose are published under other numbers",
    comesBy: "a platform that gives each user a range of ports and counts on from its beginning",
    strike: asked("HostConfig.PortBindings.*.*.HostPort", (old) =>
      /^\d+$/.test(String(old)) ? String(Number(old) + 1000) : old,
    ),
    undo: [],
    caughtBy: ["PORT-05", "PORT-07", "PORT-08", "PORT-09", "PORT-11", "PORT-41"],
    cause: /host ?port/i,
  },
  {
    id: "ports-host-port-ignored",
    breaks: "host ports that users choose are not taken: the engine chooses others",
    comesBy: "a platform that lets nobody choose a port",
    strike: asked("HostConfig.PortBindings.*.*.HostPort", (old) => (/^\d+$/.test(String(old)) ? "" : old)),
    undo: [],
    caughtBy: ["PORT-41", "PORT-43"],
    cause: /host ?port/i,
  },
  {
    id: "ports-taken-port-dropped",
    breaks: "a host port that another container publishes is taken away from the request, instead of a refusal",
    comesBy: "a platform that lets a deployment pass rather than fail",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: (request) => {
        const host = (request.HostConfig ?? {}) as {
          PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[]>;
        };
        const [only, another] = Object.values(host.PortBindings ?? {}).flat();
        if (another !== undefined || only?.HostIp !== "127.0.0.1" || !/^\d+$/.test(only.HostPort ?? "")) return false;
        host.PortBindings = {};
        return true;
      },
    },
    undo: [],
    caughtBy: ["PORT-32"],
    cause: /alters|takes .*port/i,
  },
  {
    id: "ports-tcp-published-as-both",
    breaks: "TCP ports are published as UDP ports too",
    comesBy: "a platform that publishes both, in case that somebody needs it",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: (request) => {
        const { PortBindings } = (request.HostConfig ?? {}) as { PortBindings?: Record<string, unknown> };
        const added = Object.entries(PortBindings ?? {}).filter(([port]) => port.endsWith("/tcp"));
        if (PortBindings === undefined || added.length === 0) return false;
        const alsoUdp = (port: string): string => port.replace("/tcp", "/udp");
        Object.assign(PortBindings, Object.fromEntries(added.map(([port, on]) => [alsoUdp(port), on])));
        // The engine publishes nothing that the container does not expose.
        const exposed = Object.fromEntries(added.map(([port]) => [alsoUdp(port), {}]));
        request.ExposedPorts = { ...(request.ExposedPorts as object | undefined), ...exposed };
        return true;
      },
    },
    undo: [],
    caughtBy: ["PORT-13"],
    cause: /udp|protocol|PortBindings/i,
  },
  {
    id: "ports-publish-unheard",
    breaks: "nothing of what users publish is published",
    comesBy: "a platform that leaves publishing to its own proxy",
    strike: asked("HostConfig.PortBindings", (old) => (old === undefined ? old : {})),
    undo: [],
    caughtBy: ["PORT-06", "PORT-07", "PORT-08", "PORT-09", "PORT-11", "PORT-12", "PORT-27"],
    cause: /publish|PortBindings|host ?port/i,
  },
  {
    id: "ports-publish-all-unheard",
    breaks: "-P publishes nothing",
    comesBy: "a platform that leaves publishing to its own proxy",
    strike: asked("HostConfig.PublishAllPorts", (old) => (old === true ? false : old)),
    undo: [],
    caughtBy: ["PORT-17", "PORT-18", "HOST-17"],
    cause: /publish|host ?port/i,
  },
  {
    id: "ports-udp-published-as-tcp",
    breaks: "UDP ports are published as TCP ports",
    comesBy: "a platform that knows only one protocol",
    strike: asked("HostConfig.PortBindings", (old) =>
      typeof old === "object" && old !== null && Object.keys(old).some((port) => port.endsWith("/udp"))
        ? Object.fromEntries(Object.entries(old).map(([port, on]) => [port.replace("/udp", "/tcp"), on]))
        : old,
    ),
    undo: [],
    caughtBy: ["PORT-41"],
    cause: /udp|protocol/i,
  },
]);
