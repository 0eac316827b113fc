import { EXIT, UserError } from "../engine/errors.ts";
import { quoted } from "../model/shell-words.ts";
import type { SwitchKey } from "../model/version-switches.ts";

/** A `daemon.json` under which the suites are run unchanged. */
export interface LabConfiguration {
  readonly name: string;
  readonly daemonJson: Readonly<Record<string, unknown>>;
  /** Why an operator has it. */
  readonly why: string;
  /** The switch of behaviour that brought its newest key; undefined = every engine of the lab knows it. */
  readonly since?: SwitchKey;
  /** It has been superseded by this switch: later engines refuse or ignore it. */
  readonly until?: SwitchKey;
  /** Shell lines on the host before dockerd starts: a bridge of the operator's own, a sysctl. */
  readonly prepare?: readonly string[];
  /** Shell lines on the host once its engine runs: what else lives there. */
  readonly inhabit?: readonly string[];
}

/** Either of the suites' two images, which every host of the lab has. */
const IMAGE = "$(docker image ls -q | head -n 1)";
const MTU = "com.docker.network.driver.mtu";
/** A prefix of the documentation range (RFC 3849), as every operator's own prefix stands there. */
const PREFIX = "2001:db8:1::/64";
/** Before 27.0 dockerd filters IPv6 only with both keys. */
const FILTERED_V6 = { experimental: true, ip6tables: true };

/** Its own PATH leads to the script below first, and RootlessKit's to the program itself. */
const ROOTLESS_DOCKERD = [
  "#!/bin/sh",
  "script=/usr/share/docker.io/contrib/dockerd-rootless.sh",
  // From 29.5 on dockerd stays in the machine's network namespace; before, RootlessKit has to lead the API's port inside.
  'grep -q DETACH_NETNS $script && flags= || flags="-p 0.0.0.0:2375:2375/tcp"',
  "exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i HOME=/var/lib/docker/ops XDG_RUNTIME_DIR=/run/user/1000 " +
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS="$flags" sh $script ' +
    "-H unix:///run/user/1000/docker.sock -H tcp://0.0.0.0:2375 --tls=false",
];

/**
 * The configurations of `npm run matrix -- --configs`: every networking key alone, the pairs that interact, and what
 * operators really have.
 */
export const LAB_CONFIGURATIONS: readonly LabConfiguration[] = [
  { name: "default", daemonJson: {}, why: "the engine as it is installed: the control of all others" },

  // What operators really have.
  {
    name: "ufw",
    daemonJson: {},
    why: "ufw denies incoming by default, and lets Docker's bridges in",
    prepare: [
      "iptables -N ufw-before-input; iptables -A INPUT -j ufw-before-input",
      "for d in lo docker0 br-+; do iptables -A ufw-before-input -i $d -j ACCEPT; done",
      "iptables -A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "iptables -A ufw-before-input -p icmp --icmp-type 8 -j ACCEPT",
      "iptables -A ufw-before-input -p tcp -m multiport --dports 22,2375 -j ACCEPT",
      "iptables -P INPUT DROP; iptables -P FORWARD DROP",
    ],
  },
  {
    name: "bip-and-dns",
    daemonJson: { bip: "10.154.50.1/24", dns: ["114.114.114.114", "192.168.1.99"] },
    why: "docker0 collides with the company's network, and the company has resolvers of its own",
  },
  {
    name: "closed-and-no-proxy",
    daemonJson: { icc: false, "userland-proxy": false },
    why: "the hardening guides: containers don't talk unless linked, and no process per port",
  },
  {
    name: "dual-stack",
    daemonJson: { ipv6: true, "fixed-cidr-v6": PREFIX, ...FILTERED_V6 },
    why: "IPv6 for containers with a prefix of the operator's own",
  },
  {
    name: "behind-vpn",
    daemonJson: {
      mtu: 1380,
      "default-network-opts": { bridge: { [MTU]: "1380" } },
      "default-address-pools": [
        { base: "10.201.0.0/16", size: 24 },
        { base: "10.202.0.0/16", size: 24 },
      ],
    },
    why: "a VPN takes the private ranges and some of each packet",
    since: "default-network-options",
  },
  {
    name: "behind-vpn-plain",
    daemonJson: { mtu: 1380, "default-address-pools": [{ base: "10.201.0.0/16", size: 24 }] },
    why: "the same where default-network-opts is not known yet: user-defined networks keep 1500",
  },
  {
    name: "hardened",
    daemonJson: { icc: false, "userland-proxy": false, "live-restore": true, "no-new-privileges": true },
    why: "the CIS benchmark's list",
  },

  // What their hosts are, beside Docker.
  {
    name: "firewalld",
    daemonJson: {},
    why: "the family of Red Hat: firewalld owns the rules, and Docker's bridges are in a zone of its own",
    prepare: [
      "mkdir -p /run/dbus; dbus-daemon --system --fork >/dev/null 2>&1 </dev/null",
      "(firewalld --nofork --nopid >/var/log/firewalld.log 2>&1 </dev/null &)",
      "until firewall-cmd --state >/dev/null 2>&1; do sleep 0.1; done",
      "firewall-cmd --permanent --add-port=2375/tcp && firewall-cmd --add-port=2375/tcp",
    ],
  },
  {
    name: "rootless",
    daemonJson: {},
    why: "the engine runs as an ordinary user, in namespaces that RootlessKit made",
    prepare: [
      "echo ops:x:1000:1000::/var/lib/docker/ops:/bin/sh >>/etc/passwd; echo ops:x:1000: >>/etc/group",
      "echo ops:100000:65536 | tee /etc/subuid >/etc/subgid; chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap",
      "mkdir -p /dev/net /run/user/1000 /var/lib/docker/ops; [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200; chmod 666 /dev/net/tun",
      "chown 1000:1000 /run/user/1000 /var/lib/docker/ops; chmod 755 /var/lib/docker",
      `printf '%s\\n' ${ROOTLESS_DOCKERD.map(quoted).join(" ")} >/usr/local/bin/dockerd; chmod +x /usr/local/bin/dockerd`,
    ],
  },
  {
    name: "userns-remap",
    daemonJson: { "userns-remap": "default" },
    why: "the hardening guides: root in a container is nobody on the host",
    prepare: [
      "grep -q ^dockremap: /etc/passwd || echo dockremap:x:900:900::/:/bin/false >>/etc/passwd",
      "grep -q ^dockremap: /etc/group || echo dockremap:x:900: >>/etc/group",
      "echo dockremap:100000:65536 | tee /etc/subuid >/etc/subgid",
    ],
  },
  {
    name: "init",
    daemonJson: { init: true, "log-driver": "none", "default-cgroupns-mode": "host" },
    why: "an init in every container, no logs on the disk, and monitoring that wants the host's cgroups",
  },
  {
    name: "swarm",
    daemonJson: {},
    why: "the host is a swarm's manager, with an overlay network and a published service",
    inhabit: [
      "docker swarm init --advertise-addr $(ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1) >/dev/null",
      "docker network create -d overlay --attachable mesh >/dev/null",
      `docker service create -d --no-resolve-image --network mesh -p 8080:80 ${IMAGE} sleep 9999 >/dev/null`,
    ],
  },
  {
    name: "busy",
    daemonJson: {},
    why: "a CI runner: containers and networks come and go all the time",
    inhabit: [
      `(while docker network create job >/dev/null; do docker run -d --rm --name job --network job -p 18080:80 ${IMAGE} sleep 99 >/dev/null; ` +
        "sleep 0.3; docker rm -f job >/dev/null; docker network rm job >/dev/null; done) >/dev/null 2>&1 </dev/null &",
    ],
  },
  {
    name: "many",
    daemonJson: {},
    why: "a host of many projects: each with a network and a published container of its own",
    inhabit: Array.from(
      { length: 15 },
      (_, project) =>
        `docker network create project${project} >/dev/null; ` +
        `docker run -d --network project${project} -p ${9000 + project}:80 ${IMAGE} sleep 9999 >/dev/null`,
    ),
  },
  {
    name: "no-ipv6",
    daemonJson: {},
    why: "IPv6 is switched off on the host (net.ipv6.conf.all.disable_ipv6)",
    prepare: ["for s in all default lo eth0; do echo 1 >/proc/sys/net/ipv6/conf/$s/disable_ipv6; done"],
  },
  {
    name: "full-tunnel",
    daemonJson: {},
    why: "wg-quick up: policy routing sends all that leaves the host through a VPN",
    prepare: [
      "ip link add wg0 type bridge; ip addr add 10.66.0.2/32 dev wg0; ip link set wg0 up mtu 1420",
      "ip route add default dev wg0 table 51820",
      "ip rule add not fwmark 0xca6c table 51820; ip rule add table main suppress_prefixlength 0",
    ],
  },
  {
    name: "bridged-uplink",
    daemonJson: {},
    why: "a host of virtual machines: its address is on a bridge that the uplink is a port of",
    prepare: [
      "a=$(ip -4 -o addr show eth0 | awk '{print $4}'); g=$(ip route show default | awk '{print $3}'); m=$(cat /sys/class/net/eth0/address); " +
        "ip link add br0 address $m type bridge; ip addr flush dev eth0; ip link set eth0 master br0; ip link set br0 up; " +
        "ip addr add $a dev br0; ip route add default via $g dev br0",
    ],
  },

  // Where the default bridge lies.
  { name: "bip", daemonJson: { bip: "10.154.50.1/24" }, why: "docker0 has to leave 172.17.0.0/16" },
  {
    name: "bip-inside",
    daemonJson: { bip: "10.154.50.129/24" },
    why: "the lower addresses of the subnet belong to machines",
  },
  {
    name: "bip-and-fixed-cidr",
    daemonJson: { bip: "192.168.101.5/24", "fixed-cidr": "192.168.101.128/25" },
    why: "containers get the upper half of a subnet that others use as well",
  },
  { name: "fixed-cidr", daemonJson: { "fixed-cidr": "10.155.0.0/20" }, why: "docker0 by its range of addresses alone" },
  {
    name: "bip-and-pools",
    daemonJson: { bip: "10.154.50.1/24", "default-address-pools": [{ base: "10.203.0.0/16", size: 26 }] },
    why: "everything of Docker in ranges that the network's administrator gave",
  },
  {
    name: "default-gateway",
    daemonJson: { bridge: "br-own", "default-gateway": "10.157.0.254" },
    // A router on the bridge, which hands everything on to the host: without one such containers could answer nobody.
    prepare: [
      "ip link add br-own address 02:64:6e:63:00:01 type bridge && ip addr add 10.157.0.1/24 dev br-own && ip link set br-own up",
      "ip netns add gate && ip link add gate0 type veth peer name eth0 netns gate",
      "ip link set gate0 master br-own up && ip -n gate link set lo up && ip -n gate link set eth0 up",
      "ip -n gate addr add 10.157.0.254/24 dev eth0 && ip -n gate route add default via 10.157.0.1",
      "ip netns exec gate sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'",
      "ip netns exec gate sh -c 'for s in all eth0; do echo 0 >/proc/sys/net/ipv4/conf/$s/send_redirects; done'",
    ],
    why: "containers leave through a firewall that stands on the bridge",
  },
  {
    name: "own-bridge",
    // With a hardware address of its own, as whoever manages networks gives it: else it takes that of its lowest port,
    // another one with each container that comes or goes, and the containers' answers are lost meanwhile.
    daemonJson: { bridge: "br-own" },
    prepare: [
      "ip link add br-own address 02:64:6e:63:00:01 type bridge",
      "ip addr add 10.156.0.1/22 dev br-own",
      "ip link set br-own up",
    ],
    why: "the bridge belongs to the host's network configuration, with a NIC or VMs on it",
  },
  { name: "no-bridge", daemonJson: { bridge: "none" }, why: "only user-defined networks are wanted" },

  // Names.
  {
    name: "dns",
    daemonJson: { dns: ["9.9.9.9", "149.112.112.112"] },
    why: "resolvers that the host itself does not use",
  },
  {
    name: "dns-opts",
    daemonJson: { "dns-opts": ["timeout:1", "attempts:3"] },
    why: "quicker failover between resolvers",
  },
  { name: "dns-ndots", daemonJson: { "dns-opts": ["ndots:2"] }, why: "short names of a company's domains" },
  { name: "dns-search", daemonJson: { "dns-search": ["corp.example"] }, why: "short names of a company's domain" },
  { name: "no-search", daemonJson: { "dns-search": ["."] }, why: "the host's search domains must not leak in" },
  {
    name: "host-gateway-ip",
    daemonJson: { "host-gateway-ip": "10.154.50.77" },
    why: "host.docker.internal has to mean a proxy's address",
  },
  {
    name: "host-gateway-ips",
    daemonJson: { "host-gateway-ips": ["10.154.50.77", "2001:db8:1::77"] },
    why: "the same for both families",
    since: "daemon-json-of-28",
  },

  // Packets.
  { name: "mtu", daemonJson: { mtu: 1400 }, why: "a tunnel under docker0's traffic" },
  { name: "jumbo", daemonJson: { mtu: 9000 }, why: "a storage network with jumbo frames" },
  {
    name: "network-mtu",
    daemonJson: { "default-network-opts": { bridge: { [MTU]: "1400" } } },
    why: "a tunnel under compose projects",
    since: "default-network-options",
  },
  {
    name: "closed-networks",
    daemonJson: { "default-network-opts": { bridge: { "com.docker.network.bridge.enable_icc": "false" } } },
    why: "icc off for every new network as well",
    since: "default-network-options",
  },
  {
    name: "networks-on-loopback",
    daemonJson: { "default-network-opts": { bridge: { "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1" } } },
    why: "compose projects behind a reverse proxy: nothing published to the LAN by accident",
    since: "default-network-options",
  },
  {
    name: "pools",
    daemonJson: { "default-address-pools": [{ base: "10.204.0.0/16", size: 24 }] },
    why: "31 networks were too few",
  },
  {
    name: "tight-pool",
    daemonJson: { "default-address-pools": [{ base: "10.205.0.0/20", size: 28 }] },
    why: "addresses are scarce: many small networks",
  },

  // Filtering and translation.
  { name: "icc-off", daemonJson: { icc: false }, why: "containers on the default bridge don't talk unless linked" },
  { name: "ip-masq-off", daemonJson: { "ip-masq": false }, why: "the router knows the way to containers" },
  { name: "iptables-off", daemonJson: { iptables: false }, why: "the firewall is somebody else's" },
  {
    name: "no-rules",
    daemonJson: { iptables: false, ip6tables: false, "ip-masq": false },
    why: "the firewall is somebody else's, both families",
  },
  { name: "ip6tables-off", daemonJson: { ip6tables: false }, why: "IPv6 as it was before 27.0" },
  {
    name: "ip6tables-on",
    daemonJson: FILTERED_V6,
    why: "IPv6 filtered before that was the default",
    until: "ip6tables-by-default",
  },
  {
    name: "no-forwarding",
    daemonJson: { "ip-forward": false },
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward"],
    why: "sysctls are managed by somebody else",
  },
  {
    name: "forward-no-drop",
    daemonJson: { "ip-forward-no-drop": true },
    why: "the host is a router for others as well",
    since: "daemon-json-of-28",
  },
  {
    name: "direct-routing",
    daemonJson: { "allow-direct-routing": true },
    why: "others reach containers by route",
    since: "allow-direct-routing",
  },

  // Publishing.
  { name: "ip-loopback", daemonJson: { ip: "127.0.0.1" }, why: "nothing published to the LAN by accident" },
  { name: "no-proxy", daemonJson: { "userland-proxy": false }, why: "no process per port" },
  {
    name: "ip-loopback-no-proxy",
    daemonJson: { ip: "127.0.0.1", "userland-proxy": false },
    why: "both: loopback served by DNAT alone",
  },

  // The other backend. dockerd leaves forwarding to the operator there, and does not start while it is off.
  {
    name: "nftables",
    daemonJson: { "firewall-backend": "nftables" },
    why: "the distribution gave iptables up",
    since: "firewall-backend-choice",
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward"],
  },
  {
    name: "nftables-no-proxy",
    daemonJson: { "firewall-backend": "nftables", "userland-proxy": false },
    why: "and no process per port",
    since: "firewall-backend-choice",
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward"],
  },
  {
    name: "nftables-closed",
    daemonJson: {
      "firewall-backend": "nftables",
      icc: false,
      "userland-proxy": false,
      ipv6: true,
      "fixed-cidr-v6": PREFIX,
    },
    why: "the same, hardened and with IPv6",
    since: "firewall-backend-choice",
    prepare: ["echo 1 >/proc/sys/net/ipv4/ip_forward", "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"],
  },

  // IPv6.
  {
    name: "ipv6-alone",
    daemonJson: { ipv6: true },
    why: "IPv6 without a prefix of one's own",
    since: "ipv6-without-fixed-cidr",
  },
  {
    name: "bip6",
    daemonJson: { ipv6: true, bip6: "2001:db8:1::1111/64" },
    why: "docker0's IPv6 address chosen",
    since: "daemon-json-of-28",
  },
  {
    name: "dual-stack-no-proxy",
    daemonJson: { ipv6: true, "fixed-cidr-v6": PREFIX, ...FILTERED_V6, "userland-proxy": false },
    why: "IPv6 published by rules alone",
  },

  // The engine itself.
  {
    name: "live-restore",
    daemonJson: { "live-restore": true },
    why: "upgrades of the engine without stopping services",
  },
  { name: "experimental", daemonJson: { experimental: true }, why: "left over from a feature that was tried" },
];

/**
 * The configurations that are wanted, in the table's order.
 * @param wanted names with commas between them; undefined = all
 * @throws UserError (exit code 64) for a name that is not in the table
 */
export function labConfigurations(wanted: string | undefined): readonly LabConfiguration[] {
  if (wanted === undefined) return LAB_CONFIGURATIONS;
  const names = wanted.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !LAB_CONFIGURATIONS.some((one) => one.name === name));
  if (unknown === undefined) return LAB_CONFIGURATIONS.filter(({ name }) => names.includes(name));
  throw new UserError({
    tried: "Choosing the configurations",
    seen: `there is none called ${JSON.stringify(unknown)}`,
    todo: `Choose among ${LAB_CONFIGURATIONS.map(({ name }) => name).join(", ")}.`,
    exitCode: EXIT.usage,
  });
}
