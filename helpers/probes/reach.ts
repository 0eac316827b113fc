import { beforePort } from "../model/address.ts";
import type { Evidence, Vantage } from "../model/evidence.ts";
import type { AskedQuestion, Place, ReachProtocol } from "../model/question.ts";
import { type Classified, classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp } from "./classify.ts";

/** A reachability question that can be asked with a deadline of the asker's choice, and asked again. */
export interface Question {
  /** `ping 10.1.2.3 from container dnc-…-client` */
  readonly text: string;
  /** The same as data; missing where the place that asks says nothing of itself. */
  readonly asked?: AskedQuestion;
  /** Asks it; silence counts as `timed out` after this many whole seconds. */
  ask(seconds: number): Promise<Reached>;
}

/** What came of a question, with the evidence and what the other side said. */
export interface Reached extends Classified {
  readonly question: string;
  readonly evidence: Evidence;
  /** What the other side answered: the web page, the datagram, the looked-up addresses' text. */
  readonly answer: string;
}

function question(
  from: Vantage,
  what: string,
  data: (from: Place) => AskedQuestion,
  command: (seconds: number) => string,
  classify: (evidence: Evidence) => Classified,
): Question {
  const text = `${what} from ${from.label}`;
  const asked = from.place === undefined ? undefined : data(from.place);
  const question =
    asked === undefined ? {} : { question: asked, outcome: (evidence: Evidence) => classify(evidence).outcome };
  return {
    text,
    ...(asked === undefined ? {} : { asked }),
    async ask(seconds) {
      const evidence = await from.ask(command(seconds), { seconds, ...question });
      return { question: text, ...classify(evidence), evidence, answer: evidence.stdout };
    },
  };
}

/** The data of a question about reach. @param size bytes of payload; null for the asking program's own */
export function reach(
  protocol: ReachProtocol,
  to: string,
  port: number | null,
  size: number | null = null,
): (from: Place) => AskedQuestion {
  return (from) => ({ kind: "reach", from, to, protocol, port, size });
}

/** One ICMP echo to an address or a name. */
export function ping(from: Vantage, to: string): Question {
  return question(
    from,
    `ping ${to}`,
    reach("icmp", to, null),
    (seconds) => `ping -c 1 -W ${seconds} ${to}`,
    classifyPing,
  );
}

/**
 * An HTTP request; any HTTP answer counts as a reply. The deadline is the shell's own `timeout`: `wget -T` crashes in
 * Debian's BusyBox 1.35.
 */
export function http(from: Vantage, host: string, port = 80): Question {
  const url = `http://${beforePort(host)}:${port}/`;
  return question(from, `GET ${url}`, reach("tcp", host, port), () => `wget -q -O - ${url}`, classifyHttp);
}

/** A TCP handshake and nothing more; through docker-proxy it says only that the proxy listens, so ask {@link http} there. */
export function tcp(from: Vantage, host: string, port: number): Question {
  return question(
    from,
    `TCP connect to ${host}:${port}`,
    reach("tcp", host, port),
    (seconds) => `nc -w ${seconds} ${host} ${port} -e true`,
    classifyTcp,
  );
}

/**
 * A UDP datagram that the topology's nginx answers. BusyBox has one UDP client in every build, `tftp`; it takes an ICMP
 * port-unreachable for silence, so a UDP denial is always `timed out`.
 */
export function udp(from: Vantage, host: string, port: number): Question {
  return question(
    from,
    `UDP datagram to ${host}:${port}`,
    reach("udp", host, port),
    () => `tftp -g -r x -l - ${host} ${port}`,
    classifyUdp,
  );
}

/** A DNS lookup, of the container's own resolver or of a given server. A reverse lookup when `name` is an address. */
export function lookup(from: Vantage, name: string, server = ""): Question {
  const at = server === "" ? "" : ` at ${server}`;
  const resolve = (asker: Place): AskedQuestion => ({
    kind: "resolve",
    from: asker,
    name,
    server: server === "" ? null : server,
  });
  return question(from, `look up ${name}${at}`, resolve, () => `nslookup ${name} ${server}`.trim(), classifyLookup);
}
