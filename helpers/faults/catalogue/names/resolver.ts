import { type Fault, ofLayer, type StruckContainer } from "../../fault.ts";
import { altered } from "../alter.ts";
import { eachContainer, LIE } from "./strikes.ts";

function onUserNetwork({ networkMode }: StruckContainer): boolean {
  return !["default", "bridge", "host", "none"].includes(networkMode) && !networkMode.startsWith("container:");
}

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

/** Who is asked for a name, and what it says. */
export const RESOLVER_FAULTS: readonly Fault[] = ofLayer("names", [
  {
    id: "names-aliases-dropped",
    breaks: "containers are started without the network aliases that users ask for",
    comesBy: "a platform or a proxy in front of the engine that knows no aliases",
    strike: {
      when: "the engine is asked",
      to: /^\/containers\/create$/,
      alter: altered("NetworkingConfig.EndpointsConfig.*.Aliases", (old) => (Array.isArray(old) ? [] : old)),
    },
    undo: [],
    caughtBy: ["DNS-23", "DNS-25"],
    cause: /alias|127\.0\.0\.11|resolver/i,
  },
  {
    id: "names-alias-everywhere",
    breaks: "an alias of one network is given on every further network of the container as well",
    comesBy: "a platform that repeats a container's aliases with each network that it connects",
    strike: {
      when: "the engine is asked",
      to: /^\/networks\/[^/]+\/connect$/,
      alter: altered("EndpointConfig", (old) => ({ ...(old as object | undefined), Aliases: ["dnc-shop"] })),
    },
    undo: [],
    caughtBy: ["DNS-24"],
    cause: /alias/i,
  },
  {
    id: "names-resolver-rules-removed",
    breaks: "the rules that lead 127.0.0.11 to the engine's resolver are gone from the containers' namespaces",
    comesBy: "iptables -t nat -F inside a container that may do so: a VPN client, a sidecar that sets up its own rules",
    strike: eachContainer(["nsenter -t $PID -n iptables -t nat -F"], onUserNetwork),
    undo: [],
    caughtBy: [...RESOLVER_GONE, "DNS-13", "CONNECT-26"],
    cause: /127\.0\.0\.11|resolver.*\b(rule|DNAT)|\b(rule|DNAT).*resolver/i,
  },
  {
    id: "names-resolver-answers-dropped",
    breaks: "a rule inside the containers drops what comes from 127.0.0.11",
    comesBy: "a packet filter put into each container that lets in only what comes from the company's DNS servers",
    strike: eachContainer(["nsenter -t $PID -n iptables -I INPUT -s 127.0.0.11 -j DROP"], onUserNetwork),
    undo: [],
    caughtBy: [...RESOLVER_GONE, "DNS-13", "CONNECT-26"],
    cause: /127\.0\.0\.11|resolver.*\brule|\brule.*resolver|DROP/i,
  },
  {
    id: "names-resolver-shadowed",
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
    breaks: "the host drops what containers ask of DNS servers",
    comesBy: "an egress rule for port 53 in DOCKER-USER that names only the company's servers",
    strike: { when: "before the topology", shell: ["iptables -I DOCKER-USER -p udp --dport 53 -j DROP"] },
    undo: ["iptables -D DOCKER-USER -p udp --dport 53 -j DROP"],
    caughtBy: ["DNS-12", "DNS-17", "DNS-17b"],
    cause: /port 53|\bDROP\b|DOCKER-USER/i,
  },
  {
    id: "names-house-server-shut",
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
]);
