import { expect } from "vitest";
import { configuredInTurn, type HostInLab } from "../../helpers/lab/host-in-lab.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { http, ping } from "../../helpers/probes/reach.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  engine,
  mustReach,
  nginx,
  requirement,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { during, inside, machineBeside, rulesOf } from "./look.ts";

const IPV6_OPTION = cite("man/dockerd#--ipv6", "Enable IPv6 support on the default bridge network. Default is false.");

/** IPv6 on the default bridge, and who filters it. */
const host = configuredInTurn("ipv6");
const needs = ["lab", "ipv6"] as const;
const PREFIX = "2001:db8:61::/64";
const V6 = { ipv6: true, "fixed-cidr-v6": PREFIX };

async function look(inLab: HostInLab) {
  const neighbour = await machineBeside(inLab);
  return await during(
    inLab,
    "six",
    {
      networks: { appnet: bridge({ subnet: "automatic" }) },
      containers: {
        plain: busybox<"appnet">(),
        web: nginx<"appnet">({ publish: ["free:80"] }),
        member: busybox({ on: "appnet" }),
      },
    },
    async ({ containers: { plain, web, member } }) => {
      const seen = await inside(web);
      const [address] = seen.ipv6;
      return {
        device: (await addresses(inLab.host.shell, "docker0")).filter(
          ({ family, address: own }) => family === 6 && !own.startsWith("fe80"),
        ),
        web: seen,
        member: await inside(member),
        within: await atThisMoment(mustReach(ping(plain, address?.address ?? "::"))),
        served: await atThisMoment(mustReach(http(neighbour, neighbour.host6, web.hostPortOf("80/tcp")))),
        rules: (await rulesOf(inLab, 6))
          .filter(({ chain, args }) => /^DOCKER/.test(chain) || args.includes("DOCKER"))
          .map(({ table, chain, args }) => `${table} ${chain} ${args.join(" ")}`),
        port: web.hostPortOf("80/tcp"),
      };
    },
  );
}

/** The published port has its rule, and is served. */
function mustTranslate({ rules, port, served }: Awaited<ReturnType<typeof look>>): void {
  const translations = rules.filter((rule) => rule.startsWith("nat DOCKER ") && rule.includes(`--dport ${port} `));
  expect(translations.length, "DNAT rules of the port").toBe(1);
  served();
}

const asInstalled = host.under({}, look);

requirement(
  "KEY-70",
  {
    must: "Without `ipv6` neither the default bridge's device nor its containers MUST have an IPv6 address beyond the link's",
    from: [IPV6_OPTION],
    needs,
    tags: ["ipv6:default"],
  },
  asInstalled,
  ({ device, web }) => {
    expect([device, web.ipv6], "IPv6 addresses of docker0 and of a container").toEqual([[], []]);
  },
);

const dual = host.under(V6, look);

const onDual = chapter({ given: dual });

onDual(
  "KEY-71",
  {
    must: "With `ipv6` containers on the default bridge MUST reach each other over IPv6",
    from: [
      cite("docs/ipv6#use-ipv6-for-the-default-bridge-network", "ipv6 enables IPv6 networking on the default network."),
    ],
    needs,
    tags: ["ipv6:effect", "fixed-cidr-v6:effect"],
  },
  ({ within, web }) => {
    within();
    expect(web.ipv6[0]?.address ?? "", "address of a container").toMatch(/^2001:db8:61:/);
  },
);

onDual(
  "KEY-72",
  {
    must: "`ipv6` and `fixed-cidr-v6` MUST NOT change user-defined networks: without an option of their own they have no IPv6",
    from: [IPV6_OPTION],
    needs,
    tags: ["ipv6:scope", "fixed-cidr-v6:scope"],
  },
  ({ member, web }) => {
    expect(web.ipv6.length, "IPv6 addresses on the default bridge: whether the keys are in force").toBe(1);
    expect(member.ipv6, "IPv6 addresses on a user-defined network").toEqual([]);
  },
);

onDual(
  "KEY-73",
  {
    must: "Without `default-gateway-v6` and `bip6` the IPv6 default route of containers MUST go to the device, which has the first address of the prefix",
    from: [
      cite(
        "docs/bridge#use-ipv6-with-the-default-bridge-network",
        "the default is the first address in the fixed-cidr-v6 subnet",
      ),
    ],
    needs,
    tags: ["default-gateway-v6:default", "bip6:default"],
  },
  ({ device, web }) => {
    expect(
      device.map(({ address }) => address),
      "addresses of docker0",
    ).toEqual(["2001:db8:61::1"]);
    expect(web.gatewayV6, "IPv6 default route of a container").toBe("2001:db8:61::1");
  },
);

requirement(
  "KEY-74",
  {
    must: "`ipv6` without `fixed-cidr-v6` MUST give the default bridge a unique local prefix",
    from: [
      cite(
        "docs/release-28#2800",
        'Daemon option --ipv6 ("ipv6": true in daemon.json) can now be used without fixed-cidr-v6.',
      ),
      engine("release notes 28.0"),
    ],
    needs,
    since: "ipv6-without-fixed-cidr",
    tags: ["fixed-cidr-v6:default"],
  },
  host.under({ ipv6: true }, look),
  ({ device, web, within }) => {
    expect(device[0]?.address, "address of docker0").toMatch(/^fd/);
    const prefixOf = (address: string | undefined) => address?.split("::", 1)[0];
    expect(prefixOf(web.ipv6[0]?.address), "prefix of a container's address, beside docker0's").toBe(
      prefixOf(device[0]?.address),
    );
    within();
  },
);

requirement(
  "KEY-75",
  {
    must: "`bip6` MUST become the IPv6 address of the default bridge's device and the IPv6 default route of its containers, and leave user-defined networks alone",
    from: [cite("man/dockerd#--bip6", "Use the provided CIDR notation IPv6 address for the default bridge network")],
    needs,
    since: "daemon-json-of-28",
    tags: ["bip6:effect", "bip6:scope"],
  },
  host.under({ ipv6: true, bip6: "2001:db8:62::1111/64" }, look),
  ({ device, web, member }) => {
    expect(
      device.map(({ address, prefix }) => `${address}/${prefix}`),
      "addresses of docker0",
    ).toEqual(["2001:db8:62::1111/64"]);
    expect(web.gatewayV6, "IPv6 default route of a container").toBe("2001:db8:62::1111");
    expect(web.ipv6[0]?.address, "address of a container").toMatch(/^2001:db8:62:/);
    expect(member.ipv6, "IPv6 addresses on a user-defined network").toEqual([]);
  },
);

onDual(
  "KEY-76",
  {
    must: "Without `ip6tables` dockerd MUST filter and translate IPv6: a port published there has its rules",
    from: [
      cite(
        "docs/ipv6#use-ipv6-for-the-default-bridge-network",
        "ip6tables enables additional IPv6 packet filter rules, providing network isolation and port mapping. It is enabled by-default, but can be disabled.",
      ),
      engine("moby#47747"),
    ],
    needs,
    since: "ip6tables-by-default",
    tags: ["ip6tables:default"],
  },
  mustTranslate,
);

onDual(
  "KEY-77",
  {
    must: "Without `ip6tables` dockerd MUST leave IPv6's rules alone: ports are docker-proxy's",
    from: [engine("dockerd: ip6tables")],
    needs,
    until: "ip6tables-by-default",
    tags: ["ip6tables:default"],
  },
  ({ rules, served }) => {
    expect(rules, "dockerd's rules").toEqual([]);
    served();
  },
);

requirement(
  "KEY-78",
  {
    must: '`"ip6tables": false` MUST leave IPv6 without any rule of dockerd, for every network, and its published ports to docker-proxy',
    from: [
      cite(
        "docs/ipv6#use-ipv6-for-the-default-bridge-network",
        "ip6tables enables additional IPv6 packet filter rules, providing network isolation and port mapping. It is enabled by-default, but can be disabled.",
      ),
    ],
    needs,
    tags: ["ip6tables:effect", "ip6tables:scope"],
  },
  host.under({ ...V6, ip6tables: false }, look),
  ({ rules, served, within }) => {
    expect(rules, "dockerd's rules").toEqual([]);
    served();
    within();
  },
);

requirement(
  "KEY-79",
  {
    must: "`ip6tables` together with `experimental` MUST make dockerd's rules for IPv6",
    from: [engine("dockerd: ip6tables"), engine("dockerd: experimental")],
    needs,
    until: "ip6tables-by-default",
    tags: ["ip6tables:effect", "experimental:effect", "experimental:scope"],
  },
  host.under({ ...V6, ip6tables: true, experimental: true }, look),
  mustTranslate,
);

const GATEWAY = "2001:db8:61::89";

requirement(
  "KEY-87",
  {
    must: "`default-gateway-v6` MUST NOT change user-defined networks: the IPv6 default route of their containers goes to their own network's device",
    from: [cite("man/dockerd#--default-gateway-v6", "IPv6 default gateway for the default bridge network")],
    needs,
    tags: ["default-gateway-v6:scope"],
  },
  host.under({ ...V6, "default-gateway-v6": GATEWAY }, (inLab) =>
    during(
      inLab,
      "six-gateways",
      {
        networks: { sixnet: bridge({ ipv6: true }) },
        containers: { plain: busybox(), member: busybox({ on: "sixnet" }) },
      },
      async ({ containers: { plain, member }, networks: { sixnet } }) => ({
        plain: await inside(plain),
        member: await inside(member),
        device: await addresses(inLab.host.shell, sixnet.device),
      }),
    ),
  ),
  ({ plain, member, device }) => {
    expect(plain.gatewayV6, "IPv6 default route on the default bridge: whether the key is in force").toBe(GATEWAY);
    expect(
      device.map(({ address }) => address),
      "addresses of the user-defined network's device",
    ).toContain(member.gatewayV6);
  },
);
