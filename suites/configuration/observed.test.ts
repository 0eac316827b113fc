import { expect } from "vitest";
import { sameValue } from "../../helpers/configuration/effective.ts";
import { withoutEffect } from "../../helpers/configuration/keys/index.ts";
import { masquerades } from "../../helpers/expectations/firewall.ts";
import { formatRule } from "../../helpers/expectations/rule-match.ts";
import { unmapped } from "../../helpers/model/address.ts";
import type { NetworkKeyName } from "../../helpers/model/configuration-facts.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { fragmentsOfEcho } from "../../helpers/probes/fragments.ts";
import { hostsFile } from "../../helpers/probes/hosts-file.ts";
import { links } from "../../helpers/probes/links.ts";
import { externalServers, resolvConf } from "../../helpers/probes/resolv-conf.ts";
import { whyEffectFails } from "../../helpers/requirement/configuration-cause.ts";
import {
  bridge,
  busybox,
  chapter,
  cite,
  engine,
  NotApplicable,
  NotRun,
  nginx,
  requirement,
  type Session,
  theEngine,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { listRules, readRuleList } from "../../helpers/snapshot/firewall/rule-list.ts";

/**
 * What packets, files and devices show of the keys that are set, where no other suite judges just that. Which
 * requirement sees which key stands in the registry of keys (`observedBy`).
 */

const NAME = "gateway.dnc.example";

const onDefault = topology("configured-default", { containers: { one: busybox(), two: busybox() } });

/** A network without options of its own, with a container published on it. */
const onNew = topology("configured-new", {
  networks: { fresh: bridge() },
  containers: { web: nginx({ on: "fresh", publish: ["free:80"] }) },
});

const named = topology("configured-names", {
  networks: { aside: bridge() },
  containers: { client: busybox({ on: "aside", extraHosts: [`${NAME}:host-gateway`] }) },
});

const published = topology("configured-published", { containers: { web: nginx({ publish: ["free:80"] }) } });

/** Says why a key is not there to be judged; `value` where only that one has an effect that shows. */
function unset(key: NetworkKeyName, value?: unknown): (facts: Facts) => string | null {
  return (facts) => {
    if (facts.claims === undefined) return null;
    const claim = facts.claims[key];
    if (claim === undefined) return `\`${key}\` is set neither in the configuration file nor by a flag`;
    if (value !== undefined && claim.value !== value)
      return `\`${key}\` is ${JSON.stringify(claim.value)}; this is about ${JSON.stringify(value)}`;
    return withoutEffect(key, facts);
  };
}

/** @throws Violation whose cause is told apart by evidence */
async function mismatch(
  key: NetworkKeyName,
  session: Session,
  seen: { readonly expected: string; readonly observed: string; readonly rulesMissing?: boolean },
): Promise<never> {
  throw new Violation(`\`${key}\``, { ...seen, ...(await whyEffectFails(key, session, seen.rulesMissing)) });
}

requirement(
  "CONF-30",
  {
    must: "With `mtu` a packet of just that size MUST cross the default bridge undivided, and one of a byte more MUST NOT",
    from: [engine("daemon option mtu")],
    needs: ["dockerd's process", "default bridge"],
    unless: unset("mtu"),
    appliesTo: "engines with `mtu`",
  },
  onDefault,
  async ({ one, two }, session) => {
    const { configuration, defaultBridge } = session.facts;
    const { mtu, icc } = configuration;
    if (mtu === undefined || defaultBridge === null)
      throw new NotApplicable("there is no `mtu`, or no bridge to have it");
    // Containers that are kept apart still reach the bridge itself.
    const peer = icc === false ? defaultBridge.gateway : two.address;
    const whole = await fragmentsOfEcho(one, peer, mtu);
    const divided = await fragmentsOfEcho(one, peer, mtu + 1);
    if (whole === 0 && divided > 0) return;
    await mismatch("mtu", session, {
      expected: `an echo of ${mtu} bytes whole, one of ${mtu + 1} in fragments`,
      observed: `${whole} and ${divided} fragments`,
    });
  },
);

requirement(
  "CONF-31",
  {
    must: "With `dns` the engine's resolver MUST ask these servers for containers on a user-defined network",
    from: [
      cite("docs/dns#upstream-servers", "The upstream servers are the configured servers, in the order given."),
      engine("moby#47041"),
    ],
    since: "generated-resolv-conf",
    needs: ["dockerd's process"],
    unless: unset("dns"),
    appliesTo: "engines with `dns`",
  },
  onNew,
  async ({ web }, session) => {
    const wanted = session.facts.configuration.dns ?? [];
    const asked = externalServers(await resolvConf(web));
    if (asked === null) throw new ProbeFailed(`resolv.conf of ${web.label} does not name the servers that are asked`);
    if (asked.join() === wanted.join()) return;
    await mismatch("dns", session, { expected: wanted.join(", "), observed: asked.join(", ") || "no server" });
  },
);

for (const key of ["host-gateway-ip", "host-gateway-ips"] as const) {
  requirement(
    key === "host-gateway-ip" ? "CONF-32" : "CONF-32b",
    {
      must: `With \`${key}\` the name \`host-gateway\` MUST stand for what it says in /etc/hosts of a container started with \`--add-host NAME:host-gateway\``,
      from: [engine(`daemon option ${key}`)],
      needs: ["dockerd's process"],
      unless: unset(key),
      appliesTo: `engines with \`${key}\``,
    },
    named,
    async ({ client }, session) => {
      const wanted = [session.facts.configuration[key] ?? []].flat();
      const entries = (await hostsFile(client)).filter(({ names }) => names.includes(NAME));
      const seen = entries.map(({ address }) => unmapped(address));
      if (seen.toSorted().join() === wanted.toSorted().join()) return;
      await mismatch(key, session, { expected: wanted.join(", "), observed: seen.join(", ") || "no entry" });
    },
  );
}

requirement(
  "CONF-33",
  {
    must: 'With `"iptables": false` a new network with a published port MUST leave no rule on the host that names its device or its subnet',
    from: [
      cite(
        "cli/dockerd#run-multiple-daemons",
        "--iptables=false prevents the Docker daemon from adding iptables rules.",
      ),
      engine("moby#28811"),
    ],
    needs: ["dockerd's process"],
    unless: unset("iptables", false),
    appliesTo: '`"iptables": false`',
  },
  onNew,
  async ({ networks: { fresh } }, session) => {
    const { facts } = session;
    if (facts.host?.tools.iptablesSave !== true) throw new NotRun("iptables-save is not installed where dockerd runs");
    const host = await session.host();
    // That the network is there to have rules.
    expect(
      (await links(host)).map(({ name }) => name),
      "the host's devices",
    ).toContain(fresh.device);
    const listing = await host.own("iptables-save");
    if (listing.exitCode !== 0) throw new ProbeFailed("the host's firewall rules can't be listed", listing);
    const named = readRuleList(listing.stdout).rules.filter(
      ({ args }) => args.includes(fresh.device) || args.includes(fresh.subnet),
    );
    if (named.length > 0)
      await mismatch("iptables", session, {
        expected: `no rule about ${fresh.device} and ${fresh.subnet}`,
        observed: named.map(formatRule).join(" | "),
      });
  },
);

const onTheEngine = chapter({ given: theEngine });

onTheEngine(
  "CONF-34",
  {
    must: 'With `"ip-masq": false` no rule MUST masquerade what leaves the default bridge\'s subnet',
    from: [cite("man/dockerd#--ip-masq", "Enable IP masquerading for default bridge's IP range.")],
    needs: ["dockerd's process", "default bridge", "host iptables"],
    unless: unset("ip-masq", false),
    appliesTo: '`"ip-masq": false`',
  },
  async (session) => {
    const { defaultBridge } = session.facts;
    if (defaultBridge === null) throw new NotApplicable("there is no default bridge");
    const rules = (await listRules(await session.host())).rules;
    // That the listing is one of Docker's rules at all.
    expect(
      rules.some(({ args }) => args.includes(defaultBridge.device)),
      "whether any rule names the default bridge",
    ).toBe(true);
    const found = masquerades(rules, defaultBridge.subnet, defaultBridge.device);
    if (found.present)
      await mismatch("ip-masq", session, { expected: `no rule ${found.wanted}`, observed: found.nearest.join(" | ") });
  },
);

onTheEngine(
  "CONF-35",
  {
    must: 'With `"icc": false` the kernel MUST hand packets between a bridge\'s ports to the rules: net.bridge.bridge-nf-call-iptables is 1',
    from: [engine("moby#12071"), engine("daemon option icc")],
    needs: ["dockerd's process", "default bridge", "host view"],
    unless: unset("icc", false),
    appliesTo: '`"icc": false`',
  },
  async (session) => {
    const answer = await (await session.host()).ask("cat /proc/sys/net/bridge/bridge-nf-call-iptables");
    const value = answer.exitCode === 0 ? answer.stdout.trim() : "not there: br_netfilter is not loaded";
    if (value !== "1") await mismatch("icc", session, { expected: "1", observed: value });
  },
);

onTheEngine(
  "CONF-36",
  {
    must: "With `bip6` the default bridge's device MUST hold that IPv6 address",
    from: [cite("man/dockerd#--bip6", "Use the provided CIDR notation IPv6 address for the default bridge network")],
    since: "daemon-json-of-28",
    needs: ["dockerd's process", "default bridge", "host view", "ipv6"],
    unless: unset("bip6"),
    appliesTo: "engines with `bip6` and `ipv6`",
  },
  async (session) => {
    const { configuration, defaultBridge } = session.facts;
    const own = (await addresses(await session.host(), defaultBridge?.device)).filter(({ family }) => family === 6);
    const texts = own.map(({ address, prefix }) => `${address}/${prefix}`);
    if (texts.some((text) => sameValue("bip6", text, configuration.bip6))) return;
    await mismatch("bip6", session, {
      expected: configuration.bip6 ?? "",
      observed: texts.join(", ") || "no IPv6 address",
    });
  },
);

requirement(
  "CONF-37",
  {
    must: "With `fixed-cidr-v6` a container on the default bridge MUST have an IPv6 address out of it",
    from: [
      cite(
        "docs/ipv6#use-ipv6-for-the-default-bridge-network",
        "fixed-cidr-v6 assigns a subnet to the default bridge network, enabling dynamic IPv6 address allocation.",
      ),
    ],
    needs: ["dockerd's process", "default bridge", "ipv6"],
    unless: unset("fixed-cidr-v6"),
    appliesTo: "engines with `fixed-cidr-v6` and `ipv6`",
  },
  onDefault,
  async ({ one }, session) => {
    const range = session.facts.configuration["fixed-cidr-v6"] ?? "";
    const prefix = range.split("/")[1];
    const own = (await addresses(one, "eth0")).filter(({ family }) => family === 6).map(({ address }) => address);
    if (own.some((address) => sameValue("fixed-cidr-v6", `${address}/${prefix}`, range))) return;
    await mismatch("fixed-cidr-v6", session, {
      expected: `an address in ${range}`,
      observed: own.join(", ") || "no IPv6 address",
    });
  },
);

requirement(
  "CONF-38",
  {
    must: 'With `"allow-direct-routing": true` no rule of the raw table MUST drop what comes straight to the address of a container with a published port',
    from: [
      cite(
        "docs/release-28#2820",
        'Add daemon option "allow-direct-routing" to disable filtering of packets from outside the host addressed directly to containers.',
      ),
      engine("release notes 28.2"),
    ],
    since: "allow-direct-routing",
    needs: ["dockerd's process", "default bridge", "host iptables"],
    unless: unset("allow-direct-routing", true),
    appliesTo: '`"allow-direct-routing": true`',
  },
  published,
  async ({ web }, session) => {
    const rules = (await listRules(await session.host())).rules;
    // Some versions make one rule for the address, others one for each of its ports.
    const drops = rules.filter(
      ({ table, args }) =>
        table === "raw" &&
        args.at(-1) === "DROP" &&
        [web.address, `${web.address}/32`].includes(args[args.indexOf("-d") + 1] ?? ""),
    );
    // That the listing is one of this container's rules at all.
    expect(
      rules.some(({ args }) => args.join(" ").includes(web.address)),
      `whether any rule names ${web.address}`,
    ).toBe(true);
    if (drops.length > 0)
      await mismatch("allow-direct-routing", session, {
        expected: `no rule of the raw table that drops what is sent to ${web.address}`,
        observed: drops.map(formatRule).join(" | "),
      });
  },
);
