import { gunzipSync } from "node:zlib";
import type { HostView } from "../vantage/host-view.ts";
import { parseTrace, type Trace } from "./parse-trace.ts";

/** Every instance of ours is called so, whichever run made it: how a stale one is found. */
const PREFIX = "dnc-trace-";

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
  host: HostView,
  probe: string,
  filter: { readonly lengths: readonly number[]; readonly protocol: number },
  seconds: number,
): Promise<Traced> {
  const id = `${PREFIX}${Date.now().toString(36)}${(++count).toString(36)}`;
  const point = `/tmp/${id}`;
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
  if (answer.exitCode !== 0) await sweepTracing(host);
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

/** Names of tracing instances of ours on the engine's host: of this run or of one that was killed. */
export async function tracingLeft(host: HostView): Promise<string[]> {
  const point = `/tmp/${PREFIX}look`;
  const { stdout } = await host.act(
    `{ ${mounted(point)}; } && ls ${point}/instances; umount ${point} 2>/dev/null; rmdir ${point} 2>/dev/null; true`,
  );
  return stdout.split("\n").filter((name) => name.startsWith(PREFIX));
}

/** Removes every tracing instance of ours. @returns their names */
export async function sweepTracing(host: HostView): Promise<string[]> {
  const point = `/tmp/${PREFIX}sweep`;
  const { stdout } = await host.act(
    `{ ${mounted(point)}; } && for i in ${point}/instances/${PREFIX}*; do [ -d "$i" ] || continue; echo 0 >$i/events/enable; rmdir "$i" && echo "\${i##*/}"; done 2>/dev/null; umount ${point} 2>/dev/null; rmdir ${point} 2>/dev/null; true`,
  );
  return stdout.split("\n").filter((name) => name !== "");
}
