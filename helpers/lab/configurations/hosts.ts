import { quoted } from "../../model/shell-words.ts";
import type { LabConfiguration } from "./lab-configuration.ts";

/** Either of the suites' two images, which every host of the lab has. */
const IMAGE = "$(docker image ls -q | head -n 1)";
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

/** As k3s leaves them, with its CNI plugins, flannel and kube-proxy. */
const K3S_RULES = [
  "*nat",
  ...["KUBE-SERVICES", "KUBE-POSTROUTING", "FLANNEL-POSTRTG", "CNI-HOSTPORT-DNAT", "CNI-DN-1f00"].map(
    (chain) => `:${chain} - [0:0]`,
  ),
  "-A PREROUTING -j KUBE-SERVICES",
  "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
  "-A OUTPUT -j KUBE-SERVICES",
  "-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
  "-A POSTROUTING -j KUBE-POSTROUTING",
  "-A POSTROUTING -j FLANNEL-POSTRTG",
  "-A KUBE-SERVICES -d 10.43.0.1/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.42.0.3:6443",
  "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
  "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
  "-A KUBE-POSTROUTING -j MASQUERADE --random-fully",
  "-A FLANNEL-POSTRTG -s 10.42.0.0/16 -d 10.42.0.0/16 -j RETURN",
  "-A FLANNEL-POSTRTG -s 10.42.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully",
  "-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 443 -j CNI-DN-1f00",
  "-A CNI-DN-1f00 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.42.0.8:443",
  "COMMIT",
  "*filter",
  ...["KUBE-FORWARD", "KUBE-FIREWALL", "FLANNEL-FWD"].map((chain) => `:${chain} - [0:0]`),
  "-A INPUT -j KUBE-FIREWALL",
  "-A FORWARD -j KUBE-FORWARD",
  "-A FORWARD -j FLANNEL-FWD",
  "-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
  "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
  "-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT",
  "-A FLANNEL-FWD -s 10.42.0.0/16 -j ACCEPT",
  "-A FLANNEL-FWD -d 10.42.0.0/16 -j ACCEPT",
  "COMMIT",
];
/** As libvirt makes them for its network `default`. */
const LIBVIRT_RULES = [
  "*nat",
  ":LIBVIRT_PRT - [0:0]",
  "-A POSTROUTING -j LIBVIRT_PRT",
  "-A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN",
  "-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535",
  "-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE",
  "COMMIT",
  "*filter",
  ...["LIBVIRT_INP", "LIBVIRT_FWI", "LIBVIRT_FWO", "LIBVIRT_FWX"].map((chain) => `:${chain} - [0:0]`),
  "-A INPUT -j LIBVIRT_INP",
  ...["LIBVIRT_FWX", "LIBVIRT_FWI", "LIBVIRT_FWO"].map((chain) => `-A FORWARD -j ${chain}`),
  "-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 53 -j ACCEPT",
  "-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  "-A LIBVIRT_FWI -o virbr0 -j REJECT",
  "-A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT",
  "-A LIBVIRT_FWO -i virbr0 -j REJECT",
  "-A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT",
  "COMMIT",
];

function restoring(rules: readonly string[]): string {
  return `printf '%s\\n' ${rules.map(quoted).join(" ")} | iptables-restore --noflush`;
}

/** What hosts are, beside Docker. */
export const OF_HOSTS: readonly LabConfiguration[] = [
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
      `(while docker network create ci >/dev/null; do docker run -d --rm --label restless=true --name ci --network ci -p 18081:80 ${IMAGE} sleep 99 >/dev/null; ` +
        "sleep 0.3; docker rm -f ci >/dev/null; docker network rm ci >/dev/null; done) >/dev/null 2>&1 </dev/null &",
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
        `docker run -d --network project${project} -p ${9100 + project}:80 ${IMAGE} sleep 9999 >/dev/null`,
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
  {
    name: "k3s",
    daemonJson: {},
    why: "k3s beside Docker: its pods' bridge, and the rules of flannel, kube-proxy and the CNI plugins",
    prepare: [
      "ip link add cni1 type bridge && ip addr add 10.42.0.1/24 dev cni1 && ip link set cni1 up",
      restoring(K3S_RULES),
    ],
  },
  {
    name: "libvirt",
    daemonJson: {},
    why: "virtual machines beside Docker: libvirt's bridge, and its rules, which reject what they do not know",
    prepare: [
      "ip link add virbr0 type bridge && ip addr add 192.168.122.1/24 dev virbr0 && ip link set virbr0 up",
      restoring(LIBVIRT_RULES),
    ],
  },
  {
    name: "iptables-legacy",
    daemonJson: {},
    why: "iptables writes the kernel's old tables, as on older hosts and where somebody switched back",
    prepare: ["for p in iptables ip6tables; do update-alternatives --set $p /usr/sbin/$p-legacy; done"],
  },
];
