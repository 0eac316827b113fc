import { valueDangers } from "../configuration/value-dangers.ts";
import { FALLBACK_RESOLVERS, loopbackCopied } from "../expectations/resolver.ts";
import { isLoopback } from "../model/address.ts";
import type { Cause } from "../model/cause.ts";
import type { Vantage } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import { type DnsTransport, nameServerAnswers } from "../probes/name-server.ts";
import type { Question, Reached } from "../probes/reach.ts";
import { asControl, note } from "../vantage/recorder.ts";
import { mustReach } from "./reachability.ts";
import type { Session } from "./session.ts";
import { NotApplicable, Violation } from "./verdicts.ts";

/** How long a server may take: resolvers ask the next one after 5 s (resolv.conf(5), `timeout`). */
const SECONDS = 5;
/** Servers that resolvers look at (resolv.conf(5), MAXNS). */
const MAX_SERVERS = 3;

/** What is said of a server that is silent to containers alone. */
const SHUT =
  "the way of port 53 from containers to that server is shut (INPUT where it is on this host, FORWARD and DOCKER-USER else), or the server answers only addresses that it knows";

/** Who asks, and whom. */
interface Asking {
  readonly container: Vantage;
  /** The servers that its resolv.conf names, or those behind the engine's resolver. */
  readonly servers: readonly string[];
  /** The engine's resolver inside the container, where it stands before the servers. */
  readonly resolver?: string;
  readonly transport: DnsTransport;
}

/** What the daemon's own keys for names do to containers, where that alone explains it. */
export function deadServers(facts: Pick<Facts, "configuration" | "engine" | "host">): string | null {
  const { configuration, host } = facts;
  return valueDangers(configuration, host).find(({ key }) => key === "dns")?.text ?? loopbackCopied(facts);
}

/**
 * Asserts that a container gets the answers that the host gets. All are asked at the same moment:
 * - a server that answers the host answers the container;
 * - where the host gets answers from its own servers, the container gets one from those that it is told to ask.
 *
 * A server that doesn't answer the host is none to judge a container by, and neither are those that the engine itself
 * puts in the place of a host's loopback servers.
 * @throws NotApplicable where that leaves nothing to judge by
 */
export async function mustGetAnswers({ resolver, ...asking }: Asking, session: Session): Promise<void> {
  const { container, transport } = asking;
  const servers = asking.servers.slice(0, MAX_SERVERS);
  const { host } = session.facts;
  const own = [host?.resolver, host?.resolver.own].flatMap((file) => (file?.nameservers ?? []).slice(0, MAX_SERVERS));
  const questions = (resolver === undefined ? servers : [resolver]).map((server) =>
    nameServerAnswers(container, server, transport),
  );
  const [ofHost, asked] = await Promise.all([
    askedOfHost([...new Set([...servers, ...own])], transport, session),
    Promise.all(questions.map(async (question) => ({ question, reached: await question.ask(SECONDS) }))),
  ]);
  // What the engine put in their place is nobody's to mend; that it did is a note of the host's.
  const chosen = ofHost.filter(({ server }) => own.includes(server) || !chosenByEngine([server], session.facts));
  await remarkOnServers(chosen, transport, session);
  remarkOnWait(container, ofHost, asked);
  // Behind the engine's resolver SERVFAIL means that no server knew anything: where one knows, it is no answer.
  const knowing = ofHost.filter(({ reached }) => ["NOERROR", "NXDOMAIN"].includes(reached.answer));
  const strict = resolver !== undefined && knowing.length > 0;
  const inside = strict ? asked.map(handedOn) : asked;
  const replying = ofHost.filter(({ reached }) => reached.outcome === "replied");
  const answering = (resolver === undefined ? replying : knowing).map(({ server }) => server);
  const due = servers.filter((server) => answering.includes(server));
  // Once more with patience: one datagram may be lost.
  for (const { question, reached } of inside) {
    const judged =
      resolver === undefined ? due.some((server) => question.text.includes(` ${server} `)) : due.length > 0;
    if (judged && reached.outcome !== "replied") await mustReach(question, SHUT);
  }
  if (due.length > 0 || inside.some(({ reached }) => reached.outcome === "replied")) return;
  const known = answering.length > 0 || deadServers(session.facts) !== null;
  if (!known || chosenByEngine(servers, session.facts)) throw nothingToJudgeBy(servers, ofHost, transport);
  throw new Violation(`names for ${container.label} over ${transport}`, {
    expected:
      answering.length > 0
        ? `an answer, as ${answering.join(", ")} gives the host one`
        : "an answer of one of the nameservers that it is told to ask",
    observed: inside
      .map(({ question, reached }) => `${question.text}: ${reached.outcome} (${reached.detail})`)
      .join("; "),
    // What the value of a key says of itself is told in its own words.
    ...(deadServers(session.facts) === null ? { causes: [silentServers(servers, ofHost)] } : {}),
  });
}

/** Asked from the host at the same moment, so it is seen and no guess. */
function silentServers(servers: readonly string[], ofHost: readonly AskedOfHost[]): Cause {
  return {
    key: `nameservers ${servers.join(" ")}`,
    what:
      servers.length === 0
        ? "Containers are told of nameservers that they can't ask: those are IPv6's, and the default bridge has no IPv6. They resolve no name."
        : `Containers are told to ask ${servers.join(", ")}, which answer${servers.length === 1 ? "s" : ""} neither them nor the host: they resolve no name beyond their networks.`,
    act: null,
    certainty: "seen",
    subjects: [{ kind: "host" }],
    evidence: ofHost.map(({ server, reached }) => `the host asks ${server}: ${reached.outcome}`),
    remedies: [],
  };
}

interface AskedOfHost {
  readonly server: string;
  readonly reached: Reached;
}

async function askedOfHost(
  servers: readonly string[],
  transport: DnsTransport,
  session: Session,
): Promise<AskedOfHost[]> {
  const host = await session.host();
  const asked = servers.map(async (server) => ({
    server,
    reached: await nameServerAnswers(host, server, transport).ask(SECONDS),
  }));
  return await asControl(async () => await Promise.all(asked));
}

interface Asked {
  readonly question: Question;
  readonly reached: Reached;
}

/** The same with SERVFAIL, the engine's own word for having no answer, as none. */
function handedOn({ question, reached }: Asked): Asked {
  const read = (one: Reached): Reached =>
    one.answer === "SERVFAIL"
      ? { ...one, outcome: "name not found", detail: "SERVFAIL: the engine's resolver got no answer" }
      : one;
  return {
    question: { text: question.text, ask: async (seconds) => read(await question.ask(seconds)) },
    reached: read(reached),
  };
}

/** An answer that takes longer is worth knowing, milliseconds. */
const SLOW_MS = 1000;

/** What is worth knowing of the servers themselves, as the host finds them. Each program asks over UDP first. */
async function remarkOnServers(
  asked: readonly AskedOfHost[],
  transport: DnsTransport,
  session: Session,
): Promise<void> {
  if (transport !== "UDP") return;
  for (const { server, reached } of asked) {
    const { outcome, answer, evidence } = reached;
    const remark = (key: string, what: string) =>
      note({
        key: `nameserver ${server} ${key}`,
        what: `The nameserver ${server} ${what}`,
        todo: `Mend that server, or take it out of resolv.conf or of "dns" in daemon.json.`,
        subjects: [{ kind: "host" }],
      });
    if (outcome === "timed out")
      remark("is silent", `does not answer this host: each look-up that asks it first takes ${SECONDS} s longer.`);
    else if (outcome !== "replied") remark("can't be asked", `gives this host no answer (${outcome}).`);
    else if (answer === "REFUSED" || answer === "SERVFAIL") remark("refuses", `answers this host ${answer}.`);
    else if (evidence.ms > SLOW_MS && (await staysSlow(server, transport, session)))
      remark(
        "is slow",
        `took ${(evidence.ms / 1000).toFixed(1)} s to answer this host, for a name that it need not ask anybody for.`,
      );
  }
}

/** Whether it is slow when it is asked again, and the host's shell, asked for nothing, is not: a busy host is slow at all. */
async function staysSlow(server: string, transport: DnsTransport, session: Session): Promise<boolean> {
  const host = await session.host();
  return await asControl(async () => {
    const { outcome, evidence } = await nameServerAnswers(host, server, transport).ask(SECONDS);
    const { ms } = await host.ask("sh -c true");
    return outcome === "replied" && evidence.ms > SLOW_MS && evidence.ms > 3 * ms;
  });
}

/** A container that gets its answer, and has to wait for it when the host has not. */
function remarkOnWait(container: Vantage, ofHost: readonly AskedOfHost[], asked: readonly Asked[]): void {
  const quickest = Math.min(
    ...ofHost.filter(({ reached }) => reached.outcome === "replied").map(({ reached }) => reached.evidence.ms),
  );
  for (const { question, reached } of asked) {
    const { ms } = reached.evidence;
    if (reached.outcome !== "replied" || ms <= SLOW_MS || ms <= 3 * quickest) continue;
    const what = question.text.replace(` from ${container.label}`, "");
    note({
      key: `slow names: ${what}`,
      what: `A container waits ${(ms / 1000).toFixed(1)} s for an answer that the host gets in ${Math.round(quickest)} ms (${what}).`,
      todo: "Look at the order of the nameservers: the first is asked first, also where it is silent.",
      subjects: [{ kind: "host" }],
    });
  }
}

/** Google's servers, and before Engine 26.0 a copied loopback address, where nobody named them. */
function chosenByEngine(servers: readonly string[], { configuration }: Pick<Facts, "configuration">): boolean {
  if ((configuration.dns ?? []).length > 0) return false;
  const fallback: readonly string[] = [...FALLBACK_RESOLVERS.ipv4, ...FALLBACK_RESOLVERS.ipv6];
  return servers.every((server) => fallback.includes(server) || isLoopback(server));
}

function nothingToJudgeBy(
  servers: readonly string[],
  asked: readonly AskedOfHost[],
  transport: DnsTransport,
): NotApplicable {
  const what = asked
    .filter(({ server }) => servers.includes(server))
    .map(({ server, reached: { outcome, detail } }) => `${server}: ${outcome === "replied" ? detail : outcome}`);
  return new NotApplicable(
    `none of the nameservers that containers are told to ask gives this host itself an answer over ${transport} (${what.join(", ") || "there is none"})`,
  );
}
