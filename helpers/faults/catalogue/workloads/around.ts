import { type Fault, ofLayer, RESTART } from "../../fault.ts";
import { deleteRules, firstRule, onHostEndOf, theAddressOf, withoutRule, workload } from "../shell.ts";
import { RESTART_SHOP_WEB, SHOP, SHOP_DEVICE } from "./shop.ts";

const MAC_OF_SHOP_WEB = "$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.MacAddress}}{{end}}' shop-web)";
// One that is merely static follows the container's own frames.
const MISLEAD = `bridge fdb replace ${MAC_OF_SHOP_WEB} dev $VETH master permanent`;
/** The namespace that the engine keeps an overlay network in. */
const INSIDE_MESH =
  "nsenter --net=$(ls -d /var/run/docker/netns/*-$(docker network inspect -f '{{.Id}}' mesh | cut -c 1-10))";
/** After a restart of the engine: of what does not run nothing is judged. */
const START_SHOP_WEB = "docker start shop-web";

/** What breaks on the host under containers that run already. */
export const AROUND_FAULTS: readonly Fault[] = ofLayer("workloads", [
  {
    id: "workload-ipsec-blocked",
    breaks: "a policy of IPsec drops what an operator's network sends beyond the host",
    comesBy: "a VPN (strongSwan, Libreswan) that was stopped and left its policies, or whose selectors are too wide",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create --subnet 10.66.0.0/24 shop",
        workload("shop-web", "--network shop -p 8080:80"),
        "ip xfrm policy add src 10.66.0.0/24 dst 0.0.0.0/0 dir fwd action block",
      ],
    },
    undo: ["ip xfrm policy delete src 10.66.0.0/24 dst 0.0.0.0/0 dir fwd"],
    caughtBy: ["LIVE-07"],
    cause: /policy of IPsec of this host drops what goes from 10\.66\.0\.0\/24/,
  },
  {
    id: "workload-arp-unheard",
    breaks: "the host hears no ARP of an operator's network",
    comesBy: "arptables or a table of nftables' family arp, against spoofed answers",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        `nft "add table arp guard; add chain arp guard in { type filter hook input priority 0; }; add rule arp guard in iifname \\"${SHOP_DEVICE}\\" drop"`,
      ],
    },
    undo: ["nft delete table arp guard"],
    caughtBy: ["LIVE-07"],
    cause: /nft rule arp guard in iifname "br-/,
  },
  {
    id: "workload-loopback-led-astray",
    breaks: "what the host sends to a published port at its loopback is led to a port where nobody listens",
    comesBy: "a rule of a proxy or a tunnel that has ended",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        firstRule("nat", "OUTPUT", "-d 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 1"),
      ],
    },
    undo: [withoutRule("nat", "OUTPUT", "-d 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 1")],
    caughtBy: ["LIVE-11"],
    cause: /to port 1 of this host, where nobody listens/,
  },
  {
    id: "workload-address-given-by-hand",
    breaks:
      "a container that somebody wired to an operator's bridge by hand has the address of another container there",
    comesBy: "pipework, or a script of ip commands, with an address that the engine gave out later",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        workload("by-hand", "--network none", "sleep 3600"),
        `ip link add hand0 type veth peer name hand1 && ip link set hand0 master ${SHOP_DEVICE} up && ip link set hand1 netns $(docker inspect -f '{{.State.Pid}}' by-hand)`,
        `nsenter -t $(docker inspect -f '{{.State.Pid}}' by-hand) -n sh -c "ip link set hand1 up && ip addr add ${theAddressOf("shop-web")}/16 dev hand1"`,
      ],
    },
    undo: ["ip link del hand0"],
    caughtBy: ["LIVE-01"],
    cause: /of container shop-web is that of container by-hand as well/,
  },
  {
    id: "workload-frames-misled",
    breaks: "the bridge takes the frames for a running container for the host's own",
    comesBy: "bridge fdb replace, by a script for a container that had the hardware address before",
    strike: {
      when: "before the topology",
      shell: [...SHOP, workload("shop-db", "--network shop", "sleep 3600"), onHostEndOf("shop-db", MISLEAD)],
    },
    undo: [onHostEndOf("shop-db", `bridge fdb del ${MAC_OF_SHOP_WEB} dev $VETH master`)],
    caughtBy: ["LIVE-02"],
    cause: /sends frames for container shop-web .* to this host itself/,
  },
  {
    id: "workload-gateway-length",
    breaks: "the gateway on an operator's bridge has another prefix length than its network",
    comesBy: "a network manager that wrote the address with the length that it takes for usual",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create --subnet 10.66.0.0/24 shop",
        workload("shop-web", "--network shop -p 8080:80"),
        `ip addr add 10.66.0.1/8 dev ${SHOP_DEVICE} && ip addr del 10.66.0.1/24 dev ${SHOP_DEVICE}`,
      ],
    },
    undo: [`ip addr add 10.66.0.1/24 dev ${SHOP_DEVICE} && ip addr del 10.66.0.1/8 dev ${SHOP_DEVICE}`],
    caughtBy: ["LIVE-05"],
    cause: /10\.66\.0\.1\/8, and the network is 10\.66\.0\.0\/24/,
  },
  {
    id: "workload-foreign-source",
    breaks: "a rule gives what the host and its containers send an address that the host does not have",
    comesBy: "a firewall script that was written for another address of this host",
    strike: {
      when: "before the topology",
      shell: [...SHOP, firstRule("nat", "POSTROUTING", "-o eth0 -j SNAT --to-source 203.0.113.9")],
    },
    undo: [withoutRule("nat", "POSTROUTING", "-o eth0 -j SNAT --to-source 203.0.113.9")],
    caughtBy: ["LIVE-08"],
    cause: /203\.0\.113\.9, which no interface of this host has/,
  },
  {
    id: "workload-ipv6-dropped",
    breaks: "a rule drops what an operator's network sends by IPv6, where the engine makes no rules for that",
    comesBy: "a firewall program that was started after the containers",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create --ipv6 --subnet fd00:66::/64 shop",
        workload("shop-web", "--network shop"),
        "ip6tables -w -I FORWARD -s fd00:66::/64 -j DROP",
      ],
    },
    undo: ["ip6tables -w -D FORWARD -s fd00:66::/64 -j DROP"],
    caughtBy: ["LIVE-07"],
    cause: /-A FORWARD -s fd00:66::\/64 -j DROP/,
    until: "ip6tables-by-default",
  },
  {
    id: "workload-proxy-halted",
    breaks: "the docker-proxies of a running container's port are stopped",
    comesBy: "SIGSTOP, by a debugger or by a script that halts what it takes for idle",
    strike: { when: "before the topology", shell: [...SHOP, "pkill -STOP docker-proxy"] },
    undo: ["pkill -CONT docker-proxy"],
    caughtBy: ["LIVE-13"],
    cause: /docker-proxy of port 8080.* is stopped/,
  },
  {
    id: "workload-veth-off-its-bridge",
    breaks: "the host's end of a running container is no port of its bridge any more",
    comesBy: "a network manager that takes over what is on a bridge, or `ip link set … nomaster`",
    strike: {
      when: "before the topology",
      shell: [...SHOP, onHostEndOf("shop-web", "ip link set $VETH nomaster")],
    },
    undo: [onHostEndOf("shop-web", `ip link set $VETH master ${SHOP_DEVICE}`)],
    caughtBy: ["LIVE-02"],
    cause: /veth\S+, the host's end of container shop-web .* was taken off the bridge/,
  },
  {
    id: "workload-joined-one-restarted",
    breaks: "a container is left in the network that the container it joins had before its restart",
    comesBy: "docker restart of the one container, as an updater of images does it",
    strike: {
      when: "before the topology",
      shell: [...SHOP, workload("sidecar", "--network container:shop-web", "sleep 3600"), RESTART_SHOP_WEB],
    },
    undo: ["docker restart -t 0 sidecar"],
    caughtBy: ["LIVE-04"],
    cause: /sidecar is in another network namespace than container shop-web/,
  },
  {
    id: "workload-bridge-down",
    breaks: "the bridge of an operator's network is down and has lost its address",
    comesBy: "systemd-networkd or NetworkManager, which takes over a bridge that it does not know",
    strike: {
      when: "before the topology",
      shell: [...SHOP, `ip link set ${SHOP_DEVICE} down`, `ip addr flush dev ${SHOP_DEVICE}`],
    },
    undo: [RESTART, START_SHOP_WEB],
    caughtBy: ["LIVE-05"],
    cause: /bridge br-\S+ of network shop is down/,
  },
  {
    id: "workload-route-overlapped",
    breaks: "a route for half of a network's range leads elsewhere",
    comesBy: "a VPN that was connected while containers run",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create --subnet 172.30.0.0/16 shop",
        workload("shop-web", "--network shop -p 8080:80"),
        "ip route add 172.30.0.0/17 via $(ip route show default | sed -E 's/.* via ([0-9.]+) .*/\\1/')",
      ],
    },
    undo: ["ip route del 172.30.0.0/17"],
    caughtBy: ["LIVE-06"],
    cause: /by eth0 instead of its bridge br-\S+: a route overlaps it \(172\.30\.0\.0\/17/,
  },
  {
    id: "workload-default-route-inward",
    breaks: "the host's default route leads to the bridge of an operator's network",
    comesBy:
      "systemd-networkd or dhcpcd, which sets up the engine's interfaces as if they were uplinks (systemd#28626)",
    strike: { when: "before the topology", shell: [...SHOP, `ip route prepend default dev ${SHOP_DEVICE}`] },
    undo: [`ip route del default dev ${SHOP_DEVICE}`],
    caughtBy: ["LIVE-07"],
    cause: /default route leads to its own containers: `default dev br-/,
  },
  {
    id: "workload-led-to-nobody",
    breaks: "what containers ask of the web is redirected to a port of the host where nobody listens",
    comesBy: "a transparent proxy (redsocks, squid, mitmproxy) that ended and left its rule",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        firstRule("nat", "PREROUTING", `-i ${SHOP_DEVICE} -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 3128`),
      ],
    },
    undo: [withoutRule("nat", "PREROUTING", `-i ${SHOP_DEVICE} -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 3128`)],
    caughtBy: ["LIVE-07"],
    cause: /port 3128 of this host, where nobody listens/,
  },
  {
    id: "workload-forward-dropped",
    breaks: "a rule before the engine's drops everything that is forwarded",
    comesBy: "a firewall program that was started after the containers",
    strike: { when: "before the topology", shell: [...SHOP, firstRule("filter", "FORWARD", "-j DROP")] },
    undo: [withoutRule("filter", "FORWARD", "-j DROP")],
    caughtBy: ["LIVE-07", "LIVE-12"],
    cause: /A FORWARD -j DROP/,
  },
  {
    id: "workload-masquerade-deleted",
    breaks: "what an operator's network sends beyond the host keeps its private source address",
    comesBy: "a firewall reload that writes nat POSTROUTING anew",
    strike: {
      when: "before the topology",
      shell: [...SHOP, deleteRules("nat", `-A POSTROUTING -s [0-9./]+ ! -o ${SHOP_DEVICE} -j MASQUERADE`)],
    },
    undo: [RESTART, START_SHOP_WEB],
    caughtBy: ["LIVE-08"],
    cause: /masquerades what network shop sends beyond this host is gone/,
  },
  {
    id: "workload-icc-opened",
    breaks: "the containers of a network that was made without inter-container communication reach each other",
    comesBy: "a firewall reload that drops the engine's own rules (moby#50443)",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create -o com.docker.network.bridge.enable_icc=false shop",
        workload("shop-web", "--network shop"),
        workload("shop-db", "--network shop"),
        "iptables -P FORWARD ACCEPT",
        deleteRules("filter", `-i ${SHOP_DEVICE} -o ${SHOP_DEVICE} -j DROP`),
      ],
    },
    undo: [RESTART, "docker start shop-web shop-db"],
    caughtBy: ["LIVE-09"],
    cause: /DROP between the containers of network shop .* is gone/,
  },
  {
    id: "workload-internal-opened",
    breaks: "an internal network is open to the world",
    comesBy: "a firewall reload that drops the engine's own rules (moby#50443)",
    strike: {
      when: "before the topology",
      shell: [
        "docker network create --internal shop",
        workload("shop-db", "--network shop"),
        "iptables -P FORWARD ACCEPT",
        deleteRules("filter", `-A DOCKER-ISOLATION-STAGE-1 .*${SHOP_DEVICE} -j DROP`),
        deleteRules("filter", `-A (DOCKER-INTERNAL|FORWARD|DOCKER-FORWARD|DOCKER) .*${SHOP_DEVICE} -j DROP`),
      ],
    },
    undo: [RESTART, "docker start shop-db"],
    caughtBy: ["LIVE-10"],
    cause: /internal network shop/,
  },
  {
    id: "workload-translation-deleted",
    breaks: "a running container's published port is not translated any more",
    comesBy: "a firewall reload, or iptables-restore of rules that were saved before the container started",
    strike: {
      when: "before the topology",
      shell: [...SHOP, deleteRules("nat", `-A DOCKER .*-j DNAT --to-destination ${theAddressOf("shop-web")}:80`)],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-11"],
    cause: /DNAT rules of the published ports of container shop-web are gone/,
  },
  {
    id: "workload-accept-deleted",
    breaks: "what is translated for a running container's published port is not let through any more",
    comesBy: "a firewall reload, or iptables-restore of rules that were saved before the container started",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        "iptables -P FORWARD DROP",
        deleteRules("filter", `-A DOCKER -d ${theAddressOf("shop-web")}/32 .*-j ACCEPT`),
      ],
    },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-12"],
    cause: /let packets through to the published ports of container shop-web are gone/,
  },
  {
    id: "workload-proxy-killed",
    breaks: "the docker-proxies of running containers are gone",
    comesBy: "an out-of-memory kill, or a person who ends what holds a port",
    strike: { when: "before the topology", shell: [...SHOP, "pkill -x docker-proxy"] },
    undo: [RESTART_SHOP_WEB],
    caughtBy: ["LIVE-13"],
    cause: /docker-proxy of the published ports of container shop-web does not run/,
  },
  {
    id: "workload-forwarding-off",
    breaks: "the kernel forwards nothing while containers run",
    comesBy: "sysctl --system with a hardening file",
    strike: { when: "before the topology", shell: [...SHOP, "sysctl -w net.ipv4.ip_forward=0"] },
    undo: ["sysctl -w net.ipv4.ip_forward=1"],
    caughtBy: ["LIVE-15"],
    cause: /net\.ipv4\.ip_forward is 0/,
  },
  {
    id: "workload-stale-translation",
    breaks: "a rule of the engine's leads to an address that no container has",
    comesBy: "dockerd that was killed while a container ended, or iptables-restore of old rules",
    strike: {
      when: "before the topology",
      shell: [...SHOP, "iptables -t nat -A DOCKER -p tcp --dport 8099 -j DNAT --to-destination 172.17.0.99:80"],
    },
    undo: ["iptables -t nat -D DOCKER -p tcp --dport 8099 -j DNAT --to-destination 172.17.0.99:80"],
    caughtBy: ["LIVE-16"],
    cause: /translates to 172\.17\.0\.99, an address that no container has/,
  },
  {
    id: "workload-port-taken",
    breaks: "a container does not start any more, because another program has its port",
    comesBy: "a web server that was installed on the host, and a restart of the container",
    strike: {
      when: "before the topology",
      shell: [
        ...SHOP,
        "docker stop -t 0 shop-web",
        "busybox httpd -p 8080 -h /tmp && grep -q ':1F90 ' /proc/net/tcp /proc/net/tcp6",
        "docker start shop-web || true",
      ],
    },
    undo: ["pkill -f 'busybox [h]ttpd'", "docker start shop-web"],
    caughtBy: ["LIVE-17"],
    cause: /shop-web does not run: another program of this host listens on its host port 8080/,
  },
  {
    id: "workload-macvlan-parent-down",
    breaks: "the interface that a macvlan network hangs on is down",
    comesBy: "a cable, or `ip link set … down` of an interface that nobody seemed to need",
    strike: {
      when: "before the topology",
      shell: [
        "ip link add lan0 type veth peer name lan1 && ip link set lan0 up && ip link set lan1 up",
        "docker network create -d macvlan -o parent=lan0 --subnet 10.99.0.0/24 lan",
        workload("on-lan", "--network lan"),
        "ip link set lan0 down",
      ],
    },
    undo: ["ip link set lan0 up"],
    caughtBy: ["LIVE-18"],
    cause: /parent interface lan0 of network lan is down/,
  },
  {
    id: "workload-vxlan-down",
    breaks: "the VXLAN device of an overlay network is down",
    comesBy: "a script that looks for interfaces in every namespace, or a driver that was reloaded",
    strike: {
      when: "before the topology",
      shell: [
        "docker swarm init --advertise-addr $(ip -4 -o addr show eth0 | sed -E 's#.* inet ([0-9.]+).*#\\1#')",
        "docker network create -d overlay --attachable mesh",
        workload("on-mesh", "--network mesh"),
        `${INSIDE_MESH} ip link set vxlan0 down`,
      ],
    },
    undo: [`${INSIDE_MESH} ip link set vxlan0 up`],
    caughtBy: ["LIVE-19"],
    cause: /VXLAN device vxlan0 of overlay network mesh is down/,
  },
]);
