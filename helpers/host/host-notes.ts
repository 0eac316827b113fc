import { FEW_SUBNETS, type PoolUser, poolRoom, ROOM_IN_POOLS } from "../expectations/pool-room.ts";
import { defaultBridgeResolvConf } from "../expectations/resolver.ts";
import { expectedNetworkMtu, spelledOut } from "../expectations/user-network.ts";
import { addressPools } from "../model/address-pools.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { Facts, HostStanding } from "../model/facts.ts";
import { shutToContainers } from "../model/host-listeners.ts";
import type { Note } from "../model/note.ts";
import { holdsPublicAddresses } from "../model/public-ranges.ts";
import type { Subject } from "../model/subject.ts";
import { has } from "../model/version-switches.ts";

/** What a run knows of the host when it begins. */
export interface LookedAt {
  readonly facts: Facts;
  /** Null where the host could not be looked at. */
  readonly standing: HostStanding | null;
  /** Every network of the engine. */
  readonly networks: readonly PoolUser[];
  /** How many subnets of the pools the run itself is going to ask for. */
  readonly demand: number;
}

const HOST: Subject = { kind: "host" };
const NAMED = 6;

/** What is worth knowing of a host and is no failure, as far as facts and networks tell it. Pure. */
export function hostNotes(look: LookedAt): Note[] {
  return [
    ...roomInPools(look),
    ...publicAddresses(look),
    ...nameserversOf(look),
    ...shutHost(look),
    ...largePackets(look),
    ...spelledOutOptions(look),
  ];
}

/** Null where the pools have what the run needs; else the note that says what it lacks. Pure. */
export function poolsTooSmall(look: LookedAt): Note | null {
  const lacking = poolRoom(look.facts, look.networks, look.standing).free.length < look.demand;
  return lacking ? (roomInPools(look)[0] ?? null) : null;
}

function roomInPools({ facts, standing, networks, demand }: LookedAt): Note[] {
  const { total, free, holders } = poolRoom(facts, networks, standing);
  if (free.length >= Math.max(FEW_SUBNETS, demand)) return [];
  const rest = free.length === 0 ? "no subnet" : free.length === 1 ? "1 subnet" : `${free.length} subnets`;
  const names = holders.map(({ what }) => what);
  const lack =
    free.length < demand ? ` This run needs ${demand}: what it can't get fails or is not run, and says so.` : "";
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return [
    {
      key: ROOM_IN_POOLS,
      what: `The engine's address pools have ${rest} left of ${total}: ${free.length === 0 ? "" : "after that "}a network without a subnet of its own can't be made (docker network create, docker compose up). They are held by ${names.slice(0, NAMED).join(", ")}${more}.${lack}`,
      todo: `Remove networks that nobody uses, or add a pool under "default-address-pools" in daemon.json.`,
      subjects: [HOST, ...holders.filter(({ network }) => network).map(({ what }) => networkSubject(what))],
    },
  ];
}

function publicAddresses({ facts, networks }: LookedAt): Note[] {
  const { bip } = facts.configuration;
  const ranges: readonly { readonly range: string; readonly whose: string; readonly subject: Subject }[] = [
    ...(bip === undefined ? [] : [{ range: bip, whose: `"bip": "${bip}"`, subject: networkSubject("bridge") }]),
    ...addressPools(facts).map(({ base }) => ({
      range: base.toString(),
      whose: `The address pool ${base}`,
      subject: HOST,
    })),
    ...networks.flatMap(({ name, subnets }) =>
      subnets.map((range) => ({ range, whose: `The network ${name} (${range})`, subject: networkSubject(name) })),
    ),
  ];
  return ranges
    .filter(({ range }) => isIpv4Cidr(range) && holdsPublicAddresses(cidr(range)))
    .map(({ range, whose, subject }) => ({
      key: `public addresses ${cidr(range)}`,
      what: `${whose} holds public addresses: whoever has them on the Internet can't be reached from this host's containers, nor from the host where they are in use.`,
      todo: "Take a private range: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
      subjects: [subject],
    }));
}

function nameserversOf({ facts }: LookedAt): Note[] {
  const { host, configuration } = facts;
  if (host === null) return [];
  const { nameservers, file, skipped = [] } = host.resolver;
  const notes: Note[] = skipped.map((line) => ({
    key: `line that no resolver understands: ${line}`,
    what: `A line of the host's ${file ?? "resolv.conf"} is malformed, and the engine passes over it: ${JSON.stringify(line)}.`,
    todo: "Write one keyword and its value on a line; each nameserver has a line of its own.",
    subjects: [HOST],
  }));
  // Where the daemon names servers for its containers, nobody asks the host's.
  if (nameservers.length > 0 || file === undefined || (configuration.dns ?? []).length > 0) return notes;
  const given = defaultBridgeResolvConf(facts).nameservers;
  const instead = given.known ? `: containers on the default bridge ask ${given.value.join(", ")} instead` : "";
  return [
    ...notes,
    {
      key: "the host names no nameserver",
      what:
        file === null
          ? `The host has no /etc/resolv.conf (it is missing, or a link to nothing)${instead}.`
          : `The host's ${file} names no nameserver${instead}.`,
      todo: `Give the host a nameserver, or name some for containers under "dns" in daemon.json.`,
      subjects: [HOST],
    },
  ];
}

/** Docker makes no rule about what containers send to the host: who denies it by default may mean it. */
function shutHost({ facts }: LookedAt): Note[] {
  const why = shutToContainers(facts);
  if (why === null) return [];
  return [
    {
      key: "the host is shut to its containers",
      what: `${why}. docker-proxy is shut to them as well: a port published on the host's address serves the host and other machines, not containers.`,
      todo: "Where containers need it, let Docker's bridges in: `ufw allow in on docker0`, and on each `br-…`.",
      subjects: [HOST],
    },
  ];
}

/** What Docker gives a bridge where nothing else is asked for, whatever the host's own links take. */
const DEFAULT_MTU = 1500;
const NETWORK_MTU = "com.docker.network.driver.mtu";

/** Path MTU discovery makes up for a smaller way out, as long as nobody on the way filters it. */
function largePackets({ facts, standing }: LookedAt): Note[] {
  const uplink = facts.host?.uplink?.interface;
  const limit = uplink === undefined ? undefined : standing?.mtus[uplink];
  if (uplink === undefined || limit === undefined) return [];
  const { mtu = DEFAULT_MTU } = facts.configuration;
  const ofNew = expectedNetworkMtu(facts);
  const byKey = has(facts, "default-network-options");
  const wanted = [
    ...(facts.defaultBridge !== null && mtu > limit ? [`"mtu": ${limit} in daemon.json (default bridge)`] : []),
    ...(ofNew > limit
      ? [
          byKey
            ? `"default-network-opts": {"bridge": {"${NETWORK_MTU}": "${limit}"}} in daemon.json (new networks)`
            : `-o ${NETWORK_MTU}=${limit} where a network is made`,
        ]
      : []),
  ];
  if (wanted.length === 0) return [];
  return [
    {
      key: "the way out takes smaller packets than containers send",
      what: `The way out of this host (${uplink}) takes packets of ${limit} bytes, and containers send up to ${Math.max(mtu, ofNew)}. Where path MTU discovery is filtered on the way and no rule clamps the segment size (TCPMSS), their connections hang once much is sent: a TLS handshake, a download.`,
      todo: `Give containers the same: ${wanted.join("; ")}.`,
      subjects: [HOST],
    },
  ];
}

/** What is not judged of networks that take what daemon.json says, but of those that run. */
function spelledOutOptions({ facts }: LookedAt): Note[] {
  const own = Object.entries(spelledOut(facts));
  if (own.length === 0) return [];
  const told = own.map(([option, value]) => `${option}=${value}`).join(", ");
  return [
    {
      key: "networks of the run say themselves what default-network-opts says otherwise",
      what: `"default-network-opts" in daemon.json makes other networks than the documentation describes. This run's own say themselves that they are as described (${told}); of networks as daemon.json makes them, only those of running containers are judged.`,
      todo: "",
      subjects: [HOST],
    },
  ];
}

function networkSubject(name: string): Subject {
  return { kind: "network", name };
}
