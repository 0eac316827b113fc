import type { Evidence, Vantage } from "../model/evidence.ts";
import type { AskedQuestion } from "../model/question.ts";
import type { Classified } from "./classify.ts";
import type { Question } from "./reach.ts";

/** An `arping` as {@link arping} asks it. */
export interface ArpQuestion {
  /** Interface to ask on, in the vantage point's namespace. */
  readonly device: string;
  /** IPv4 address that is asked for. */
  readonly address: string;
  /** Hardware addresses whose answers count, for a router with proxy ARP answers for everybody; anybody's where left out. */
  readonly owners?: readonly string[];
  /** Sender's IPv4 address; needed where no route leads from `device` to `address`. */
  readonly source?: string;
}

/**
 * "Who has this address?" on one link: reachability at layer 2, which needs no route and is answered by no router's
 * error message. Needs CAP_NET_RAW.
 */
export function arping(from: Vantage, { device, address, owners, source }: ArpQuestion): Question {
  const text = `ARP request for ${address} on ${device} from ${from.label}`;
  const asked: AskedQuestion | undefined =
    from.place === undefined
      ? undefined
      : { kind: "reach", from: from.place, to: address, protocol: "arp", port: null, size: null };
  return {
    text,
    ...(asked === undefined ? {} : { asked }),
    async ask(seconds) {
      const sender = source === undefined ? "" : ` -s ${source}`;
      // It ends up to a second after its own deadline; killed, it would say nothing.
      const evidence = await from.ask(`arping -f -I ${device} -w ${seconds}${sender} ${address}`, {
        seconds: seconds + 3,
        ...(asked === undefined
          ? {}
          : { question: asked, outcome: (answer: Evidence) => classifyArping(answer, owners).outcome }),
      });
      return { question: text, ...classifyArping(evidence, owners), evidence, answer: evidence.stdout };
    },
  };
}

/** Reads the answer of BusyBox `arping`; older builds print hardware addresses without leading zeros. */
export function classifyArping(evidence: Evidence, owners?: readonly string[]): Classified {
  const replies = [...evidence.stdout.matchAll(/^\S+ reply from \S+ \[([0-9a-f:]+)\]/gim)].map((match) =>
    canonicalMac(match[1] ?? ""),
  );
  const wanted = owners?.map(canonicalMac);
  const owner = replies.find((mac) => wanted?.includes(mac) !== false);
  if (owner !== undefined) return { outcome: "replied", detail: `answered by ${owner}` };
  const [other] = replies;
  if (other !== undefined) return { outcome: "timed out", detail: `answered only by ${other}, somebody else` };
  if (/^Received 0 response/m.test(evidence.stdout)) return { outcome: "timed out", detail: "nobody answered" };
  const said = evidence.stderr.trim().split("\n", 1)[0] ?? "";
  return { outcome: "probe failed", detail: said === "" ? "arping said nothing that can be read" : said };
}

function canonicalMac(mac: string): string {
  return mac
    .toLowerCase()
    .split(":")
    .map((byte) => byte.padStart(2, "0"))
    .join(":");
}
