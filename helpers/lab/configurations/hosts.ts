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
];
