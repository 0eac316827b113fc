import { expect } from "vitest";
import { UserError } from "../../helpers/engine/errors.ts";
import { type HostInLab, hostInLab } from "../../helpers/lab/host-in-lab.ts";
import type { Difference, Source } from "../../helpers/model/source.ts";
import type { SwitchKey } from "../../helpers/model/version-switches.ts";
import { cite, D0, differs, engine, requirement, stage } from "../../helpers/requirement/index.ts";

const UNKNOWN_KEY = cite(
  "cli/dockerd#daemon-configuration-file",
  "the following directives don't match any configuration option: unknown-option",
);

const SECTION = [D0("3.3.2")];
const needs = ["lab"] as const;

/** A file with which dockerd must not start. */
interface Refusal {
  readonly id: string;
  readonly must: string;
  readonly tags: readonly string[];
  readonly from?: readonly Source[];
  readonly differs?: readonly Difference[];
  readonly needs?: readonly ("lab" | "ipv6")[];
  readonly since?: SwitchKey;
  readonly until?: SwitchKey;
  readonly file: unknown;
  /** dockerd's words (measured on 20.10, 26.1 and 28.5): with the key or the value, so that nothing else can be meant. */
  readonly words: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  // The file itself.
  {
    id: "DAEMON-02",
    must: "daemon.json MUST be plain JSON: with a comment after a value dockerd refuses to start, and says that the file is at fault",
    tags: ["file:refusal"],
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "The --config-file option allows you to set any configuration option for the daemon in a JSON format.",
      ),
      ...SECTION,
    ],
    file: '{ "mtu": 1500, # the largest packet\n "bip": "10.154.50.1/24" }',
    words: /unable to configure.*invalid character '#'/,
  },
  {
    id: "KEY-100",
    must: "A comma behind the last value MUST stop dockerd, with words that say so",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "The --config-file option allows you to set any configuration option for the daemon in a JSON format.",
      ),
    ],
    tags: ["file:refusal"],
    file: '{ "mtu": 1400, }',
    words: /unable to configure.*invalid character '}'/,
  },
  {
    id: "KEY-101",
    must: "An unknown key MUST stop dockerd, with words that name it",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "the following directives don't match any configuration option: unknown-option",
      ),
    ],
    tags: ["file:refusal"],
    file: { bipp: "10.154.50.1/24" },
    words: /directives don't match any configuration option: bipp/,
  },
  {
    id: "KEY-102",
    must: "A key that stands as a flag as well MUST stop dockerd, with words that name it",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "The Docker daemon fails to start if an option is duplicated between the file and the flags, regardless of their value.",
      ),
    ],
    tags: ["file:refusal"],
    file: { hosts: ["unix:///var/run/docker.sock"] },
    words: /specified both as a flag and in the configuration file: hosts/,
  },
  {
    id: "KEY-103",
    must: "A value of another type MUST stop dockerd: a number written as text",
    tags: ["mtu:refusal"],
    file: { mtu: "1400" },
    words: /cannot unmarshal string into.*mtu|cannot unmarshal string into Go.*type int/,
  },
  {
    id: "KEY-104",
    must: "A value of another type MUST stop dockerd: one server where a list belongs",
    tags: ["dns:refusal"],
    file: { dns: "9.9.9.9" },
    words: /cannot unmarshal string into Go struct field \S*\bdns\b/,
  },
  {
    id: "KEY-105",
    must: "A value of another type MUST stop dockerd: a word where true or false belongs",
    tags: ["icc:refusal"],
    file: { icc: "no" },
    words: /invalid.*(icc|"no")|cannot unmarshal string into.*bool|parsing "no"/i,
  },

  // The default bridge's addresses.
  {
    id: "KEY-110",
    must: "A `bip` without a prefix MUST stop dockerd",
    tags: ["bip:refusal"],
    file: { bip: "10.154.50.1" },
    words: /(invalid CIDR address: |ParsePrefix\(")10\.154\.50\.1/,
  },
  {
    id: "KEY-111",
    must: "The network's own address as `bip` MUST stop dockerd",
    tags: ["bip:refusal"],
    from: [engine("moby#27496")],
    file: { bip: "10.154.50.0/24" },
    words: /allocate gateway \(10\.154\.50\.0\)/,
  },
  {
    id: "KEY-112",
    must: "`bip` beside a `bridge` of the operator's own MUST stop dockerd, with words that name both",
    from: [cite("man/dockerd#--bip", "Mutually exclusive of -b")],
    tags: ["bip:refusal", "bridge:refusal"],
    file: { bip: "10.154.50.1/24", bridge: "br-own" },
    words: /-b.*--bip.*mutually exclusive/,
  },
  {
    id: "KEY-113",
    must: "A `bridge` that is not there MUST stop dockerd, with words that name it",
    from: [
      cite(
        "moby/network/bridge/bridge_linux_test.go#TestNoSuchExternalBridge",
        "checks that the daemon won't start if it's given a \"--bridge\" that doesn't exist",
      ),
    ],
    tags: ["bridge:refusal"],
    file: { bridge: "br-missing" },
    words: /bridge device with non default name br-missing must be created manually/,
  },
  {
    id: "KEY-114",
    must: "A `fixed-cidr` without a prefix MUST stop dockerd",
    tags: ["fixed-cidr:refusal"],
    file: { "fixed-cidr": "10.154.50.0" },
    words: /(invalid CIDR address: |ParsePrefix\(")10\.154\.50\.0/,
  },
  {
    id: "KEY-115",
    must: "A `fixed-cidr-v6` without a prefix MUST stop dockerd",
    tags: ["fixed-cidr-v6:refusal"],
    needs: ["lab", "ipv6"],
    file: { ipv6: true, "fixed-cidr-v6": "2001:db8:1::" },
    words: /(invalid CIDR address: |ParsePrefix\(")2001:db8:1::/,
  },
  {
    id: "KEY-116",
    must: "`bip6` beside a `bridge` of the operator's own MUST stop dockerd, with words that name both",
    from: [cite("man/dockerd#--bip6", "Mutually exclusive of -b")],
    tags: ["bip6:refusal"],
    since: "daemon-json-of-28",
    file: { ipv6: true, bip6: "2001:db8:1::1/64", bridge: "br-own" },
    words: /-b.*--bip6.*mutually exclusive/,
  },
  {
    id: "DAEMON-20",
    must: "A `default-gateway` outside the subnet MUST stop dockerd from starting, with a message that names it",
    tags: ["default-gateway:refusal"],
    from: [cite("man/dockerd#--default-gateway", "this address must be part of the bridge subnet"), ...SECTION],
    file: { bip: "192.168.1.5/24", "default-gateway": "10.20.1.1" },
    words: /DefaultGatewayIPv4:10\.20\.1\.1.*must belong to the master pool/,
  },
  {
    id: "DAEMON-24",
    must: "A `default-gateway-v6` outside the prefix MUST stop dockerd from starting, with a message that names it",
    tags: ["default-gateway-v6:refusal"],
    from: SECTION,
    differs: [
      differs(
        "docs/bridge#use-ipv6-with-the-default-bridge-network",
        '"default-gateway-v6": "2001:db8:abcd::89"',
        "dockerd does not start with this example: the gateway lies outside the prefix 2001:db8::/64 beside it.",
        ["20.10", "26.1", "28.5"],
      ),
    ],
    needs: ["lab", "ipv6"],
    file: { ipv6: true, "fixed-cidr-v6": "2001:db8::/64", "default-gateway-v6": "2001:db8:abcd::89" },
    words: /2001:db8:abcd::89.*must belong to the master pool/,
  },
  {
    id: "KEY-117",
    must: "`ipv6` without `fixed-cidr-v6` MUST stop dockerd where it has no prefix of its own to give",
    tags: ["ipv6:refusal", "fixed-cidr-v6:refusal"],
    from: [
      cite(
        "docs/bridge#use-ipv6-with-the-default-bridge-network",
        "Option fixed-cidr-v6 is required, it specifies the network prefix to be used.",
      ),
      engine("moby#29443"),
      engine("moby#36954"),
    ],
    needs: ["lab", "ipv6"],
    until: "ipv6-without-fixed-cidr",
    file: { ipv6: true },
    words: /could not find an available, non-overlapping IPv6 address pool|IPv6 is enabled.*no subnet is configured/,
  },

  // MTU, names.
  {
    id: "KEY-120",
    must: "A negative `mtu` MUST stop dockerd",
    tags: ["mtu:refusal"],
    since: "negative-mtu-refused",
    file: { mtu: -1 },
    words: /invalid default MTU/,
  },
  {
    id: "KEY-121",
    must: "A `dns` that is no address MUST stop dockerd, with words that name it",
    from: [
      cite(
        "docs/release-29#2900",
        'improve validation of the --dns option and corresponding "dns" field in daemon.json',
      ),
    ],
    tags: ["dns:refusal"],
    file: { dns: ["resolver.example"] },
    words: /resolver\.example/,
  },
  {
    id: "KEY-122",
    must: "A `dns-search` that is no domain MUST stop dockerd, with words that name it",
    tags: ["dns-search:refusal"],
    file: { "dns-search": ["not a domain"] },
    words: /not a domain/,
  },
  {
    id: "KEY-123",
    must: "A `host-gateway-ip` that is no address MUST stop dockerd",
    tags: ["host-gateway-ip:refusal"],
    file: { "host-gateway-ip": "gateway.example" },
    words: /gateway\.example/,
  },
  {
    id: "KEY-124",
    must: "Two addresses of one family in `host-gateway-ips` MUST stop dockerd",
    from: [cite("man/dockerd#--host-gateway-ip", "Two of these options are allowed, one IPv4 and one IPv6 address.")],
    tags: ["host-gateway-ips:refusal"],
    since: "daemon-json-of-28",
    file: { "host-gateway-ips": ["10.0.0.1", "10.0.0.2"] },
    words: /only one IPv4 host gateway IP/i,
  },

  // Filtering and publishing.
  {
    id: "KEY-130",
    must: '`"icc": false` without `iptables` MUST stop dockerd: nothing could enforce it',
    tags: ["icc:refusal", "iptables:refusal"],
    from: [engine("moby docs#21634")],
    file: { icc: false, iptables: false },
    words: /ICC=false uses iptables to function/,
  },
  {
    id: "KEY-131",
    must: '`"icc": false` with `ipv6` and without `ip6tables` MUST stop dockerd: nothing could enforce it there',
    tags: ["icc:refusal", "ip6tables:refusal"],
    needs: ["lab", "ipv6"],
    since: "ip6tables-by-default",
    file: { icc: false, ipv6: true, "fixed-cidr-v6": "2001:db8:1::/64", ip6tables: false },
    words: /--ip6tables=false with --icc=false/,
  },
  {
    id: "KEY-88",
    must: "`ip6tables` without `experimental`, which is off unless asked for, MUST stop dockerd",
    tags: ["ip6tables:refusal", "experimental:refusal", "experimental:default"],
    until: "ip6tables-by-default",
    file: { ip6tables: true },
    words: /ip6tables rules are only available if experimental features are enabled/,
  },
  {
    id: "KEY-132",
    must: "An `ip` that is no address MUST stop dockerd",
    tags: ["ip:refusal"],
    file: { ip: "localhost" },
    words: /(invalid IP address: |ParseAddr\(")localhost/,
  },
  {
    id: "KEY-133",
    must: "A `userland-proxy` of another type MUST stop dockerd",
    tags: ["userland-proxy:refusal"],
    file: { "userland-proxy": "off" },
    words: /invalid.*"off"|cannot unmarshal string into.*bool|parsing "off"/i,
  },

  // Networks to come.
  {
    id: "KEY-140",
    must: "A pool whose networks would be larger than itself MUST stop dockerd",
    tags: ["default-address-pools:refusal"],
    file: { "default-address-pools": [{ base: "10.210.0.0/24", size: 16 }] },
    words: /invalid pools size: 16|10\.210\.0\.0\/24.*target size of that pool \(\/16\)/,
  },
  {
    id: "KEY-141",
    must: "A pool whose base is no network MUST stop dockerd",
    tags: ["default-address-pools:refusal"],
    file: { "default-address-pools": [{ base: "10.210.0.0", size: 24 }] },
    words: /(invalid CIDR address: |ParsePrefix\(")10\.210\.0\.0/,
  },
  {
    id: "KEY-142",
    must: "`default-network-opts` without the driver's level MUST stop dockerd",
    tags: ["default-network-opts:refusal"],
    since: "default-network-options",
    file: { "default-network-opts": { "com.docker.network.driver.mtu": "1400" } },
    words: /cannot unmarshal string into Go struct field \S*default-network-opts/,
  },

  // Keys that came later: an older engine does not know them.
  {
    id: "KEY-151",
    must: "`bip6` MUST stop an engine that does not know it yet",
    from: [UNKNOWN_KEY],
    tags: ["bip6:refusal"],
    until: "daemon-json-of-28",
    file: { ipv6: true, bip6: "2001:db8:1::1/64" },
    words: /don't match any configuration option: bip6/,
  },
  {
    id: "KEY-152",
    must: "`host-gateway-ips` MUST stop an engine that does not know it yet",
    from: [UNKNOWN_KEY],
    tags: ["host-gateway-ips:refusal"],
    until: "daemon-json-of-28",
    file: { "host-gateway-ips": ["10.0.0.1"] },
    words: /don't match any configuration option: host-gateway-ips/,
  },
  {
    id: "KEY-153",
    must: "`ip-forward-no-drop` MUST stop an engine that does not know it yet",
    from: [UNKNOWN_KEY],
    tags: ["ip-forward-no-drop:refusal"],
    until: "daemon-json-of-28",
    file: { "ip-forward-no-drop": true },
    words: /don't match any configuration option: ip-forward-no-drop/,
  },
  {
    id: "KEY-154",
    must: "`allow-direct-routing` MUST stop an engine that does not know it yet",
    from: [UNKNOWN_KEY],
    tags: ["allow-direct-routing:refusal"],
    until: "allow-direct-routing",
    file: { "allow-direct-routing": true },
    words: /don't match any configuration option: allow-direct-routing/,
  },
  {
    id: "KEY-155",
    must: "`firewall-backend` MUST stop an engine that does not know it yet",
    from: [UNKNOWN_KEY],
    tags: ["firewall-backend:refusal"],
    until: "firewall-backend-choice",
    file: { "firewall-backend": "nftables" },
    words: /don't match any configuration option: firewall-backend/,
  },
];

/** A host on which dockerd is tried with one file after another. It never runs for long. */
const refusing = stage(
  hostInLab("refusing", {
    engineRuns: false,
    prepare: ["ip link add br-own type bridge", "ip addr add 10.156.8.1/24 dev br-own", "ip link set br-own up"],
  }),
  async (inLab: HostInLab) => {
    // The control: what refuses is the file, not the host.
    expect(
      await startedWith(inLab, { bip: "192.168.1.5/24", "default-gateway": "192.168.1.77" }),
      "the same host with a valid file",
    ).toBe("dockerd started");
    let turn: Promise<unknown> = Promise.resolve();
    return async (file: unknown): Promise<string> => {
      const mine = turn.then(() => startedWith(inLab, file));
      turn = mine.catch(() => undefined);
      return await mine;
    };
  },
);

/** What dockerd said when it was started with a file. */
async function startedWith({ host }: HostInLab, file: unknown): Promise<string> {
  await host.configure(typeof file === "string" ? file : JSON.stringify(file));
  try {
    await host.startEngine();
    await host.stopEngine();
    return "dockerd started";
  } catch (error) {
    if (error instanceof UserError) return error.seen;
    throw error;
  }
}

for (const { id, must, tags, from, file, words, ...conditions } of REFUSALS) {
  requirement(
    id,
    { must, from: from ?? tags.map((tag) => engine(`dockerd: ${tag.replace(/:.*/, "")}`)), tags, needs, ...conditions },
    refusing,
    async (start) => {
      expect(await start(file), "dockerd's last words").toMatch(words);
    },
  );
}
