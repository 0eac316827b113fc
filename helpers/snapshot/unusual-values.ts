import type { HostView } from "../vantage/host-view.ts";

/** A value of the kernel's networking that somebody has set otherwise than a new network namespace has it. */
export interface UnusualValue {
  /** `net.ipv4.ip_local_port_range` */
  readonly key: string;
  readonly value: string;
  readonly usual: string;
}

const FOLDERS = ["ipv4", "ipv6", "netfilter"];
/** Of one device each, secret, or computed by the kernel from what the machine has. */
const LEFT_OUT = "/(conf|neigh)/|fastopen_key|secret|_mem:|conntrack_count|conntrack_buckets|dev_weight";
/** What engines, service managers and distributions set on ordinary hosts: it explains nothing. */
const ORDINARY =
  /^net\.(ipv4\.(ip_forward|ping_group_range|ip_unprivileged_port_start|tcp_(congestion_control|[rw]mem|notsent_lowat|slow_start_after_idle|mtu_probing|fastopen|keepalive_\w+))|netfilter\.nf_conntrack_(max|expect_max|log_invalid))$/;

// A list of ports that nobody has set is an empty line.
const PRINT = `for d in ${FOLDERS.join(" ")}; do grep -rs ^ /proc/sys/net/$d; done | grep -vE "${LEFT_OUT}"`;

/** Prints the host's values, then those of a network namespace that is made for the question and ends with it. */
export const UNUSUAL_VALUES_COMMAND = `${PRINT}; echo "== new"; unshare -n sh -c '${PRINT}' 2>/dev/null; true`;

/**
 * Values of the kernel's that differ from its own. Nothing says that one of them does harm: they are what is left to
 * look at where nothing that is known to do harm was found.
 * @returns empty where the host can't be asked
 */
export async function unusualValues(host: HostView): Promise<UnusualValue[]> {
  const { stdout } = await host.askMuch(UNUSUAL_VALUES_COMMAND, { seconds: 10 });
  return readUnusualValues(stdout);
}

/** Reads what {@link UNUSUAL_VALUES_COMMAND} prints. */
export function readUnusualValues(text: string): UnusualValue[] {
  const [own = "", fresh = ""] = text.split("== new\n");
  const usual = valuesIn(fresh);
  return [...valuesIn(own)]
    .flatMap(([key, value]) => {
      const kernels = usual.get(key);
      return kernels === undefined || kernels === value || ORDINARY.test(key) ? [] : [{ key, value, usual: kernels }];
    })
    .toSorted((a, b) => a.key.localeCompare(b.key, "en"));
}

function valuesIn(text: string): Map<string, string> {
  const lines = [...text.matchAll(/^\/proc\/sys\/([\w./-]+):(.*)$/gm)];
  return new Map(
    lines.map(([, path = "", value = ""]) => [path.replaceAll("/", "."), value.trim().replaceAll(/\s+/g, " ")]),
  );
}
