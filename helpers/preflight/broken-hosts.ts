/** A host on which dockerd does not start because of something about networking, and how one comes by it. */
export interface BrokenHost {
  readonly name: string;
  /** Where it was reported, or what documents it. */
  readonly reported: string;
  /** The finding that names it. */
  readonly finding: string;
  readonly daemonJson?: string;
  /** Lines of shell before dockerd starts. */
  readonly break?: readonly string[];
  /** Lines that take it back; what {@link FORGET_NETWORK} forgets needs none. */
  readonly mend?: readonly string[];
  /** Nothing tells it before dockerd has tried: the lab starts dockerd by hand, with flags that no service names. */
  readonly onlyAfterStart?: true;
  /** Before this major version dockerd can't be asked about its file: only its last words tell. */
  readonly unaskedBefore?: number;
  /** Engines on which dockerd starts all the same: from this major version on. */
  readonly until?: number;
}

const IPTABLES = "/usr/sbin/iptables";
/** Stands before iptables and fails as a kernel without a module makes it fail. */
function withoutModule(pattern: string, words: string, exitCode: number): Pick<BrokenHost, "break" | "mend"> {
  return {
    break: [
      `[ -e ${IPTABLES}.real ] || mv ${IPTABLES} ${IPTABLES}.real`,
      `printf '%s\\n' '#!/bin/sh' 'case "$*" in ${pattern}) echo "${words}" >&2; exit ${exitCode};; esac' 'exec xtables-nft-multi iptables "$@"' >${IPTABLES}`,
      `chmod 755 ${IPTABLES}`,
    ],
    mend: [`mv ${IPTABLES}.real ${IPTABLES}`],
  };
}

/** What reports tell of, as far as it can be made in a container. */
export const BROKEN_HOSTS: readonly BrokenHost[] = [
  {
    name: "bip-without-prefix",
    reported: "moby#30295",
    finding: "bip",
    daemonJson: '{"bip": "10.9.0.1"}',
  },
  {
    name: "bip-is-the-network",
    reported: "moby libnetwork: failed to allocate gateway",
    finding: "bip",
    daemonJson: '{"bip": "10.9.0.0/24"}',
  },
  {
    name: "bip-and-bridge",
    reported: "moby daemon/daemon_unix.go verifyDaemonSettings",
    finding: "bip-and-bridge",
    daemonJson: '{"bip": "10.9.0.1/24", "bridge": "br0"}',
    break: ["ip link add name br0 type bridge"],
  },
  {
    name: "bridge-missing",
    reported: "moby libnetwork/drivers/bridge: must be created manually",
    finding: "bridge-missing",
    daemonJson: '{"bridge": "br0"}',
  },
  {
    name: "pools-taken",
    reported: "moby#31546, docker-install#261",
    finding: "address-pools-used",
    break: ["for n in $(seq 16 31); do ip route add 172.$n.0.0/16 dev lo; done", "ip route add 192.168.0.0/16 dev lo"],
    mend: ["for n in $(seq 16 31); do ip route del 172.$n.0.0/16 dev lo; done", "ip route del 192.168.0.0/16 dev lo"],
  },
  {
    name: "pool-smaller-than-its-networks",
    reported: "moby libnetwork/ipamutils",
    finding: "address-pool",
    daemonJson: '{"default-address-pools": [{"base": "10.10.0.0/24", "size": 16}]}',
  },
  {
    name: "json-with-a-comma-too-many",
    reported: "moby#22339 and many like it",
    finding: "daemon-json",
    daemonJson: '{\n  "bip": "10.9.0.1/24",\n}\n',
  },
  {
    name: "json-empty",
    reported: "version switch tolerant-daemon-json",
    finding: "daemon-json",
    daemonJson: "",
    until: 23,
  },
  {
    name: "json-is-a-folder",
    reported: "a bind mount of a file that is not there",
    finding: "daemon-json",
    break: ["mkdir /etc/docker/daemon.json"],
    mend: ["rmdir /etc/docker/daemon.json"],
  },
  {
    name: "hosts-in-flags-and-file",
    reported: "moby#25471",
    finding: "last-words",
    daemonJson: '{"hosts": ["unix:///var/run/docker.sock"]}',
    onlyAfterStart: true,
  },
  {
    name: "icc-without-iptables",
    reported: "moby daemon/daemon_unix.go verifyDaemonSettings",
    finding: "icc-without-iptables",
    daemonJson: '{"icc": false, "iptables": false}',
  },
  {
    name: "dns-by-name",
    reported: "moby daemon/config: is not an ip address",
    finding: "dns",
    daemonJson: '{"dns": ["dns.google"]}',
  },
  {
    name: "ipv6-without-subnet",
    reported: "version switch ipv6-without-fixed-cidr",
    finding: "fixed-cidr-v6",
    daemonJson: '{"ipv6": true}',
    until: 27,
  },
  {
    name: "iptables-missing",
    reported: "Actions-bbr-v3#30",
    finding: "iptables",
    break: [`mv ${IPTABLES} ${IPTABLES}.away`],
    mend: [`mv ${IPTABLES}.away ${IPTABLES}`],
  },
  {
    name: "addrtype-unavailable",
    reported: "docker-ce-packaging#1340, for-linux#1559",
    finding: "kernel-xt_addrtype",
    ...withoutModule("*addrtype*", "Warning: Extension addrtype revision 0 not supported, missing kernel module?", 4),
  },
  {
    name: "nat-unavailable",
    reported: "linux-surface#330, drone-docker#509",
    finding: "kernel-nf_nat",
    ...withoutModule(
      '*"-t nat"*',
      "iptables v1.8.9 (legacy): can not initialize iptables table nat: Table does not exist (do you need to insmod?)",
      3,
    ),
  },
  {
    name: "iptables-not-permitted",
    reported: "dockerd in a container without NET_ADMIN",
    finding: "iptables-fails",
    ...withoutModule(
      "*-t*",
      "iptables: Could not fetch rule set generation id: Permission denied (you must be root)",
      4,
    ),
  },
  {
    name: "port-taken",
    reported: "hosts with tcp:// beside another program",
    finding: "port-taken",
    break: ["tail -f /dev/null | busybox nc -l -p 2375 >/dev/null 2>&1 & sleep 0.5"],
    mend: ["pkill -x busybox; pkill -x tail"],
    onlyAfterStart: true,
  },
  {
    name: "socket-is-a-folder",
    reported: "moby#30348, moby#19204",
    finding: "socket-folder",
    break: ["rm -f /var/run/docker.sock", "mkdir /var/run/docker.sock"],
    mend: ["rmdir /var/run/docker.sock"],
  },
  {
    name: "docker0-is-no-bridge",
    reported: "moby libnetwork/drivers/bridge: existing interface docker0 is not a bridge",
    finding: "docker0",
    break: ["ip link add name docker0 type veth"],
  },
  {
    name: "proc-sys-read-only",
    reported: "dockerd in a container",
    finding: "forwarding-read-only",
    break: ["mount --bind /proc/sys /proc/sys", "mount -o remount,ro,bind /proc/sys"],
    mend: ["umount /proc/sys"],
  },
  {
    name: "key-unknown",
    reported: "moby#22339: directives don't match any configuration option",
    finding: "daemon-json",
    daemonJson: '{"bipp": "10.9.0.1/24"}',
    unaskedBefore: 23,
  },
];
