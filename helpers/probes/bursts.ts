import { beforePort } from "../model/address.ts";
import { type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";
import type { AskedQuestion } from "../model/question.ts";
import { parsePing } from "./parse/parse-ping.ts";
import { reach } from "./reach.ts";

/** What came of echo requests sent one after the other. */
export interface Echoes {
  readonly sent: number;
  readonly received: number;
  /** What was asked, as data; missing where the place that asks says nothing of itself. */
  readonly asked: AskedQuestion | undefined;
  readonly evidence: Evidence;
}

/** How long the first answer is waited for when all requests are sent, seconds; once there was one, BusyBox waits a second. */
const FIRST_ANSWER_SECONDS = 3;

/** Prints `echoes OUT IN`: echo requests that the network namespace has sent, and answers that have come back to it. */
function counted(to: string): string {
  return to.includes(":")
    ? 'awk \'{c[$1]=$2}END{print "echoes",c["Icmp6OutEchos"],c["Icmp6InEchoReplies"]}\' /proc/net/snmp6'
    : 'awk \'$1=="Icmp:"{if(!h){h=1;for(i=2;i<=NF;i++)n[$i]=i}else print "echoes",$n["OutEchos"],$n["InEchoReps"]}\' /proc/net/snmp';
}

/**
 * Sends echo requests in a row, and counts what came back by the kernel's own counters as well: `ping` that is kept
 * waiting for its turn on a busy machine ends without reading its last answers.
 * @param bytes of data in each; 56 unless said otherwise
 * @param every seconds from one to the next
 */
export async function echoes(
  from: Vantage,
  to: string,
  { count, every, bytes = 56 }: { readonly count: number; readonly every: number; readonly bytes?: number },
): Promise<Echoes> {
  const counters = counted(to);
  const asked = from.place === undefined ? undefined : reach("icmp", to, null, bytes)(from.place);
  const evidence = await from.ask(
    `${counters}; ping -q -c ${count} -i ${every} -s ${bytes} -W ${FIRST_ANSWER_SECONDS} ${to}; r=$?; ${counters}; exit $r`,
    {
      seconds: Math.ceil(count * every) + FIRST_ANSWER_SECONDS + 10,
      ...(asked === undefined ? {} : { question: asked }),
    },
  );
  // Nothing could be sent at all: no route, or a rule of the sender's own.
  if (evidence.exitCode !== 0 && !evidence.timedOut && !/packets transmitted/.test(evidence.stdout)) {
    if (/unreachable|not permitted|Invalid argument|No route|requested address/i.test(evidence.stderr))
      return { sent: count, received: 0, asked, evidence };
    throw new ProbeFailed(`ping ${to} from ${from.label} tells nothing: ${evidence.stderr.trim()}`, evidence);
  }
  const readings = [...evidence.stdout.matchAll(/^echoes (\d+) (\d+)$/gm)].map(([, out, back]) =>
    [out, back].map(Number),
  );
  const { transmitted, received } = parsePing(evidence.stdout.replaceAll(/^echoes .*\n?/gm, ""));
  const [[out = 0, back = 0] = [], [outAfter = 0, backAfter = 0] = []] = readings;
  const unanswered = outAfter - out - (backAfter - back);
  const byKernel = readings.length === 2 && outAfter - out >= transmitted ? transmitted - Math.max(0, unanswered) : 0;
  return { sent: transmitted, received: Math.max(received, byKernel), asked, evidence };
}

/** What came of connections opened at the same moment. */
export interface Connections {
  readonly opened: number;
  /** How many got an answer in time. */
  readonly answered: number;
  /** How often a SYN had to be sent again, because no answer to it came within a second; null where the kernel doesn't tell. */
  readonly sentAgain: number | null;
  readonly asked: AskedQuestion | undefined;
  readonly evidence: Evidence;
}

/** How long one connection may take, seconds: a SYN is sent again after 1, 3, 7 s. */
const CONNECTION_SECONDS = 8;

/** Prints `again N`: SYNs that the network namespace has sent more than once. */
const SENT_AGAIN =
  'awk \'$1=="TcpExt:"{if(!n){for(i=2;i<=NF;i++)if($i=="TCPSynRetrans")n=i}else print "again",$n}\' /proc/net/netstat';

/**
 * Asks a web server over many connections at once. A SYN that was lost is told by the kernel's own counter, so that a
 * machine that is merely slow is not taken for a network that drops: the answer to a SYN is the kernel's.
 * @param from a network namespace in which nobody else connects meanwhile
 */
export async function connections(from: Vantage, host: string, port: number, count: number): Promise<Connections> {
  const url = `http://${beforePort(host)}:${port}/`;
  const asked = from.place === undefined ? undefined : reach("tcp", host, port)(from.place);
  const evidence = await from.ask(
    `${SENT_AGAIN}; for i in $(seq ${count}); do (timeout ${CONNECTION_SECONDS} wget -q -O /dev/null ${url} 2>/dev/null && echo answered) & done; wait; ${SENT_AGAIN}`,
    { seconds: CONNECTION_SECONDS + 20, ...(asked === undefined ? {} : { question: asked }) },
  );
  const [before, after] = [...evidence.stdout.matchAll(/^again (\d+)$/gm)].map(([, number]) => Number(number));
  return {
    opened: count,
    answered: [...evidence.stdout.matchAll(/^answered$/gm)].length,
    sentAgain: before === undefined || after === undefined ? null : after - before,
    asked,
    evidence,
  };
}
