import {
  acceptsOutgoing,
  acceptsPublished,
  acceptsReplies,
  dnat,
  dropsDirectAccess,
  dropsUnpublished,
  filtersIncoming,
  isolation,
  masquerades,
} from "../../../helpers/expectations/firewall.ts";
import { noIpv6Rules } from "../../../helpers/expectations/ipv6-rules.ts";
import { publishedBeyond } from "../../../helpers/expectations/port-service.ts";
import { userBridgesClosed } from "../../../helpers/expectations/separation.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { has } from "../../../helpers/model/version-switches.ts";
import { FLUSHED, mustHold } from "../../../helpers/requirement/firewall-rule.ts";
import { cite, NotApplicable } from "../../../helpers/requirement/index.ts";
import { listRules } from "../../../helpers/snapshot/firewall/rule-list.ts";
import { noRules } from "../../nat/rules.ts";
import { NEEDS, onDual, port6 } from "./site.ts";

const RULES = {
  needs: [...NEEDS, "host iptables"] as const,
  unless: (facts: Facts) => noRules(facts) ?? noIpv6Rules(facts),
  appliesTo: "engines that make rules for IPv6",
  cause: FLUSHED,
};

const BOTH_FAMILIES = cite(
  "docs/port-publishing",
  "By default, for both IPv4 and IPv6, the daemon blocks access to ports that have not been published.",
);

onDual(
  "DUAL-22",
  {
    must: "ip6tables MUST masquerade what leaves the host from the prefix of a dual-stack network",
    from: [
      BOTH_FAMILIES,
      cite(
        "docs/port-publishing#gateway-modes",
        "NAT and masquerading rules are set up for each published container port. Packets leaving the host will use a host address.",
      ),
    ],
    ...RULES,
  },
  async ({ app: { subnet6, device } }, session) => {
    const { rules } = await listRules(await session.host(), "nat", "ip6tables");
    mustHold(`masquerading of ${subnet6}`, masquerades(rules, subnet6, device));
  },
);

onDual(
  "DUAL-23",
  {
    must: "ip6tables MUST accept what containers of a dual-stack network send and the replies to it, and judge what is forwarded to them",
    from: [BOTH_FAMILIES],
    ...RULES,
    unless: (facts) => RULES.unless(facts) ?? userBridgesClosed(facts),
  },
  async ({ app: { device } }, session) => {
    const { facts } = session;
    const { rules } = await listRules(await session.host(), "filter", "ip6tables");
    mustHold("replies to containers", acceptsReplies(facts, rules, device));
    mustHold("what containers send", acceptsOutgoing(facts, rules, device));
    mustHold("what is forwarded to containers", filtersIncoming(facts, rules, device));
    if (has(facts, "unpublished-ports-dropped"))
      mustHold("ports that are not published", dropsUnpublished(rules, device));
    for (const finding of isolation(facts, rules, device)) mustHold("isolation of the network", finding);
  },
);

onDual(
  "DUAL-24",
  {
    must: "ip6tables MUST translate a port that a dual-stack container publishes to the container's own IPv6 address, and accept it there",
    from: [BOTH_FAMILIES],
    ...RULES,
    unless: (facts) => publishedBeyond(facts) ?? RULES.unless(facts),
  },
  async ({ web, web6, app: { device } }, session) => {
    const { rules } = await listRules(await session.host(), "", "ip6tables");
    const port = { hostPort: port6(web), protocol: "tcp", to: { address: web6, port: 80 }, device } as const;
    mustHold(`translation of port ${port.hostPort}`, dnat(session.facts, rules, port));
    mustHold(`acceptance of ${web6} port 80`, acceptsPublished(rules, port));
  },
);

onDual(
  "DUAL-25",
  {
    must: "ip6tables MUST drop, before anything else judges it, what comes to the address of a dual-stack container from elsewhere than its bridge",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        "By default, remote hosts are not allowed direct access to container IP addresses in Docker's Linux bridge networks.",
      ),
    ],
    ...RULES,
    since: "raw-drop-for-every-container",
  },
  async ({ client, client6, app: { device } }, session) => {
    const { rules } = await listRules(await session.host(), "raw", "ip6tables");
    const finding = dropsDirectAccess(session.facts, rules, { address: client6, device });
    if (finding === null) throw new NotApplicable('"allow-direct-routing": dockerd drops nothing there');
    mustHold(`direct access to ${client.name}`, finding);
  },
);
