import { type Classified, classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp } from "./classify.ts";
import type { Evidence, Vantage } from "./evidence.ts";

/** A reachability question that can be asked with a deadline of the asker's choice, and asked again. */
export interface Question {
  /** `ping 10.1.2.3 from container dnc-…-client` */
  readonly text: string;
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
  command: (seconds: number) => string,
  classify: (evidence: Evidence) => Classified,
): Question {
  const text = `${what} from ${from.label}`;
  return {
    text,
    async ask(seconds) {
      const evidence = await from.ask(command(seconds), { seconds });
      return { question: text, ...classify(evidence), evidence, answer: evidence.stdout };
    },
  };
}

/** One ICMP echo to an address or a name. */
export function ping(from: Vantage, to: string): Question {
  return question(from, `ping ${to}`, (seconds) => `ping -c 1 -W ${seconds} ${to}`, classifyPing);
}

/**
 * An HTTP request; any HTTP answer counts as a reply. The deadline is the shell's own `timeout`: `wget -T` crashes in
 * Debian's BusyBox 1.35.
 */
export function http(from: Vantage, host: string, port = 80): Question {
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
  return question(from, `GET ${url}`, () => `wget -q -O - ${url}`, classifyHttp);
}

/** A TCP handshake and nothing more; through docker-proxy it says only that the proxy listens, so ask {@link http} there. */
export function tcp(from: Vantage, host: string, port: number): Question {
  return question(
    from,
    `TCP connect to ${host}:${port}`,
    (seconds) => `nc -w ${seconds} ${host} ${port} -e true`,
    classifyTcp,
  );
}

/**
 * A UDP datagram that the topology's nginx answers. BusyBox has one UDP client in every build, `tftp`; it takes an ICMP
 * port-unreachable for silence, so a UDP denial is always `timed out`.
 */
export function udp(from: Vantage, host: string, port: number): Question {
  return question(from, `UDP datagram to ${host}:${port}`, () => `tftp -g -r x -l - ${host} ${port}`, classifyUdp);
}

/** A DNS lookup, of the container's own resolver or of a given server. A reverse lookup when `name` is an address. */
export function lookup(from: Vantage, name: string, server = ""): Question {
  const at = server === "" ? "" : ` at ${server}`;
  return question(from, `look up ${name}${at}`, () => `nslookup ${name} ${server}`.trim(), classifyLookup);
}
