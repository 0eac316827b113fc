import type { Deviation } from "../../audits/deviation.ts";
import { portText, usualPorts } from "../../audits/published.ts";
import { usesProxy } from "../../expectations/firewall.ts";
import { sameAddress } from "../../model/address.ts";
import { type ContainerState, endpointsOf, type Snapshot } from "../../snapshot/snapshot.ts";
import { byHand, finding, weakly } from "../finding.ts";

/** Published ports: what was asked for, what the engine says, docker-proxy and the host's sockets. */
export function checkPorts(snapshot: Snapshot): Deviation[] {
  return [...proxies(snapshot), ...unserved(snapshot), ...snapshot.containers.flatMap((container) => asked(container))];
}

function proxies(snapshot: Snapshot): Deviation[] {
  const { host, facts } = snapshot;
  if (host === null || !usesProxy(facts)) return [];
  const published = snapshot.containers.flatMap(({ ports }) => ports);
  return usualPorts(snapshot).flatMap(({ port, container }) => {
    if (port.protocol === "sctp") return [];
    const { hostPort, protocol } = port;
    const mine = host.proxies.filter((proxy) => proxy.hostPort === hostPort && proxy.protocol === protocol);
    const at = published.filter((one) => one.hostPort === hostPort && one.protocol === protocol);
    const astray = mine.filter(({ hostIp }) => !at.some(({ hostAddress }) => sameAddress(hostAddress, hostIp)));
    if (astray.length > 0)
      return astray.map(({ hostIp }) =>
        finding(
          "ports",
          "opens",
          [container.name],
          ["port", "publish"],
          `A docker-proxy serves published port ${portText(container, port)} at ${hostIp} too, where it is not published: somebody started it by hand.`,
          byHand(
            "end that one",
            `pkill -f "docker-proxy.* -host-ip ${hostIp} -host-port ${hostPort} "`,
            `ss -ltnup sport = :${hostPort}`,
          ),
        ),
      );
    const rivals = host.sockets.filter(
      (socket) => socket.protocol === protocol && socket.local.port === hostPort && socket.family === 4,
    );
    if (mine.length > 0 && rivals.length > mine.filter((proxy) => proxy.hostIp.includes(".")).length)
      return [
        finding(
          "ports",
          "differs",
          [container.name],
          ["port", "publish", "docker-proxy", "listen", "bind"],
          `Beside docker-proxy another process of the host listens on published port ${portText(container, port)} (at ${rivals.map(({ local }) => local.address).join(", ")}): \`ss -ltnup sport = :${hostPort}\` names it.`,
        ),
      ];
    return [];
  });
}

/** Ports of containers that are published and that nobody in there listens on: common, and no fault of the engine's. */
function unserved(snapshot: Snapshot): Deviation[] {
  return usualPorts(snapshot).flatMap(({ port, container }) => {
    const { inside, name } = container;
    if (inside === null || port.protocol === "sctp") return [];
    const served = inside.sockets.some(
      ({ protocol, state, local }) =>
        protocol === port.protocol && local.port === port.containerPort && (protocol === "udp" || state === "LISTEN"),
    );
    if (served) return [];
    return [
      weakly(
        finding(
          "ports",
          "blocks",
          [name],
          // What is published unserved explains silence, and nothing that is said of ports otherwise.
          [],
          `Nobody listens on ${port.containerPort}/${port.protocol} in ${name}, which is published as ${portText(container, port)}: its server is not running, or listens on another port.`,
        ),
      ),
    ];
  });
}

/** `HostConfig.PortBindings` against `NetworkSettings.Ports`. */
function asked(container: ContainerState): Deviation[] {
  const { inspected, name } = container;
  const bindings = inspected.HostConfig.PortBindings ?? {};
  // Only a bridge publishes anything.
  if (
    endpointsOf(container).every(({ settings }) => settings.IPAddress === "") ||
    Object.keys(inspected.NetworkSettings.Networks ?? {}).length > 1
  )
    return [];
  return Object.entries(bindings).flatMap(([key, wanted]) => {
    const got = inspected.NetworkSettings.Ports?.[key] ?? [];
    return (wanted ?? []).flatMap(({ HostIp = "", HostPort = "" }) => {
      const matching = got.filter((one) => HostPort === "" || one.HostPort === HostPort);
      const shown = got.length === 0 ? "nothing" : got.map((one) => `${one.HostIp}:${one.HostPort}`).join(", ");
      if (HostIp !== "" && !matching.some((one) => sameAddress(one.HostIp, HostIp)))
        return [
          finding(
            "engine",
            "differs",
            [name],
            ["port", "publish", "inspect", "127.0.0.1"],
            `${name} was to publish port ${key} on ${HostIp}${HostPort === "" ? "" : `:${HostPort}`}; the engine's inspect says it is published on ${shown}.`,
          ),
        ];
      if (HostPort !== "" && !HostPort.includes("-") && HostPort !== "0" && matching.length === 0)
        return [
          finding(
            "engine",
            "differs",
            [name],
            ["port", "publish", "inspect"],
            `${name} was to publish port ${key} on host port ${HostPort}; the engine's inspect says ${shown}.`,
          ),
        ];
      return [];
    });
  });
}
