import { expect } from "vitest";
import { nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { chosenTwice, masqueradedTwice } from "../../../helpers/expectations/known-defects.ts";
import {
  expectedBindings,
  parsePublish,
  portLines,
  REJECTED_PUBLISH_FORMS,
} from "../../../helpers/expectations/ports.ts";
import { mustHaveBindings } from "../../../helpers/requirement/bindings.ts";
import {
  chapter,
  cite,
  D0,
  D1,
  engine,
  NotApplicable,
  requirement,
  type Session,
} from "../../../helpers/requirement/index.ts";
import { dockerCli, ownContainer } from "../../../helpers/vantage/docker-cli.ts";
import { defaultBinding, onTheEngine } from "./site.ts";

import { byCli, byCliInEveryForm, judgeByCli, linesOf, mustHaveAsked } from "./started-by-command.ts";

const onByCli = chapter({ given: byCli, needs: ["default bridge", "docker CLI", "host view"] });

onByCli(
  "PORT-13",
  {
    must: "`-p` without a protocol MUST publish TCP and only TCP",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map port 8080 on the Docker host to TCP port 80 in the container.",
      ),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
  },
  (cli, session) => {
    mustHaveAsked(cli);
    const { Ports } = cli.inspected.NetworkSettings;
    expect(
      Object.keys(Ports)
        .filter((port) => /^(90|91|96)\//.test(port))
        .sort(),
      "protocols of `-p 90`, `-p HPORT:91` and `-p HPORT:96/udp`",
    ).toEqual(["90/tcp", "91/tcp", "96/udp"]);
    const [on] = mustHaveBindings(
      "host bindings of `-p 90`",
      session.facts,
      Ports["90/tcp"] ?? [],
      parsePublish("90"),
      defaultBinding(session),
    );
    const port = on?.ipv4 ?? 0;
    expect(
      { tcp: cli.listening.tcp.includes(port), udp: cli.listening.udp.includes(port) },
      `sockets on host port ${port} of \`-p 90\``,
    ).toEqual({
      tcp: true,
      udp: false,
    });
  },
);

requirement(
  "PORT-41",
  {
    must: "The docker command MUST take every form of `-p` at once, and each MUST give the host bindings that it says",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map TCP port 8080 on the Docker host to TCP port 80 in the container, and map UDP port 8080 on the Docker host to UDP port 80 in the container.",
      ),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
    needs: ["default bridge", "docker CLI", "host view"],
    because: (facts) => chosenTwice(facts) ?? masqueradedTwice(facts),
  },
  byCliInEveryForm,
  (cli, session) => {
    mustHaveAsked(cli);
    const ports = judgeByCli(cli, session);
    expect(ports.size, "publications of nine -p options, one of them a range of two").toBe(10);
  },
);

onByCli(
  "PORT-44",
  {
    must: "A host port that the Engine chooses for every address MUST be the same for IPv4 and for IPv6",
    from: [engine("moby#47871, moby#42442")],
    since: "one-chosen-port-for-both-families",
    cause:
      "the port was taken for one of the two families only (another program listens there), or the engine's inspect names another port than it bound",
    unless: ({ host }) => (host?.ipv6Enabled === false ? "the host has no IPv6" : null),
  },
  (cli, session) => {
    const both = [...judgeByCli(cli, session).values()].filter(({ ipv6 }) => ipv6 !== null);
    if (both.length === 0) throw new NotApplicable("nothing is published for IPv6 with this configuration");
    expect(
      both.filter(({ ipv4, ipv6 }) => ipv4 !== ipv6),
      "publications with two numbers",
    ).toEqual([]);
  },
);

onByCli(
  "PORT-14",
  {
    must: "`docker port C` MUST print one line `CPORT/PROTO -> IP:HPORT` for each host binding and nothing else",
    from: [
      cite("cli/container_port#show-all-mapped-ports", "7890/tcp -> 0.0.0.0:4321"),
      D0("3.4.2.2"),
      D1("桥接模式下暴露端口"),
    ],
  },
  (cli, session) => {
    const wanted = [...judgeByCli(cli, session)].flatMap(([publication, on]) => {
      const { binding } = expectedBindings(session.facts, publication, defaultBinding(session));
      const { containerPort, protocol } = publication;
      const ipv4 = portLines(containerPort, protocol, binding.hostIp, on.ipv4);
      return on.ipv6 === null ? [ipv4] : [ipv4, portLines(containerPort, protocol, "::", on.ipv6)];
    });
    const missing = wanted.filter((spellings) => !spellings.some((line) => cli.port.includes(line)));
    expect(
      missing.map((spellings) => spellings.join(" or ")),
      "lines that `docker port` lacks",
    ).toEqual([]);
    const known = new Set(wanted.flat());
    expect(
      cli.port.filter((line) => !known.has(line)),
      "further lines of `docker port`",
    ).toEqual([]);
    expect(new Set(cli.port).size, "different lines").toBe(cli.port.length);
    expect(cli.onlyOne.length, "lines of `docker port C 90/tcp`").toBeGreaterThan(0);
    expect(
      cli.onlyOne.map((line) => `90/tcp -> ${line}`).filter((line) => !cli.port.includes(line)),
      "lines of `docker port C 90/tcp` that belong to another port",
    ).toEqual([]);
  },
);

onByCli(
  "PORT-15",
  {
    must: "`docker container port` MUST print what `docker port` prints",
    from: [cite("cli/container_port", "docker container port, docker port"), D0("3.4.2.2")],
  },
  ({ port, containerPort }) => {
    expect(port.length, "lines of `docker port`").toBeGreaterThan(0);
    expect(containerPort.toSorted(), "lines of `docker container port`").toEqual(port.toSorted());
  },
);

onByCli(
  "PORT-16",
  {
    must: "`docker port` MUST take the short id of a container as well as its name",
    from: [D0("3.4.2.2"), D1("桥接模式下暴露端口")],
  },
  ({ port, byShortId }) => {
    expect(port.length, "lines of `docker port NAME`").toBeGreaterThan(0);
    expect(
      byShortId.exitCode,
      `exit code of \`${byShortId.command}\`; it said: ${byShortId.stderr.trim().split("\n")[0]}`,
    ).toBe(0);
    expect(linesOf(byShortId.stdout.replace(/\n$/, "")).toSorted(), "lines of `docker port ID`").toEqual(
      port.toSorted(),
    );
  },
);

/** Asserts that the docker command refuses a `-p`, and makes no container. */
async function mustBeRefusedByCli({ docker, runId, images }: Session, form: string, why: string): Promise<string> {
  const name = nameOf(runId, "publish-refused");
  const own = ownContainer(runId);
  try {
    const create = await dockerCli("create", "--name", name, ...own, "-p", form, images.busybox);
    expect(
      create.exitCode,
      `exit code of docker create -p ${form} (${why}); it said: ${create.stderr.trim().split("\n")[0]}`,
    ).toBe(125);
    expect(create.stdout, `container that docker create -p ${form} made`).toBe("");
    return create.stderr;
  } finally {
    await removeContainer(docker, name);
  }
}

onTheEngine(
  "PORT-10",
  {
    must: "`-p IP:CPORT` with one colon MUST be refused with exit code 125, naming the address as an invalid host port",
    from: [
      cite("cli/run#125", "Exit code 125 indicates that the error is with Docker daemon itself."),
      D1("桥接模式下暴露端口"),
    ],
  },
  async (session) => {
    const said = await mustBeRefusedByCli(session, "0.0.0.0:80", "one colon makes the left part a host port");
    expect(said, "what docker create -p 0.0.0.0:80 says").toMatch(/invalid hostport: 0\.0\.0\.0/i);
  },
);

onTheEngine(
  "PORT-42",
  {
    must: "The docker command MUST refuse every `-p` that names no port, no address, no known protocol or ranges that don't fit, and make no container",
    from: [engine("docs: Port publishing and mapping")],
  },
  async (session) => {
    // One after another: they share a name, so that whatever should not be there is found and removed.
    for (const { example, why } of REJECTED_PUBLISH_FORMS.slice(1)) await mustBeRefusedByCli(session, example, why);
  },
);
