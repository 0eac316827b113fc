import type { Fault } from "../fault.ts";
import { FILE, OTHER, shadowed } from "./shadowed.ts";

const START = 'exec "$D" "$@"';

/** What is lost, kept or done twice when dockerd starts, is restarted, reloaded or killed. */
export const DOCKERD_RESTART_FAULTS: readonly Fault[] = [
  shadowed({
    id: "configuration-networks-lost-on-restart",
    breaks: "at each start the networks of before are lost: user-defined ones are gone, host and none have new ids",
    comesBy: "ExecStartPre=rm -rf /var/lib/docker/network, the advice of many a forum",
    script: ["rm -rf /var/lib/docker/network", START].join("\n"),
    caughtBy: ["NETLS-19", "DAEMON-27", "KEY-162"],
    cause: /networks? .*(lost|wiped|removed)|default-address-pools/,
  }),
  shadowed({
    id: "configuration-bridge-removed-on-restart",
    breaks: "docker0 and what dockerd knows of it are removed before each start: it is made anew as the file says now",
    comesBy: "ExecStartPre lines that start from scratch, the advice against a docker0 that does not move",
    // Without its device alone dockerd makes it anew with the address that it remembers.
    script: ["ip link del docker0 2>/dev/null", "rm -rf /var/lib/docker/network", START].join("\n"),
    caughtBy: ["KEY-161", "KEY-167"],
    cause: /\b(bip|live-restore)\b/,
  }),
  shadowed({
    id: "configuration-bridge-of-a-profile",
    breaks: "docker0 is there before dockerd, with the hardware address of a profile",
    comesBy: "systemd-networkd or NetworkManager with a profile for docker0",
    host: "ip link add docker0 address 02:42:0a:0b:0c:0d type bridge",
    script: [
      "ip link show docker0 >/dev/null 2>&1 || ip link add docker0 address 02:42:0a:0b:0c:0d type bridge",
      START,
    ].join("\n"),
    caughtBy: ["BRIDGE-35", "BRIDGE-42"],
    cause: /docker0/,
  }),
  shadowed({
    id: "configuration-port-left-on-bridge",
    breaks: "docker0 has carrier without any container: something else is its port",
    comesBy: "a veth that an emulator or a VM manager left on docker0",
    script: [
      "if ip link show docker0 >/dev/null 2>&1 && ! ip link show left0 >/dev/null 2>&1; then",
      "ip link add left0 type veth peer name left1; ip link set left0 master docker0 up; ip link set left1 up; ip link set docker0 up",
      "fi",
      START,
    ].join("\n"),
    caughtBy: ["DAEMON-26"],
    cause: /docker0/,
  }),
  shadowed({
    id: "configuration-former-address-comes-back",
    breaks: "with another bip docker0 keeps its former address beside the new one",
    comesBy: "a network manager that restores the addresses it knew",
    script: [
      "F=$(ip -4 -o addr show dev docker0 2>/dev/null | sed -nE 's/.* inet ([0-9.\\/]+) .*/\\1/p' | head -n 1)",
      'if [ -n "$F" ]; then ( while kill -0 $$ 2>/dev/null; do ip addr add "$F" dev docker0 2>/dev/null; sleep 0.05; done ) & fi',
      START,
    ].join("\n"),
    caughtBy: ["DAEMON-05"],
    cause: /\bbip\b/,
  }),
  shadowed({
    id: "configuration-rules-before-dockerd",
    breaks: "chains of Docker's are on a host on which dockerd never ran",
    comesBy: "iptables-persistent: rules saved on another host, or in a machine's image",
    host: "iptables -t nat -N DOCKER && iptables -N DOCKER-USER",
    script: START,
    caughtBy: ["NAT-01"],
    cause: /restored|saved/,
  }),
  shadowed({
    id: "configuration-forwarding-on-before-dockerd",
    breaks: "IPv4 forwarding is on before dockerd starts, which therefore leaves FORWARD open",
    comesBy: "net.ipv4.ip_forward=1 in a sysctl file",
    script: ["echo 1 >/proc/sys/net/ipv4/ip_forward", START].join("\n"),
    caughtBy: ["NAT-07"],
    cause: /ip_forward/,
  }),
  shadowed({
    id: "configuration-routes-set-at-start",
    breaks: "the start of dockerd changes the host's other routes",
    comesBy: "ExecStartPost or a dispatcher script that sets routes when docker.service starts",
    script: [
      "ip route replace 198.51.100.0/24 via $(ip route | sed -nE 's/^default via ([0-9.]+).*/\\1/p')",
      START,
    ].join("\n"),
    caughtBy: ["BRIDGE-47"],
    cause: /route/,
  }),
  shadowed({
    id: "configuration-reload-of-a-copy",
    breaks: "a reload reads a copy of the file that was made at the start",
    comesBy: "a unit file that starts dockerd with a rendered copy of daemon.json",
    script: [
      `if [ -e ${FILE} ]; then cp ${FILE} ${OTHER}; else echo '{}' >${OTHER}; fi`,
      `exec "$D" "$@" --config-file ${OTHER}`,
    ].join("\n"),
    caughtBy: ["KEY-160"],
    cause: /live-restore/,
  }),
  shadowed({
    id: "configuration-live-restore-unasked",
    breaks: "containers outlive dockerd although the file does not say live-restore",
    comesBy: "--live-restore in a unit file of a platform's",
    script: [`grep -qs '"live-restore"' ${FILE} || set -- "$@" --live-restore`, START].join("\n"),
    caughtBy: ["KEY-163", "KEY-169"],
    cause: /live-restore/,
  }),
  shadowed({
    id: "configuration-rules-made-twice",
    breaks: "each translation of a published port is made twice",
    comesBy: "an iptables wrapper that tries again what has worked",
    script: [
      "cat >/usr/local/sbin/iptables <<'WRAPPER'",
      "#!/bin/sh",
      'case " $* " in *" -A DOCKER "*DNAT*) /usr/sbin/iptables "$@";; esac',
      'exec /usr/sbin/iptables "$@"',
      "WRAPPER",
      "chmod 755 /usr/local/sbin/iptables",
      START,
    ].join("\n"),
    caughtBy: ["KEY-166"],
    cause: /live-restore|userland-proxy/,
  }),
  shadowed({
    id: "configuration-proxy-outlives-dockerd",
    breaks:
      "docker-proxy does not end when it is told to, nor with dockerd: it holds the ports of containers that are gone",
    comesBy: "a wrapper around docker-proxy, for its log, that passes no signal on",
    script: [
      "P=$(PATH=/usr/local/bin:/usr/libexec/docker:/usr/sbin:/usr/bin command -v docker-proxy)",
      "cat >/usr/local/sbin/docker-proxy <<WRAPPER",
      "#!/bin/sh",
      '$P "\\$@" &',
      "wait",
      "WRAPPER",
      "chmod 755 /usr/local/sbin/docker-proxy",
      'exec "$D" "$@" --userland-proxy-path /usr/local/sbin/docker-proxy',
    ].join("\n"),
    caughtBy: ["KEY-165", "KEY-168", "KEY-169", "KEY-170"],
    cause: /userland-proxy|live-restore|docker-proxy/,
  }),
];
