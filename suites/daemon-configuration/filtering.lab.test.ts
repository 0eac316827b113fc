import { expect } from "vitest";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  differs,
  engine,
  mustNotReach,
  mustReach,
  nginx,
  requirement,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import type { CountedRule } from "../../helpers/snapshot/firewall/rule-list.ts";
import type { Started } from "../../helpers/topology/topology.ts";
import { parseWebAnswer } from "../../helpers/topology/web-server.ts";
import {
  during,
  forwardPolicy,
  hostItself,
  machineBeside,
  type Neighbour,
  rulesOf,
  seenByNeighbour,
  setting,
} from "./look.ts";

const ICC = cite(
  "man/dockerd#--icc",
  "Allow unrestricted inter-container communication in the default bridge network.",
);
const IP_MASQ = cite("man/dockerd#--ip-masq", "Enable IP masquerading for default bridge's IP range.");

/** What dockerd's rules let pass, translate and drop, by key. */
const host = configuredInTurn("filtering");
const needs = ["lab"] as const;
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

type Network = "appnet" | "othernet";
type Container = "plain" | "peer" | "member" | "web" | "stranger";

interface Scene {
  readonly inLab: HostInLab;
  readonly neighbour: Neighbour;
  readonly containers: Started<Network, Container>["containers"];
  /** Host port of the default bridge's web server. */
  readonly port: number;
}

/** Two containers on the default bridge, two on a user-defined network, one on another, and a machine beside the host. */
function scene<T>(look: (scene: Scene) => Promise<T>): (inLab: HostInLab) => Promise<T> {
  return async (inLab) => {
    const neighbour = await machineBeside(inLab);
    return await during(
      inLab,
      "filtered",
      {
        networks: { appnet: bridge({ subnet: "automatic" }), othernet: bridge({ subnet: "automatic" }) },
        containers: {
          plain: busybox<Network>(),
          peer: nginx<Network>({ publish: ["free:80"] }),
          member: busybox<Network>({ on: "appnet" }),
          web: nginx<Network>({ on: "appnet" }),
          stranger: busybox<Network>({ on: "othernet" }),
        },
      },
      async ({ containers }) =>
        await look({ inLab, neighbour, containers, port: containers.peer.hostPortOf("80/tcp") }),
    );
  };
}

async function ownAddress(container: Vantage): Promise<string> {
  const found = (await addresses(container, "eth0")).find(({ family }) => family === 4);
  if (found === undefined) throw new ProbeFailed(`${container.label} has no IPv4 address`);
  return found.address;
}

/** The chains and jumps that are dockerd's: those that name DOCKER or a bridge of its. */
function ofDocker(rules: readonly CountedRule[]): string[] {
  // DOCKER_OUTPUT and DOCKER_POSTROUTING are the outer engine's: to it the machine is a container.
  return rules
    .filter(({ chain, args }) => !/^DOCKER_/.test(chain) && !args.join(" ").includes("DOCKER_"))
    .filter(({ chain, args }) => /^DOCKER/.test(chain) || /\b(DOCKER|docker0|br-)/.test(args.join(" ")))
    .map(({ table, chain, args }) => `${table} ${chain} ${args.join(" ")}`);
}

const asInstalled = host.under(
  {},
  scene(async ({ inLab, neighbour, containers: { plain, peer, member }, port }) => ({
    within: await atThisMoment(mustReach(http(plain, peer.address))),
    plainSeenAs: await seenByNeighbour(inLab, plain, [neighbour.host, await ownAddress(plain)]),
    memberSeenAs: await seenByNeighbour(inLab, member, [neighbour.host, await ownAddress(member)]),
    wire: neighbour.host,
    rules: ofDocker(await rulesOf(inLab)),
    forwarding: await setting(inLab, FORWARDING),
    policy: await forwardPolicy(inLab),
    direct: await atThisMoment(
      mustNotReach(http(neighbour, peer.address), { as: "timed out", control: http(neighbour, neighbour.host, port) }),
    ),
  })),
);

const onAsInstalled = chapter({ given: asInstalled });

onAsInstalled(
  "KEY-40",
  {
    must: "Without `icc` containers on the default bridge MUST reach each other",
    from: [
      cite(
        "docs/network#user-defined-networks",
        "containers attached to the default bridge network have unrestricted network access to each other using container IP addresses",
      ),
    ],
    needs,
    tags: ["icc:default"],
  },
  ({ within }) => void within(),
);

onAsInstalled(
  "KEY-41",
  {
    must: "Without `ip-masq` what containers send to elsewhere MUST leave under the host's address",
    from: [
      cite(
        "docs/port-publishing",
        "Outgoing connections from the container will masquerade, using the Docker host's IP address.",
      ),
    ],
    needs,
    tags: ["ip-masq:default"],
  },
  ({ plainSeenAs, memberSeenAs, wire }) => {
    expect([plainSeenAs, memberSeenAs], "as whom a neighbour saw containers of both kinds of network").toEqual([
      [wire],
      [wire],
    ]);
  },
);

onAsInstalled(
  "KEY-42",
  {
    must: "Without `iptables` dockerd MUST make its rules",
    from: [cite("man/dockerd#--iptables", "Enable Docker's addition of iptables rules. Default is true.")],
    needs,
    tags: ["iptables:default"],
  },
  ({ rules }) => {
    for (const table of ["filter", "nat"])
      expect(rules.filter((rule) => rule.startsWith(table)).length, `dockerd's rules in ${table}`).toBeGreaterThan(2);
  },
);

onAsInstalled(
  "KEY-43",
  {
    must: "Without `ip-forward` and `ip-forward-no-drop` a dockerd that makes iptables rules MUST switch forwarding on and close FORWARD",
    from: [
      cite(
        "man/dockerd#--ip-forward-no-drop",
        "if Docker enables IP forwarding itself (see --ip-forward), and --iptables or --ip6tables are enabled, it also sets the default policy for the FORWARD chain",
      ),
    ],
    needs,
    tags: ["ip-forward:default", "ip-forward-no-drop:default"],
  },
  ({ forwarding, policy }) => {
    expect([forwarding, policy], "ip_forward, which was 0, and the policy of FORWARD").toEqual(["1", "DROP"]);
  },
);

onAsInstalled(
  "KEY-44",
  {
    must: "Without `allow-direct-routing` a neighbour with a route MUST NOT reach a container's address, not even at a published port",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        "By default, remote hosts are not allowed direct access to container IP addresses in Docker's Linux bridge networks.",
      ),
    ],
    differs: [
      differs(
        "docs/port-publishing#gateway-modes",
        "Other published container ports in routed and nat networks are always accessible from remote hosts using direct routing",
        "Since Engine 28.0 a machine with a route reaches no published port of a nat network at the container's address, unless allow-direct-routing is set; the same page says so further up.",
        ["28.5"],
      ),
    ],
    needs,
    since: "raw-drop-for-published",
    tags: ["allow-direct-routing:default"],
  },
  ({ direct }) => void direct(),
);

const closed = host.under(
  { icc: false },
  scene(async ({ inLab, neighbour, containers: { plain, peer, member, web }, port }) => ({
    ping: await atThisMoment(
      mustNotReach(ping(plain, peer.address), { as: "timed out", control: ping(hostItself(inLab), peer.address) }),
    ),
    http: await atThisMoment(
      // The very server, asked where it is published, which another machine may.
      mustNotReach(http(plain, peer.address), { as: "timed out", control: http(neighbour, neighbour.host, port) }),
    ),
    onNetwork: await atThisMoment(mustReach(http(member, web.address))),
    published: await atThisMoment(mustReach(http(plain, neighbour.host, port))),
    fromOutside: await atThisMoment(mustReach(http(neighbour, neighbour.host, port))),
    out: await atThisMoment(mustReach(ping(plain, neighbour.address))),
  })),
);

const onClosed = chapter({ given: closed });

onClosed(
  "KEY-45",
  {
    must: '`"icc": false` MUST keep containers on the default bridge from each other: their packets are dropped',
    from: [ICC, engine("moby#12071")],
    needs,
    tags: ["icc:effect"],
    cause: "bridged packets don't pass iptables (net.bridge.bridge-nf-call-iptables), or the DROP rule is missing",
  },
  ({ ping: pinged, http: asked }) => {
    pinged();
    asked();
  },
);

onClosed(
  "KEY-46",
  {
    must: '`"icc": false` MUST NOT close user-defined networks',
    from: [ICC, engine("moby#31453")],
    needs,
    tags: ["icc:scope"],
  },
  ({ onNetwork }) => void onNetwork(),
);

onClosed(
  "KEY-47",
  {
    must: '`"icc": false` MUST leave published ports open, for neighbours and for containers of the same bridge, and the way out',
    from: [engine("dockerd: icc")],
    needs,
    tags: ["icc:scope"],
  },
  ({ published, fromOutside, out }) => {
    published();
    fromOutside();
    out();
  },
);

const unmasked = host.under(
  { "ip-masq": false },
  scene(async ({ inLab, neighbour, containers: { plain, member } }) => ({
    own: await ownAddress(plain),
    plainSeenAs: await seenByNeighbour(inLab, plain, [neighbour.host, await ownAddress(plain)]),
    memberSeenAs: await seenByNeighbour(inLab, member, [neighbour.host, await ownAddress(member)]),
    wire: neighbour.host,
  })),
);

requirement(
  "KEY-48",
  {
    must: '`"ip-masq": false` MUST let containers of the default bridge leave under their own addresses',
    from: [IP_MASQ],
    needs,
    tags: ["ip-masq:effect"],
  },
  unmasked,
  ({ own, plainSeenAs }) => {
    expect(plainSeenAs, "as whom a neighbour saw the container").toEqual([own]);
  },
);

requirement(
  "KEY-49",
  {
    must: '`"ip-masq": false` MUST NOT change user-defined networks: their containers leave under the host\'s address',
    from: [IP_MASQ],
    needs,
    tags: ["ip-masq:scope"],
  },
  unmasked,
  ({ memberSeenAs, wire }) => {
    expect(memberSeenAs, "as whom a neighbour saw the container").toEqual([wire]);
  },
);

requirement(
  "KEY-49b",
  {
    must: '`"ip-masq": false` MUST let answers back to containers, beside `allow-direct-routing` where the engine drops what comes for their addresses',
    from: [engine("dockerd: ip-masq"), engine("dockerd: allow-direct-routing")],
    needs,
    since: "allow-direct-routing",
    tags: ["ip-masq:effect", "allow-direct-routing:effect"],
  },
  host.under(
    { "ip-masq": false, "allow-direct-routing": true },
    scene(
      async ({ neighbour, containers: { plain } }) => await atThisMoment(mustReach(ping(plain, neighbour.address))),
    ),
  ),
  (answered) => void answered(),
);

const unfiltered = host.under(
  { iptables: false },
  scene(async ({ inLab, neighbour, containers: { plain, peer, member, stranger }, port }) => ({
    rules: ofDocker(await rulesOf(inLab)),
    policy: await forwardPolicy(inLab),
    own: await ownAddress(plain),
    seenAs: await seenByNeighbour(inLab, plain, [neighbour.host, await ownAddress(plain)]),
    gateway: peer.settingsOn("bridge").Gateway,
    served: parseWebAnswer((await mustReach(http(neighbour, neighbour.host, port))).answer),
    across: await atThisMoment(mustReach(ping(stranger, member.address))),
  })),
);

const onUnfiltered = chapter({ given: unfiltered });

onUnfiltered(
  "KEY-50",
  {
    must: '`"iptables": false` MUST leave the network namespace of a host outside a swarm without any rule of dockerd, and FORWARD as it was',
    from: [
      cite(
        "cli/dockerd#run-multiple-daemons",
        "--iptables=false prevents the Docker daemon from adding iptables rules.",
      ),
    ],
    needs,
    tags: ["iptables:effect"],
  },
  ({ rules, policy }) => {
    expect(rules, "dockerd's rules").toEqual([]);
    expect(policy, "policy of FORWARD").toBe("ACCEPT");
  },
);

onUnfiltered(
  "KEY-51",
  {
    must: "`\"iptables\": false` MUST leave published ports to docker-proxy: the server sees the bridge's address instead of the client's",
    from: [engine("dockerd: iptables")],
    needs,
    tags: ["iptables:effect"],
  },
  ({ served, gateway }) => {
    expect(served?.peerAddress, "as whom the server saw a neighbour").toBe(gateway);
  },
);

onUnfiltered(
  "KEY-52",
  {
    must: '`"iptables": false` MUST switch masquerading off as well: containers leave under their own addresses',
    from: [
      cite(
        "cli/dockerd#run-multiple-daemons",
        "If you prevent Docker from adding iptables rules, Docker also doesn't add IP masquerading rules, even if you set --ip-masq to true.",
      ),
      engine("moby#28811"),
    ],
    needs,
    tags: ["iptables:effect"],
  },
  ({ seenAs, own }) => {
    expect(seenAs, "as whom a neighbour saw the container").toEqual([own]);
  },
);

onUnfiltered(
  "KEY-53",
  {
    must: '`"iptables": false` MUST hold for user-defined networks too: nothing keeps their containers apart',
    from: [
      cite(
        "docs/firewalls-28#prevent-docker-from-manipulating-iptables",
        "All ports of all containers will be accessible from the network",
      ),
    ],
    needs,
    tags: ["iptables:scope"],
  },
  ({ across }) => void across(),
);

/** The host answers, and the machine behind it does not: which is there, for it answers the host. */
async function mustReachNoFurther(from: Vantage, inLab: HostInLab, neighbour: Neighbour): Promise<void> {
  await mustReach(ping(from, neighbour.host));
  await mustNotReach(ping(from, neighbour.address), {
    as: "timed out",
    control: ping(hostItself(inLab), neighbour.address),
  });
}

const unforwarded = host.under(
  { "ip-forward": false },
  scene(async ({ inLab, neighbour, containers: { plain, member } }) => ({
    forwarding: await setting(inLab, FORWARDING),
    policy: await forwardPolicy(inLab),
    plain: await atThisMoment(mustReachNoFurther(plain, inLab, neighbour)),
    member: await atThisMoment(mustReachNoFurther(member, inLab, neighbour)),
  })),
);

requirement(
  "KEY-54",
  {
    must: '`"ip-forward": false` MUST leave forwarding and the policy of FORWARD as the host has them: off and open',
    from: [cite("man/dockerd#--ip-forward", "If your system has IP forwarding disabled, this setting enables it.")],
    needs,
    tags: ["ip-forward:effect"],
  },
  unforwarded,
  ({ forwarding, policy }) => {
    expect([forwarding, policy], "ip_forward and the policy of FORWARD").toEqual(["0", "ACCEPT"]);
  },
);

requirement(
  "KEY-55",
  {
    must: "With forwarding left off containers of every bridge MUST reach the host and nothing beyond it",
    from: [
      cite(
        "docs/firewall-nftables#ip-forwarding",
        "IP forwarding on the Docker host enables Docker functionality including port publishing, communication between bridge networks, and direct routing from outside the host",
      ),
    ],
    needs,
    tags: ["ip-forward:effect", "ip-forward:scope"],
  },
  unforwarded,
  ({ plain, member }) => {
    plain();
    member();
  },
);

requirement(
  "KEY-56",
  {
    must: '`"ip-forward": false` MUST leave a host that forwards already forwarding, its containers reaching beyond it',
    from: [
      cite(
        "man/dockerd#--ip-forward",
        "If your system has IP forwarding enabled, setting this flag to false has no effect.",
      ),
    ],
    needs,
    tags: ["ip-forward:effect"],
  },
  host.under(
    { "ip-forward": false },
    scene(async ({ inLab, neighbour, containers: { plain } }) => ({
      forwarding: await setting(inLab, FORWARDING),
      out: await atThisMoment(mustReach(ping(plain, neighbour.address))),
    })),
    [`echo 1 >${FORWARDING}`],
  ),
  ({ forwarding, out }) => {
    expect(forwarding, "ip_forward").toBe("1");
    out();
  },
);

requirement(
  "KEY-57",
  {
    must: "`ip-forward-no-drop` MUST let dockerd switch forwarding on without closing FORWARD",
    from: [
      cite(
        "man/dockerd#--ip-forward-no-drop",
        "When true, and when IP forwarding is already enabled, Docker does not modify the default policy of the FORWARD chain.",
      ),
    ],
    needs,
    since: "daemon-json-of-28",
    tags: ["ip-forward-no-drop:effect", "ip-forward-no-drop:scope"],
  },
  host.under({ "ip-forward-no-drop": true }, async (inLab) => ({
    forwarding: await setting(inLab, FORWARDING),
    policy: await forwardPolicy(inLab),
  })),
  ({ forwarding, policy }) => {
    expect([forwarding, policy], "ip_forward and the policy of FORWARD").toEqual(["1", "ACCEPT"]);
  },
);

const routed = host.under(
  { "allow-direct-routing": true },
  scene(async ({ neighbour, containers: { plain, peer }, port }) => ({
    direct: await atThisMoment(mustReach(http(neighbour, peer.address))),
    unpublished: await atThisMoment(
      mustNotReach(ping(neighbour, plain.address), {
        as: "timed out",
        control: http(neighbour, neighbour.host, port),
      }),
    ),
  })),
);

requirement(
  "KEY-58",
  {
    must: "`allow-direct-routing` MUST let a neighbour with a route reach a container's address at a published port",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        'To allow direct access to any published port, on any container, in any Linux bridge network, use daemon option "allow-direct-routing": true',
      ),
    ],
    needs,
    since: "allow-direct-routing",
    tags: ["allow-direct-routing:effect"],
  },
  routed,
  ({ direct }) => void direct(),
);

requirement(
  "KEY-59",
  {
    must: "`allow-direct-routing` MUST NOT open what is not published",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        'To allow direct access to any published port, on any container, in any Linux bridge network, use daemon option "allow-direct-routing": true',
      ),
    ],
    needs,
    since: "allow-direct-routing",
    tags: ["allow-direct-routing:scope"],
  },
  routed,
  ({ unpublished }) => void unpublished(),
);
