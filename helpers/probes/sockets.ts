import { ProbeFailed, reading, type Vantage } from "../model/evidence.ts";
import { type KernelSocket, parseProcNetTcp } from "./parse/parse-proc-net-tcp.ts";

/** Every TCP and UDP socket of the vantage point's network namespace, by the kernel's own files. @throws ProbeFailed */
export async function sockets(from: Vantage): Promise<KernelSocket[]> {
  // Where the kernel has no IPv6 the files of IPv6 are missing.
  const evidence = await from.ask(
    "for f in tcp tcp6 udp udp6; do [ -e /proc/net/$f ] && cat /proc/net/$f; done; true",
    reading(from, "sockets"),
  );
  if (evidence.stdout === "")
    throw new ProbeFailed(`the sockets at ${from.label} can't be read: ${evidence.stderr.trim()}`, evidence);
  return parseProcNetTcp(evidence.stdout);
}

/** The TCP sockets that listen on a port, on any address. */
export async function listenersOn(from: Vantage, port: number): Promise<KernelSocket[]> {
  return (await sockets(from)).filter(
    (socket) => socket.protocol === "tcp" && socket.state === "LISTEN" && socket.local.port === port,
  );
}

/** A process that holds a socket, as the vantage point's PID namespace has it. */
export interface SocketHolder {
  readonly pid: number;
  /** `httpd`, `docker-proxy`: the kernel's short name of the program. */
  readonly program: string;
  /** `net:[4026531840]` and `pid:[4026531836]`: the namespaces that it lives in. */
  readonly netNamespace: string;
  readonly pidNamespace: string;
}

/** The processes that hold a socket open. The vantage point must see the host's processes: the host's view does. @throws ProbeFailed */
export async function holdersOf(from: Vantage, inode: number): Promise<SocketHolder[]> {
  // One `ls` for all of them: a `readlink` each takes minutes on a host with thousands of open files.
  const evidence = await from.ask(
    `for p in $(ls -l /proc/[0-9]*/fd 2>/dev/null | awk '/^\\/proc/ { split($1, part, "/"); pid = part[3] } /socket:\\[${inode}\\]/ { print pid }'); do ` +
      // A process may end between the listing and the reading: then it holds nothing any more.
      'n=$(readlink /proc/$p/ns/net) && i=$(readlink /proc/$p/ns/pid) && read -r c </proc/$p/comm && echo "$p $n $i $c"; done 2>/dev/null; true',
    { seconds: 30 },
  );
  return evidence.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, pid, netNamespace, pidNamespace, program] = /^(\d+) (net:\[\d+\]) (pid:\[\d+\]) (.*)$/.exec(line) ?? [];
      if (netNamespace === undefined || pidNamespace === undefined || program === undefined)
        throw new ProbeFailed(`unreadable holder of a socket: ${line}`, evidence);
      return { pid: Number(pid), program, netNamespace, pidNamespace };
    });
}
