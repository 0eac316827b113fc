import { expect } from "vitest";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { unmapped } from "../../helpers/model/address.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { hostsFile } from "../../helpers/probes/hosts-file.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import { bridge, busybox, chapter, cite, engine, requirement } from "../../helpers/requirement/index.ts";
import { during, machineBeside } from "./look.ts";

const host = configuredInTurn("names");
const needs = ["lab"] as const;

/** What the host's own resolver configuration says, for everything that a key leaves alone. */
const OF_HOST = { nameservers: ["192.0.2.53"], search: ["host.example"], options: ["timeout:4"] };
const HOST_RESOLVER = [
  `printf 'nameserver ${OF_HOST.nameservers[0]}\\nsearch ${OF_HOST.search[0]}\\noptions ${OF_HOST.options[0]}\\n' >/etc/resolv.conf`,
];

const gatewayOf = async (from: Vantage): Promise<readonly string[]> =>
  (await hostsFile(from)).filter(({ names }) => names.includes("gate")).map(({ address }) => unmapped(address));

/** Resolver and hosts file on the default bridge, on a user-defined network and in host mode. */
async function look(inLab: HostInLab) {
  const extraHosts = ["gate:host-gateway"];
  return await during(
    inLab,
    "named",
    {
      networks: { appnet: bridge({ subnet: "automatic" }) },
      containers: {
        plain: busybox({ extraHosts }),
        member: busybox({ on: "appnet", extraHosts }),
        hostMode: busybox<"appnet">({ on: "host" }),
      },
    },
    async ({ containers: { plain, member, hostMode } }) => ({
      plain: await resolvConf(plain),
      member: await resolvConf(member),
      hostMode: await resolvConf(hostMode),
      gateways: { plain: await gatewayOf(plain), member: await gatewayOf(member) },
      device: (await addresses(inLab.host.shell, "docker0")).filter(({ family }) => family === 4),
    }),
  );
}

const asInstalled = host.under({}, look, HOST_RESOLVER);

const onAsInstalled = chapter({ given: asInstalled });

onAsInstalled(
  "KEY-20",
  {
    must: "Without `dns` containers on the default bridge MUST have the host's nameservers",
    from: [
      cite(
        "docs/network#dns-services",
        "Containers use the same DNS servers as the host by default, but you can override this with --dns.",
      ),
    ],
    needs,
    tags: ["dns:default"],
  },
  ({ plain, hostMode }) => {
    expect(plain.nameservers, "nameservers on the default bridge").toEqual(OF_HOST.nameservers);
    expect(hostMode.nameservers, "nameservers in host mode").toEqual(OF_HOST.nameservers);
  },
);

onAsInstalled(
  "KEY-21",
  {
    must: "Without `dns-opts` containers MUST have the host's resolver options, on user-defined networks with `ndots:0` beside them",
    from: [
      cite("docs/dns#search-domains-and-ndots", "Docker adds options ndots:0 to the container's /etc/resolv.conf"),
    ],
    needs,
    tags: ["dns-opts:default"],
  },
  ({ plain, member, hostMode }) => {
    expect([plain.options, hostMode.options], "options on the default bridge and in host mode").toEqual([
      OF_HOST.options,
      OF_HOST.options,
    ]);
    expect(member.options.toSorted(), "options on a user-defined network").toEqual(["ndots:0", ...OF_HOST.options]);
  },
);

onAsInstalled(
  "KEY-22",
  {
    must: "Without `dns-search` containers MUST have the host's search domains",
    from: [
      cite(
        "docs/dns#search-domains-and-ndots",
        "Search domains come from the host's /etc/resolv.conf, or from --dns-search if given.",
      ),
    ],
    needs,
    tags: ["dns-search:default"],
  },
  ({ plain, member, hostMode }) => {
    expect([plain.search, member.search, hostMode.search], "search domains in the three modes").toEqual([
      OF_HOST.search,
      OF_HOST.search,
      OF_HOST.search,
    ]);
  },
);

onAsInstalled(
  "KEY-23",
  {
    must: "Without `host-gateway-ip` the name given to `host-gateway` MUST mean the default bridge's IPv4 address, on every network",
    from: [
      cite(
        "cli/dockerd#configure-host-gateway-ip",
        "By default, host-gateway resolves to the IPv4 address of the default bridge, and its IPv6 address if it has one.",
      ),
      engine("moby#40007"),
    ],
    needs,
    tags: ["host-gateway-ip:default", "host-gateway-ips:default"],
  },
  ({ gateways, device }) => {
    const own = device.map(({ address }) => address);
    expect(own.length, "IPv4 addresses of docker0").toBe(1);
    expect([gateways.plain, gateways.member], "what /etc/hosts has for the name").toEqual([own, own]);
  },
);

/** Keys that don't meet. */
const GIVEN = {
  dns: ["203.0.113.2", "198.51.100.53"],
  "dns-opts": ["timeout:7", "attempts:5"],
  "dns-search": ["corp.example", "example.net"],
  "host-gateway-ip": "10.154.50.77",
};
const given = host.under(GIVEN, look, HOST_RESOLVER);

const onGiven = chapter({ given: given });

onGiven(
  "KEY-24",
  {
    must: "`dns` MUST hold in every mode: listed on the default bridge and in host mode, behind 127.0.0.11 on user-defined networks",
    from: [cite("cli/dockerd#daemon-dns-options", "To set the DNS server for all Docker containers, use:")],
    needs,
    tags: ["dns:effect", "dns:scope"],
  },
  ({ plain, member, hostMode }) => {
    expect([plain.nameservers, hostMode.nameservers], "nameservers on the default bridge and in host mode").toEqual([
      GIVEN.dns,
      GIVEN.dns,
    ]);
    expect(member.nameservers, "nameservers on a user-defined network").toEqual(["127.0.0.11"]);
  },
);

onGiven(
  "KEY-25",
  {
    must: "`dns-opts` MUST replace the host's resolver options in every mode",
    from: [engine("dockerd: dns-opts")],
    needs,
    tags: ["dns-opts:effect", "dns-opts:scope"],
  },
  ({ plain, member, hostMode }) => {
    expect([plain.options, hostMode.options], "options on the default bridge and in host mode").toEqual([
      GIVEN["dns-opts"],
      GIVEN["dns-opts"],
    ]);
    expect(member.options.toSorted(), "options on a user-defined network").toEqual([
      "attempts:5",
      "ndots:0",
      "timeout:7",
    ]);
  },
);

onGiven(
  "KEY-26",
  {
    must: "`dns-search` MUST replace the host's search domains in every mode",
    from: [
      cite(
        "docs/dns#search-domains-and-ndots",
        "Search domains come from the host's /etc/resolv.conf, or from --dns-search if given.",
      ),
    ],
    needs,
    tags: ["dns-search:effect", "dns-search:scope"],
  },
  ({ plain, member, hostMode }) => {
    const wanted = GIVEN["dns-search"];
    expect([plain.search, member.search, hostMode.search], "search domains in the three modes").toEqual([
      wanted,
      wanted,
      wanted,
    ]);
  },
);

onGiven(
  "KEY-27",
  {
    must: "`host-gateway-ip` MUST be what the name given to `host-gateway` means, on every network",
    from: [
      cite(
        "cli/dockerd#configure-host-gateway-ip",
        "You can configure this to resolve to a different IP using the --host-gateway-ip flag",
      ),
      engine("moby#40007"),
    ],
    needs,
    tags: ["host-gateway-ip:effect", "host-gateway-ip:scope"],
  },
  ({ gateways }) => {
    const wanted = [GIVEN["host-gateway-ip"]];
    expect([gateways.plain, gateways.member], "what /etc/hosts has for the name").toEqual([wanted, wanted]);
  },
);

const other = host.under({ "dns-opts": ["ndots:2"], "dns-search": ["."] }, look, HOST_RESOLVER);

requirement(
  "KEY-28",
  {
    must: "`ndots` in `dns-opts` MUST take the place of `ndots:0` on user-defined networks",
    from: [
      cite(
        "docs/dns#search-domains-and-ndots",
        "If you set ndots yourself, with --dns-opt ndots:1 for example, or it's present in the host's configuration, the embedded DNS server honors it",
      ),
    ],
    needs,
    tags: ["dns-opts:effect"],
  },
  other,
  ({ member }) => {
    expect(member.options, "options on a user-defined network").toEqual(["ndots:2"]);
  },
);

requirement(
  "KEY-29",
  {
    must: '`"dns-search": ["."]` MUST take the host\'s search domains away',
    from: [engine("dockerd: dns-search"), engine("moby#43184")],
    needs,
    tags: ["dns-search:effect"],
  },
  other,
  ({ plain, member }) => {
    expect([plain.search, member.search], "search domains on both kinds of network").toEqual([[], []]);
    expect(plain.nameservers, "nameservers, which the key leaves alone").toEqual(OF_HOST.nameservers);
  },
);

requirement(
  "KEY-30",
  {
    must: "`host-gateway-ips` MUST give the name an address per family",
    from: [
      cite(
        "cli/dockerd#configure-host-gateway-ip",
        'To supply addresses in the daemon configuration file, use "host-gateway-ips" with a JSON array',
      ),
    ],
    needs,
    since: "daemon-json-of-28",
    tags: ["host-gateway-ips:effect", "host-gateway-ips:scope"],
  },
  host.under({ "host-gateway-ips": ["10.154.50.78", "2001:db8:1::78"] }, look),
  ({ gateways }) => {
    expect(gateways.plain.toSorted(), "what /etc/hosts has on the default bridge").toEqual([
      "10.154.50.78",
      "2001:db8:1::78",
    ]);
    expect(gateways.member.toSorted(), "what /etc/hosts has on a user-defined network").toEqual([
      "10.154.50.78",
      "2001:db8:1::78",
    ]);
  },
);

/** Questions that arrive at the neighbour, which is the first of the servers of `dns`, counted by its own packet filter. */
const asked = host.under({ dns: ["203.0.113.2"] }, async (inLab) => {
  await machineBeside(inLab);
  const { host } = inLab;
  const filter = "ip netns exec outside iptables";
  await host.must(`${filter} -F INPUT; ${filter} -A INPUT -p udp --dport 53 -j REJECT`);
  const arrived = async (): Promise<number> => {
    return Number(/^\s*(\d+)\s+\d+\s+REJECT/m.exec(await host.must(`${filter} -nvxL INPUT`))?.[1]);
  };
  return await during(
    inLab,
    "asking",
    {
      networks: { appnet: bridge({ subnet: "automatic" }) },
      containers: { plain: busybox(), member: busybox({ on: "appnet" }) },
    },
    async ({ containers: { plain, member } }) => {
      const before = await arrived();
      await plain.ask("nslookup some.corp.example", { seconds: 5 });
      const afterPlain = await arrived();
      await member.ask("nslookup some.corp.example", { seconds: 5 });
      return { before, afterPlain, afterMember: await arrived() };
    },
  );
});

requirement(
  "KEY-31",
  {
    must: "Questions for names elsewhere MUST arrive at the servers of `dns`, from the default bridge and from user-defined networks",
    from: [cite("docs/dns#upstream-servers", "The upstream servers are the configured servers, in the order given.")],
    needs,
    tags: ["dns:effect"],
  },
  asked,
  ({ before, afterPlain, afterMember }) => {
    expect(before, "questions at the server before anybody asked").toBe(0);
    expect(afterPlain, "questions at the server after the default bridge's container asked").toBeGreaterThan(before);
    expect(afterMember, "questions at the server after the user-defined network's container asked").toBeGreaterThan(
      afterPlain,
    );
  },
);
