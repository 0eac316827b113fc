import { expect } from "vitest";
import { expectedDefaultBridge } from "../../../helpers/expectations/default-bridge.ts";
import { usesProxy } from "../../../helpers/expectations/firewall.ts";
import { expectedBindings, type Publication } from "../../../helpers/expectations/ports.ts";
import { isUnspecified } from "../../../helpers/model/address.ts";
import { isIpv4 } from "../../../helpers/model/ipv4.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { type HostBinding, mustHaveBindings, type PublishedOn } from "../../../helpers/requirement/bindings.ts";
import { whileHostHas } from "../../../helpers/requirement/host-address.ts";
import { chapter, nginx, type Session, theEngine, topology } from "../../../helpers/requirement/index.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { answersInEachFamily } from "../../../helpers/requirement/server-ready.ts";
import { askedContainer } from "../../../helpers/topology/asked.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";

/** Web servers on the default bridge, published in every way that `-p` and `-P` know. */
const published = topology("publish", {
  containers: {
    any: nginx({ publish: ["80"] }),
    fixed: nginx({ publish: ["127.0.0.1::80", "127.0.0.1:free:81", "0.0.0.0:free:82", "free:83"] }),
    all: nginx({ publishAll: true, expose: ["8443"] }),
  },
});

/** A web server whose one port is published several times. */
export const several = topology("publish-several", {
  containers: { web: nginx({ publish: ["127.0.0.1::80", "free:80", "free:80"] }) },
});

export const RANGE_MOVED = "net.ipv4.ip_local_port_range was changed after dockerd had started";

/** What `-p` without a host address means on the default bridge: the daemon's `ip`, by default every address. */
export function defaultBinding({ facts }: Session): { hostBindingIp: string; ipv6: boolean } {
  const { hostBindingIp = "0.0.0.0", ipv6 = false } = expectedDefaultBridge(facts) ?? {};
  return { hostBindingIp, ipv6 };
}

/**
 * The publications of one container port as this run asked the engine for them. What the engine says that it was asked
 * for is another's word: somebody on the way may have altered it.
 */
export function askedFor(server: Endpoint, port: string): Publication[] {
  return publicationsOf(askedBindings(server), port);
}

/** The container ports that it was asked to publish. */
function askedPorts(server: Endpoint): string[] {
  return Object.keys(askedBindings(server) ?? {});
}

function askedBindings({ id, name }: Endpoint): PortBindings {
  const asked = askedContainer(id);
  if (asked === null) throw new Error(`another process created ${name}`);
  return asked.host.PortBindings as PortBindings;
}

export type PortBindings = Readonly<Record<string, readonly HostBinding[]>> | null | undefined;

/** The publications of one container port in a `HostConfig.PortBindings`. */
export function publicationsOf(bindings: PortBindings, port: string): Publication[] {
  const [containerPort, protocol] = port.split("/");
  return (bindings?.[port] ?? []).map(({ HostIp, HostPort }) => ({
    hostIp: HostIp,
    hostPort: HostPort === "" ? null : Number(HostPort),
    containerPort: Number(containerPort),
    protocol: protocol === "udp" ? "udp" : "tcp",
  }));
}

/** Asserts that the container's nginx answers the host at each of the host's addresses that a publication covers. */
export async function mustServe(
  server: Endpoint,
  on: PublishedOn,
  publication: Publication,
  session: Session,
): Promise<void> {
  const host = await session.host();
  const { binding } = expectedBindings(session.facts, publication, defaultBinding(session));
  // Those that the host had before the run: bridges of the run's own networks come and go.
  const own = (session.facts.host?.addresses ?? []).map(({ address }) => address).filter(isIpv4);
  const ipv4 = isUnspecified(binding.hostIp) ? [...new Set(["127.0.0.1", ...own])] : [binding.hostIp];
  const questions = ipv4.map((address) => ({ address, question: http(host, address, on.ipv4) }));
  // Rules can't translate [::1]: only docker-proxy serves there.
  if (on.ipv6 !== null && usesProxy(session.facts)) {
    const { IPAddress, GlobalIPv6Address } = server.settingsOn("bridge");
    await answersInEachFamily(host, [IPAddress, GlobalIPv6Address], publication.containerPort);
    questions.push({ address: "::1", question: http(host, "::1", on.ipv6) });
  }
  await Promise.all(
    questions.map(({ address, question }) => whileHostHas(host, address, () => mustAnswer(question, server.name))),
  );
}

/** What a server publishes that `-p` wrote in a certain way, each at its host ports, which must answer. */
export async function mustPublish(
  server: Endpoint,
  is: (publication: Publication) => boolean,
  session: Session,
): Promise<void> {
  const meant = publishedBy(server, session).filter(({ publication }) => is(publication));
  expect(meant.length, "publications written in this way").toBeGreaterThan(0);
  await Promise.all(meant.map(({ publication, on }) => mustServe(server, on, publication, session)));
}

/**
 * All that a server publishes, each with the host ports that it was given, which are judged.
 * @param wanted what is to be published, by container port
 */
export function publishedBy(
  server: Endpoint,
  session: Session,
  wanted: readonly (readonly [string, readonly Publication[]])[] = askedPorts(server).map((port) => [
    port,
    askedFor(server, port),
  ]),
): { publication: Publication; on: PublishedOn }[] {
  return wanted.flatMap(([port, publications]) => {
    const ports = mustHaveBindings(
      `host bindings of ${port}`,
      session.facts,
      server.bindingsOf(port),
      publications,
      defaultBinding(session),
    );
    return publications.flatMap((publication, index) => {
      const on = ports[index];
      return on === undefined ? [] : [{ publication, on }];
    });
  });
}

export const onPublished = chapter({ given: published, needs: ["default bridge", "host view"] });

/** How often another host port is tried when somebody else takes the one that was free. */
export const TRIES = 3;

export const onTheEngine = chapter({ given: theEngine, needs: ["docker CLI"] });
