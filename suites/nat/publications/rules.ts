import { expect } from "vitest";
import {
  acceptsPublished,
  dnat,
  expectsSelfMasquerade,
  selfMasquerade,
  usesProxy,
} from "../../../helpers/expectations/firewall.ts";
import { servedElsewhere } from "../../../helpers/expectations/port-service.ts";
import { formatRule, rulesNaming } from "../../../helpers/expectations/rule-match.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { FLUSHED, mustComeTo, mustHold, mustNotHold } from "../../../helpers/requirement/firewall-rule.ts";
import { chapter, cite, D0, D1, engine, Violation } from "../../../helpers/requirement/index.ts";
import { lanAddress } from "../../../helpers/requirement/lan-address.ts";
import { mustAnswer } from "../../../helpers/requirement/served.ts";
import { listRules } from "../../../helpers/snapshot/firewall/rule-list.ts";
import { docker0, noRules, passing, RULES } from "../rules.ts";
import { onRules, publicationsOfWeb, standing } from "./site.ts";

const DNAT_RULE = cite(
  "iptablesdoc/usernet-portmap",
  "-A DOCKER ! -i bridge1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.2:80",
);

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
          read: "firewall",
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
