import { expect } from "vitest";
import { usesProxy } from "../../../helpers/expectations/firewall.ts";
import { publishedBeyond } from "../../../helpers/expectations/port-service.ts";
import { isUnspecified } from "../../../helpers/model/address.ts";
import { holdersOf, listenersOn, sockets } from "../../../helpers/probes/sockets.ts";
import { cite, D0, D1, D2, D3 } from "../../../helpers/requirement/index.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { dockerCliAnswer } from "../../../helpers/vantage/docker-cli.ts";
import { HIDDEN, onPorts, TALKER } from "./site.ts";

onPorts(
  "PORT-27",
  {
    must: "A process on the host MUST hold each TCP port that a network with NAT publishes, on each address that it is published on, so that nobody else takes it",
    from: [D0("3.4.2.2")],
    unless: publishedBeyond,
    cause: "docker-proxy was killed or could not start",
  },
  async ({ web, local, talker }, session) => {
    const host = await session.host();
    const bindings = [web, local, talker].flatMap(({ inspected }) =>
      Object.entries(inspected.NetworkSettings.Ports).flatMap(([port, on]) =>
        port.endsWith("/tcp") ? (on ?? []) : [],
      ),
    );
    expect(bindings.length, "host bindings of three containers").toBeGreaterThanOrEqual(3);
    const open = (await sockets(host)).filter(({ protocol, state }) => protocol === "tcp" && state === "LISTEN");
    const free = bindings.filter(({ HostIp, HostPort }) => {
      const holding = isUnspecified(HostIp) ? ["0.0.0.0", "::"] : [HostIp];
      return !open.some(({ local }) => local.port === Number(HostPort) && holding.includes(local.address));
    });
    expect(
      free.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
      "published TCP ports that nobody listens on",
    ).toEqual([]);
  },
);

onPorts(
  "PORT-28",
  {
    must: "The process that holds a published TCP port MUST be docker-proxy, or dockerd itself with the userland proxy off",
    from: [
      cite(
        "man/dockerd#--userland-proxy",
        "Rely on a userland proxy implementation for inter-container and outside-to-container loopback communications. Default is true.",
      ),
      D0("3.4.2.2"),
      D1("bridge模式"),
    ],
  },
  async ({ web }, session) => {
    const host = await session.host();
    const held = await listenersOn(host, web.hostPortOf("80/tcp"));
    expect(held.length, "listeners on the published port").toBeGreaterThan(0);
    const holders = await Promise.all(held.map(({ inode }) => holdersOf(host, inode)));
    const wanted = usesProxy(session.facts) ? "docker-proxy" : "dockerd";
    for (const holder of holders)
      expect(
        holder.map(({ program }) => program),
        "programs that hold the published port",
      ).toContain(wanted);
  },
);

/** What `docker ps` prints in its PORTS column for one container. */
async function portsColumn({ id }: Endpoint): Promise<string> {
  return await dockerCliAnswer("ps", "--no-trunc", "--filter", `id=${id}`, "--format", "{{.Ports}}");
}

/** `docker ps` writes an IPv6 address with brackets, before CLI 27.2 without. */
function psEntries({ inspected }: Endpoint, port: string): string[][] {
  return (inspected.NetworkSettings.Ports[port] ?? []).map(({ HostIp, HostPort }) => {
    const plain = `${HostIp}:${HostPort}->${port}`;
    return HostIp.includes(":") ? [`[${HostIp}]:${HostPort}->${port}`, plain] : [plain];
  });
}

onPorts(
  "PORT-29",
  {
    must: "`docker ps` MUST show each host binding of a published port as `IP:HPORT->CPORT/PROTO`",
    from: [
      cite("cli/container_port#show-all-mapped-ports", "0.0.0.0:1234->9876/tcp, 0.0.0.0:4321->7890/tcp"),
      D1("5.1.2"),
      D1("5.4"),
    ],
    needs: ["docker CLI"],
  },
  async ({ web, local }) => {
    for (const server of [web, local]) {
      const asked = Object.values((server.inspected.HostConfig.PortBindings ?? {}) as Record<string, unknown[]>).flat()
        .length;
      const entries = (await portsColumn(server)).split(", ");
      const wanted = ["80/tcp", "53/udp"].flatMap((port) => psEntries(server, port));
      expect(wanted.length, "host bindings, at least one per -p").toBeGreaterThanOrEqual(asked);
      expect(
        wanted.filter((spellings) => !spellings.some((entry) => entries.includes(entry))).map(String),
        `bindings that docker ps leaves out of "${entries.join(", ")}"`,
      ).toEqual([]);
    }
  },
);

onPorts(
  "PORT-30",
  {
    must: "`docker ps` MUST show a port that is exposed and not published, and has no such neighbour, as `CPORT/PROTO`, without an arrow",
    from: [D3("二.1")],
    needs: ["docker CLI"],
  },
  async ({ talker }) => {
    const entries = (await portsColumn(talker)).split(", ");
    expect(
      entries.filter((entry) => entry.endsWith(`${HIDDEN.port}/tcp`)),
      "entries of the exposed port",
    ).toEqual([`${HIDDEN.port}/tcp`]);
    expect(
      entries.filter((entry) => entry.endsWith(`->${TALKER.port}/tcp`)).length,
      "entries of the published port",
    ).toBeGreaterThan(0);
  },
);

onPorts(
  "PORT-31",
  {
    must: "`docker ps` MUST show an empty PORTS column for a container that neither exposes nor publishes a port",
    from: [D1("5.2"), D2("四")],
    needs: ["docker CLI"],
  },
  async ({ neighbour, web }) => {
    const [empty, full] = await Promise.all([portsColumn(neighbour), portsColumn(web)]);
    expect(empty, "PORTS of a container without ports").toBe("");
    expect(full, "PORTS of a published container").not.toBe("");
  },
);
