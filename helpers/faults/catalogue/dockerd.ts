import type { SwitchKey } from "../../model/version-switches.ts";
import type { Fault } from "../fault.ts";
import { FILE, OTHER, START, shadowed } from "./shadowed.ts";

/** A JSON value, as a pattern of Perl. What it has entered it does not try another way: nested lists would take it minutes. */
const VALUE = '(?:(\\[(?:[^\\[\\]]++|(?1))*+\\])|(\\{(?:[^{}]++|(?2))*+\\})|"(?:[^"\\\\]|\\\\.)*+"|[^,}\\s]+)';

/** A key without whose range dockerd refuses the other: a gateway has to lie in it. */
const STANDS_ON: Readonly<Record<string, string>> = {
  bip: "default-gateway",
  "fixed-cidr-v6": "default-gateway-v6",
  experimental: "ip6tables",
};

/** dockerd that gets the file without one of its keys. */
function unheard(key: string, caughtBy: Fault["caughtBy"], versions: Pick<Fault, "since" | "until"> = {}): Fault {
  const companion = STANDS_ON[key];
  const keys = companion === undefined ? [key] : [key, companion];
  return shadowed({
    id: `configuration-${key}-unheard`,
    breaks: `dockerd never hears of the key ${keys.join(", nor of ")} in daemon.json`,
    comesBy: "a unit file that starts dockerd with a file of the distribution's own, made from the keys that it knows",
    script: [
      `if [ -e ${FILE} ]; then`,
      `perl -0777 -pe '${keys.map((one) => `s/"${one}"\\s*:\\s*${VALUE}\\s*,?//`).join("; ")}; s/,(\\s*\\})/$1/g' ${FILE} >${OTHER}`,
      `set -- "$@" --config-file ${OTHER}`,
      "fi",
      START,
    ].join("\n"),
    caughtBy,
    cause: new RegExp(`\\b${key}\\b`),
    ...versions,
  });
}

const OF_28: { readonly since: SwitchKey } = { since: "daemon-json-of-28" };

const UNHEARD: readonly Fault[] = [
  unheard("bip", ["DAEMON-03", "DAEMON-04", "DAEMON-06", "DAEMON-07", "DAEMON-08", "DAEMON-09", "DAEMON-11", "KEY-82"]),
  unheard("bip6", ["KEY-75"], OF_28),
  unheard("bridge", ["KEY-12", "KEY-14"]),
  unheard("fixed-cidr", ["DAEMON-17", "KEY-09", "KEY-11"]),
  // Before, dockerd refuses ipv6 without it.
  unheard("fixed-cidr-v6", ["DAEMON-21"], { since: "ipv6-without-fixed-cidr" }),
  unheard("ipv6", ["DAEMON-21", "KEY-71"]),
  unheard("default-gateway", ["DAEMON-19"]),
  unheard("default-gateway-v6", ["DAEMON-23"]),
  unheard("mtu", ["DAEMON-14", "DAEMON-15", "DAEMON-16"]),
  unheard("icc", ["KEY-45"]),
  unheard("ip", ["KEY-66"]),
  unheard("ip-masq", ["KEY-48"]),
  unheard("ip-forward", ["KEY-54", "KEY-55"]),
  unheard("ip-forward-no-drop", ["KEY-57"], OF_28),
  unheard("iptables", ["KEY-50", "KEY-51", "KEY-52"]),
  unheard("ip6tables", ["KEY-78"], { since: "ip6tables-by-default" }),
  unheard("experimental", ["KEY-79"], { until: "ip6tables-by-default" }),
  unheard("allow-direct-routing", ["KEY-58"], { since: "allow-direct-routing" }),
  unheard("userland-proxy", ["KEY-63", "KEY-65"]),
  unheard("dns", ["DAEMON-12", "DAEMON-13", "KEY-24", "KEY-31"]),
  unheard("dns-opts", ["KEY-25", "KEY-28"]),
  unheard("dns-search", ["KEY-26", "KEY-29"]),
  unheard("host-gateway-ip", ["KEY-27"]),
  unheard("host-gateway-ips", ["KEY-30"], OF_28),
  unheard("default-address-pools", ["KEY-80", "KEY-81", "KEY-83"]),
  unheard("default-network-opts", ["KEY-84"], { since: "default-network-options" }),
  unheard("live-restore", ["KEY-164", "KEY-165", "KEY-171", "KEY-172"]),
];

interface Vendor extends Pick<Fault, "id" | "breaks" | "caughtBy" | "cause"> {
  /** Flags by the key of `daemon.json` that they stand for: left out where the file says something itself. */
  readonly flags: Readonly<Record<string, string>>;
}

/** dockerd with a vendor's own defaults. */
function vendorsDefaults({ flags, ...fault }: Vendor): Fault {
  return shadowed({
    ...fault,
    comesBy: "flags in a unit file of the distribution's or the platform's",
    script: [
      ...Object.entries(flags).map(([key, flag]) => `grep -qs '"${key}"' ${FILE} || set -- "$@" ${flag}`),
      START,
    ].join("\n"),
  });
}

const DEFAULTS: readonly Fault[] = [
  vendorsDefaults({
    id: "configuration-other-default-addresses",
    breaks: "without keys for it docker0 has a vendor's subnet and MTU",
    flags: { bip: "--bip 10.111.0.1/24", mtu: "--mtu 1400" },
    caughtBy: ["KEY-01", "KEY-02"],
    cause: /\b(bip|mtu)\b/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-gateway",
    breaks: "without keys for it docker0's containers have a vendor's range and gateway",
    flags: {
      "fixed-cidr": "--bip 172.17.0.1/16 --fixed-cidr 172.17.128.0/24",
      "default-gateway": "--default-gateway 172.17.0.254",
    },
    caughtBy: ["KEY-03", "KEY-04"],
    cause: /fixed-cidr|default-gateway/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-bridge",
    breaks: "without a key for it dockerd makes no docker0",
    flags: { bridge: "--bridge none" },
    caughtBy: ["KEY-05", "BRIDGE-35", "NETLS-04"],
    cause: /\bbridge\b/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-names",
    breaks: "without keys for it containers have a vendor's DNS servers, search domain, options and host-gateway",
    flags: {
      dns: "--dns 192.0.2.54",
      "dns-search": "--dns-search vendor.example",
      "dns-opts": "--dns-opt ndots:7",
      "host-gateway-ip": "--host-gateway-ip 192.0.2.7",
    },
    caughtBy: ["KEY-20", "KEY-21", "KEY-22", "KEY-23"],
    cause: /dns|host-gateway/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-filtering",
    breaks: "without keys for it the default bridge is closed within itself and not masqueraded",
    flags: { icc: "--icc=false", "ip-masq": "--ip-masq=false" },
    caughtBy: ["KEY-40", "KEY-41"],
    cause: /\b(icc|ip-masq)\b/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-rules",
    breaks: "without keys for it dockerd makes no rules and leaves forwarding off",
    flags: { iptables: "--iptables=false", "ip-forward": "--ip-forward=false" },
    caughtBy: ["KEY-42", "KEY-43"],
    cause: /\b(iptables|ip-forward)\b/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-ports",
    breaks: "without keys for it ports are published on 127.0.0.1, and there is no docker-proxy",
    flags: { ip: "--ip 127.0.0.1", "userland-proxy": "--userland-proxy=false" },
    caughtBy: ["KEY-60", "KEY-61", "KEY-62"],
    cause: /\b(ip|userland-proxy)\b/,
  }),
  vendorsDefaults({
    id: "configuration-other-default-ipv6",
    breaks: "without a key for it the default bridge has IPv6",
    flags: { ipv6: "--ipv6 --fixed-cidr-v6 2001:db8:77::/64" },
    caughtBy: ["KEY-70"],
    cause: /\bipv6\b/,
  }),
];

const UNREFUSED: readonly Fault[] = [
  shadowed({
    id: "configuration-started-without-file",
    breaks: "where dockerd won't start with its daemon.json it is started without it",
    comesBy: "a unit file that prefers a daemon with its defaults to none at all",
    script: [
      "began=$(date +%s)",
      '"$D" "$@"; code=$?',
      "[ $code -ne 0 ] && [ $(($(date +%s) - began)) -lt 5 ] || exit $code",
      `echo '{}' >${OTHER}`,
      `exec "$D" "$@" --config-file ${OTHER}`,
    ].join("\n"),
    caughtBy: [
      "DAEMON-02",
      "KEY-100",
      "KEY-101",
      "KEY-102",
      "KEY-103",
      "KEY-104",
      "KEY-105",
      "KEY-110",
      "KEY-111",
      "KEY-115",
      "KEY-120",
      "KEY-121",
      "KEY-122",
      "KEY-130",
      "KEY-140",
      "KEY-141",
      "DAEMON-20",
      "DAEMON-24",
      "KEY-88",
      "KEY-112",
      "KEY-113",
      "KEY-114",
      "KEY-116",
      "KEY-117",
      "KEY-123",
      "KEY-124",
      "KEY-131",
      "KEY-132",
      "KEY-133",
      "KEY-142",
      "KEY-151",
      "KEY-152",
      "KEY-153",
      "KEY-154",
      "KEY-155",
    ],
    cause: /dockerd (starts|is started) with/i,
  }),
];

/** dockerd on hosts that the suites configure themselves: each key claimed but not effective, other defaults, no refusals. */
export const DOCKERD_FAULTS: readonly Fault[] = [...UNHEARD, ...DEFAULTS, ...UNREFUSED];
