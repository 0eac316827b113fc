import type { PortService } from "../expectations/port-service.ts";
import type { Vantage } from "../model/evidence.ts";
import { http, ping, type Question, type Reached } from "../probes/reach.ts";
import { parseWebAnswer, type WebAnswer, webAnswerPieces } from "../topology/web-server.ts";
import { expectOf } from "../vantage/recorder.ts";
import { mustReach } from "./reachability.ts";
import { NotApplicable, Violation } from "./verdicts.ts";

/** Who takes part when a published port is used. */
export interface Parties {
  /** What the published nginx calls itself: its container's name. */
  readonly server: string;
  /** The port that nginx listens on. */
  readonly containerPort: number;
  /** The asker's own address; for the host itself the host address that it asks. */
  readonly client: string;
  /** The gateway of the network that the server is on. */
  readonly gateway: string;
}

/**
 * Asserts that a published port is served as the expectation says: answered by that very container at its own port, which
 * sees the peer address that DNAT or docker-proxy leaves it.
 * @throws NotApplicable where the configuration closes the path, or nothing is known about it: that a port is shut as
 * foretold says nothing for a sentence that it is served
 */
export async function mustBeServed(question: Question, expected: PortService, parties: Parties): Promise<WebAnswer> {
  if (expected.outcome !== "replied") throw new NotApplicable(expected.why);
  const wanted = peerOf(expected, parties);
  const answer = await mustAnswer(question, parties.server, OPEN_CAUSE, {
    localPort: parties.containerPort,
    ...(wanted === null ? {} : { peerAddress: wanted }),
  });
  const seen = { localPort: answer.localPort, ...(wanted === null ? {} : { peer: answer.peerAddress }) };
  const right = { localPort: parties.containerPort, ...(wanted === null ? {} : { peer: wanted }) };
  if (seen.localPort === right.localPort && seen.peer === right.peer) return answer;
  throw new Violation(`${question.text}, as the server saw it`, {
    expected: `served by ${expected.by}: asked at its port ${right.localPort}${wanted === null ? "" : `, by ${wanted}`}`,
    observed: `asked at its port ${answer.localPort}, by ${answer.peerAddress}`,
    cause: `the expected way is ${expected.by} (${expected.why}); a rule of Docker's nat chain DOCKER, or of POSTROUTING, is missing or was added by somebody else`,
  });
}

const OPEN_CAUSE =
  "Docker's nat rules were flushed (a firewall was reloaded: restart dockerd), docker-proxy was killed, or the host's own packet filter (INPUT, FORWARD) drops it";

/**
 * Asserts that one of the topology's nginx answers, and that it is the one named.
 * @param further what else the answer has to say, which the caller judges
 */
export async function mustAnswer(
  question: Question,
  server: string,
  cause: string = OPEN_CAUSE,
  further: Partial<WebAnswer> = {},
): Promise<WebAnswer> {
  const reached = await mustReach(question, cause);
  expectOf(reached.evidence, { outcomes: ["replied"], answer: webAnswerPieces({ ...further, server }) });
  return answerOf(question, reached, server, "another process or container holds this host port");
}

/** What a server says of a question; it did not reach that server where another one answers. */
function answerOf(question: Question, { answer }: Reached, server: string, cause?: string): WebAnswer {
  const read = parseWebAnswer(answer);
  if (read?.server === server) return read;
  throw new Violation(`${question.text}: who answered`, {
    expected: server,
    observed: read === null ? `somebody else: ${JSON.stringify(answer.slice(0, 80))}` : read.server,
    cause,
    direction: "blocked",
    questions: [question.asked],
  });
}

/**
 * Asserts that two places reach each other by their own addresses, nothing translated on the way: by ping, and by HTTP,
 * whose server says whom it saw and at which of its addresses.
 */
export async function mustMeet(
  from: Vantage,
  fromAddress: string,
  server: { readonly name: string; readonly address: string },
): Promise<void> {
  await mustReach(ping(from, server.address));
  const question = http(from, server.address);
  const reached = await mustReach(question);
  const wanted = { server: server.name, localAddress: server.address, peerAddress: fromAddress };
  expectOf(reached.evidence, { outcomes: ["replied"], answer: webAnswerPieces(wanted) });
  const seen = answerOf(question, reached, server.name);
  if (seen.localAddress === server.address && seen.peerAddress === fromAddress) return;
  throw new Violation(`${question.text}, as the server saw it`, {
    expected: `${server.name}, asked at ${server.address}, by ${fromAddress}`,
    observed: `${seen.server}, asked at ${seen.localAddress}, by ${seen.peerAddress}`,
    questions: [question.asked],
  });
}

function peerOf({ source }: PortService, { client, gateway }: Parties): string | null {
  if (source === "client") return client;
  return source === "gateway of the server's network" ? gateway : null;
}
