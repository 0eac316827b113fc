import type { Fault, OnContainer, StruckContainer } from "../fault.ts";
import { altered, withKey, withoutKey } from "./alter.ts";

/** Where a file of a container lies, as the host sees it. Written in place: the engine mounts these files one by one. */
const HOSTS = "/proc/$PID/root/etc/hosts";
const RESOLV_CONF = "/proc/$PID/root/etc/resolv.conf";

/** Rewrites a file in place: `>` would empty it before it is read. */
function rewritten(file: string, program: string): string {
  return `${program} ${file} >/run/rewritten.$PID; cat /run/rewritten.$PID >${file}; rm /run/rewritten.$PID`;
}

function onUserNetwork({ networkMode }: StruckContainer): boolean {
  return !["default", "bridge", "host", "none"].includes(networkMode) && !networkMode.startsWith("container:");
}

/** The suites' view of the host is in host mode too, and the first: after that one every container would be given the new file. */
function isJudgedInHostMode({ name, networkMode }: StruckContainer): boolean {
  return networkMode === "host" && name === "host-open";
}

function eachContainer(shell: readonly string[], of?: OnContainer["of"]): OnContainer {
  return { when: "a container is up", shell, ...(of === undefined ? {} : { of }) };
}

/** An address for documentation (RFC 5737): what whoever lies answers. */
const LIE = "203.0.113.7";

/**
 * A DNS server that answers every question for an IPv4 address.
 * @param answer expression of Perl: the address, undefined for none
 * @param at its own address: from any other its answers would not be taken
 */
function nameServer(answer: string, at = "0.0.0.0"): string {
  const program = [
    "use IO::Socket::INET;",
    `$s = IO::Socket::INET->new(LocalAddr => "${at}", LocalPort => 53, Proto => "udp", ReuseAddr => 1) or die $!;`,
    "while (defined($s->recv($q, 512))) {",
    'my $e = index($q, "\\0", 12) + 5; my $n = substr($q, 12, $e - 17); $n =~ s/[\\x00-\\x1f]/./g; $n =~ s/^\\.//;',
    `my $v4 = unpack("n", substr($q, $e - 4, 2)) == 1; my $a = $v4 ? ${answer} : undef;`,
    '$s->send(substr($q, 0, 2) . pack("n5", $v4 && !defined $a ? 0x8583 : 0x8580, 1, defined $a ? 1 : 0, 0, 0) . substr($q, 12, $e - 12)',
    '. (defined $a ? pack("n3Nn", 0xc00c, 1, 1, 1, 4) . inet_aton($a) : "")); }',
  ].join(" ");
  return `perl -e '${program}' </dev/null >/dev/null 2>&1 &`;
}

/** Whatever asks a DNS server, on the way through the host, asks the host's own. */
const INTERCEPT = "PREROUTING -i docker0 -p udp --dport 53 -j REDIRECT";
const NO_INTERCEPT = [`iptables -t nat -D ${INTERCEPT}`, "pkill -x perl"];

/**
 * A DNS server at the host's own address on its LAN that knows no name, over UDP and TCP; the host's resolv.conf names
 * it, and the daemon's `dns`, as where dnsmasq or unbound serve a house.
 */
const HOUSE_SERVER = [
  'ip -4 -o addr show eth0 | awk \'{sub("/.*", "", $4); print $4; exit}\' >/run/house',
  `perl -e '${[
    "use IO::Socket::INET; use IO::Select;",
    '$u = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 53, Proto => "udp", ReuseAddr => 1) or die $!;',
    '$t = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 53, Proto => "tcp", Listen => 9, ReuseAddr => 1) or die $!;',
    'sub answer { substr($_[0], 0, 2) . pack("n5", 0x8583, 1, 0, 0, 0) . substr($_[0], 12) }',
    "$s = IO::Select->new($u, $t);",
    "while (1) { for $h ($s->can_read) {",
    "if ($h == $u) { $u->recv($q, 512); $u->send(answer($q)) }",
    "elsif ($h == $t) { $s->add($t->accept) }",
    'elsif (sysread($h, $l, 2) == 2) { sysread($h, $q, unpack("n", $l)); $a = answer($q); syswrite($h, pack("n", length $a) . $a) }',
    "else { $s->remove($h); close $h } } }",
  ].join(" ")}' $(cat /run/house) </dev/null >/dev/null 2>&1 &`,
  'echo "nameserver $(cat /run/house)" >/etc/resolv.conf',
  'echo "{\\"dns\\": [\\"$(cat /run/house)\\"]}" >/etc/docker/daemon.json',
] as const;
const SHUT_UDP = "INPUT ! -i lo -p udp --dport 53 -j DROP";
const SHUT_TCP = "INPUT ! -i lo -p tcp --dport 53 -j DROP";

const RESOLVER_GONE = ["DNS-01", "DNS-02", "DNS-03", "DNS-04", "DNS-05", "DNS-06", "DNS-07", "DNS-15"] as const;

/** From an option of `docker run` to nothing: what the engine never hears of, no container has. */
function unheard(
  fault: Pick<Fault, "id" | "breaks" | "caughtBy" | "cause">,
  path: string,
  without: (value: unknown) => unknown,
): Fault {
  return {
    ...fault,
    layer: "names",
    comesBy: "a platform between user and engine that passes on only the options that it knows",
    strike: { when: "the engine is asked", to: /^\/containers\/create$/, alter: altered(path, without) },
    undo: [],
  };
}

const gone = (): unknown => undefined;

/** What lies between a name and its address: the engine's resolver, those that it asks, and a container's files. */
export const NAMES_FAULTS: readonly Fault[] = [
  {
    id: "names-resolver-rules-removed",
    layer: "names",
    breaks: "the rules that lead 127.0.0.11 to the engine's resolver are gone from the containers' namespaces",
    comesBy: "iptables -t nat -F inside a container that may do so: a VPN client, a sidecar that sets up its own rules",
    strike: eachContainer(["nsenter -t $PID -n iptables -t nat -F"], onUserNetwork),
    undo: [],
    caughtBy: [...RESOLVER_GONE, "DNS-13", "CONNECT-26"],
    cause: /127\.0\.0\.11|resolver.*\b(rule|DNAT)|\b(rule|DNAT).*resolver/i,
  },
  {
    id: "names-resolver-answers-dropped",
    layer: "names",
    breaks: "a rule inside the containers drops what comes from 127.0.0.11",
    comesBy: "a packet filter put into each container that lets in only what comes from the company's DNS servers",
    strike: eachContainer(["nsenter -t $PID -n iptables -I INPUT -s 127.0.0.11 -j DROP"], onUserNetwork),
    undo: [],
    caughtBy: [...RESOLVER_GONE, "DNS-13", "CONNECT-26"],
    cause: /127\.0\.0\.11|resolver.*\brule|\brule.*resolver|DROP/i,
  },
  {
    id: "names-resolver-shadowed",
    layer: "names",
    breaks:
      "another resolver than the engine's answers at 127.0.0.11 in the containers, and gives every name one address",
    comesBy: "dnsmasq as a sidecar in the containers' namespaces, with its wildcard address for tests left in",
    strike: eachContainer(
      [
        "nsenter -t $PID -n iptables -t nat -F",
        `nsenter -t $PID -n sh -c '${nameServer(`"${LIE}"`, "127.0.0.11").replaceAll("'", `'\\''`)}'`,
      ],
      onUserNetwork,
    ),
    undo: [],
    caughtBy: ["DNS-01", "DNS-02", "DNS-03", "DNS-04", "DNS-13", "CONNECT-26"],
    cause: /127\.0\.0\.11|resolver.*\b(rule|DNAT)|\b(rule|DNAT).*resolver/i,
  },
  {
    id: "names-dns-dropped",
    layer: "names",
    breaks: "the host drops what containers ask of DNS servers",
    comesBy: "an egress rule for port 53 in DOCKER-USER that names only the company's servers",
    strike: { when: "before the topology", shell: ["iptables -I DOCKER-USER -p udp --dport 53 -j DROP"] },
    undo: ["iptables -D DOCKER-USER -p udp --dport 53 -j DROP"],
    caughtBy: ["DNS-12", "DNS-17", "DNS-17b"],
    cause: /port 53|\bDROP\b|DOCKER-USER/i,
  },
  {
    id: "names-house-server-shut",
    layer: "names",
    breaks: "the host's own DNS server answers the host and drops what containers ask it",
    comesBy: "ufw or firewalld closing INPUT on a host that runs dnsmasq or unbound: port 53 is open to the LAN only",
    strike: {
      when: "before the engine",
      shell: [...HOUSE_SERVER, `iptables -I ${SHUT_UDP}`, `iptables -I ${SHUT_TCP}`],
    },
    undo: [`iptables -D ${SHUT_UDP}`, `iptables -D ${SHUT_TCP}`],
    caughtBy: ["DNS-18", "DNS-19", "DNS-20", "DNS-21"],
    beside: ["DNS-22"],
    cause: /INPUT|port 53|\bDROP\b/i,
  },
  {
    id: "names-dns-key-dead",
    layer: "names",
    breaks:
      "the daemon tells all containers to ask a server that is their own loopback, or the host's where nobody listens",
    comesBy: "the stub of systemd-resolved copied from the host's resolv.conf into daemon.json",
    strike: { when: "before the engine", daemonJson: '{"dns": ["127.0.0.53"]}' },
    undo: [],
    caughtBy: ["DNS-18", "DNS-20", "DNS-22"],
    cause: /127\.0\.0\.53/,
  },
  {
    id: "names-dns-intercepted",
    layer: "names",
    breaks:
      "whatever DNS server a container on the default bridge asks, a server on the host answers, with one address for all names",
    comesBy: "transparent interception of port 53: a filter for trackers, a captive portal, a provider's wildcard",
    strike: {
      when: "before the topology",
      shell: [nameServer(`"${LIE}"`), `iptables -t nat -I ${INTERCEPT}`],
    },
    undo: NO_INTERCEPT,
    caughtBy: ["DNS-12"],
    cause: /port 53|REDIRECT|DNAT|another (DNS )?server|intercept|answers? (with )?203\.0\.113\.7/i,
  },
  {
    id: "names-dns-knows-containers",
    layer: "names",
    breaks: "a DNS server of the host knows the containers of the default bridge by their names and ids",
    comesBy: "a tool that publishes containers by DNS (dnsdock, dns-proxy-server, docker-hoster)",
    strike: eachContainer(
      [
        'echo "$(docker inspect -f \'{{.Name}}\' $ID | cut -c 2-) $IP" >>/run/names; echo "$(echo $ID | cut -c 1-12) $IP" >>/run/names',
        `iptables -t nat -C ${INTERCEPT} 2>/dev/null || { ${nameServer('(map { (split)[1] } grep { /^\\Q$n\\E / } do { local @ARGV = "/run/names"; <> })[-1]')} iptables -t nat -I ${INTERCEPT}; }`,
      ],
      ({ networkMode }) => ["default", "bridge"].includes(networkMode),
    ),
    undo: [...NO_INTERCEPT, "rm /run/names"],
    caughtBy: ["DNS-08", "DNS-09", "DNS-10", "DNS-11"],
    cause: /DNS server|REDIRECT|DNAT|port 53|intercept/i,
  },
  {
    id: "names-resolv-conf-server",
    layer: "names",
    breaks: "/etc/resolv.conf of the containers names another DNS server than the engine wrote",
    comesBy: "a DHCP or VPN client, or an entry point that writes the file, inside the container",
    strike: eachContainer([`echo nameserver 192.0.2.53 >${RESOLV_CONF}`]),
    undo: [],
    caughtBy: [
      "DNS-07",
      "DNS-12",
      "HOSTCFG-17",
      "HOSTCFG-19",
      "HOSTCFG-20",
      "HOSTCFG-21",
      "HOSTCFG-22",
      "INSPECT-49",
      "CONNECT-27",
      "HOST-22",
    ],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-server-added",
    layer: "names",
    breaks: "a further DNS server stands in the containers' /etc/resolv.conf",
    comesBy: "an entry point that appends a public server, in case that the company's does not answer",
    strike: eachContainer([`echo nameserver 192.0.2.53 >>${RESOLV_CONF}`]),
    undo: [],
    caughtBy: ["DNS-12", "HOSTCFG-17", "HOSTCFG-20", "HOSTCFG-21", "HOSTCFG-22", "INSPECT-49", "HOST-22"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-options",
    layer: "names",
    breaks: "a resolver option that nobody asked for stands in the containers' /etc/resolv.conf",
    comesBy: "an entry point that sets ndots, as for Kubernetes",
    strike: eachContainer([`echo options ndots:5 >>${RESOLV_CONF}`]),
    undo: [],
    caughtBy: ["INSPECT-50"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-search",
    layer: "names",
    breaks: "a search domain that nobody asked for stands in the containers' /etc/resolv.conf",
    comesBy: "a VPN client inside the container that adds the company's domain",
    strike: eachContainer([`echo search corp.example >>${RESOLV_CONF}`]),
    undo: [],
    caughtBy: ["INSPECT-51", "DNS-12"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-comments-removed",
    layer: "names",
    breaks: "/etc/resolv.conf of the containers lost the comments that say who wrote it and from which file",
    comesBy: "an entry point that filters the file and writes it back",
    strike: eachContainer([rewritten(RESOLV_CONF, "grep -v '^#'")]),
    undo: [],
    since: "generated-resolv-conf",
    caughtBy: ["HOSTCFG-18b"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-host-resolv-conf-commented",
    layer: "names",
    breaks: "the host's /etc/resolv.conf has a comment that containers which run already don't have",
    comesBy: "a VPN that marks the file as its own when it comes up",
    strike: eachContainer(["grep -q '# vpn0' /etc/resolv.conf || echo '# vpn0' >>/etc/resolv.conf"]),
    undo: ["grep -v '# vpn0' /etc/resolv.conf >/run/resolv.conf; cat /run/resolv.conf >/etc/resolv.conf"],
    until: "generated-resolv-conf",
    caughtBy: ["HOSTCFG-18"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-host-resolv-conf-changed",
    layer: "names",
    breaks: "the host's /etc/resolv.conf changed after the containers had got their copy",
    comesBy: "a VPN that came up, or a new lease of DHCP",
    strike: eachContainer(
      [
        "test -e /run/resolv.conf.before || cp /etc/resolv.conf /run/resolv.conf.before",
        "echo nameserver 192.0.2.53 >/etc/resolv.conf",
      ],
      isJudgedInHostMode,
    ),
    undo: ["cat /run/resolv.conf.before >/etc/resolv.conf", "rm /run/resolv.conf.before"],
    caughtBy: ["HOST-22"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-own-entry-removed",
    layer: "names",
    breaks: "the line for the container's own address is gone from its /etc/hosts",
    comesBy: "a tool inside the container that manages /etc/hosts (a hosts updater, Puppet)",
    strike: eachContainer(
      [rewritten(HOSTS, 'grep -v "^$IP\\b"')],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: [],
    caughtBy: ["HOSTCFG-10", "HOSTCFG-11", "HOSTCFG-12", "HOSTCFG-14", "HOSTCFG-22"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-own-name-elsewhere",
    layer: "names",
    breaks: "the container's own name in its /etc/hosts stands for a neighbour's address",
    comesBy: "an image that was committed from a container, with the line of that one left in a restored /etc/hosts",
    strike: eachContainer(
      [rewritten(HOSTS, `sed "s/^$IP\\b/${LIE}/"`)],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: [],
    caughtBy: ["HOSTCFG-10", "HOSTCFG-11", "HOSTCFG-12", "HOSTCFG-14", "HOSTCFG-22", "INSPECT-52", "INSPECT-53"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-foreign-entry",
    layer: "names",
    breaks: "a line for another host stands in the containers' /etc/hosts",
    comesBy: "a hosts updater, or an installation script that adds its server",
    strike: eachContainer([`echo "${LIE} db.example" >>${HOSTS}`]),
    undo: [],
    caughtBy: ["HOSTCFG-10", "INSPECT-52", "INSPECT-53"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-neighbours-in-hosts",
    layer: "names",
    breaks: "every container's name stands in the /etc/hosts of all others",
    comesBy: "a tool that keeps hosts files of containers up to date (docker-hoster, a script over docker ps)",
    strike: eachContainer(
      [
        "echo \"$IP $(docker inspect -f '{{.Name}}' $ID | cut -c 2-)\" >>/run/hosts.all",
        "for p in $(docker inspect -f '{{.State.Pid}}' $(docker ps -q)); do cat /run/hosts.all >>/proc/$p/root/etc/hosts; done",
      ],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: ["rm -f /run/hosts.all"],
    caughtBy: ["DNS-07", "HOSTCFG-02", "HOSTCFG-10", "INSPECT-52", "INSPECT-53"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-hosts-file-rewritten",
    layer: "names",
    breaks: "/etc/hosts of the containers has nothing but their own line",
    comesBy: "an entry point that writes the file anew",
    strike: eachContainer(
      [rewritten(HOSTS, 'grep "^$IP\\b"')],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: [],
    caughtBy: [
      "HOSTCFG-04",
      "HOSTCFG-05",
      "HOSTCFG-06",
      "HOSTCFG-07",
      "HOSTCFG-08",
      "HOSTCFG-09",
      "HOSTCFG-13",
      "HOSTCFG-14",
      "HOSTCFG-15",
      "HOSTCFG-16",
      "HOSTCFG-22",
    ],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-added-host-elsewhere",
    layer: "names",
    breaks: "a name given with --add-host stands for another address in the containers' /etc/hosts",
    comesBy: "an entry point that replaces addresses in /etc/hosts when a service moves",
    strike: eachContainer([rewritten(HOSTS, `sed "s/^[0-9.]*\\(.*dnc\\.example\\)/${LIE}\\1/"`)]),
    undo: [],
    caughtBy: ["HOSTCFG-13", "HOSTCFG-15", "HOSTCFG-16", "HOSTCFG-22"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-hostname-changed",
    layer: "names",
    breaks: "the containers have another hostname than they were started with",
    comesBy: "hostname(1) in a container with SYS_ADMIN, or nsenter from the host, by an inventory tool",
    strike: eachContainer(["nsenter -t $PID -u busybox hostname renamed"]),
    undo: [],
    caughtBy: [
      "HOSTCFG-01",
      "HOSTCFG-03",
      "HOSTCFG-10",
      "HOSTCFG-22",
      "DNS-03",
      "DNS-04",
      "JOIN-13",
      "JOIN-15",
      "HOST-11",
      "INSPECT-68",
      "ISO-04",
    ],
    cause: /hostname|renamed|UTS/i,
  },
  {
    id: "names-container-name-as-hostname",
    layer: "names",
    breaks: "the containers have their name as their hostname",
    comesBy: "a platform that sets --hostname to --name",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: (request) => {
        const { NetworkMode = "" } = (request.HostConfig ?? {}) as { NetworkMode?: string };
        if (request.Hostname !== undefined || NetworkMode.startsWith("container:")) return false;
        request.Hostname = "web";
        return true;
      },
    },
    undo: [],
    caughtBy: ["HOSTCFG-01", "DNS-03", "DNS-04", "HOST-11", "JOIN-13", "ISO-04"],
    cause: /hostname/i,
  },
  unheard(
    {
      id: "names-alias-unheard",
      breaks: "containers on user-defined networks don't get the aliases that they were started with",
      caughtBy: ["DNS-12"],
      cause: /alias/i,
    },
    "NetworkingConfig.EndpointsConfig.*",
    withoutKey("Aliases"),
  ),
  unheard(
    {
      id: "names-dns-option-unheard",
      breaks: "containers don't get the DNS servers that --dns names",
      caughtBy: ["DNS-12", "HOSTCFG-19", "HOSTCFG-20", "HOSTCFG-21", "HOSTCFG-22"],
      cause: /--dns|\bDns\b|resolv\.conf/,
    },
    "HostConfig.Dns",
    gone,
  ),
  unheard(
    {
      id: "names-search-option-unheard",
      breaks: "containers don't get the search domain that --dns-search names",
      caughtBy: ["DNS-12"],
      cause: /--dns-search|DnsSearch|search|resolv\.conf/,
    },
    "HostConfig.DnsSearch",
    gone,
  ),
  unheard(
    {
      id: "names-add-host-unheard",
      breaks: "containers don't get the hosts that --add-host names",
      caughtBy: ["HOSTCFG-13", "HOSTCFG-14", "HOSTCFG-15", "HOSTCFG-16", "HOSTCFG-22"],
      cause: /--add-host|ExtraHosts|\/etc\/hosts/,
    },
    "HostConfig.ExtraHosts",
    gone,
  ),
  unheard(
    {
      id: "names-hostname-unheard",
      breaks: "containers don't get the hostname that --hostname names",
      caughtBy: ["HOSTCFG-03", "HOSTCFG-11", "HOSTCFG-12", "HOSTCFG-22", "HOST-11"],
      cause: /hostname/i,
    },
    "Hostname",
    gone,
  ),
  {
    id: "names-add-host-for-all",
    layer: "names",
    breaks: "every container is started with hosts, DNS servers and search domains that its user did not ask for",
    comesBy: "a platform that adds its own to each docker run",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: altered("HostConfig", (old) => {
        const { NetworkMode = "" } = (old ?? {}) as { NetworkMode?: string };
        if (NetworkMode.startsWith("container:")) return old;
        const hosts = withKey("ExtraHosts", [`platform.example:${LIE}`])(old);
        return withKey("DnsSearch", ["platform.example"])(withKey("DnsOptions", ["ndots:5"])(hosts));
      }),
    },
    undo: [],
    caughtBy: ["INSPECT-50", "INSPECT-51", "INSPECT-52", "HOSTCFG-13", "DNS-12"],
    cause: /ExtraHosts|DnsSearch|DnsOptions|\/etc\/hosts|resolv\.conf/i,
  },
];
