import { createHash } from "node:crypto";
import type { Evidence, Vantage } from "../model/evidence.ts";
import type { AskedQuestion } from "../model/question.ts";
import { classifyUdp } from "./classify.ts";
import { type Question, reach } from "./reach.ts";

/** Lines of digits that a transfer consists of: 2 MB. */
const LINES = 300_000;
const DATA = Array.from({ length: LINES }, (_, index) => `${index + 1}\n`).join("");
/** What arrives when all of it does. */
export const WHOLE = { bytes: DATA.length, md5: createHash("md5").update(DATA).digest("hex") } as const;
const PROGRAM = `seq 1 ${LINES}`;

/** Shell line that starts the other side of {@link download} and {@link upload} in a container, and waits until it listens. */
export function transferService(downloadPort: number, uploadPort: number): string {
  const listens = (port: number): string =>
    `grep -q ":${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F]*:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null`;
  const serve = (port: number, program: string): string =>
    `(nc -ll -p ${port} -e ${program} </dev/null >/dev/null 2>&1 &)`;
  return `${serve(downloadPort, PROGRAM)}; ${serve(uploadPort, "md5sum")}; until ${listens(downloadPort)} && ${listens(uploadPort)}; do usleep 10000; done`;
}

/** What came of a transfer. */
export interface Transferred {
  /** Checksum of what arrived; empty when the other side never told. */
  readonly md5: string;
  /** How many bytes arrived; null where only the other side knows. */
  readonly bytes: number | null;
  /** What was asked, as data; missing where the place that asks says nothing of itself. */
  readonly asked: AskedQuestion | undefined;
  readonly evidence: Evidence;
}

/** How long a transfer may take, seconds: a few tenths on an idle machine. */
export const TRANSFER_SECONDS = 15;

/** Segments as large as the way carries: the size that a packet of the transfer has. */
const FULL_SEGMENT = 1448;

function askedOf(from: Vantage, host: string, port: number): AskedQuestion | undefined {
  return from.place === undefined ? undefined : reach("tcp", host, port, FULL_SEGMENT)(from.place);
}

/** Fetches two megabytes over TCP. */
export async function download(from: Vantage, host: string, port: number): Promise<Transferred> {
  const asked = askedOf(from, host, port);
  const evidence = await from.ask(
    `f=/dev/shm/dnc-$$; timeout ${TRANSFER_SECONDS} nc -w 5 ${host} ${port} </dev/null >$f; wc -c <$f; md5sum <$f; rm -f $f`,
    { seconds: TRANSFER_SECONDS + 10, ...(asked === undefined ? {} : { question: asked }) },
  );
  const [bytes, sum] = evidence.stdout.split("\n");
  return { md5: sum?.split(" ")[0] ?? "", bytes: /^\d+$/.test(bytes ?? "") ? Number(bytes) : null, asked, evidence };
}

/** Sends two megabytes over TCP, and has the other side say what arrived. */
export async function upload(from: Vantage, host: string, port: number): Promise<Transferred> {
  const asked = askedOf(from, host, port);
  const evidence = await from.ask(`${PROGRAM} | timeout ${TRANSFER_SECONDS} nc -w 5 ${host} ${port}`, {
    seconds: TRANSFER_SECONDS + 10,
    ...(asked === undefined ? {} : { question: asked }),
  });
  return { md5: /^[0-9a-f]{32}\b/m.exec(evidence.stdout)?.[0] ?? "", bytes: null, asked, evidence };
}

/**
 * A UDP datagram of so many bytes, answered by one as large (`largeDatagramService`): beyond the MTU both go in fragments.
 * BusyBox' only UDP client in every build is `tftp`, whose request is as long as the name of the file that it asks for.
 */
export function largeDatagram(from: Vantage, host: string, port: number, bytes: number): Question {
  const text = `UDP datagrams of ${bytes} bytes with ${host}:${port} from ${from.label}`;
  const asked = from.place === undefined ? undefined : reach("udp", host, port, bytes)(from.place);
  return {
    text,
    ...(asked === undefined ? {} : { asked }),
    async ask(seconds) {
      const evidence = await from.ask(`tftp -g -b 4096 -r $(printf %0${bytes}d 0) -l /dev/null ${host} ${port}`, {
        seconds,
        ...(asked === undefined ? {} : { question: asked, outcome: (seen: Evidence) => classifyUdp(seen).outcome }),
      });
      return { question: text, ...classifyUdp(evidence), evidence, answer: evidence.stdout };
    },
  };
}
