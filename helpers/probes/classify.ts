import type { Evidence } from "../model/evidence.ts";
import type { Outcome, UnreachableKind } from "../model/outcome.ts";
import { parseNslookup } from "./parse/parse-nslookup.ts";
import { UnreadableOutput } from "./parse/unreadable-output.ts";

/** What a reachability probe's evidence means. */
export interface Classified {
  readonly outcome: Outcome;
  /** With the outcome `unreachable` only. */
  readonly unreachable?: UnreachableKind;
  /** One sentence that quotes the decisive words. */
  readonly detail: string;
}

/*
 * The wording that is looked for was captured from BusyBox 1.35, 1.37 and 1.38 and iputils 20221126 and 20250605 in the
 * situations that the captured evidence beside the parsers is named after.
 */

export type Sign = { readonly words: RegExp; readonly outcome: Outcome; readonly unreachable?: UnreachableKind };

/** Signs that the probe could not do its work; looked for first, since nothing else in the text counts then. */
const BROKEN: readonly RegExp[] = [
  /^.*applet not found.*$/m,
  /^.*(?:invalid|unrecognized|unknown) option.*$/m,
  /^.*(?:bad port|bad number|not an http or ftp url|invalid query type|invalid number '|is not in .* range).*$/m,
  /^.*permission denied \(are you root\?\).*$/m,
  // A missing capability; said of sending, it is an OUTPUT rule.
  /^(?!.*\b(?:sendto|sendmsg|write to '.*'):).*Operation not permitted.*$/m,
  /^Usage:.*$/m,
];

/** What the kernel or the network told the client; the first that is found counts. */
export const SIGNS: readonly Sign[] = [
  { words: /^.*Connection (?:refused|reset by peer).*$/m, outcome: "refused" },
  { words: /^.*Destination Port Unreachable.*$/m, outcome: "refused" },
  { words: /^.*Destination unreachable: Port unreachable.*$/m, outcome: "refused" },
  {
    words:
      /^.*(?:bad address '|Name or service not known|Temporary failure in name resolution|Name does not resolve).*$/m,
    outcome: "name not found",
  },
  {
    words: /^.*(?:Network is unreachable|Destination Net Unreachable|Destination unreachable: No route).*$/m,
    outcome: "unreachable",
    unreachable: "no route",
  },
  {
    words:
      /^.*(?:No route to host|Host is unreachable|Destination Host Unreachable|Destination unreachable: Address unreachable).*$/m,
    outcome: "unreachable",
    unreachable: "host unreachable",
  },
  // EACCES: a prohibit route. EINVAL: a blackhole route. EADDRNOTAVAIL: no address of the family to send from.
  {
    words:
      /^.*(?:sendto|connect|remote host(?: \(.*\))?): (?:Permission denied|Invalid argument|Cannot assign requested address).*$/m,
    outcome: "unreachable",
    unreachable: "other",
  },
  // EPERM: a rule at the prober's own OUTPUT lets nothing out to the target.
  {
    words: /^.*\b(?:sendto|sendmsg|write to '.*'): Operation not permitted.*$/m,
    outcome: "unreachable",
    unreachable: "other",
  },
  // What iputils says for EACCES.
  { words: /^.*Do you want to ping broadcast\?.*$/m, outcome: "unreachable", unreachable: "other" },
  {
    words: /^.*(?:Packet filtered|Prohibited|Administratively prohibited|Time to live exceeded).*$/im,
    outcome: "unreachable",
    unreachable: "other",
  },
  { words: /^.*(?:timed out|tftp: timeout).*$/m, outcome: "timed out" },
];

/**
 * An ICMP echo by BusyBox or iputils `ping -c 1 -W N`.
 *
 * BusyBox keeps silent about ICMP errors, so that an address that nobody owns and a REJECT rule are `timed out` with it;
 * only an error of the local kernel (no route) is told.
 */
export function classifyPing(evidence: Evidence): Classified {
  return (
    broken(evidence) ??
    sign(evidence, "replied", /^\d+ bytes from .*$/m, evidence.stdout) ??
    // With -q there are no lines of replies.
    sign(evidence, "replied", /^.*\b[1-9]\d* (?:packets )?received.*$/m, evidence.stdout) ??
    told(evidence) ??
    sign(evidence, "timed out", /^.*\b100% packet loss.*$/m, evidence.stdout) ??
    silent(evidence)
  );
}

/**
 * An HTTP request by BusyBox `wget -O -`, with or without `-q`, `-S`, `-T`. Any HTTP answer counts as replied: 404, 500,
 * and a redirection even if what it leads to can't be reached by name.
 *
 * A connection that is taken and then reset or closed without an HTTP answer is `refused`: so docker-proxy behaves when
 * nobody listens in the container.
 */
export function classifyHttp(evidence: Evidence): Classified {
  const { command, stderr } = evidence;
  const redirectedTo = /bad address '([^']*)'/.exec(stderr)?.[1];
  return (
    broken(evidence) ??
    sign(evidence, "replied", /^.*server returned error: HTTP\/.*$/m) ??
    sign(evidence, "replied", /^\s*HTTP\/\d.*$/m) ??
    (redirectedTo !== undefined && !command.includes(redirectedTo)
      ? { outcome: "replied", detail: `${said(evidence)} redirected to another name: ${quote(stderr)}.` }
      : null) ??
    (evidence.exitCode === 0 || (evidence.stdout !== "" && told(evidence) === null)
      ? { outcome: "replied", detail: `${said(evidence)} got an answer of ${evidence.stdout.length} characters.` }
      : null) ??
    sign(evidence, "refused", /^.*error getting response.*$/m) ??
    told(evidence) ??
    silent(evidence)
  );
}

/**
 * A TCP handshake by BusyBox `nc -w N HOST PORT -e true`, which exits with 0 right after connecting.
 *
 * `-w` covers the look-up of the name, too: a resolver that keeps silent is `timed out` here, not `name not found`.
 * A next hop that doesn't answer ARP is told after 1 to 3 seconds, so a shorter `-w` makes `timed out` of it.
 */
export function classifyTcp(evidence: Evidence): Classified {
  return (
    broken(evidence) ??
    (evidence.exitCode === 0 ? { outcome: "replied", detail: `${said(evidence)} connected.` } : null) ??
    told(evidence) ??
    silent(evidence)
  );
}

/**
 * A UDP datagram and its answer, by one of two clients:
 *
 * - BusyBox `tftp -g -r x -l - HOST PORT`: a TFTP server's answer, data or error, counts as replied. It never learns of
 *   an ICMP port unreachable (its socket is not connected), and drops what is not TFTP: both look `timed out`.
 * - BusyBox `nslookup -type=a NAME HOST:PORT`: any datagram from that port counts as replied, DNS or not; an ICMP port
 *   unreachable is `refused`. After either it goes on waiting, 5 s in all, unless its deadline ends it; killed, it has
 *   told of the refusal but not of an answer that is no DNS.
 */
export function classifyUdp(evidence: Evidence): Classified {
  return (
    broken(evidence) ??
    sign(evidence, "replied", /^Server:.*$/m, evidence.stdout) ??
    sign(evidence, "replied", /^.*tftp: server error:.*$/m) ??
    (evidence.exitCode === 0
      ? { outcome: "replied", detail: `${said(evidence)} got an answer of ${evidence.stdout.length} characters.` }
      : null) ??
    told(evidence) ??
    silent(evidence)
  );
}

/**
 * A DNS question by BusyBox `nslookup NAME [SERVER]`. Replied means that the name has an address (or the address a
 * name). An answer that says otherwise is `name not found`, be it NXDOMAIN, SERVFAIL, REFUSED or an empty answer; the
 * detail tells them apart. A server that can't be reached is `timed out`, `refused` or `unreachable`.
 */
export function classifyLookup(evidence: Evidence): Classified {
  const failed = broken(evidence) ?? told({ ...evidence, stdout: "" });
  if (failed !== null) return failed;
  if (evidence.stdout.trim() === "") return silent(evidence);
  try {
    const { answers, aliases, pointers, failure } = parseNslookup(evidence.stdout);
    if (failure === "timed out")
      return { outcome: "timed out", detail: `${said(evidence)} said ${quote(evidence.stdout)}.` };
    if (failure !== null)
      return { outcome: "name not found", detail: `${said(evidence)} got the DNS answer "${failure}".` };
    const found = [
      ...answers.map(({ address }) => address),
      ...aliases.map(({ canonical }) => canonical),
      ...pointers.map(({ target }) => target),
    ];
    return { outcome: "replied", detail: `${said(evidence)} found ${found.join(", ")}.` };
  } catch (error) {
    if (error instanceof UnreadableOutput)
      return { outcome: "probe failed", detail: `${said(evidence)} can't be judged: ${error.message}.` };
    throw error;
  }
}

/** The tool did not run, was not understood, or crashed. */
function broken(evidence: Evidence): Classified | null {
  const { exitCode, stderr } = evidence;
  const failed = (why: string): Classified => ({
    outcome: "probe failed",
    detail: `${said(evidence)} could not be asked: ${why}.`,
  });
  if (exitCode === 126 || exitCode === 127)
    return failed(stderr.trim() === "" ? `exit code ${exitCode}` : quote(stderr));
  // 128 + signal number. Debian's BusyBox 1.35 so ends every `wget -T` (139, SIGSEGV).
  if (!evidence.timedOut && exitCode !== null && exitCode > 128)
    return failed(`it was killed by signal ${exitCode - 128}`);
  for (const words of BROKEN) {
    const match = words.exec(stderr);
    if (match !== null) return failed(quote(match[0]));
  }
  return null;
}

/** What the client said about the failure; all of it stands on stderr, except for iputils' ICMP errors and nslookup's silence. */
function told(evidence: Evidence): Classified | null {
  for (const { words, outcome, unreachable } of SIGNS) {
    const match = words.exec(evidence.stderr) ?? words.exec(evidence.stdout);
    if (match !== null)
      return { outcome, ...(unreachable && { unreachable }), detail: `${said(evidence)} said ${quote(match[0])}.` };
  }
  return null;
}

function sign(evidence: Evidence, outcome: Outcome, words: RegExp, text: string = evidence.stderr): Classified | null {
  const match = words.exec(text);
  return match === null ? null : { outcome, detail: `${said(evidence)} said ${quote(match[0])}.` };
}

/** No words to go by: silence until the deadline, or an answer that nothing is known about. */
function silent(evidence: Evidence): Classified {
  if (evidence.timedOut)
    return {
      outcome: "timed out",
      detail: `${said(evidence)} was still waiting when its deadline ended it after ${evidence.ms} ms.`,
    };
  const words = quote(evidence.stderr.trim() === "" ? evidence.stdout : evidence.stderr);
  return {
    outcome: "probe failed",
    detail: `${said(evidence)} ended with exit code ${evidence.exitCode} and said ${words}, which tells nothing.`,
  };
}

function said(evidence: Evidence): string {
  return `\`${evidence.command}\``;
}

function quote(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line === "" ? "nothing" : `"${line.length > 200 ? `${line.slice(0, 200)}…` : line}"`;
}
