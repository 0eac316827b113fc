import type { Fault } from "../fault.ts";
import { FILE, type Shadowed, START, shadowed } from "./shadowed.ts";
import { runcHook } from "./shell.ts";

/** dockerd with flags of its own where the file has a key. */
interface Beside extends Omit<Shadowed, "script" | "comesBy"> {
  /** Shell that is true where the flags are added. */
  readonly where: string;
  readonly flags: string;
}

const has = (key: string): string => `grep -qs '"${key}"' ${FILE}`;
const hasNot = (key: string): string => `! ${has(key)}`;

function beside({ where, flags, ...fault }: Beside): Fault {
  return shadowed({
    ...fault,
    comesBy: "flags in a unit file, made by a template that knows daemon.json by half",
    script: [`if ${where}; then set -- "$@" ${flags}; fi`, START].join("\n"),
  });
}

/** What the file says of the default bridge becomes every network's. */
function givenToAll(key: string, option: string, id: string, since: Fault["since"] = "default-network-options"): Fault {
  return beside({
    id: `configuration-${key}-given-to-all`,
    breaks: `with ${key} in daemon.json new networks have it too, not only the default bridge`,
    where: has(key),
    flags: `--default-network-opt bridge=com.docker.network.${option}`,
    caughtBy: [id],
    cause: new RegExp(`\\b${key}\\b`),
    ...(since === undefined ? {} : { since }),
  });
}

const FURTHER: readonly Fault[] = [
  givenToAll("mtu", "driver.mtu=1420", "KEY-07"),
  givenToAll("ip-masq", "bridge.enable_ip_masquerade=false", "KEY-49"),
  givenToAll("ip", "bridge.host_binding_ipv4=127.0.0.1", "KEY-67"),
  givenToAll("ipv6", "enable_ipv6=true", "KEY-72", "ipv6-without-fixed-cidr"),
  beside({
    id: "configuration-bip-with-other-pools",
    breaks: "with bip in daemon.json user-defined networks have other subnets",
    where: `${has("bip")} && ${hasNot("default-address-pools")}`,
    flags: "--default-address-pool base=10.209.0.0/16,size=24",
    caughtBy: ["KEY-06"],
    cause: /\bbip\b/,
  }),
  beside({
    id: "configuration-network-options-for-default-bridge",
    breaks: "what default-network-opts says of new networks becomes the default bridge's",
    where: has("default-network-opts"),
    flags: "--mtu 1350",
    caughtBy: ["KEY-85"],
    cause: /default-network-opts/,
    since: "default-network-options",
  }),
  beside({
    id: "configuration-other-default-network-options",
    breaks: "without a key for it new networks have a vendor's MTU",
    where: hasNot("default-network-opts"),
    flags: "--default-network-opt bridge=com.docker.network.driver.mtu=1400",
    caughtBy: ["KEY-86"],
    cause: /default-network-opts/,
    since: "default-network-options",
  }),
  beside({
    id: "configuration-mtu-of-the-uplink",
    breaks: "without mtu in daemon.json the default bridge has the MTU of the host's uplink",
    where: hasNot("mtu"),
    flags:
      "--mtu $(ip -o link show $(ip -o route get 192.0.2.1 | sed 's/.* dev \\([^ ]*\\).*/\\1/') | sed 's/.* mtu \\([0-9]*\\).*/\\1/')",
    caughtBy: ["KEY-173"],
    cause: /\bmtu\b/,
  }),
  beside({
    id: "configuration-other-default-prefix",
    breaks: "with ipv6 alone the default bridge has a vendor's IPv6 prefix",
    where: `${has("ipv6")} && ${hasNot("fixed-cidr-v6")} && ${hasNot("bip6")}`,
    flags: "--fixed-cidr-v6 2001:db8:77::/64",
    caughtBy: ["KEY-74"],
    cause: /fixed-cidr-v6/,
    since: "ipv6-without-fixed-cidr",
  }),
  beside({
    id: "configuration-other-default-gateway-v6",
    breaks:
      "without a key for it the IPv6 default route of the default bridge's containers goes to an address of a vendor's",
    where: `${has("fixed-cidr-v6")} && ${hasNot("default-gateway-v6")}`,
    flags: `--default-gateway-v6 $(sed -nE 's/.*"fixed-cidr-v6": *"([^"]*)::\\/.*/\\1::77/p' ${FILE})`,
    caughtBy: ["KEY-73"],
    cause: /default-gateway-v6/,
  }),
  beside({
    id: "configuration-other-default-ip6tables",
    breaks: "without a key for it dockerd makes no rules for IPv6",
    where: `${has("ipv6")} && ${hasNot("ip6tables")}`,
    flags: "--ip6tables=false",
    caughtBy: ["KEY-76"],
    cause: /ip6tables/,
    since: "ip6tables-by-default",
  }),
  beside({
    id: "configuration-ip6tables-unasked",
    breaks: "without a key for it dockerd makes rules for IPv6 although its version leaves them alone",
    where: `${has("ipv6")} && ${hasNot("ip6tables")}`,
    flags: "--ip6tables --experimental",
    caughtBy: ["KEY-77"],
    cause: /ip6tables/,
    until: "ip6tables-by-default",
  }),
  beside({
    id: "configuration-ipv6-unasked",
    breaks: "fixed-cidr-v6 alone switches IPv6 on",
    where: `${has("fixed-cidr-v6")} && ${hasNot("ipv6")}`,
    flags: "--ipv6",
    caughtBy: ["DAEMON-22"],
    cause: /fixed-cidr-v6/,
  }),
  beside({
    id: "configuration-direct-routing-unasked",
    breaks: "without a key for it published ports are open at the containers' own addresses",
    where: hasNot("allow-direct-routing"),
    flags: "--allow-direct-routing",
    caughtBy: ["KEY-44"],
    cause: /allow-direct-routing/,
    since: "allow-direct-routing",
  }),
  shadowed({
    id: "configuration-fixed-cidr-moves-bip",
    breaks: "a fixed-cidr outside of bip moves the default bridge to its range",
    comesBy: "a generator of daemon.json that mends what does not fit together",
    script: [
      `R=$(sed -nE 's/.*"fixed-cidr": *"([^"]*)".*/\\1/p' ${FILE} 2>/dev/null)`,
      `if [ -n "$R" ] && ${has("bip")}; then`,
      `sed -iE "s#\\"bip\\": *\\"[^\\"]*\\"#\\"bip\\":\\"\${R%.*}.1/\${R#*/}\\"#" ${FILE}`,
      "fi",
      START,
    ].join("\n"),
    caughtBy: ["DAEMON-18"],
    cause: /fixed-cidr/,
  }),
  shadowed({
    id: "configuration-file-elsewhere",
    breaks: "dockerd reads another file than /etc/docker/daemon.json",
    comesBy: "--config-file in a unit file of a package from another source",
    script: [`echo '{}' >/etc/docker-vendor.json`, `exec "$D" "$@" --config-file /etc/docker-vendor.json`].join("\n"),
    caughtBy: ["DAEMON-01", "DAEMON-25"],
    cause: /daemon\.json.*another file/s,
  }),
];

/** A firewall of the operator's own, made before dockerd starts: DOCKER-USER is his, and dockerd leaves its rules there. */
function firewall({
  rules,
  ...fault
}: Omit<Shadowed, "script" | "comesBy"> & { readonly rules: readonly string[] }): Fault {
  return shadowed({
    ...fault,
    comesBy: "a firewall script that runs before docker.service, or ExecStartPre in its unit file",
    script: ["iptables -N DOCKER-USER 2>/dev/null", ...rules, START].join("\n"),
  });
}

const once = (rule: string): string => `iptables -C ${rule} 2>/dev/null || iptables -A ${rule}`;

const FIREWALLS: readonly Fault[] = [
  firewall({
    id: "configuration-forwarding-accepted-first",
    breaks: "whatever is forwarded is accepted, and direct routing allowed: what is not published is open",
    rules: [
      once("DOCKER-USER -j ACCEPT"),
      `if "$D" --help | grep -q allow-direct-routing && ${hasNot("allow-direct-routing")}; then set -- "$@" --allow-direct-routing; fi`,
    ],
    caughtBy: ["KEY-59", "PORT-47"],
    cause: /DOCKER-USER|allow-direct-routing/,
  }),
  firewall({
    id: "configuration-user-networks-closed",
    breaks: "what passes between the bridges of user-defined networks, or within one, is dropped",
    rules: [once("DOCKER-USER -i br-+ -o br-+ -j DROP"), once("FORWARD -i br-+ -o br-+ -j DROP")],
    caughtBy: ["KEY-46", "KEY-53"],
    cause: /\b(icc|iptables)\b/,
  }),
  firewall({
    id: "configuration-default-bridge-closed",
    breaks: "what goes to docker0 is dropped: published ports, and answers",
    rules: [once("DOCKER-USER ! -i docker0 -o docker0 -j DROP")],
    caughtBy: ["KEY-47", "KEY-49b", "KEY-56", "KEY-64"],
    cause: /\b(icc|ip-masq|ip-forward|userland-proxy)\b/,
  }),
  shadowed({
    id: "configuration-raw-rules-not-made",
    breaks: "dockerd's rules in the raw table are never made: nothing guards addresses from the LAN",
    comesBy: "an iptables wrapper of an appliance whose raw table belongs to its own software",
    script: [
      "cat >/usr/local/sbin/iptables <<'WRAPPER'",
      "#!/bin/sh",
      'case " $* " in *" -t raw "*) case " $* " in *" -A "*|*" -I "*) exit 0;; esac;; esac',
      'exec /usr/sbin/iptables "$@"',
      "WRAPPER",
      "chmod 755 /usr/local/sbin/iptables",
      START,
    ].join("\n"),
    caughtBy: ["KEY-44", "PORT-45", "PORT-46"],
    cause: /\braw\b|allow-direct-routing/,
    since: "loopback-publication-guarded",
  }),
];

/** What a hook does to containers of these hosts ({@link runcHook}). */
function hook({ body, ...fault }: Omit<Shadowed, "script" | "comesBy"> & { readonly body: readonly string[] }): Fault {
  return shadowed({
    ...fault,
    comesBy: "an OCI runtime of a platform, with hooks that know the default bridge alone",
    script: [
      "cat >/usr/local/sbin/runc <<'WRAPPER'",
      ...runcHook(body),
      "WRAPPER",
      "chmod 755 /usr/local/sbin/runc",
      START,
    ].join("\n"),
  });
}

const HOOKS: readonly Fault[] = [
  hook({
    id: "configuration-own-hardware-addresses",
    breaks: "containers' hardware addresses are a platform's, not made of their IPv4 addresses",
    body: ["$N ip link set eth0 address 02:00:5e:00:53:01 2>/dev/null"],
    caughtBy: ["DAEMON-10"],
    cause: /hook|runtime|hardware address/i,
    until: "random-mac",
  }),
  hook({
    id: "configuration-gateway-given-to-all",
    breaks: "the default routes of user-defined networks go past the networks' gateways",
    body: [
      `if ${has("default-gateway")} || grep -qs '"none"' ${FILE}; then`,
      "G=$($N ip route | sed -nE 's/^default via ([0-9]+\\.[0-9]+\\.[0-9]+)\\..*/\\1.9/p')",
      '[ -z "$G" ] || $N ip route replace default via "$G"',
      "fi",
      `if ${has("default-gateway-v6")}; then`,
      "G=$($N ip -6 route | sed -nE 's/^default via ([0-9a-f:]*:):[0-9a-f]+ .*/\\1:89/p')",
      '[ -z "$G" ] || $N ip -6 route replace default via "$G" dev eth0',
      "fi",
    ],
    caughtBy: ["KEY-08", "KEY-15", "KEY-87"],
    cause: /default-gateway|\bbridge\b/,
  }),
  hook({
    id: "configuration-range-given-to-all",
    breaks: "containers of user-defined networks have addresses of the default bridge's subnet",
    body: [
      "A=$(for d in br-own docker0; do ip -4 -o addr show dev $d 2>/dev/null; done | sed -nE 's/.* inet ([0-9]+\\.[0-9]+\\.[0-9]+)\\.[0-9]+\\/([0-9]+) .*/\\1.70\\/\\2/p' | head -n 1)",
      "C=$($N ip -4 -o addr show dev eth0 2>/dev/null | sed -nE 's/.* inet ([0-9.\\/]+) .*/\\1/p')",
      'if [ -n "$A" ] && [ -n "$C" ] && [ "${C%.*}" != "${A%.*}" ]; then',
      '$N ip addr del "$C" dev eth0; $N ip addr add "$A" dev eth0',
      "fi",
    ],
    caughtBy: ["KEY-10", "KEY-13"],
    cause: /fixed-cidr|\bbridge\b/,
  }),
];

/** Keys that reach further than they should, and what else stands around dockerd on hosts that the suites configure. */
export const DOCKERD_SCOPE_FAULTS: readonly Fault[] = [...FURTHER, ...FIREWALLS, ...HOOKS];
