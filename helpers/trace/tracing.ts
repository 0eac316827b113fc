import { gunzipSync } from "node:zlib";
import { NAME_PREFIX } from "../engine/run-identity.ts";
import type { AskOptions, Evidence } from "../model/evidence.ts";
import { parseTrace, type Trace } from "./parse-trace.ts";

/** The container that looks at the host, as far as it is needed here. */
export interface Acting {
  readonly containerId: string;
  act(command: string, options?: AskOptions): Promise<Evidence>;
}

/** Every instance of ours is called so, whichever run made it; then the time when, and the container that made it. */
const PREFIX = `${NAME_PREFIX}-trace-`;

/** No session lasts that long: what is older was left by a run that was killed. */
const STALE_MS = 300_000;

/** Kilobytes for all CPUs together at most. */
const BUFFER_KB = 16_384;
/** Enough for seconds of a busy machine; what comes first is kept, since the probe's packet does. */
const BUFFER_PER_CPU_KB = 4096;

let count = 0;

/** A trace that was taken while something was sent. */
export interface Traced {
  /** null when tracing is not possible here; `why` says so. */
  readonly trace: Trace | null;
  readonly why: string;
  /** What the probe printed, stdout and stderr together. */
  readonly printed: string;
  readonly exitCode: number;
}

/** The tracing filesystem, mounted in the view's own mount namespace: nothing appears on the host. */
function mounted(point: string): string {
  return `mkdir -p ${point} && mount -t tracefs none ${point} 2>/dev/null || mount --bind /proc/1/root/sys/kernel/tracing ${point} 2>/dev/null`;
}

/**
 * Runs a probe while the kernel writes down where packets of these lengths go and where any packet of this protocol is
 * dropped, in a tracing instance of our own that is removed in the same breath. Without tracing the probe is sent all
 * the same.
 * @param probe one line of shell for the view's BusyBox
 * @param filter lengths (with and without the Ethernet header) and Ethernet type of what is followed
 * @param seconds what the probe takes at most
 */
export async function traced(
  host: Acting,
  probe: string,
  filter: { readonly lengths: readonly number[]; readonly protocol: number },
  seconds: number,
): Promise<Traced> {
  // A run's residue is known by its containers' short ids.
  const id = `${PREFIX}${Date.now()}-${++count}-${host.containerId.slice(0, 12)}`;
  const point = `/dev/shm/${id}`;
  const instance = `${point}/instances/${id}`;
  const onDevice = filter.lengths.map((length) => `len==${length}`).join(" || ");
  const script = [
    `end() { for e in net/net_dev_queue net/netif_receive_skb skb/kfree_skb; do echo 0 >${instance}/events/$e/enable; done 2>/dev/null; rmdir ${instance} 2>/dev/null; umount ${point} 2>/dev/null; rmdir ${point} 2>/dev/null; }`,
    "trap end EXIT TERM INT HUP",
    "why=; rc=0",
    `{ ${mounted(point)}; } || why="tracefs can not be mounted"`,
    `[ -n "$why" ] || mkdir ${instance} 2>/dev/null || why="no tracing instance can be made"`,
    `if [ -z "$why" ]; then kb=$(( ${BUFFER_KB} / $(grep -c ^processor /proc/cpuinfo) )); [ $kb -gt ${BUFFER_PER_CPU_KB} ] && kb=${BUFFER_PER_CPU_KB}; echo $kb >${instance}/buffer_size_kb; echo 0 >${instance}/options/overwrite; ` +
      `for e in net/net_dev_queue net/netif_receive_skb; do echo "${onDevice}" >${instance}/events/$e/filter; done; echo "protocol==${filter.protocol}" >${instance}/events/skb/kfree_skb/filter; ` +
      `for e in net/net_dev_queue net/netif_receive_skb skb/kfree_skb; do echo 1 >${instance}/events/$e/enable || why="the events can not be switched on"; done; fi 2>/dev/null`,
    `out=$(${probe} 2>&1); rc=$?`,
    'echo "$rc"; echo "$why"; echo "$out" | gzip -c | base64 | tr -d "\\n"; echo',
    `if [ -z "$why" ]; then for e in net/net_dev_queue net/netif_receive_skb skb/kfree_skb; do echo 0 >${instance}/events/$e/enable; done; grep -v "^#" ${instance}/trace | gzip -c | base64; fi`,
    "end; trap - EXIT",
  ].join("; ");
  const answer = await host.act(script, { seconds: seconds + 5 });
  const [exitCode = "1", why = "", printed = "", ...rest] = answer.stdout.split("\n");
  // Its deadline kills the shell, which then does not tidy up.
  if (answer.exitCode !== 0) await sweepTracing(host, (name) => name === id);
  const told = why !== "" || answer.exitCode !== 0;
  return {
    trace: told ? null : parseTrace(unpacked(rest.join(""))),
    why: why !== "" ? why : answer.exitCode !== 0 ? "the probe took too long" : "",
    printed: unpacked(printed),
    exitCode: Number(exitCode),
  };
}

function unpacked(text: string): string {
  return text === "" ? "" : gunzipSync(Buffer.from(text, "base64")).toString();
}

/** Prints the names of tracing instances of ours on the engine's host; nothing where there is no tracing. */
export const TRACING_LEFT = inTracefs("look", `ls instances | grep "^${PREFIX}"`);

function inTracefs(what: string, command: string): string {
  const point = `/dev/shm/${PREFIX}${what}-$$`;
  return `{ { ${mounted(point)}; } && ( cd ${point} && ${command} ); umount ${point}; rmdir ${point}; } 2>/dev/null`;
}

/** Whether an instance was left by a run that was killed. */
function isStale(name: string): boolean {
  const [, since] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
  return since !== undefined && Date.now() - Number(since) > STALE_MS;
}

/**
 * Removes tracing instances of ours: those that a killed run left.
 * @param which others, by name
 * @returns the names of what was removed
 */
export async function sweepTracing(host: Acting, which: (name: string) => boolean = isStale): Promise<string[]> {
  const { stdout } = await host.act(TRACING_LEFT);
  const names = stdout.split("\n").filter((name) => /^[\w-]+$/.test(name) && which(name));
  if (names.length === 0) return [];
  const remove = names
    .map((name) => `echo 0 >instances/${name}/events/enable; rmdir instances/${name} && echo ${name}`)
    .join("; ");
  return (await host.act(inTracefs("sweep", remove))).stdout.split("\n").filter((name) => name !== "");
}
