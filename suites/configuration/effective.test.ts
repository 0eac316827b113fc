import { sameValue } from "../../helpers/configuration/effective.ts";
import { withoutEffect } from "../../helpers/configuration/keys/index.ts";
import { fileChangedAfterStart } from "../../helpers/configuration/mismatch.ts";
import type { NetworkKeyName } from "../../helpers/model/configuration-facts.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import type { Source } from "../../helpers/model/source.ts";
import { whyClaimFails, whyFileFails } from "../../helpers/requirement/configuration-cause.ts";
import { cite, engine, NotApplicable, requirement, theEngine, Violation } from "../../helpers/requirement/index.ts";

/** What the engine has to tell of each key that is set, in `docker info` or in `network inspect bridge`. */
const TELLS: readonly (readonly [id: string, key: NetworkKeyName, must: string])[] = [
  ["CONF-10", "bip", "`network inspect bridge` MUST tell the gateway, and with it the subnet, that `bip` names"],
  ["CONF-11", "bip6", "`network inspect bridge` MUST tell the IPv6 gateway and subnet that `bip6` names"],
  [
    "CONF-12",
    "bridge",
    "`network inspect bridge` MUST tell the device that `bridge` names, and MUST find no such network with `none`",
  ],
  ["CONF-13", "fixed-cidr", "`network inspect bridge` MUST tell the range of `fixed-cidr`"],
  ["CONF-14", "fixed-cidr-v6", "`network inspect bridge` MUST tell the IPv6 subnet or range of `fixed-cidr-v6`"],
  [
    "CONF-15",
    "default-gateway",
    "`network inspect bridge` MUST tell the address of `default-gateway`, kept for the default route",
  ],
  [
    "CONF-16",
    "default-gateway-v6",
    "`network inspect bridge` MUST tell the address of `default-gateway-v6`, kept for the IPv6 default route",
  ],
  ["CONF-17", "mtu", "`network inspect bridge` MUST tell the MTU of `mtu`"],
  ["CONF-18", "icc", "`network inspect bridge` MUST tell inter-container communication as `icc` says"],
  ["CONF-19", "ip", "`network inspect bridge` MUST tell the host address of `ip` for published ports"],
  ["CONF-20", "ip-masq", "`network inspect bridge` MUST tell masquerading as `ip-masq` says"],
  ["CONF-21", "ipv6", "`network inspect bridge` MUST tell IPv6 as `ipv6` says"],
  ["CONF-22", "default-address-pools", "`docker info` MUST name the pools of `default-address-pools`, in their order"],
  ["CONF-23", "live-restore", "`docker info` MUST tell live-restore as `live-restore` says"],
  ["CONF-24", "experimental", "`docker info` MUST tell experimental features as `experimental` says"],
  ["CONF-25", "firewall-backend", "`docker info` MUST name the firewall backend of `firewall-backend`"],
];

/** What the documentation says of each. */
const WRITTEN: Readonly<Partial<Record<NetworkKeyName, Source>>> = {
  bip: cite("man/dockerd#--bip", "Use the provided CIDR notation IPv4 address for the default bridge network"),
  bip6: cite("man/dockerd#--bip6", "Use the provided CIDR notation IPv6 address for the default bridge network"),
  bridge: cite(
    "man/dockerd#--bridge",
    "Attach containers to a pre-existing network bridge, instead of docker0; use 'none' to disable the default bridge network",
  ),
  "fixed-cidr": cite("man/dockerd#--fixed-cidr", "IPv4 subnet for the default bridge network (e.g., 10.20.0.0/16)"),
  "fixed-cidr-v6": cite(
    "docs/ipv6#use-ipv6-for-the-default-bridge-network",
    "fixed-cidr-v6 assigns a subnet to the default bridge network, enabling dynamic IPv6 address allocation.",
  ),
  "default-gateway": cite("man/dockerd#--default-gateway", "IPv4 default gateway for the default bridge network"),
  "default-gateway-v6": cite("man/dockerd#--default-gateway-v6", "IPv6 default gateway for the default bridge network"),
  mtu: cite("cli/dockerd#daemon", 'Set the MTU for the default "bridge" network (default 1500)'),
  icc: cite("man/dockerd#--icc", "Allow unrestricted inter-container communication in the default bridge network."),
  ip: cite(
    "man/dockerd#--ip",
    "Default host IP address to use when publishing container ports from the default bridge network.",
  ),
  "ip-masq": cite("man/dockerd#--ip-masq", "Enable IP masquerading for default bridge's IP range."),
  ipv6: cite("man/dockerd#--ipv6", "Enable IPv6 support on the default bridge network. Default is false."),
  "default-address-pools": cite(
    "api/changes#v1.41",
    "GET /info now returns a DefaultAddressPools field, containing a list of custom default address pools for local networks",
  ),
  "live-restore": cite(
    "docs/live-restore",
    "You can configure the daemon so that containers remain running if the daemon becomes unavailable.",
  ),
  "firewall-backend": cite(
    "docs/release-28#2810",
    "GET /info now returns a FirewallBackend containing information about the daemon's firewalling configuration.",
  ),
};

for (const [id, key, must] of TELLS) {
  const written = WRITTEN[key];
  requirement(
    id,
    {
      must,
      from: [written ?? engine(`daemon option ${key}`)],
      needs: ["dockerd's process"],
      unless: (facts) => notSet(key, facts) ?? withoutEffect(key, facts),
      appliesTo: `engines with \`${key}\` in the configuration file or among dockerd's flags`,
    },
    theEngine,
    async (session) => {
      const { claims = {}, effective = {}, configurationFile } = session.facts;
      const claim = claims[key];
      const told = effective[key];
      if (told === undefined) throw new NotApplicable(`this engine does not tell its \`${key}\``);
      if (sameValue(key, claim?.value, told)) return;
      const where = claim?.origin === "flag" ? "dockerd's flags" : (configurationFile?.path ?? "daemon.json");
      throw new Violation(key, {
        expected: `${JSON.stringify(claim?.value)}, from ${where}`,
        observed: told === null ? "none" : `${JSON.stringify(told)}, told by the engine`,
        ...(await whyClaimFails(key, session)),
      });
    },
  );
}

/** Without the host's view nothing is known of file and flags: that is for the need to say. */
function notSet(key: NetworkKeyName, { claims }: Facts): string | null {
  return claims !== undefined && claims[key] === undefined
    ? `\`${key}\` is set neither in the configuration file nor by a flag`
    : null;
}

requirement(
  "CONF-39",
  {
    must: "`docker info` MUST tell what the configuration file asks for beside networks: log driver, storage driver, default runtime, user remapping, mirrors and insecure registries",
    from: [
      cite(
        "cli/dockerd#daemon-configuration-file",
        "The --config-file option allows you to set any configuration option for the daemon in a JSON format.",
      ),
    ],
    needs: ["dockerd's process"],
    unless: ({ othersInForce }) =>
      othersInForce !== undefined && Object.keys(othersInForce).length === 0
        ? "the configuration file sets none of the keys that `docker info` tells"
        : null,
    appliesTo: "engines with one of these keys in the configuration file",
  },
  theEngine,
  async (session) => {
    const { configurationFile, othersInForce = {} } = session.facts;
    const missed = Object.keys(othersInForce).filter((key) => othersInForce[key] === false);
    if (missed.length === 0) return;
    const path = configurationFile?.path ?? "daemon.json";
    throw new Violation(missed.join(", "), {
      expected: `as ${path} says`,
      observed: "another value, told by the engine",
      ...(fileChangedAfterStart(session.facts) === "yes"
        ? await whyFileFails(
            { kind: "not restarted", text: `${path} was changed after dockerd's start: dockerd has not read it since` },
            session,
          )
        : {
            cause: `dockerd did not take ${missed.join(", ")} from ${path}; its log says more (journalctl -u docker)`,
          }),
    });
  },
);
