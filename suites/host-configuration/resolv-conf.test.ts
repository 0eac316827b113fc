import { expect } from "vitest";
import { defaultBridgeResolvConf, type ResolverOptions } from "../../helpers/expectations/resolver.ts";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { hostsFile } from "../../helpers/probes/hosts-file.ts";
import { parseResolvConf } from "../../helpers/probes/parse/parse-resolv-conf.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  engine,
  NotApplicable,
  NotRun,
  type Session,
  topology,
} from "../../helpers/requirement/index.ts";

const DNS_FLAG = cite(
  "docs/network#dns-services",
  "The IP address of a DNS server. To specify multiple DNS servers, use multiple --dns flags.",
);

/** Addresses for documentation (RFC 5737): nobody is asked, only the file is read. */
const FIRST = "203.0.113.53";
const SECOND = "198.51.100.53";
const COMBINED = {
  hostname: "dnc-combined",
  dns: SECOND,
  host: { name: "combined.dnc.example", address: "192.0.2.81" },
};

/** Containers on the default bridge: without `--dns`, with one, with two in descending order, and with everything at once. */
const bridged = topology("resolv-conf", {
  containers: {
    plain: busybox(),
    one: busybox({ dns: [FIRST] }),
    two: busybox({ dns: [FIRST, SECOND] }),
    combined: busybox({
      hostname: COMBINED.hostname,
      dns: [COMBINED.dns],
      extraHosts: [`${COMBINED.host.name}:${COMBINED.host.address}`],
    }),
  },
});

/** The name servers that the configuration of host and daemon asks for. @throws NotRun when the host can't be looked at */
function expectedNameservers(facts: Facts, options: ResolverOptions = {}): readonly string[] {
  const { nameservers } = defaultBridgeResolvConf(facts, options);
  if (!nameservers.known) throw new NotRun(nameservers.why);
  return nameservers.value;
}

const onBridged = chapter({ given: bridged, needs: ["default bridge"] });

onBridged(
  "HOSTCFG-17",
  {
    must: "A container on the default bridge that was started without `--dns` MUST have in its /etc/resolv.conf the name servers of the daemon's `dns` setting or else of the host, in the same order, loopback ones replaced",
    from: [
      cite(
        "docs/dns#when-the-embedded-dns-server-is-used",
        "They get a copy of the host's /etc/resolv.conf, with loopback addresses removed because those only work on the host.",
      ),
      D0("3.3.1"),
    ],
    cause:
      "the host's /etc/resolv.conf changed since dockerd read it, or the daemon has a `dns` setting that daemon.json does not show",
  },
  async ({ plain }, { facts }) => {
    const expected = expectedNameservers(facts);
    expect(
      (await resolvConf(plain)).nameservers,
      "name servers in /etc/resolv.conf of a container started without --dns",
    ).toEqual(expected);
  },
);

/** The comments of the file that dockerd starts from: that of systemd-resolved where the host's own names only its stub. */
async function hostComments(session: Session): Promise<readonly string[]> {
  const host = await session.host();
  const root = `/proc/${(await host.dockerdPid()) ?? 1}/root`;
  const own = parseResolvConf(await textFile(host, `${root}/etc/resolv.conf`));
  const stubOnly = own.nameservers.length > 0 && own.nameservers.every((server) => server === "127.0.0.53");
  const { comments } = stubOnly
    ? parseResolvConf(await textFile(host, `${root}/run/systemd/resolve/resolv.conf`))
    : own;
  const texts = comments.filter((comment) => comment !== "");
  if (texts.length === 0) throw new NotApplicable("the host's resolv.conf has no comment that could be kept");
  return texts;
}

/** Why dockerd writes the file anew instead of editing the host's. */
function rebuilt(facts: Facts): string | null {
  const key = (["dns", "dns-search", "dns-opts"] as const).find(
    (candidate) => (facts.configuration[candidate] ?? []).length > 0,
  );
  return key === undefined
    ? null
    : `the daemon's "${key}" makes dockerd write the file anew, without the host's comments`;
}

onBridged(
  "HOSTCFG-18",
  {
    must: "/etc/resolv.conf of a container on the default bridge MUST keep the comment lines of the host's file",
    from: [D0("3.3.1")],
    cause:
      "the host's /etc/resolv.conf was changed after the container had got its copy, or the container's was edited inside",
    until: "generated-resolv-conf",
    needs: ["default bridge", "host view"],
    unless: rebuilt,
    appliesTo: "daemons without dns settings, hosts whose file has comments",
  },
  async ({ plain }, session) => {
    const expected = await hostComments(session);
    expect((await resolvConf(plain)).comments, "comment lines in the container's /etc/resolv.conf").toEqual(
      expect.arrayContaining([...expected]),
    );
  },
);

onBridged(
  "HOSTCFG-18b",
  {
    must: "/etc/resolv.conf of a container on the default bridge MUST say in its comments that Docker Engine generated it, and from which file where the host has one",
    from: [
      cite("docs/dns#when-the-embedded-dns-server-is-used", "# Generated by Docker Engine."),
      engine("moby#47041"),
    ],
    since: "generated-resolv-conf",
  },
  async ({ plain }, { facts }) => {
    const { comments } = await resolvConf(plain);
    expect(comments[0] ?? "", "first comment line in the container's /etc/resolv.conf").toMatch(
      /^Generated by Docker Engine/,
    );
    expect(comments.join("\n"), "comment lines in the container's /etc/resolv.conf").toMatch(
      facts.host?.resolver.file === null ? /^Based on host file: ''/m : /^Based on host file: '.+'/m,
    );
  },
);

onBridged(
  "HOSTCFG-19",
  {
    must: "`--dns A` for a container on the default bridge MUST make A the name server in its /etc/resolv.conf",
    from: [DNS_FLAG, D0("3.3.1")],
  },
  async ({ one }) => {
    expect((await resolvConf(one)).nameservers, `name servers in /etc/resolv.conf with --dns ${FIRST}`).toContain(
      FIRST,
    );
  },
);

onBridged(
  "HOSTCFG-20",
  {
    must: "Several `--dns` options for a container on the default bridge MUST be written to its /etc/resolv.conf in the order given",
    from: [DNS_FLAG, D0("3.3.1")],
  },
  async ({ two }) => {
    expect(
      (await resolvConf(two)).nameservers,
      `name servers in /etc/resolv.conf with --dns ${FIRST} --dns ${SECOND}`,
    ).toEqual([FIRST, SECOND]);
  },
);

onBridged(
  "HOSTCFG-21",
  {
    must: "`--dns` for a container on the default bridge MUST replace the name servers that it would have without: none of them may remain in its /etc/resolv.conf",
    from: [cite("docs/network#dns-services", "but you can override this with --dns"), D0("3.3.1")],
  },
  async ({ plain, one }) => {
    const [without, given] = await Promise.all([resolvConf(plain), resolvConf(one)]);
    if (without.nameservers.length === 0)
      throw new ProbeFailed("the container started without --dns has no name server, so nothing can be seen replaced");
    const remaining = given.nameservers.filter((server) => server !== FIRST);
    expect(remaining, `name servers beside that of --dns ${FIRST} in /etc/resolv.conf`).toEqual([]);
  },
);

onBridged(
  "HOSTCFG-22",
  {
    must: "`--hostname`, `--dns` and `--add-host` given to one container on the default bridge MUST all take effect",
    from: [
      cite("docs/network#ip-address-and-hostname", "You can override the hostname using --hostname."),
      D0("3.3.1"),
    ],
  },
  async ({ combined }) => {
    const [hostname, hosts, resolver] = await Promise.all([
      textFile(combined, "/proc/sys/kernel/hostname"),
      hostsFile(combined),
      resolvConf(combined),
    ]);
    const addressOf = (name: string): string | undefined => hosts.find((line) => line.names.includes(name))?.address;
    expect(
      {
        hostname: hostname.trim(),
        nameservers: resolver.nameservers,
        addedHost: addressOf(COMBINED.host.name),
        ownLine: addressOf(COMBINED.hostname),
      },
      "what the three options brought about",
    ).toEqual({
      hostname: COMBINED.hostname,
      nameservers: [COMBINED.dns],
      addedHost: COMBINED.host.address,
      ownLine: combined.address,
    });
  },
);
