import { expect } from "vitest";
import { type HostsLine, sameHostsLine } from "../../helpers/expectations/hosts-file.ts";
import { sameAddress } from "../../helpers/model/address.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { has } from "../../helpers/model/version-switches.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { hostname } from "../../helpers/probes/hostname.ts";
import { hostsFile } from "../../helpers/probes/hosts-file.ts";
import { nameOfOwnAddress } from "../../helpers/probes/name-of-address.ts";
import { ping } from "../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  mustReach,
  requirement,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";

const ADD_HOST = cite(
  "cli/container_run#add-host",
  "You can add other hosts into a container's /etc/hosts file by using one or more --add-host flags.",
);

/** Two names on one address and one on another; the last lies on lo, so that asking for it sends nothing anywhere. */
const ADDED = {
  www: { name: "www.dnc.example", address: "192.0.2.80" },
  bbs: { name: "bbs.dnc.example", address: "192.0.2.80" },
  local: { name: "local.dnc.example", address: "127.77.0.80" },
} as const;

const CHOSEN_HOSTNAME = "dnc-chosen";

/** One container as it comes, one with a chosen hostname, one with added hosts. */
const named = topology("hostname", {
  networks: { net: bridge() },
  containers: {
    plain: busybox({ on: "net" }),
    chosen: busybox({ on: "net", hostname: CHOSEN_HOSTNAME }),
    added: busybox({ on: "net", extraHosts: Object.values(ADDED).map(({ name, address }) => `${name}:${address}`) }),
  },
});

const onNamed = chapter({ given: named });

onNamed(
  "HOSTCFG-01",
  {
    must: "A container with a network of its own that is started without `--hostname` MUST have the first 12 hex digits of its id as its hostname",
    from: [
      cite(
        "docs/network#ip-address-and-hostname",
        "a container's hostname defaults to be the container's ID in Docker",
      ),
      D0("3.3.1"),
      D1("默认网桥"),
      D2("一"),
    ],
  },
  async ({ plain }) => {
    expect(await hostname(plain), "hostname of a container started without --hostname").toBe(plain.id.slice(0, 12));
  },
);

requirement(
  "HOSTCFG-02",
  { must: "A container's `--name` MUST NOT become its hostname, nor stand in its /etc/hosts", from: [D0("3.3.1")] },
  named,
  async ({ plain }) => {
    expect(await hostname(plain), "hostname of a container with a --name").not.toBe(plain.name);
    const known = (await hostsFile(plain)).flatMap((line) => line.names);
    expect(known, "names in /etc/hosts of a container with a --name").not.toContain(plain.name);
  },
);

onNamed(
  "HOSTCFG-03",
  {
    must: "A container started with `--hostname H` MUST have the hostname H",
    from: [
      cite("docs/network#ip-address-and-hostname", "You can override the hostname using --hostname."),
      D0("3.3.1"),
    ],
  },
  async ({ chosen }) => {
    expect(await hostname(chosen), `hostname of a container started with --hostname ${CHOSEN_HOSTNAME}`).toBe(
      CHOSEN_HOSTNAME,
    );
  },
);

/** Fails unless /etc/hosts has the line: the address by value, the names as a set, since their order means nothing. */
async function mustHaveLine(container: Endpoint, expected: HostsLine): Promise<void> {
  const sorted = (line: HostsLine): HostsLine => ({ ...line, names: line.names.toSorted() });
  const lines = await hostsFile(container);
  if (lines.some((line) => sameHostsLine(sorted(line), sorted(expected)))) return;
  throw new Violation(`/etc/hosts of ${container.label}`, {
    expected: `a line "${expected.address} ${expected.names.join(" ")}"`,
    observed: lines.map((line) => `"${line.address} ${line.names.join(" ")}"`).join(", "),
  });
}

onNamed(
  "HOSTCFG-04",
  {
    must: "A container's /etc/hosts MUST map 127.0.0.1 to `localhost`",
    from: [
      cite(
        "docs/network#custom-hosts",
        "Your container will have lines in /etc/hosts which define the hostname of the container itself, as well as localhost and a few other common things.",
      ),
      D0("3.3.1"),
    ],
  },
  async ({ plain }) => mustHaveLine(plain, { address: "127.0.0.1", names: ["localhost"] }),
);

/** The engine leaves IPv6 lines out since 26.0 where the container has no IPv6. */
function withoutIpv6(facts: Facts): string | null {
  return has(facts, "hosts-file-follows-ipv6") && facts.host?.ipv6Enabled === false
    ? "IPv6 is disabled on this host: since Engine 26.0 /etc/hosts then has no lines for it"
    : null;
}

const IPV6_LINES = [
  { id: "HOSTCFG-05", address: "::1", names: ["localhost", "ip6-localhost", "ip6-loopback"] },
  { id: "HOSTCFG-06", address: "fe00::", names: ["ip6-localnet"] },
  { id: "HOSTCFG-07", address: "ff00::", names: ["ip6-mcastprefix"] },
  { id: "HOSTCFG-08", address: "ff02::1", names: ["ip6-allnodes"] },
  { id: "HOSTCFG-09", address: "ff02::2", names: ["ip6-allrouters"] },
] as const;

const V6_LINES_OF_A_HOSTS_FILE = cite(
  "moby/libnetwork/etchosts_test.go#TestBuildDefault",
  "::1\\tlocalhost ip6-localhost ip6-loopback\\nfe00::\\tip6-localnet\\nff00::\\tip6-mcastprefix\\nff02::1\\tip6-allnodes\\nff02::2\\tip6-allrouters",
);

for (const { id, ...line } of IPV6_LINES) {
  requirement(
    id,
    {
      must: `A container's /etc/hosts MUST map the IPv6 address ${line.address} to ${line.names.map((name) => `\`${name}\``).join(", ")}`,
      from: [V6_LINES_OF_A_HOSTS_FILE, D0("3.3.1")],
      unless: withoutIpv6,
      appliesTo: "before 26.0 every host, since then hosts with IPv6",
    },
    named,
    async ({ plain }) => mustHaveLine(plain, line),
  );
}

/** The container's own addresses, as its own kernel has them; never none. */
async function ownAddresses(container: Endpoint): Promise<string[]> {
  const own = (await addresses(container))
    .filter((address) => address.scope === "global")
    .map((address) => address.address);
  if (own.length === 0) throw new ProbeFailed(`${container.label} has no address of its own`);
  return own;
}

onNamed(
  "HOSTCFG-10",
  {
    must: "A container's /etc/hosts MUST end with the line that maps its own address on its network to its hostname",
    from: [
      cite(
        "docs/network#custom-hosts",
        "Your container will have lines in /etc/hosts which define the hostname of the container itself, as well as localhost and a few other common things.",
      ),
      D0("3.3.1"),
    ],
  },
  async ({ plain }) => {
    const [own, lines, name] = await Promise.all([ownAddresses(plain), hostsFile(plain), hostname(plain)]);
    expect(lines.slice(-own.length), "the last lines of /etc/hosts, one per own address").toEqual(
      own.map((address) => ({ address, names: [name] })),
    );
  },
);

onNamed(
  "HOSTCFG-11",
  {
    must: "In a container started with `--hostname H`, the line of /etc/hosts for its own address MUST say H and MUST NOT say its id",
    from: [
      cite(
        "docs/network#custom-hosts",
        "Your container will have lines in /etc/hosts which define the hostname of the container itself, as well as localhost and a few other common things.",
      ),
      D0("3.3.1"),
    ],
  },
  async ({ chosen }) => {
    const [own, lines] = await Promise.all([ownAddresses(chosen), hostsFile(chosen)]);
    const ownLines = lines.filter((line) => own.some((address) => sameAddress(line.address, address)));
    expect(ownLines, "lines of /etc/hosts for the container's own address").toEqual(
      own.map((address) => ({ address, names: [CHOSEN_HOSTNAME] })),
    );
    expect(
      lines.flatMap((line) => line.names),
      "all names in /etc/hosts",
    ).not.toContain(chosen.shortId);
  },
);

onNamed(
  "HOSTCFG-12",
  {
    must: "A program in a container that looks up the name of the container's own address MUST get its hostname",
    from: [D1("5.2")],
  },
  async ({ plain, chosen }) => {
    for (const [container, name] of [
      [plain, plain.shortId],
      [chosen, CHOSEN_HOSTNAME],
    ] as const) {
      const [address = ""] = await ownAddresses(container);
      expect(await nameOfOwnAddress(container, address), `what ${address} is called in its own container`).toBe(name);
    }
  },
);

onNamed(
  "HOSTCFG-13",
  {
    must: "`--add-host NAME:IP` MUST add the line `IP NAME` to the container's /etc/hosts",
    from: [ADD_HOST, D0("3.3.1")],
  },
  async ({ added }) => mustHaveLine(added, { address: ADDED.local.address, names: [ADDED.local.name] }),
);

onNamed(
  "HOSTCFG-14",
  {
    must: "The lines of `--add-host` MUST stand before the container's own line in /etc/hosts",
    from: [D0("3.3.1")],
  },
  async ({ added }) => {
    const lines = await hostsFile(added);
    const own = await ownAddresses(added);
    const ownLine = lines.findIndex((line) => own.some((address) => sameAddress(line.address, address)));
    const last = Math.max(
      ...Object.values(ADDED).map(({ name }) => lines.findIndex((line) => line.names.includes(name))),
    );
    expect(last, "place of the last added host in /etc/hosts (-1: not there)").toBeGreaterThanOrEqual(0);
    expect(
      ownLine,
      `place of the container's own line in /etc/hosts, the last added host being in place ${last}`,
    ).toBeGreaterThan(last);
  },
);

onNamed(
  "HOSTCFG-15",
  {
    must: "Each of several `--add-host` options MUST get a line of its own in /etc/hosts, also when two share one address",
    from: [ADD_HOST, D0("3.3.1")],
  },
  async ({ added }) => {
    const lines = await hostsFile(added);
    const given = Object.values(ADDED).map(({ name, address }) => ({ address, names: [name] }));
    const ours = lines.filter((line) => line.names.some((name) => name.endsWith(".dnc.example")));
    expect(ours, "lines of the added hosts in /etc/hosts").toEqual(given);
  },
);

onNamed(
  "HOSTCFG-16",
  {
    must: "A name given with `--add-host NAME:IP` MUST resolve to IP for the programs in the container",
    from: [ADD_HOST, D0("3.3.1")],
  },
  async ({ added }) => {
    const { answer } = await mustReach(ping(added, ADDED.local.name));
    const resolved = /^PING \S+ \(([^)]+)\)/.exec(answer)?.[1];
    expect(resolved, `address that ${ADDED.local.name} resolved to`).toBe(ADDED.local.address);
  },
);
