import { quoted } from "../model/shell-words.ts";

/**
 * What a lab host does before its engine can start, as lines of the resident shell's prelude.
 *
 * A container is given `/sys` and the cgroup mounts read-only, which runc inside could not use. IP forwarding is off and
 * IPv6 on, as on a machine that has just booted: then dockerd itself switches forwarding on and closes FORWARD, and an
 * engine that was given a container with forwarding on would not.
 */
export const BOOT: readonly string[] = [
  "mount -o remount,rw /sys",
  'for d in /sys/fs/cgroup/*; do mountpoint -q "$d" && mount -o remount,rw,bind "$d"; done',
  "echo 0 >/proc/sys/net/ipv4/ip_forward",
  "for s in all default lo eth0; do echo 0 >/proc/sys/net/ipv6/conf/$s/disable_ipv6; done",
  "mkdir -p /run/docker /run/netns /etc/docker /tmp",
  // The rules of a machine on which dockerd never ran: the outer engine's own, for its resolver.
  "iptables-save >/run/rules.before",
];

/**
 * Takes away what an engine leaves behind in the kernel and on the disk about its networks, and gives the switches that
 * it turns the state of {@link BOOT}. Images stay.
 */
export const FORGET_NETWORK = [
  // What somebody left running, and would go on changing things: all but the resident shell, which is the oldest.
  "for i in 1 2 3; do kill -9 $(grep -lE '^PPid:.1$' /proc/[0-9]*/status 2>/dev/null | tr -dc '0-9\\n' | sort -n | tail -n +2) 2>/dev/null || break; done",
  // Namespaces and devices made by hand go as well; those that the kernel made can't be deleted.
  "for n in $(ip netns list | cut -d ' ' -f 1); do ip netns del $n; done",
  "for d in $(ls /sys/class/net | grep -vE '^(lo|eth[0-9]+)$'); do ip link del $d 2>/dev/null; done",
  "for i in iptables ip6tables; do for t in filter nat mangle raw; do $i -t $t -F; $i -t $t -X; done; for c in INPUT FORWARD OUTPUT; do $i -P $c ACCEPT; done; done",
  "iptables-restore </run/rules.before",
  // BusyBox's ping is known by its process id, which the next container repeats: a flow that the kernel remembers
  // would be translated, or let through, as the rules of the engine before it said.
  "if command -v conntrack >/dev/null; then conntrack -F 2>/dev/null; else while grep -q icmp /proc/net/nf_conntrack; do sleep 1; done; fi",
  "echo 0 >/proc/sys/net/ipv4/ip_forward",
  "for s in all default; do echo 0 >/proc/sys/net/ipv6/conf/$s/forwarding; done",
  "rm -rf /var/lib/docker/network /var/lib/docker/containers/*",
].join("; ");

/** Where a lab host's dockerd writes its log. Every start begins it anew: no word of another start is taken for its own. */
export const DAEMON_LOG = "/var/log/dockerd.log";

/** There once dockerd has ended. To look for its process would not do: it has another name until it is exec'ed. */
export const EXIT_CODE = "/run/dockerd.exit";

/**
 * Starts dockerd in the background; its TCP port has no encryption and is published on the loopback only.
 * @param flags further flags of dockerd
 */
export function startDockerd(flags: readonly string[] = []): string {
  const words = ["-H unix:///var/run/docker.sock -H tcp://0.0.0.0:2375 --tls=false", ...flags.map(quoted)].join(" ");
  return (
    `rm -f /var/run/docker.pid ${EXIT_CODE}; : >${DAEMON_LOG}; (dockerd ${words} </dev/null >>${DAEMON_LOG} 2>&1; ` +
    `echo $? >${EXIT_CODE}) </dev/null >/dev/null 2>&1 &`
  );
}

/** Every capability of Linux by its number in a `CapBnd` mask. */
const CAPABILITIES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ"
).split(" ");

/**
 * The capabilities that a lab host is given: those that the machine has. `--privileged` asks for all and is refused
 * where one is missing. The three newest are left out: Engine 20.10 does not know them, and no engine needs them.
 * @param mask `CapBnd` of a process of the machine, hexadecimal
 */
export function capabilitiesOf(mask: string): readonly string[] {
  const bits = BigInt(`0x${mask}`);
  return CAPABILITIES.filter((_, index) => (bits >> BigInt(index)) & 1n);
}
