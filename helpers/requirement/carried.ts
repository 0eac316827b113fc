import type { Vantage } from "../model/evidence.ts";
import { connections, type Echoes, echoes } from "../probes/bursts.ts";
import { http, type Question } from "../probes/reach.ts";
import { TRANSFER_SECONDS, type Transferred, WHOLE } from "../probes/transfers.ts";
import { asControl, expectOf } from "../vantage/recorder.ts";
import { NotRun, Violation } from "./verdicts.ts";

/*
 * What a way that is open has to carry: packets of every size, all of them, whole transfers, many connections at once.
 * Each is judged only where the same way carries something small, so that a way that is shut is told once, by the
 * requirements about reaching.
 */

/** From where to which address. */
export interface Way {
  readonly from: Vantage;
  readonly to: string;
}

/** What an IPv4 or IPv6 header and an ICMP header add to the data of a ping. */
function headers(address: string): number {
  return address.includes(":") ? 48 : 28;
}

/** Data of a ping whose packet is just as large as an MTU. */
export function pingThatFills(mtu: number, address: string): number {
  return mtu - headers(address);
}

/** Requests of each size: a way that loses some packets of any size is another requirement's. */
const OF_EACH_SIZE = 5;
const SMALL = 56;

/**
 * Asserts that echoes of that size are answered, where small ones are.
 * @param bytes of data; what exceeds the MTU goes in fragments
 * @throws NotRun where no small one is answered
 */
export async function mustCarry({ from, to }: Way, bytes: number): Promise<void> {
  const every = { count: OF_EACH_SIZE, every: 0.05 };
  const [small, large] = await Promise.all([
    asControl(() => echoes(from, to, every)),
    echoes(from, to, { ...every, bytes }),
  ]);
  for (const { evidence } of [small, large]) expectOf(evidence, { outcomes: ["replied"] });
  const size = bytes + headers(to);
  if (large.received > 0) return;
  if (small.received === 0) throw silent(from, to);
  throw new Violation(`packets of ${size} bytes from ${from.label} to ${to}`, {
    expected: `answers, as to packets of ${SMALL + headers(to)} bytes`,
    observed: `no answer to ${large.sent} packets of ${size} bytes; ${small.received} of ${small.sent} packets of ${SMALL + headers(to)} bytes were answered`,
    direction: "blocked",
    questions: [large.asked],
    cause: `a rule on the way drops by size (\`-m length\`), or a link of the way has an MTU below ${size}`,
  });
}

function silent(from: Vantage, to: string): NotRun {
  return new NotRun(
    `${to} answers ${from.label} not at all, not even a small packet; other requirements judge whether it has to`,
  );
}

const BURST = { count: 100, every: 0.002 };

/** Asserts that a hundred echoes in a row between two places of one host are all answered. @throws NotRun where none is */
export async function mustLoseNone({ from, to }: Way): Promise<void> {
  const seen = await echoes(from, to, BURST);
  expectOf(seen.evidence, { outcomes: ["replied"], answer: [" 0% packet loss"] });
  if (seen.received === 0) throw silent(from, to);
  if (seen.received < seen.sent)
    throw new Violation(`${seen.sent} packets in a row from ${from.label} to ${to}`, {
      ...loss(seen),
      direction: "blocked",
      questions: [seen.asked],
    });
}

/** How a loss is told. */
export function loss({ sent, received }: Pick<Echoes, "sent" | "received">): {
  readonly expected: string;
  readonly observed: string;
} {
  const lost = sent - received;
  return {
    expected: "each one answered",
    observed: `${Math.round((100 * lost) / sent)} % lost: no answer to ${lost} of ${sent}`,
  };
}

/**
 * Asserts that two megabytes arrive as they were sent.
 * @param control a small question over the same way
 * @throws NotRun where the control is not answered
 */
export async function mustArriveWhole(
  what: string,
  transfer: () => Promise<Transferred>,
  control: Question,
): Promise<void> {
  await mustBeOpen(control);
  const { md5, bytes, asked, evidence } = await transfer();
  expectOf(evidence, { outcomes: ["replied"], answer: [WHOLE.md5] });
  if (md5 === WHOLE.md5) return;
  const arrived =
    bytes === null
      ? md5 === ""
        ? `no answer within ${TRANSFER_SECONDS} s`
        : "other data than was sent"
      : bytes === WHOLE.bytes
        ? "as many bytes, but other data than was sent"
        : `${bytes} bytes; no answer for the rest within ${TRANSFER_SECONDS} s`;
  throw new Violation(what, {
    expected: `${WHOLE.bytes} bytes, as they were sent`,
    observed: arrived,
    direction: "blocked",
    questions: [asked],
    cause:
      "large packets are dropped on the way, by a rule or by a link with a smaller MTU, or their checksums are wrong (offloading of a network device)",
  });
}

/** Asserts that the question is answered where the control is. @throws NotRun where the control is not answered */
export async function mustBeAnsweredAs(question: Question, control: Question, cause: string): Promise<void> {
  await mustBeOpen(control);
  const reached = await question.ask(ANSWER_SECONDS);
  expectOf(reached.evidence, { outcomes: ["replied"] });
  if (reached.outcome === "replied") return;
  throw new Violation(question.text, {
    expected: "an answer",
    observed: `${reached.outcome}, no answer (${reached.detail})`,
    direction: "blocked",
    questions: [question.asked],
    cause,
  });
}

const ANSWER_SECONDS = 10;

async function mustBeOpen(control: Question): Promise<void> {
  const { outcome, detail, evidence } = await asControl(() => control.ask(ANSWER_SECONDS));
  expectOf(evidence, { outcomes: ["replied"] });
  if (outcome !== "replied")
    throw new NotRun(`${control.text}: ${outcome} (${detail}); other requirements judge whether it has to be open`);
}

/** Connections that are opened at once. */
export const AT_ONCE = 50;
/** SYNs that may have to be sent again: a busy machine may lose one, what limits connections loses most. */
const FEW = 2;

/**
 * Asserts that many connections at once are all served, none of them by a SYN that had to be sent again.
 * @throws NotRun where a single one is not served
 */
export async function mustServeAtOnce({ from, to }: Way, port = 80): Promise<void> {
  await mustBeOpen(http(from, to, port));
  const { opened, answered, sentAgain, asked } = await connections(from, to, port, AT_ONCE);
  if (answered === opened && (sentAgain === null || sentAgain <= FEW)) return;
  const again =
    sentAgain === null
      ? ""
      : `; ${sentAgain} SYNs had to be sent again after a second or more, no answer came to the first`;
  throw new Violation(`${opened} connections at once from ${from.label} to ${to}:${port}`, {
    expected: "each one answered at once",
    observed: `${answered} of ${opened} answered${answered < opened ? `, no answer on ${opened - answered}` : ""}${again}`,
    direction: "blocked",
    questions: [asked],
    cause:
      "something on the way limits new connections (a rule with `-m limit`, `hashlimit` or `connlimit`, a full conntrack table)",
  });
}
