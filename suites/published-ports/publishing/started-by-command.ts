import { askForContainer } from "../../../helpers/engine/answers.ts";
import { nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { chosenTwice, masqueradedTwice } from "../../../helpers/expectations/known-defects.ts";
import { type Publication, parsePublish } from "../../../helpers/expectations/ports.ts";
import { networkNotSetUp, portAlreadyAllocated, runtimeFailed } from "../../../helpers/expectations/refusals.ts";
import type { Inspected } from "../../../helpers/model/engine-answers.ts";
import type { Evidence } from "../../../helpers/model/evidence.ts";
import { sockets } from "../../../helpers/probes/sockets.ts";
import { mustHaveBindings, type PublishedOn } from "../../../helpers/requirement/bindings.ts";
import { type Given, NotRun, type Session, stage, theEngine, Violation } from "../../../helpers/requirement/index.ts";
import { freeHostPort } from "../../../helpers/topology/host-ports.ts";
import { dockerCli, dockerCliAnswer, ownContainer } from "../../../helpers/vantage/docker-cli.ts";
import { defaultBinding, type PortBindings, publicationsOf, TRIES } from "./site.ts";

interface ByCli {
  readonly id: string;
  readonly name: string;
  /** The values of its `-p` options. */
  readonly forms: readonly string[];
  readonly inspected: Inspected;
  /** Lines of `docker port`, asked in several ways. */
  readonly port: readonly string[];
  readonly containerPort: readonly string[];
  /** The same by the container's short id, refused or not. */
  readonly byShortId: Evidence;
  /** What `docker port C 90/tcp` prints. */
  readonly onlyOne: readonly string[];
  readonly listening: { readonly tcp: readonly number[]; readonly udp: readonly number[] };
}

export function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim());
}

/** A container that the docker command itself started, with most forms of `-p`; observed, and removed again. */
export const byCli: Given<ByCli> = stage(
  theEngine,
  async (session) => await runByCli(session, "publish-cli", () => []),
);

/**
 * With the last forms as well: a port that the engine chooses for one address beside one that it chooses for every
 * address, and a container port on a second host port. By itself, because some engines start nothing then
 * ({@link chosenTwice}, {@link masqueradedTwice}).
 */
export const byCliInEveryForm: Given<ByCli> = stage(
  theEngine,
  async (session) => await runByCli(session, "publish-cli-all", (free) => ["127.0.0.1::92", `${free()}:99`]),
);

/** @param further forms of `-p`, made of host ports that nobody uses */
async function runByCli(
  session: Session,
  part: string,
  further: (free: () => number) => readonly string[],
): Promise<ByCli> {
  if (session.facts.host === null) throw new NotRun(session.facts.hostViewMissing);
  const { runId, images, facts, docker } = session;
  const name = nameOf(runId, part);
  const own = ownContainer(runId);
  for (let attempt = 1; ; attempt++) {
    const free = (): number => freeHostPort(facts);
    const range = free();
    const forms = [
      "90",
      `${free()}:91`,
      `127.0.0.1:${free()}:93`,
      `0.0.0.0:${free()}:94`,
      `${free()}:96/udp`,
      `${range}-${range + 1}:97-98`,
      `${free()}:99`,
      ...further(free),
    ];
    try {
      const options = forms.flatMap((form) => ["-p", form]);
      // Somebody else may hold the UDP port of a number that the engine chooses for TCP.
      const others = new Set((await sockets(await session.host())).map(({ inode }) => inode));
      const run = await dockerCli("run", "-d", "--name", name, ...own, ...options, images.busybox, "sleep", "600");
      if (run.exitCode !== 0) {
        if (attempt < TRIES && portAlreadyAllocated().test(run.stderr)) continue;
        const made = await askForContainer(docker, name).catch(() => null);
        const cause = made === null ? undefined : alteredOnTheWay(forms, made);
        throw new Violation(`docker run ${options.join(" ")}`, {
          expected: "a running container",
          observed: run.stderr.trim(),
          cause,
          refusal: cause === undefined ? failureIn(run.stderr) : undefined,
        });
      }
      const id = run.stdout.trim();
      const lines = async (...args: string[]): Promise<string[]> => linesOf(await dockerCliAnswer(...args));
      const [inspected, port, containerPort, byShortId, onlyOne, open] = await Promise.all([
        askForContainer(docker, id),
        lines("port", name),
        lines("container", "port", name),
        dockerCli("port", id.slice(0, 12)),
        lines("port", name, "90/tcp"),
        session.host().then(sockets),
      ]);
      const portsOf = (protocol: "tcp" | "udp", state: string): number[] =>
        open
          .filter(({ protocol: own, state: is, inode }) => own === protocol && is === state && !others.has(inode))
          .map((socket) => socket.local.port);
      const listening = { tcp: portsOf("tcp", "LISTEN"), udp: portsOf("udp", "UNCONNECTED") };
      return { id, name, forms, inspected, port, containerPort, byShortId, onlyOne, listening };
    } finally {
      await removeContainer(docker, name);
    }
  }
}

/** Host ports of `HostConfig.PortBindings` or of `-p` options, each with its container port, in one order. */
function bindingsText(publications: readonly Publication[]): string {
  return publications
    .map(
      ({ hostIp, hostPort, containerPort, protocol }) =>
        `${hostIp || "*"}:${hostPort ?? "*"}->${containerPort}/${protocol}`,
    )
    .toSorted()
    .join(" ");
}

/** Why the engine publishes other things than the docker command was told to: what it was asked for. Undefined where that is right. */
function alteredOnTheWay(forms: readonly string[], { HostConfig }: Pick<Inspected, "HostConfig">): string | undefined {
  const wanted = bindingsText(forms.flatMap(parsePublish));
  const bindings = HostConfig.PortBindings as PortBindings;
  const asked = bindingsText(Object.keys(bindings ?? {}).flatMap((port) => publicationsOf(bindings, port)));
  if (asked === wanted) return undefined;
  return `The engine was asked to publish ${asked || "nothing"} (HostConfig.PortBindings: HostIp, HostPort), \`-p\` said ${wanted}: somebody between the docker command and the engine alters requests (an authorization plugin, a platform's proxy), or another program stands for the docker command.`;
}

/** What the engine said when it failed at what it has to do; undefined where it refused what it may refuse. */
function failureIn(stderr: string): string | undefined {
  const words = /Error response from daemon: ([^\n]+)/.exec(stderr)?.[1] ?? "";
  return networkNotSetUp(words) || runtimeFailed(words) ? words : undefined;
}

/** Asserts that the engine was asked for what `-p` says: what it then makes of it is judged by the bindings. */
export function mustHaveAsked({ forms, inspected }: Pick<ByCli, "forms" | "inspected">): void {
  const cause = alteredOnTheWay(forms, inspected);
  if (cause === undefined) return;
  throw new Violation("what the docker command asked the engine to publish", {
    expected: bindingsText(forms.flatMap(parsePublish)),
    observed: Object.keys((inspected.HostConfig.PortBindings ?? {}) as object).join(" ") || "nothing",
    cause,
  });
}

/** The bindings that the docker command's `-p` options gave, by container port, each judged. Returns the host ports of each. */
export function judgeByCli({ forms, inspected }: ByCli, session: Session): Map<Publication, PublishedOn> {
  const publications = forms.flatMap(parsePublish);
  const ports = new Map<Publication, PublishedOn>();
  for (const key of new Set(publications.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`))) {
    const own = publications.filter(({ containerPort, protocol }) => `${containerPort}/${protocol}` === key);
    const written = forms.filter((form) =>
      parsePublish(form).some((publication) => `${publication.containerPort}/${publication.protocol}` === key),
    );
    const what = `host bindings of ${key} (${written.map((form) => `-p ${form}`).join(" ")})`;
    const found = mustHaveBindings(
      what,
      session.facts,
      inspected.NetworkSettings.Ports[key] ?? [],
      own,
      defaultBinding(session),
    );
    own.forEach((publication, index) => {
      const on = found[index];
      if (on !== undefined) ports.set(publication, on);
    });
  }
  return ports;
}
