import type { LabHost } from "./lab-host.ts";

/** Something that runs on a host when the suites come, made by an operator's own means. */
export interface Inhabitant {
  /** What it is, as an operator would say it. */
  readonly kind: string;
  /** Shell lines on the host once its engine runs. */
  readonly shell: readonly string[];
  /** It changes all the time, without anybody's doing. */
  readonly restless?: true;
}

/** The label of what changes without anybody's doing: nothing can be said of its inspection before and after. */
const RESTLESS = "--label restless=true";
const IMAGE = "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -m 1 busybox)";
const OWN_ADDRESS =
  "$(ip -4 -o addr show dev $(ip route show default | sed -E 's/.* dev ([^ ]+).*/\\1/; q') | sed -E 's#.* inet ([0-9.]+).*#\\1#; q')";
const WEB = "httpd -f -p 80";
const IDLE = "sleep 99999";

function run(name: string, options: string, command = IDLE): string {
  return `docker run -d --name ${name} ${options} ${IMAGE} ${command} >/dev/null`;
}

function compose(project: string, service: string): string {
  return `--label com.docker.compose.project=${project} --label com.docker.compose.service=${service}`;
}

/** In the network namespace of a container. */
function inside(name: string, command: string): string {
  return `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${name}) -n ${command}`;
}

/**
 * Workloads of every kind that a host has, all of them healthy: whoever judges this host finds nothing broken. They are the
 * proof that nothing healthy is called broken, and what faults are struck among to see that nobody else is blamed.
 */
export const INHABITANTS: readonly Inhabitant[] = [
  {
    kind: "a project of compose: a published server, one behind it, a database under an alias",
    shell: [
      "docker network create --label com.docker.compose.project=store --label com.docker.compose.network=default store_default >/dev/null",
      run("store-web-1", `--network store_default --network-alias web -p 8180:80 ${compose("store", "web")}`, WEB),
      run("store-api-1", `--network store_default --network-alias api ${compose("store", "api")}`, WEB),
      run("store-db-1", `--network store_default --network-alias db ${compose("store", "db")}`),
    ],
  },
  { kind: "a container that joined another's network", shell: [run("logger", "--network container:store-web-1")] },
  {
    kind: "host mode, with a listener of its own",
    shell: [run("exporter", "--network host --userns host", "httpd -f -p 9100")],
  },
  { kind: "no network", shell: [run("batch", "--network none")] },
  {
    kind: "the default bridge: published, published to the loopback, and linked",
    shell: [
      run("old-web", "-p 8181:80", WEB),
      run("admin", "-p 127.0.0.1:8182:80", WEB),
      run("old-app", "--link old-web:web"),
    ],
  },
  {
    kind: "a range of ports, UDP beside TCP, and a port that the engine chooses",
    shell: [run("ranges", "-p 9000-9004:9000-9004 -p 5353:53/udp -p 80", WEB)],
  },
  {
    kind: "one port on two addresses of the host",
    shell: [run("twice", `-p 127.0.0.1:8183:80 -p ${OWN_ADDRESS}:8183:80`, WEB)],
  },
  {
    kind: "dual stack, published; one in it that has IPv6 switched off",
    shell: [
      "docker network create --ipv6 --subnet 10.77.0.0/24 --subnet fd00:77::/64 dual >/dev/null",
      run("dual-web", "--network dual -p 8184:80", WEB),
      run("dual-old", "--network dual --sysctl net.ipv6.conf.all.disable_ipv6=1"),
    ],
  },
  {
    kind: "internal",
    shell: ["docker network create --internal vault >/dev/null", run("vault-db", "--network vault")],
  },
  {
    kind: "a network without communication between its containers, one without masquerade",
    shell: [
      "docker network create -o com.docker.network.bridge.enable_icc=false tenants >/dev/null",
      run("tenant-a", "--network tenants -p 8185:80", WEB),
      run("tenant-b", "--network tenants"),
      "docker network create -o com.docker.network.bridge.enable_ip_masquerade=false routed >/dev/null",
      run("routed-web", "--network routed -p 8186:80", WEB),
    ],
  },
  {
    kind: "a bridge with a name and an MTU of its own, fixed addresses in a part of its range",
    shell: [
      "docker network create -o com.docker.network.bridge.name=lanbr0 -o com.docker.network.driver.mtu=1400 --subnet 10.78.0.0/16 --ip-range 10.78.5.0/24 --gateway 10.78.0.254 --aux-address printer=10.78.5.1 named >/dev/null",
      run("fixed", "--network named --ip 10.78.9.9 --mac-address 02:42:0a:4e:09:09 -p 8187:80", WEB),
      run("floating", "--network named --dns 192.0.2.53 --dns-search corp.example --add-host printer:10.78.5.1"),
    ],
  },
  {
    kind: "two networks, connected later",
    shell: [
      run("two-homes", "--network store_default"),
      "docker network connect dual two-homes",
      run("closed-first", "--network vault"),
      "docker network connect named closed-first",
    ],
  },
  {
    kind: "two networks, the gateway by priority",
    shell: [
      `docker run --help | grep -q gw-priority || exit 0; ${run("prioritised", "--network name=store_default,gw-priority=-1 --network name=named,gw-priority=9")}`,
    ],
  },
  {
    kind: "macvlan on an interface of the host",
    shell: [
      "ip link add nic0 type veth peer name wall0 && ip link set nic0 up && ip link set wall0 up",
      "docker network create -d macvlan -o parent=nic0 --subnet 10.79.0.0/24 office >/dev/null",
      run("scanner", "--network office"),
    ],
  },
  {
    kind: "a VPN client with NET_ADMIN that leads all into its tunnel, and who joined it",
    shell: [
      run("vpn", "--network store_default --cap-add NET_ADMIN"),
      inside(
        "vpn",
        "sh -c 'ip link add tun0 type veth peer name tun1 && ip addr add 10.8.0.2/24 dev tun0 && ip link set tun0 up && ip link set tun1 up && ip route add 0.0.0.0/1 via 10.8.0.1 && ip route add 128.0.0.0/1 via 10.8.0.1'",
      ),
      inside("vpn", "iptables -A OUTPUT -o eth0 -d 203.0.113.0/24 -j DROP"),
      run("torrent", "--network container:vpn"),
    ],
  },
  { kind: "privileged", shell: [run("agent", "--privileged --userns host")] },
  {
    kind: "a mesh's sidecar that redirects what comes and goes",
    shell: [
      run("mesh", "--network store_default --cap-add NET_ADMIN -p 8188:80", WEB),
      inside("mesh", "iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 15006"),
    ],
  },
  {
    kind: "a container without network that a CNI plugin wires",
    shell: [
      run("wired", "--network none"),
      "ip link add cni0 type bridge && ip addr add 10.88.0.1/16 dev cni0 && ip link set cni0 up",
      "ip link add cniveth0 type veth peer name cnipeer0 && ip link set cniveth0 master cni0 up && ip link set cnipeer0 netns $(docker inspect -f '{{.State.Pid}}' wired)",
      inside(
        "wired",
        "sh -c 'ip link set cnipeer0 name eth0 && ip addr add 10.88.0.5/16 dev eth0 && ip link set eth0 up && ip route add default via 10.88.0.1'",
      ),
      "iptables -t nat -A POSTROUTING -s 10.88.0.0/16 ! -d 10.88.0.0/16 -j MASQUERADE",
    ],
  },
  {
    kind: "a network whose containers are led through a proxy and a name server of the host's",
    shell: [
      "docker network create proxied >/dev/null",
      run("proxied-app", "--network proxied"),
      "busybox httpd -p 3128 -h /tmp",
      `(perl -e 'use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 5300, Proto => "udp") or die; sleep' </dev/null >/dev/null 2>&1 &)`,
      ...["tcp --dport 443 -j REDIRECT --to-ports 3128", "udp --dport 53 -j REDIRECT --to-ports 5300"].map(
        (led) =>
          `iptables -t nat -A PREROUTING -i br-$(docker network inspect -f '{{.Id}}' proxied | cut -c 1-12) -p ${led}`,
      ),
    ],
  },
  { kind: "in the host's user namespace", shell: [run("host-user", "--userns host -p 8189:80", WEB)] },
  {
    kind: "what does not run: ended, never started",
    shell: [
      `docker run --name ended -p 8190:80 ${IMAGE} true`,
      `docker create --name never -p 8180:80 ${IMAGE} ${IDLE} >/dev/null`,
    ],
  },
  {
    kind: "what ends again and again",
    restless: true,
    shell: [
      "docker network create restless >/dev/null",
      run("crashing", `--network restless --restart always -p 8191:80 ${RESTLESS}`, "sh -c 'sleep 1; exit 1'"),
    ],
  },
  {
    kind: "what an operator wrote by hand and means: neighbours, policy rules, a firewall inside, a source address",
    shell: [
      `index=$(${inside("fixed", "ip -o link show eth0")} | sed -nE 's/.*@if([0-9]+):.*/\\1/p'); bridge fdb replace 02:42:0a:4e:09:09 dev $(ip -o link | sed -nE "s/^$index: ([^@:]+).*/\\1/p") master static`,
      "ip neigh replace 10.78.9.9 lladdr 02:42:0a:4e:09:09 dev lanbr0 nud permanent",
      inside(
        "floating",
        "ip neigh replace 10.78.0.254 lladdr $(cat /sys/class/net/lanbr0/address) dev eth0 nud permanent",
      ),
      inside("dual-web", "sh -c 'ip rule add pref 100 lookup main && ip -6 rule add pref 100 lookup main'"),
      inside(
        "dual-web",
        "sh -c 'iptables -A INPUT -p tcp --dport 22 -j DROP && ip6tables -A INPUT -p tcp --dport 22 -j DROP'",
      ),
      `iptables -t nat -A POSTROUTING -s 10.78.9.9/32 ! -o lanbr0 -j SNAT --to-source ${OWN_ADDRESS}`,
    ],
  },
  {
    kind: "a service of a swarm on an overlay network, with a published port",
    shell: [
      "docker info -f '{{.LiveRestoreEnabled}}' | grep -q true && exit 0; " +
        `docker swarm init --advertise-addr ${OWN_ADDRESS} >/dev/null && ` +
        "docker network create -d overlay --attachable backbone >/dev/null && " +
        `docker service create -d --name web --no-resolve-image --network backbone -p 8192:80 ${IMAGE} ${WEB} >/dev/null; ` +
        "for i in $(seq 50); do docker ps -q --filter label=com.docker.swarm.service.name=web | grep -q . && break; sleep 0.2; done",
    ],
  },
  {
    kind: "a CI runner, whose containers and networks come and go",
    restless: true,
    shell: [
      `(while docker network create job >/dev/null; do docker run -d --rm ${RESTLESS} --name job --network job -p 18080:80 ${IMAGE} sleep 99 >/dev/null; ` +
        "sleep 0.3; docker rm -f job >/dev/null; docker network rm job >/dev/null; done) >/dev/null 2>&1 </dev/null &",
    ],
  },
];

/** How long one kind may take to come up on a host that is at work. */
const SECONDS = 60;

/**
 * Has them live on a host. Where its engine or kernel can't have a kind, that one is missing.
 * @param restless whether those as well that never keep still
 * @returns what is missing, and the words of who refused it
 */
export async function settle({ shell }: LabHost, restless = true): Promise<string[]> {
  const missing: string[] = [];
  for (const { kind, shell: lines } of INHABITANTS.filter((one) => restless || one.restless !== true)) {
    const done = await shell.act(lines.map((line) => `{ ${line.replace(/&$/, "& :")}; }`).join(" && "), {
      seconds: SECONDS,
    });
    if (done.exitCode !== 0) missing.push(`${kind}: ${done.stderr.trim()}`);
  }
  return missing;
}

/**
 * What the engine says of every container and network that keeps still, by name: to be compared before and after a run that
 * has to leave all of them alone.
 */
export async function inspectionsOf({ shell }: LabHost): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await shell.act(
    `{ docker ps -a --format '{{.Names}} {{.Label "restless"}}' | grep -v ' true$' | sed 's/ $//; s/^/container /'; docker network ls --format 'network {{.Name}}' | grep -vxE 'network (job|ci|restless)'; } | ` +
      'sort | while read -r kind name; do echo "$kind $name: $(docker $kind inspect $name | md5sum)"; done',
    { seconds: SECONDS },
  );
  return new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(": ") as [string, string]),
  );
}
