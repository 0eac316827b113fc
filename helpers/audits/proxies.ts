import { isIP } from "node:net";
import { keyOfEach } from "../cause/keys.ts";
import { type Deed, RESTART_ENGINE } from "../cause/mend.ts";
import { usesProxy } from "../expectations/firewall.ts";
import { isUnspecified, sameAddress } from "../model/address.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { type LivingHost, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { about, leadsByHost, type Published, portText, publishedPorts } from "./published.ts";
import { byHand, ofContainer } from "./remedies.ts";

/** The docker-proxies of all published ports. */
export function auditProxies(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together(publishedPorts(snapshot).map((published) => auditProxy(snapshot, host, published)));
}

/** The docker-proxy of a published port: whether it runs, listens, and leads to the container. */
function auditProxy(snapshot: LivingSnapshot, host: LivingHost, published: Published): Findings {
  const { container, port } = published;
  const { protocol, hostAddress, hostPort, containerPort } = port;
  if (!usesProxy(snapshot.facts) || protocol === "sctp") return NOTHING;
  const addresses = container.endpoints
    .flatMap(({ address, address6 }) => [address, address6])
    .filter((one) => one !== "");
  // Routed and isolated networks publish nothing by the host's addresses.
  if (!leadsByHost(snapshot, published)) return NOTHING;
  const text = portText(container, port);
  const mine = host.proxies.filter((proxy) => proxy.hostPort === hostPort && proxy.protocol === protocol);
  const right = mine.find(({ hostIp }) => sameAddress(hostIp, hostAddress));
  const say = (
    key: string,
    observed: string,
    what: string,
    act: string | null,
    narrower: readonly Deed[] = [],
  ): Findings =>
    about(published, "LIVE-13", {
      expected: `a docker-proxy at ${hostAddress}:${hostPort} that leads to ${addresses.join(" or ")} port ${containerPort}`,
      observed,
      effect: `Port ${text} is not served on 127.0.0.1, nor for packets that no rule translates.`,
      reason: {
        key: keyOfEach(key, container.name),
        what,
        act,
        certainty: "seen",
        evidence: mine.map(
          (proxy) => `docker-proxy ${proxy.hostIp}:${proxy.hostPort} → ${proxy.containerIp}:${proxy.containerPort}`,
        ),
        remedies: ofContainer(snapshot, container, narrower),
      },
    });
  const listener = host.sockets.find(
    (socket) =>
      socket.protocol === protocol &&
      socket.local.port === hostPort &&
      (sameAddress(socket.local.address, hostAddress) || isUnspecified(socket.local.address)),
  );
  // Where none is left, all went by one act.
  if (host.proxies.length === 0 && snapshot.containers.filter((one) => runs(one) && one.ports.length > 0).length > 1)
    return about(published, "LIVE-13", {
      expected: `a docker-proxy at ${hostAddress}:${hostPort}`,
      observed: "no docker-proxy runs on this host",
      effect: "Published ports are not served on 127.0.0.1, nor for packets that no rule translates.",
      reason: {
        key: "no-proxies",
        what: "No docker-proxy runs any more: all of them were killed.",
        act: "an out-of-memory kill, a person, or a script that ends what holds ports",
        certainty: "seen",
        evidence: [],
        remedies: [...ofContainer(snapshot, container), RESTART_ENGINE],
      },
    });
  const moved = mine.find(({ hostIp }) => isIP(hostIp) === isIP(hostAddress));
  if (right === undefined && moved !== undefined)
    return say(
      "moved-proxy",
      `docker-proxy at ${moved.hostIp}:${hostPort}`,
      `The docker-proxy of port ${text} is bound to ${moved.hostIp} instead of ${hostAddress}.`,
      "somebody ended it and started another one",
    );
  if (right === undefined)
    return say(
      "no-proxy",
      mine.length === 0
        ? `no docker-proxy for port ${hostPort}${listener === undefined ? ", and nothing listens there" : ", and another process listens there"}`
        : `docker-proxy at ${mine.map(({ hostIp }) => hostIp).join(", ")}`,
      `The docker-proxy of the published ports of container ${container.name} does not run.`,
      "it was killed",
    );
  if (right.halted)
    return say(
      "halted-proxy",
      `the docker-proxy at ${hostAddress}:${hostPort} is stopped`,
      `The docker-proxy of port ${text} is stopped: it holds the port and answers nobody.`,
      "SIGSTOP: a person, a debugger, or a script that halts what it takes for idle",
      [
        byHand(
          "let it go on",
          ["pkill -CONT -x docker-proxy"],
          `curl -s -o /dev/null -m 2 http://127.0.0.1:${hostPort}; echo $?`,
        ),
      ],
    );
  if (listener === undefined)
    return say(
      "deaf-proxy",
      `nothing listens at ${hostAddress}:${hostPort}`,
      `A docker-proxy of container ${container.name} runs and does not listen.`,
      null,
    );
  // Engines before 28 lead to the IPv6 address that a container's own option took away.
  if (isIpv6(right.containerIp) && !addresses.some(isIpv6)) return NOTHING;
  if (!addresses.some((address) => sameAddress(address, right.containerIp)) || right.containerPort !== containerPort)
    return say(
      "stale-proxy",
      `docker-proxy leads to ${right.containerIp}:${right.containerPort}`,
      `The docker-proxy of a published port of container ${container.name} leads to ${right.containerIp}:${right.containerPort}, which is not the container's.`,
      "the container got another address, and its proxy was not started anew",
    );
  return NOTHING;
}
