import { type Evidence, ProbeFailed } from "../model/evidence.ts";
import { type CapturedPacket, parseTcpdump } from "../probes/parse/parse-tcpdump.ts";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";

/** Where packets are watched. */
export interface CapturePoint {
  readonly device: string;
  /** A process in whose network namespace the device is, by the host's numbers; the host's own when left out. */
  readonly pid?: number;
  /** tcpdump switches the device to promiscuous mode unless this is false. */
  readonly promiscuous?: boolean;
}

/** A capture that is listening. */
export interface Capture {
  /** What was captured until now, oldest first. */
  packets(): Promise<CapturedPacket[]>;
  /** Ends it and removes what it wrote. */
  stop(): Promise<void>;
}

/** A capture that is not stopped (the run was killed) ends by itself. */
const LIFE_SECONDS = 120;
/** How long tcpdump may take until it listens. */
const START_SECONDS = 20;

let count = 0;

/**
 * Starts the host's own tcpdump and returns once it listens. It writes into a file of the host's view, nothing on the
 * host itself. Needs the need "packet capture".
 * @param host a view whose duty is `captures`
 * @param filter an expression of pcap-filter(7) that lets through nothing but IPv4
 * @throws ProbeFailed when it does not come to listen
 */
export async function startCapture(host: HostView, point: CapturePoint, filter: string): Promise<Capture> {
  const file = `/dev/shm/capture-${++count}-${Math.random().toString(36).slice(2, 8)}`;
  const enter = point.pid === undefined ? "" : `nsenter -t ${point.pid} -n -- `;
  const mode = point.promiscuous === false ? "-p " : "";
  // -l and --immediate-mode: a packet is in the file as soon as it was seen. -Z root: another user could not write it.
  const program = `exec ${enter}tcpdump -i ${point.device} ${mode}-Z root -n -tt -e -v -l --immediate-mode --time-stamp-precision=nano "${filter}"`;
  const entered = asHost((await host.dockerdPid()) ?? 1, program).replace("nsenter", `timeout ${LIFE_SECONDS} nsenter`);
  const started = await host.act(
    `${entered} >${file}.o 2>${file}.e & echo $! >${file}.pid; until grep -q "listening on" ${file}.e; do kill -0 $(cat ${file}.pid) || break; usleep 20000; done 2>/dev/null; cat ${file}.e; grep -q "listening on" ${file}.e`,
    { seconds: START_SECONDS },
  );
  const stop = async (): Promise<void> => {
    await host.act(`kill $(cat ${file}.pid) 2>/dev/null; rm -f ${file}.o ${file}.e ${file}.pid`);
  };
  if (started.exitCode !== 0) {
    await stop();
    throw new ProbeFailed(`tcpdump does not listen on ${point.device}: ${started.stdout.trim()}`, started);
  }
  return { packets: async () => read(await host.act(`cat ${file}.o`)), stop };
}

function read(evidence: Evidence): CapturedPacket[] {
  if (evidence.exitCode !== 0) throw new ProbeFailed("the capture can't be read", evidence);
  try {
    return parseTcpdump(evidence.stdout);
  } catch (error) {
    if (error instanceof UnreadableOutput) throw new ProbeFailed(error.message, evidence);
    throw error;
  }
}
