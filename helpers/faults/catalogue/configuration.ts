import { type Fault, ofLayer } from "../fault.ts";

const FILE = "/etc/docker/daemon.json";

/** What the likely cause of a file that dockerd has not read has to say. */
const NOT_RESTARTED = /restart|changed .* after|older than|daemon\.json/i;

/** Writes the file while dockerd runs. Its time is known to the second only: later than dockerd's start for certain. */
function edit(text: string): readonly string[] {
  return ["sleep 2", `mkdir -p /etc/docker && echo '${text}' >${FILE}`];
}

interface Edited extends Pick<Fault, "id" | "breaks" | "caughtBy" | "since" | "until"> {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly comesBy?: string;
}

/** A file whose keys the running dockerd does not have. */
function edited({ keys, comesBy, ...fault }: Edited): Fault {
  return {
    ...fault,
    layer: "configuration",
    comesBy: comesBy ?? "an edit of daemon.json without a restart, because a restart would end the containers",
    strike: { when: "before the topology", shell: edit(JSON.stringify(keys)) },
    undo: [`rm ${FILE}`],
    cause: NOT_RESTARTED,
  };
}

interface Mistaken extends Pick<Fault, "id" | "breaks" | "comesBy" | "caughtBy" | "cause"> {
  readonly text: string;
}

/** A file that dockerd will not start with, or not as it says. */
function mistaken({ text, ...fault }: Mistaken): Fault {
  return {
    ...fault,
    layer: "configuration",
    strike: { when: "before the topology", shell: edit(text) },
    undo: [`rm ${FILE}`],
  };
}

interface TakenAway
  extends Pick<Fault, "id" | "breaks" | "comesBy" | "caughtBy" | "cause" | "since" | "until" | "undo"> {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly afterwards: readonly string[];
}

/** Keys that dockerd has read and followed, and whose effect was taken away afterwards. */
function takenAway({ keys, afterwards, ...fault }: TakenAway): Fault {
  return {
    ...fault,
    layer: "configuration",
    strike: { when: "before the engine", daemonJson: JSON.stringify(keys), afterwards },
  };
}

const MTU = "com.docker.network.driver.mtu";
const PREFIX = "2001:db8:1::/64";
/** Before 27.0 dockerd filters IPv6 only with both keys. */
const FILTERED_V6 = { experimental: true, ip6tables: true };

const EDITED: readonly Fault[] = [
  edited({
    id: "configuration-mtu-edited",
    breaks: "daemon.json asks for another MTU than the running dockerd has",
    keys: { mtu: 1400 },
    caughtBy: ["CONF-07", "CONF-17", "CONF-30", "INSPECT-24", "BRIDGE-29"],
  }),
  edited({
    id: "configuration-bip-edited",
    breaks: "daemon.json asks for another subnet of docker0 than the running dockerd has",
    keys: { bip: "10.154.50.1/24" },
    caughtBy: ["CONF-07", "CONF-10", "INSPECT-10", "BRIDGE-36"],
  }),
  edited({
    id: "configuration-mirror-edited",
    breaks: "daemon.json names a mirror and a log driver that the running dockerd does not have",
    comesBy: "an edit of daemon.json without a reload or a restart",
    keys: { "registry-mirrors": ["https://mirror.example.org"], "log-driver": "local" },
    caughtBy: ["CONF-39"],
  }),
  edited({
    id: "configuration-firewall-backend-edited",
    breaks: "daemon.json asks for the nftables backend, the running dockerd has iptables",
    keys: { "firewall-backend": "nftables" },
    caughtBy: ["CONF-07", "CONF-25"],
    since: "firewall-backend-choice",
  }),
  edited({
    id: "configuration-fixed-cidr-edited",
    breaks: "daemon.json asks for another range of addresses on docker0 than the running dockerd has",
    keys: { bip: "172.17.0.1/16", "fixed-cidr": "172.17.128.0/24" },
    caughtBy: ["CONF-07", "CONF-13"],
  }),
  edited({
    id: "configuration-default-gateway-edited",
    breaks: "daemon.json names a gateway on docker0 that the running dockerd does not give to containers",
    keys: { bip: "172.17.0.1/16", "default-gateway": "172.17.0.254" },
    caughtBy: ["CONF-07", "CONF-15", "INSPECT-11b"],
  }),
  edited({
    id: "configuration-icc-edited",
    breaks: "daemon.json closes the default bridge, and its containers reach each other",
    comesBy: "a hardening guide followed without its last line, the restart",
    keys: { icc: false },
    caughtBy: ["CONF-07", "CONF-18", "INSPECT-20", "BRIDGE-48b"],
  }),
  edited({
    id: "configuration-ip-edited",
    breaks: "daemon.json publishes on 127.0.0.1, and the running dockerd on every address",
    keys: { ip: "127.0.0.1" },
    caughtBy: ["CONF-07", "CONF-19", "INSPECT-22", "PORT-02", "PORT-08"],
  }),
  edited({
    id: "configuration-ip-masq-edited",
    breaks: "daemon.json takes masquerading away, and the running dockerd masquerades",
    keys: { "ip-masq": false },
    caughtBy: ["CONF-07", "CONF-20", "CONF-34", "INSPECT-21"],
  }),
  edited({
    id: "configuration-iptables-edited",
    breaks: "daemon.json forbids rules, and the running dockerd makes them",
    keys: { iptables: false },
    caughtBy: ["CONF-07", "CONF-33"],
  }),
  edited({
    id: "configuration-ipv6-edited",
    breaks: "daemon.json gives the default bridge IPv6, and the running dockerd does not",
    keys: { ipv6: true, "fixed-cidr-v6": PREFIX, ...FILTERED_V6 },
    caughtBy: ["CONF-07", "CONF-21", "CONF-24", "INSPECT-06"],
  }),
  edited({
    id: "configuration-pools-edited",
    breaks: "daemon.json names address pools out of which the running dockerd gives no subnet",
    keys: { "default-address-pools": [{ base: "10.204.0.0/16", size: 24 }] },
    caughtBy: ["CONF-07", "CONF-22", "UDN-12"],
  }),
  edited({
    id: "configuration-network-options-edited",
    breaks: "daemon.json gives new networks another MTU, and the running dockerd does not",
    keys: { "default-network-opts": { bridge: { [MTU]: "1400" } } },
    since: "default-network-options",
    caughtBy: ["INSPECT-26", "CONNECT-10"],
  }),
  edited({
    id: "configuration-bridge-edited",
    breaks: "daemon.json puts the default network on another bridge than the running dockerd has it on",
    keys: { bridge: "br-own" },
    caughtBy: ["CONF-07", "CONF-12", "INSPECT-23", "BRIDGE-34"],
  }),
  edited({
    id: "configuration-live-restore-edited",
    breaks: "daemon.json asks for live-restore, and a restart of the running dockerd would end all containers",
    keys: { "live-restore": true },
    caughtBy: ["CONF-07", "CONF-23"],
  }),
  edited({
    id: "configuration-dns-edited",
    breaks: "daemon.json names DNS servers that the running dockerd does not give to containers",
    keys: { dns: ["9.9.9.9", "149.112.112.112"] },
    caughtBy: ["HOSTCFG-17", "INSPECT-49", "DNS-12", "CONF-31"],
  }),
  edited({
    id: "configuration-bip6-edited",
    breaks: "daemon.json gives docker0 an IPv6 address that the running dockerd does not give it",
    keys: { ipv6: true, bip6: "fd4d:6169:6c63::1/64" },
    caughtBy: ["CONF-07", "CONF-11", "CONF-21"],
    since: "daemon-json-of-28",
  }),
  edited({
    id: "configuration-fixed-cidr-v6-edited",
    breaks: "daemon.json names the IPv6 range and gateway of docker0, and the running dockerd has neither",
    keys: {
      ipv6: true,
      "fixed-cidr-v6": PREFIX,
      "default-gateway-v6": PREFIX.replace("::/64", "::fe"),
      ...FILTERED_V6,
    },
    caughtBy: ["CONF-14", "CONF-16", "CONF-21", "CONF-37"],
  }),
  edited({
    id: "configuration-host-gateways-edited",
    breaks:
      "daemon.json says in its newer key what host-gateway stands for, and the running dockerd has another address",
    keys: { "host-gateway-ips": ["10.154.50.77"] },
    caughtBy: ["CONF-32b"],
    since: "daemon-json-of-28",
  }),
  edited({
    id: "configuration-dns-search-edited",
    breaks: "daemon.json names a search domain that the running dockerd does not give to containers",
    keys: { "dns-search": ["corp.example"] },
    caughtBy: ["INSPECT-51", "DNS-12"],
  }),
  edited({
    id: "configuration-dns-opts-edited",
    breaks: "daemon.json names resolver options that the running dockerd does not give to containers",
    keys: { "dns-opts": ["timeout:1", "attempts:3"] },
    caughtBy: ["INSPECT-50"],
  }),
  edited({
    id: "configuration-userland-proxy-edited",
    breaks: "daemon.json takes docker-proxy away, and the running dockerd starts one per port",
    keys: { "userland-proxy": false },
    caughtBy: ["PORT-28"],
  }),
  edited({
    id: "configuration-host-gateway-edited",
    breaks: "daemon.json says what host-gateway stands for, and the running dockerd has another address for it",
    keys: { "host-gateway-ip": "10.154.50.77" },
    caughtBy: ["CONF-32"],
  }),
  edited({
    id: "configuration-direct-routing-edited",
    breaks: "daemon.json lets others route straight to containers, and the running dockerd drops it",
    keys: { "allow-direct-routing": true },
    since: "allow-direct-routing",
    caughtBy: ["CONF-38"],
  }),
];

/** What the likely cause says of a file that stands until dockerd is restarted. */
const WILL_NOT_START = /will not start|does not start|mend the file|next restart/i;

const MISTAKEN: readonly Fault[] = [
  mistaken({
    id: "configuration-not-json",
    breaks: "daemon.json has a comment and a trailing comma: dockerd will not start again",
    comesBy: "a line taken out at the end of a list, and a note left for the next one",
    text: '{ "mtu": 1400, /* the VPN */ }',
    caughtBy: ["CONF-01", "CONF-07"],
    cause: WILL_NOT_START,
  }),
  mistaken({
    id: "configuration-unknown-key",
    breaks: "daemon.json has a key that dockerd does not know: it will not start again",
    comesBy: "a slip of the keyboard, or a key of another version",
    text: '{ "mtus": 1400 }',
    caughtBy: ["CONF-02", "CONF-07"],
    cause: WILL_NOT_START,
  }),
  mistaken({
    id: "configuration-key-twice",
    breaks: "daemon.json has a key twice, of which dockerd takes the last",
    comesBy: "a key added at the top of a long file that had it already",
    text: '{ "mtu": 1400, "mtu": 1500 }',
    caughtBy: ["CONF-03"],
    cause: /twice|already|one of the two/i,
  }),
  mistaken({
    id: "configuration-wrong-type",
    breaks: "daemon.json gives a number as a text: dockerd will not start again",
    comesBy: "a template that puts everything into quotes",
    text: '{ "mtu": "1400" }',
    caughtBy: ["CONF-04", "CONF-07"],
    cause: WILL_NOT_START,
  }),
  mistaken({
    id: "configuration-bad-value",
    breaks: "daemon.json gives docker0 an address that is none: dockerd will not start again",
    comesBy: "a slip of the keyboard",
    text: '{ "bip": "10.154.500.1/24" }',
    caughtBy: ["CONF-04", "CONF-07"],
    cause: WILL_NOT_START,
  }),
  mistaken({
    id: "configuration-name-of-a-flag",
    breaks: "daemon.json has a flag's name where the key has another: dockerd takes nothing from it",
    comesBy: "a flag taken over from a unit file into daemon.json",
    text: '{ "default-address-pool": [{ "base": "10.204.0.0/16", "size": 24 }] }',
    caughtBy: ["CONF-06"],
    cause: /flags?|takes nothing/i,
  }),
];

const OVERRIDDEN: readonly Fault[] = ofLayer("configuration", [
  {
    id: "configuration-flag-beside-file",
    breaks:
      "a key stands in daemon.json and among dockerd's flags: the running dockerd has the flag's, and will not start again",
    comesBy: "a unit's drop-in with a flag from before, and daemon.json written later",
    strike: {
      when: "before the engine",
      flags: ["--mtu=1450"],
      afterwards: edit('{ "mtu": 1400 }'),
    },
    undo: [`rm ${FILE}`],
    caughtBy: ["CONF-05", "CONF-07"],
    cause: /flag/i,
  },
  {
    id: "configuration-file-lost",
    breaks: "daemon.json is gone, and the running dockerd has what it said",
    comesBy:
      "a package removed and installed again, or a configuration management that takes away what it does not know",
    strike: {
      when: "before the engine",
      daemonJson: '{ "mtu": 1400, "icc": false, "ip": "127.0.0.1" }',
      afterwards: [`rm ${FILE}`],
    },
    undo: [],
    caughtBy: ["CONF-08", "INSPECT-20", "INSPECT-22", "INSPECT-24", "PORT-02"],
    cause: /taken away|not restarted|restart dockerd/i,
  },
]);

/** IPv6 in force, and then other values in the file. */
function otherV6(
  id: string,
  in28: boolean,
  keys: Readonly<Record<string, string>>,
  caughtBy: Fault["caughtBy"],
): Fault {
  return {
    id: `configuration-${id}-changed`,
    layer: "configuration",
    breaks: `daemon.json gives docker0 another ${id} than the running dockerd has`,
    comesBy: "a renumbering that was written down and not put in force",
    strike: {
      when: "before the engine",
      daemonJson: JSON.stringify({
        ipv6: true,
        "fixed-cidr-v6": PREFIX,
        ...FILTERED_V6,
        ...Object.fromEntries(Object.keys(keys).map((key) => [key, V6_IN_FORCE[key]])),
      }),
      afterwards: edit(JSON.stringify({ ipv6: true, "fixed-cidr-v6": PREFIX, ...FILTERED_V6, ...keys })),
    },
    undo: [],
    caughtBy,
    cause: NOT_RESTARTED,
    ...(in28 ? { since: "daemon-json-of-28" } : {}),
  };
}

const V6_IN_FORCE: Readonly<Record<string, string>> = {
  bip6: "2001:db8:1::1/64",
  "fixed-cidr-v6": PREFIX,
  "default-gateway-v6": "2001:db8:1::89",
};

const CHANGED: readonly Fault[] = [
  otherV6("bip6", true, { bip6: "2001:db8:1::2/64" }, ["CONF-11"]),
  otherV6("fixed-cidr-v6", false, { "fixed-cidr-v6": "2001:db8:2::/64" }, ["CONF-14"]),
  otherV6("default-gateway-v6", false, { "default-gateway-v6": "2001:db8:1::99" }, ["CONF-16"]),
];

const TAKEN_AWAY: readonly Fault[] = [
  takenAway({
    id: "configuration-icc-not-enforced",
    breaks: "icc is off, and the kernel does not ask the rules about packets between ports of a bridge",
    comesBy: "net.bridge.bridge-nf-call-iptables=0 in sysctl.d, for virtual machines on other bridges",
    keys: { icc: false },
    afterwards: ["echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables"],
    undo: ["echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables"],
    caughtBy: ["CONF-35", "BRIDGE-48b"],
    cause: /bridge-nf-call-iptables|br_netfilter/i,
  }),
  takenAway({
    id: "configuration-icc-rule-removed",
    breaks: "icc is off, and a rule before Docker's own lets packets within the default bridge through",
    comesBy: "an accept rule for trusted bridges in DOCKER-USER",
    keys: { icc: false },
    afterwards: ["iptables -I DOCKER-USER -i docker0 -o docker0 -j ACCEPT"],
    undo: ["iptables -D DOCKER-USER -i docker0 -o docker0 -j ACCEPT"],
    caughtBy: ["BRIDGE-48b"],
    cause: /DOCKER-USER|ACCEPT|\brule/i,
  }),
  takenAway({
    id: "configuration-ip-masq-not-effective",
    breaks: "masquerading is off, and a rule masquerades the default bridge's subnet all the same",
    comesBy: "a rule of the host's firewall for all private addresses",
    keys: { "ip-masq": false },
    afterwards: ["iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"],
    undo: ["iptables -t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"],
    caughtBy: ["CONF-34"],
    cause: /MASQUERADE|\brule|after dockerd/i,
  }),
  takenAway({
    id: "configuration-bip-not-effective",
    breaks: "docker0 lost the address that bip names and has another",
    comesBy: "a network manager that configures docker0 from a profile of its own",
    keys: { bip: "10.154.50.1/24" },
    afterwards: ["ip address flush dev docker0", "ip address add 172.17.0.1/16 brd + dev docker0"],
    undo: [],
    caughtBy: ["INSPECT-10", "INSPECT-11", "BRIDGE-36", "HOST-05"],
    cause: /docker0|device|address/i,
  }),
  takenAway({
    id: "configuration-mtu-not-effective",
    breaks: "docker0 has another MTU than mtu asks for",
    comesBy: "ip link set docker0 mtu 9000, by somebody who tunes the host's interfaces",
    keys: { mtu: 1400 },
    afterwards: ["ip link set docker0 mtu 1280"],
    undo: [],
    caughtBy: ["BRIDGE-39"],
    cause: /mtu/i,
    since: "bridge-mtu-set",
  }),
  takenAway({
    id: "configuration-bip6-not-effective",
    breaks: "docker0 lost the IPv6 address that bip6 names",
    comesBy: "a network manager that flushes IPv6 addresses that it did not set",
    keys: { ipv6: true, bip6: "2001:db8:1::1111/64" },
    afterwards: ["ip -6 address del 2001:db8:1::1111/64 dev docker0"],
    undo: [],
    caughtBy: ["CONF-36"],
    cause: /device|IPv6|bip6|after dockerd/i,
    since: "daemon-json-of-28",
  }),
  takenAway({
    id: "configuration-direct-routing-dropped",
    breaks: "direct routing to containers is allowed, and rules of the raw table drop it",
    comesBy:
      "a hardening script that guards the containers' addresses against all but the bridge, from before the key was set",
    keys: { "allow-direct-routing": true },
    afterwards: [
      // Of no form that dockerd makes: those it takes away again as a container starts.
      "for host in $(seq 2 30); do iptables -t raw -A PREROUTING -d 172.17.0.$host/32 ! -i docker0 -p tcp -j DROP; done",
    ],
    undo: ["iptables -t raw -F PREROUTING"],
    caughtBy: ["CONF-38"],
    cause: /\braw\b|DROP|\brule|after dockerd/i,
    since: "allow-direct-routing",
  }),
];

/** What daemon.json and dockerd's flags ask for, and what the engine really does. */
export const CONFIGURATION_FAULTS: readonly Fault[] = [
  ...EDITED,
  ...CHANGED,
  ...MISTAKEN,
  ...OVERRIDDEN,
  ...TAKEN_AWAY,
];
