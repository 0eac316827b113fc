import type { Evidence, Vantage } from "../model/evidence.ts";
import { classifyLookup, classifyTcp } from "./classify.ts";
import { parseNslookup } from "./parse/parse-nslookup.ts";
import { type Question, type Reached, reach } from "./reach.ts";

export type DnsTransport = "UDP" | "TCP";

/**
 * What is asked for: the name of 127.0.0.1. Resolvers answer it themselves (RFC 6303), so the answer does not depend on
 * the internet.
 */
const ASKED = "127.0.0.1";

/** The same question as a DNS message over TCP: length, id `NC`, recursion desired, one question for a PTR record. */
const MESSAGE =
  "\\000\\050NC\\001\\000\\000\\001\\000\\000\\000\\000\\000\\000\\0011\\0010\\0010\\003127\\007in-addr\\004arpa\\000\\000\\014\\000\\001";

/** Of name servers. */
const DOMAIN = 53;
/** Length, id and flags of the answer, the response code in the last byte; the counts that follow tell nothing. */
const HEAD = 6;

const CODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/**
 * Whether a name server answers, whatever it says: NOERROR, NXDOMAIN, SERVFAIL and REFUSED are answers, and `answer`
 * holds which. Something that listens and speaks no DNS is `refused`.
 * @param server its address
 */
export function nameServerAnswers(from: Vantage, server: string, transport: DnsTransport): Question {
  const text = `ask the nameserver ${server} over ${transport} from ${from.label}`;
  const asked = reach(transport === "UDP" ? "udp" : "tcp", server, DOMAIN);
  return {
    text,
    ...(from.place === undefined ? {} : { asked: asked(from.place) }),
    async ask(seconds) {
      const evidence = await from.ask(transport === "UDP" ? `nslookup ${ASKED} ${server}` : overTcp(server, seconds), {
        seconds,
      });
      return { question: text, evidence, ...(transport === "UDP" ? readUdp(evidence) : readTcp(evidence, server)) };
    },
  };
}

type Read = Omit<Reached, "question" | "evidence">;

/**
 * The program behind `-e` has the connection as its input and output, and says on standard error what came: its input
 * stays open meanwhile, for some servers hang up on a client that has closed its side.
 */
function overTcp(server: string, seconds: number): string {
  return `nc -w ${seconds} ${server} 53 -e sh -c 'printf "${MESSAGE}"; head -c ${HEAD} | od -An -v -t x1 >&2' 2>&1`;
}

function readUdp(evidence: Evidence): Read {
  const classified = classifyLookup(evidence);
  if (classified.outcome !== "replied" && classified.outcome !== "name not found") return { ...classified, answer: "" };
  // The server's own address is what was not found: a link-local one by an interface that is not there (fe80::1%wlan0).
  if (evidence.stdout.trim() === "") return { outcome: "unreachable", detail: classified.detail, answer: "" };
  const { failure } = parseNslookup(evidence.stdout);
  const code = failure === null || failure === "no answer" ? "NOERROR" : failure;
  return { outcome: "replied", detail: `${code} after ${evidence.ms} ms`, answer: code };
}

function readTcp(evidence: Evidence, server: string): Read {
  // The whole line is in the evidence; for the sentence its first words do.
  const command = `nc ${server} 53`;
  const printed = /^(?: [0-9a-f]{2})+$/m.exec(evidence.stdout)?.[0] ?? "";
  const bytes =
    printed.trim() === ""
      ? []
      : printed
          .trim()
          .split(" ")
          .map((byte) => Number.parseInt(byte, 16));
  if (bytes.length === 0) {
    const classified = classifyTcp({ ...evidence, command });
    return classified.outcome === "replied"
      ? { outcome: "refused", detail: `\`${command}\` connected and heard nothing.`, answer: "" }
      : { ...classified, answer: "" };
  }
  const [, , one, two, flags = 0, last = 0] = bytes;
  const ours = bytes.length === HEAD && one === "N".charCodeAt(0) && two === "C".charCodeAt(0) && (flags & 0x80) !== 0;
  if (!ours)
    return {
      outcome: "refused",
      detail: `\`${command}\` connected and heard ${printed.trim()}, which begins no DNS answer.`,
      answer: "",
    };
  const code = CODES[last & 0x0f] ?? `response code ${last & 0x0f}`;
  return { outcome: "replied", detail: `${code} after ${evidence.ms} ms`, answer: code };
}
