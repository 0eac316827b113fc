import { expect } from "vitest";
import { LABEL } from "../../helpers/engine/run-identity.ts";
import { noNetworkYet } from "../../helpers/expectations/engine-switches.ts";
import {
  acceptsPublished,
  dnat,
  expectsSelfMasquerade,
  isolation,
  masquerades,
  type PublishedPort,
  selfMasquerade,
  usesProxy,
} from "../../helpers/expectations/firewall.ts";
import {
  notServedAt,
  type PortVantage,
  portService,
  publishedBeyond,
  servedElsewhere,
} from "../../helpers/expectations/port-service.ts";
import { formatRule, type RuleFinding, rulesNaming } from "../../helpers/expectations/rule-match.ts";
import { bridgeDeviceName } from "../../helpers/expectations/user-network.ts";
import { cidr } from "../../helpers/model/cidr.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { http } from "../../helpers/probes/reach.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import { FLUSHED, mustComeTo, mustHold, mustNotHold } from "../../helpers/requirement/firewall-rule.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D3,
  D4,
  engine,
  mustNotReach,
  NotApplicable,
  NotRun,
  nginx,
  observed,
  requirement,
  type Session,
  stage,
  theEngine,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { IsolationGaps } from "../../helpers/requirement/isolation-gap.ts";
import { lanAddress } from "../../helpers/requirement/lan-address.ts";
import { neighbourOf } from "../../helpers/requirement/neighbour.ts";
import { mustAnswer, mustBeServed } from "../../helpers/requirement/served.ts";
import { type CountedRule, listRules, type RuleList } from "../../helpers/snapshot/firewall/rule-list.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import type { NetworkRecord } from "../../helpers/topology/network-record.ts";
import { docker0, noRules, passing, RULES } from "./rules.ts";

const DNAT_RULE = cite(
  "iptablesdoc/usernet-portmap",
  "-A DOCKER ! -i bridge1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.2:80",
);
const USERLAND_PROXY = cite(
  "man/dockerd#--userland-proxy",
  "Rely on a userland proxy implementation for inter-container and outside-to-container loopback communications. Default is true.",
);

/** Published and unpublished containers on the default bridge. */
const onDefault = topology("nat", {
  containers: {
    web: nginx({ publish: (facts) => ["0.0.0.0:free:80", "0.0.0.0:free:81", `${oneAddress(facts)}:free:82`] }),
    plain: busybox(),
  },
});

/** A published container on a bridge network of our own. */
const onOwn = topology("nat-own", {
  networks: { own: bridge() },
  containers: { app: nginx({ on: "own", publish: ["0.0.0.0:free:80"] }) },
});

/** The address that one publication names: the host's own, or its loopback where it has no default route. */
function oneAddress({ host }: Pick<Facts, "host">): string {
  return host?.uplink?.address ?? "127.0.0.1";
}

/** The rules while the containers run. */
const standing = stage(onDefault, async (containers, session) => ({
  ...containers,
  ...(await listRules(await session.host())),
}));

/** The publications that a container was created with, as the firewall has to know them, by container port. */
function publicationsOf(server: Endpoint, network: string, device: string): PublishedPort[] {
  const asked = server.inspected.HostConfig.PortBindings as Record<string, { HostIp: string; HostPort: string }[]>;
  return Object.keys(asked)
    .toSorted()
    .flatMap((key) =>
      (asked[key] ?? []).map(({ HostIp, HostPort }) => ({
        hostIp: HostIp,
        hostPort: Number(HostPort),
        protocol: "tcp",
        to: { address: server.addressOn(network), port: Number.parseInt(key, 10) },
        device,
      })),
    );
}

/** The three publications of `web`: on every address, on every address for counting, on one address. */
function publicationsOfWeb(
  web: Endpoint,
  facts: Facts,
): { everywhere: PublishedPort; counted: PublishedPort; one: PublishedPort } {
  const [everywhere, counted, one] = publicationsOf(web, "bridge", docker0(facts).device);
  if (everywhere === undefined || counted === undefined || one === undefined)
    throw new NotRun("the engine forgot a publication");
  return { everywhere, counted, one };
}

function policyOf({ chains }: Pick<RuleList, "chains">, chain: string): string {
  const policy = chains.find(({ table, name }) => table === "filter" && name === chain)?.policy;
  // The legacy iptables knows no table until somebody uses it; the kernel accepts then.
  return policy ?? "ACCEPT";
}

/** A published container that comes and goes on a network of our own, and the firewall before, while and after it is there. */
const comingAndGoing = stage(onOwn, async ({ networks: { own } }, session) => {
  // A reading of the rules that somebody else has under way would be shared, and be older than the container.
  await Promise.allSettled([standing.obtain()]);
  const host = await session.host();
  const known = await dockerDevices(session);
  const before = await listRules(host);
  const devices = new Set([...known, ...(await dockerDevices(session))]);
  const guest = nginx<string>({ on: own.name, publish: ["0.0.0.0:free:80"] });
  const there = await briefly(session, "nat-passing", { containers: { guest } }, async ({ containers }) => {
    const [port] = publicationsOf(containers.guest, own.name, own.device);
    if (port === undefined) throw new NotRun("the engine forgot the publication");
    return { port, during: await listRules(host) };
  });
  return { ...there, before, devices, runId: session.runId, after: await listRules(host) };
});

/** Names of all devices that Docker's bridge networks have on the host. */
async function dockerDevices({ docker }: Session): Promise<string[]> {
  const networks = (await docker.listNetworks({ filters: { driver: ["bridge"] } })) as unknown as NetworkRecord[];
  return networks.map(({ Id, Options }) => bridgeDeviceName(Id, Options ?? {}));
}

for (const [id, chain, said] of [
  ["NAT-08", "INPUT", "The filter-INPUT chain is not used by Docker."],
  ["NAT-09", "OUTPUT", "Similarly, filter-OUTPUT is not used."],
] as const) {
  requirement(
    id,
    {
      must: `Publishing a port MUST leave the filter chain ${chain} alone: its policy stays as it was, and no rule is made there for the container, its bridge or the host port`,
      from: [cite("iptablesdoc", said), D1("5.1.1")],
      needs: ["host iptables"],
      unless: noRules,
    },
    comingAndGoing,
    ({ port, before, during, after }) => {
      const was = policyOf(before, chain);
      expect(policyOf(during, chain), `policy of ${chain} while a published container is there`).toBe(was);
      expect(policyOf(after, chain), `policy of ${chain} after a published container was there`).toBe(was);
      const names = [port.to.address, port.device, String(port.hostPort)];
      const made = names.flatMap((name) => rulesNaming(during.rules, name));
      expect(made.length, "rules about the published container in all chains").toBeGreaterThan(0);
      const here = made.filter((rule) => rule.table === "filter" && rule.chain === chain);
      expect(here.map(formatRule), `rules of filter ${chain} about the published container`).toEqual([]);
    },
  );
}

const onRules = chapter({ given: standing, ...RULES });

onRules(
  "NAT-11b",
  {
    must: "The chain DOCKER-USER MUST exist and hold no rule about a published container: its rules are the user's",
    from: [
      cite(
        "iptablesdoc/new-daemon",
        "Docker won't add rules to the DOCKER-USER chain, it's only for user-defined rules.",
      ),
      engine("moby#50098"),
    ],
    since: "no-docker-user-return",
  },
  ({ chains, rules, web }) => {
    const names = chains.filter(({ table }) => table === "filter").map(({ name }) => name);
    expect(names, "chains of the filter table").toContain("DOCKER-USER");
    expect(rulesNaming(rules, web.addressOn("bridge")).length, "rules about the published container").toBeGreaterThan(
      0,
    );
    const own = rules.filter(({ chain }) => chain === "DOCKER-USER");
    const made = rulesNaming(own, web.addressOn("bridge"));
    expect(made.map(formatRule), "rules of DOCKER-USER about the published container").toEqual([]);
  },
);

requirement(
  "NAT-20",
  {
    must: "Every bridge network that is not internal MUST have a masquerade rule for its subnet and isolation rules for its device, unless its options say otherwise",
    from: [
      cite(
        "docs/firewall-iptables#docker-and-iptables-chains",
        "In the nat table, Docker creates chain DOCKER and adds rules to implement masquerading and port-mapping.",
      ),
      D1("5.1.1"),
    ],
    needs: ["host iptables"],
    unless: noRules,
  },
  onOwn,
  async ({ networks: { own } }, session) => {
    for (const gaps = new IsolationGaps(); ; ) {
      const started = performance.now();
      const { networks, lacking } = await lackingRules(own.id, session);
      if (lacking.length === 0) return;
      // Before 28 the engine takes this jump away for a moment whenever anybody makes a network.
      const onlyJump = lacking.every(({ wanted }) => wanted.startsWith("-A FORWARD "));
      if (onlyJump && (await gaps.forgive(performance.now() - started))) continue;
      throw new Violation(`rules of ${networks} bridge networks`, {
        expected: "all of them",
        observed: lacking.map(({ network, wanted }) => `${network.Name} lacks ${wanted}`).join("; "),
        cause: FLUSHED,
        subjects: lacking.map(({ network }) => ({ kind: "network", name: network.Name })),
      });
    }
  },
);

/**
 * Reads the rules once, and says which bridge networks lack which of theirs: one of our own, and all that are nobody's
 * of these suites. Others come and go meanwhile: only what was there before and after has its rules in between.
 */
async function lackingRules(ownId: string, session: Session) {
  const { docker, facts, runId } = session;
  const listed = async () =>
    (await docker.listNetworks({ filters: { driver: ["bridge"] } })) as unknown as NetworkRecord[];
  const lasting = (await listed()).filter(({ Labels, Id }) => Id === ownId || Labels?.[LABEL.project] === undefined);
  expect(
    lasting.map(({ Id }) => Id),
    "bridge networks that the engine lists",
  ).toContain(ownId);
  const host = await session.host();
  // Table by table: who reads all of them at this moment must not be given rules that are older than his question.
  const rules = (await Promise.all(["nat", "filter"].map((table) => listRules(host, table)))).flatMap(
    (one) => one.rules,
  );
  const missing = lasting.flatMap((network) =>
    findingsOf(network, rules, facts)
      .filter(({ present }) => !present)
      .map(({ wanted }) => ({ network, wanted })),
  );
  const still = missing.length === 0 ? [] : (await listed()).map(({ Id }) => Id);
  const lacking = missing.filter(({ network: { Id, Labels } }) => Labels?.[LABEL.run] === runId || still.includes(Id));
  return { networks: lasting.length, lacking };
}

/** Whether a bridge network has the rules that every bridge network has. */
function findingsOf(network: NetworkRecord, rules: readonly CountedRule[], facts: Facts): RuleFinding[] {
  const options = network.Options ?? {};
  const subnet = network.IPAM.Config?.find(({ Subnet }) => Subnet?.includes("."))?.Subnet;
  const mode = options["com.docker.network.bridge.gateway_mode_ipv4"] ?? "nat";
  // Internal networks have rules of another kind; routed and isolated ones have none of these.
  if (subnet === undefined || network.Internal || mode !== "nat") return [];
  const device = bridgeDeviceName(network.Id, options);
  const masked = options["com.docker.network.bridge.enable_ip_masquerade"] !== "false";
  return [...(masked ? [masquerades(rules, subnet, device)] : []), ...isolation(facts, rules, device)];
}

onRules(
  "NAT-21",
  {
    must: "A port published on every address MUST have a DNAT rule to the container that names no destination address",
    from: [DNAT_RULE, D0("3.4.2.2")],
  },
  ({ rules, web }, { facts }) => {
    const { everywhere } = publicationsOfWeb(web, facts);
    mustComeTo("DNAT of a port published on every address", dnat(facts, rules, everywhere), rules, {
      table: "nat",
      chain: "DOCKER",
      packets: { from: passing(facts, "in").from ?? {}, protocol: "tcp", port: everywhere.hostPort, state: "NEW" },
    });
  },
);

onRules(
  "NAT-22",
  {
    must: "A port published on one address MUST have a DNAT rule to the container for that destination address only",
    from: [
      cite(
        "iptablesdoc/usernet-portmap-lo",
        "-A DOCKER -d 127.0.0.1/32 ! -i bridge1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.2:80",
      ),
      D1("5.4"),
    ],
  },
  ({ rules, web }, { facts }) => {
    const { one } = publicationsOfWeb(web, facts);
    mustHold("DNAT of a port published on one address", dnat(facts, rules, one));
    const wider = rules.filter(
      ({ table, chain, args }) =>
        table === "nat" && chain === "DOCKER" && args.includes(String(one.hostPort)) && !args.includes("-d"),
    );
    expect(wider.map(formatRule), `DNAT rules of host port ${one.hostPort} for every address`).toEqual([]);
  },
);

const onStanding = chapter({ given: standing, needs: RULES.needs });

onStanding(
  "NAT-23",
  {
    must: "No DNAT rule MUST match packets that come in through the bridge of its own container, where docker-proxy serves these",
    from: [DNAT_RULE, D0("3.4.2.2"), D1("5.4")],
    unless: (facts) =>
      noRules(facts) ??
      (usesProxy(facts) ? null : "the userland proxy is off, so packets from the bridge are translated too"),
  },
  ({ rules, web }, { facts }) => {
    const { device } = docker0(facts);
    const own = rulesNaming(rules, web.addressOn("bridge")).filter(
      ({ table, chain }) => table === "nat" && chain === "DOCKER",
    );
    expect(own.length, `DNAT rules of ${web.name}, which publishes three ports`).toBe(3);
    const wrong = own.filter(({ args }) => !args.join(" ").includes(`! -i ${device}`));
    expect(wrong.map(formatRule), `DNAT rules that don't leave out what comes from ${device}`).toEqual([]);
  },
);

onStanding(
  "NAT-24",
  {
    must: "DNAT MUST rewrite the destination port as well as the address: the server is asked at its own address and its own port, whatever host port the client named",
    from: [DNAT_RULE, D0("3.4.2.2"), D1("5.4")],
    unless: (facts) => noRules(facts) ?? servedElsewhere(facts),
  },
  async ({ web }, session) => {
    const { everywhere } = publicationsOfWeb(web, session.facts);
    const answer = await mustAnswer(
      http(await session.host(), lanAddress(session.facts), everywhere.hostPort),
      web.name,
    );
    expect(
      { address: answer.localAddress, port: answer.localPort },
      `where the server was asked for a request to host port ${everywhere.hostPort}`,
    ).toEqual({
      address: web.addressOn("bridge"),
      port: 80,
    });
  },
);

onRules(
  "NAT-25",
  {
    must: "The filter chain DOCKER MUST accept packets for a published container port that come from other devices than the container's bridge",
    from: [
      cite(
        "iptablesdoc/usernet-portmap",
        "-A DOCKER -d 192.0.2.2/32 ! -i bridge1 -o bridge1 -p tcp -m tcp --dport 80 -j ACCEPT",
      ),
      D1("5.4"),
    ],
  },
  ({ rules, web }, { facts }) => {
    const { everywhere } = publicationsOfWeb(web, facts);
    const { address, port } = everywhere.to;
    mustComeTo("acceptance of packets for a published container port", acceptsPublished(rules, everywhere), rules, {
      table: "filter",
      chain: "DOCKER",
      packets: {
        ...passing(facts, "in"),
        to: { device: everywhere.device, addresses: cidr(`${address}/32`) },
        port,
      },
      spared: ["ACCEPT"],
    });
  },
);

onRules(
  "NAT-26",
  {
    must: "A published container port MUST have a masquerade rule from the container to itself",
    from: [D0("3.4.2.2"), D1("5.4")],
    until: "no-self-masquerade-with-proxy",
  },
  ({ rules, web }, { facts }) =>
    mustHold(
      "masquerading from the container to itself",
      selfMasquerade(rules, publicationsOfWeb(web, facts).everywhere),
    ),
);

onRules(
  "NAT-26b",
  {
    must: "A published container port MUST have a masquerade rule from the container to itself only where docker-proxy does not serve the container's own requests",
    from: [
      cite(
        "docs/release-28#2800",
        "Do not create iptables nat-POSTROUTING masquerade rules for a container's own published ports, when the userland proxy is enabled.",
      ),
      engine("moby#48854"),
    ],
    since: "no-self-masquerade-with-proxy",
  },
  ({ rules, web }, { facts }) => {
    const finding = selfMasquerade(rules, publicationsOfWeb(web, facts).everywhere);
    const what = "masquerading from the container to itself";
    return expectsSelfMasquerade(facts) ? mustHold(what, finding) : mustNotHold(what, finding);
  },
);

onStanding(
  "NAT-27",
  {
    must: "The counter of a publication's DNAT rule MUST rise with a connection that comes in at the host's address, and not with one that docker-proxy serves",
    from: [D0("3.4.2.2")],
    unless: (facts) => noRules(facts) ?? servedElsewhere(facts),
    cause: "another rule before Docker's takes these packets, or the rule is not reached from PREROUTING and OUTPUT",
  },
  async ({ web }, session) => {
    const { counted } = publicationsOfWeb(web, session.facts);
    const host = await session.host();
    const own = lanAddress(session.facts);
    // Only the nat table: nobody else asks this question, so no answer older than the connection is shared.
    const packets = async (): Promise<number> => {
      const { rules } = await listRules(host, "nat");
      const rule = rules.find(
        ({ chain, args }) => chain === "DOCKER" && args.includes("DNAT") && args.includes(String(counted.hostPort)),
      );
      if (rule === undefined)
        throw new Violation("the DNAT rule", {
          expected: `a rule for host port ${counted.hostPort}`,
          observed: "none",
          cause: FLUSHED,
        });
      return rule.packets;
    };
    const start = await packets();
    await mustAnswer(http(host, own, counted.hostPort), web.name);
    const once = await packets();
    await mustAnswer(http(host, "127.0.0.1", counted.hostPort), web.name);
    const twice = await packets();
    // nat rules see the first packet of a connection only.
    expect(once - start, "packets counted for one connection to the host's address").toBe(1);
    expect(twice - once, "packets counted for one connection to 127.0.0.1").toBe(usesProxy(session.facts) ? 0 : 1);
  },
);

onRules(
  "NAT-28",
  {
    must: "A container without `-p` MUST NOT have any rule of its own in the host's nat table",
    from: [D1("bridge模式"), D3("二.1")],
  },
  ({ rules, web, plain }) => {
    const translated = rules.filter(({ table }) => table === "nat");
    expect(
      rulesNaming(translated, web.addressOn("bridge")).length,
      "nat rules that name a published container",
    ).toBeGreaterThan(0);
    expect(
      rulesNaming(translated, plain.addressOn("bridge")).map(formatRule),
      "nat rules that name an unpublished container",
    ).toEqual([]);
  },
);

requirement(
  "NAT-29",
  {
    must: "All rules of a publication MUST disappear with its container",
    from: [D0("3.4.2.2")],
    needs: ["host iptables"],
    unless: noRules,
  },
  comingAndGoing,
  ({ port, during, after }, { facts }) => {
    mustHold("DNAT while the container is there", dnat(facts, during.rules, port));
    const left = after.rules.filter(
      (rule) =>
        rulesNaming([rule], port.to.address).length > 0 ||
        (rule.table === "nat" && rule.args.includes(String(port.hostPort))),
    );
    expect(left.map(formatRule), `rules that still name ${port.to.address} or host port ${port.hostPort}`).toEqual([]);
  },
);

requirement(
  "NAT-30",
  {
    must: "Publishing a port MUST NOT touch the nat and filter rules of other programs: each is still there, in the same order",
    from: [D3("二.1")],
    needs: ["host iptables"],
    unless: noRules,
    cause:
      "another program rewrites the host's rules when containers come and go (a hook that restores a saved set, a firewall's reload): rules of other programs are lost",
  },
  comingAndGoing,
  ({ before, devices, runId, during, after }) => {
    const foreign = Map.groupBy(
      before.rules.filter((rule) => isForeign(rule, devices, runId)),
      ({ table, chain }) => `${table} ${chain}`,
    );
    if (foreign.size === 0) throw new NotApplicable("all nat and filter rules on this host are Docker's");
    for (const [when, { rules }] of [
      ["while a published container is there", during],
      ["after it is gone", after],
    ] as const) {
      const lost = [...foreign].flatMap(([place, own]) => {
        const now = rules.filter(({ table, chain }) => `${table} ${chain}` === place).map(formatRule);
        return missingInOrder(own.map(formatRule), now);
      });
      expect(lost, `rules of other programs that are missing or out of order ${when}`).toEqual([]);
    }
  },
);

/** What of one list does not come, in its order, in the other; the other may hold more: programs may add rules at any time. */
function missingInOrder(wanted: readonly string[], found: readonly string[]): string[] {
  let from = 0;
  return wanted.filter((one) => {
    const place = found.indexOf(one, from);
    if (place !== -1) from = place + 1;
    return place === -1;
  });
}

/**
 * A nat or filter rule that is neither Docker's nor of a suite that builds by hand: not in one of Docker's chains, not a
 * jump there, about none of its bridges or containers, and without the run's id in a device's name or in a comment.
 */
function isForeign({ table, chain, args }: CountedRule, devices: ReadonlySet<string>, runId: string): boolean {
  const docker = /^DOCKER($|-)/;
  if (table !== "nat" && table !== "filter") return false;
  // By its name too: networks of other suites come and go while the rules are read, the list of devices is older.
  const dockerBridge = /^br-[0-9a-f]{12}$/;
  if (docker.test(chain)) return false;
  if (args.some((arg) => docker.test(arg) || devices.has(arg) || dockerBridge.test(arg) || arg.includes(runId)))
    return false;
  // The masquerade rule of a container to itself names one address twice.
  const source = args[args.indexOf("-s") + 1];
  return !(args.includes("MASQUERADE") && args.includes("-s") && source === args[args.indexOf("-d") + 1]);
}

requirement(
  "NAT-31",
  {
    must: "IPv4 forwarding MUST be on while dockerd runs, unless `ip-forward` is off",
    from: [
      cite("man/dockerd#--ip-forward", "If your system has IP forwarding disabled, this setting enables it."),
      D3("一.1.2"),
      D4("Linux bridge"),
    ],
    needs: ["host view"],
    unless: ({ configuration }) =>
      configuration["ip-forward"] === false ? "dockerd leaves forwarding alone (ip-forward: false)" : null,
    cause:
      "a sysctl file or another program set net.ipv4.ip_forward to 0 after dockerd had started: containers can't reach out and published ports are dead for other machines",
  },
  theEngine,
  async (session) => {
    const value = await textFile(await session.host(), "/proc/sys/net/ipv4/ip_forward");
    // dockerd switches it on with each network that is made, so with the first of this run's own: it has to have been on
    // before, unless there was no network yet.
    const onBefore = session.facts.host?.ipForward === true || noNetworkYet(session.facts);
    expect({ "before this run made networks": onBefore ? "1" : "0", now: value.trim() }, "net.ipv4.ip_forward").toEqual(
      {
        "before this run made networks": "1",
        now: "1",
      },
    );
  },
);

const onDefaultBridge = chapter({ given: onDefault, needs: ["default bridge", "host view"] });

onDefaultBridge(
  "NAT-32",
  {
    must: "A client on another machine MUST be served by DNAT in the kernel, so that the container sees the client's own address",
    from: [
      cite(
        "docs/port-publishing",
        "it uses firewall rules to perform Network Address Translation (NAT), Port Address Translation (PAT), and masquerading",
      ),
      D1("桥接模式下暴露端口"),
      D1("5.4"),
    ],
    needs: ["default bridge", "host view", "second host"],
    unless: (facts) => noRules(facts) ?? notByDnat(facts),
  },
  async ({ web }, session) => {
    const { facts } = session;
    const neighbour = await neighbourOf(session);
    const { everywhere } = publicationsOfWeb(web, facts);
    await mustBeServed(http(neighbour, lanAddress(facts), everywhere.hostPort), portService(facts, "outside"), {
      server: web.name,
      containerPort: 80,
      client: neighbour.address,
      gateway: facts.defaultBridge?.gateway ?? "",
    });
  },
);

/** Why another machine is not served by DNAT with this configuration. */
function notByDnat(facts: Facts): string | null {
  const { by, why } = portService(facts, "outside");
  return by === "DNAT" ? null : why;
}

/** Why a port published by a container of the default bridge is not served at one of these places with this configuration. */
const unservedAt =
  (...vantages: readonly PortVantage[]) =>
  (facts: Facts): string | null =>
    servedElsewhere(facts) ?? notServedAt(facts, vantages, "default bridge");

/** Asks `web` at a host address from one place, and asserts by whom it is served and whom it sees. */
async function mustServeWeb(
  web: Endpoint,
  vantage: PortVantage,
  asker: Endpoint | "host",
  session: Session,
): Promise<void> {
  const { facts } = session;
  const host = await session.host();
  const { everywhere } = publicationsOfWeb(web, facts);
  const address = vantage === "host loopback" ? "127.0.0.1" : lanAddress(facts);
  await mustBeServed(
    http(asker === "host" ? host : asker, address, everywhere.hostPort),
    portService(facts, vantage, "default bridge"),
    {
      server: web.name,
      containerPort: 80,
      client: asker === "host" ? address : asker.address,
      gateway: facts.defaultBridge?.gateway ?? "",
    },
  );
}

onDefaultBridge(
  "NAT-33",
  {
    must: "The host asking a published port at its own LAN address MUST be served by DNAT: the server sees that address, or the bridge's where what the host sends to the bridge is masqueraded",
    from: [
      cite(
        "moby/port_mapping_linux_test.go#TestAccessPublishedPortFromHost",
        "checks whether published ports are accessible from the host",
      ),
      D1("桥接模式下暴露端口"),
    ],
    unless: unservedAt("host address"),
  },
  async ({ web }, session) => await mustServeWeb(web, "host address", "host", session),
);

onDefaultBridge(
  "NAT-34",
  {
    must: "The host asking a published port at 127.0.0.1 MUST be served by docker-proxy, or by DNAT and masquerading with the userland proxy off: the server sees the bridge's address",
    from: [USERLAND_PROXY, D0("3.4.2.2"), D1("桥接模式下暴露端口")],
    unless: (facts) => publishedBeyond(facts) ?? notServedAt(facts, ["host loopback"], "default bridge"),
  },
  async ({ web }, session) => await mustServeWeb(web, "host loopback", "host", session),
);

onDefaultBridge(
  "NAT-35",
  {
    must: "A container asking a port that another container of its network published, at the host's address, MUST be served: by docker-proxy, where the server sees its network's gateway, or by DNAT with the userland proxy off, where it sees the client",
    from: [USERLAND_PROXY, D1("桥接模式下暴露端口")],
    unless: unservedAt("same network"),
  },
  async ({ web, plain }, session) => await mustServeWeb(web, "same network", plain, session),
);

requirement(
  "NAT-35b",
  {
    must: "A container asking a port that a container of another network published, at the host's address, MUST be served, and the server MUST see its own network's gateway and not the client",
    from: [
      cite(
        "docs/release-29#2900",
        "Containers can now access ports published to host addresses by containers in other networks when the userland-proxy is not running",
      ),
      D1("桥接模式下暴露端口"),
    ],
    needs: ["default bridge", "host view"],
    unless: unservedAt("other network"),
    appliesTo: "engines with the userland proxy; from Engine 29.0 on every engine",
  },
  stage(onDefault, async (containers) => ({ ...containers, app: (await onOwn.obtain()).app })),
  async ({ web, app }, session) => await mustServeWeb(web, "other network", app, session),
);

onDefaultBridge(
  "NAT-36",
  {
    must: "A container MUST be able to reach its own published port at the host's address",
    from: [
      cite(
        "moby/port_mapping_linux_test.go#TestAccessPublishedPortFromCtr",
        "checks that a container's published ports can be reached from the container that published the ports, and a neighbouring container on the same network",
      ),
      D0("3.4.2.2"),
      D1("5.4"),
    ],
    unless: unservedAt("own container"),
    appliesTo: 'not with "icc": false and the userland proxy off',
  },
  async ({ web }, session) => await mustServeWeb(web, "own container", web, session),
);

onDefaultBridge(
  "NAT-37",
  {
    must: 'With `"icc": false` and the userland proxy off, a published port MUST NOT be a way round: at the host\'s address no container of the default bridge reaches what another one published, although the host does',
    from: [
      engine("daemon option icc"),
      observed(["20.10", "26.1", "28.5"], "translated, then dropped within the bridge"),
    ],
    unless: (facts) => {
      const { outcome } = portService(facts, "same network", "default bridge");
      return servedElsewhere(facts) ?? (outcome === "timed out" ? null : "published ports are open within the bridge");
    },
    appliesTo: '"icc": false with the userland proxy off',
    cause: "a rule before Docker's accepts what is sent within the bridge, or Docker's DROP between its ports is gone",
  },
  async ({ web, plain }, session) => {
    const { everywhere } = publicationsOfWeb(web, session.facts);
    const own = lanAddress(session.facts);
    await mustNotReach(http(plain, own, everywhere.hostPort), {
      as: "timed out",
      control: http(await session.host(), own, everywhere.hostPort),
    });
  },
);
