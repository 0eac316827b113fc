import { expect } from "vitest";
import {
  expectsEarlyReturn,
  jumpsToDockerFromOutput,
  jumpsToDockerFromPrerouting,
  masquerades,
  returnsEarly,
} from "../../../helpers/expectations/firewall.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { FLUSHED, mustComeTo, mustHold, mustNotHold } from "../../../helpers/requirement/firewall-rule.ts";
import { chapter, cite, D1, D3, engine } from "../../../helpers/requirement/index.ts";
import { docker0, noRules, passing, RULES } from "../rules.ts";
import { onRules, standing } from "./site.ts";

onRules(
  "NAT-02",
  {
    must: "The nat table MUST have a chain DOCKER",
    from: [
      cite(
        "docs/firewall-iptables#docker-and-iptables-chains",
        "In the nat table, Docker creates chain DOCKER and adds rules to implement masquerading and port-mapping.",
      ),
      D1("bridge模式"),
      D1("5.1.1"),
      D3("二.1"),
    ],
    cause: FLUSHED,
  },
  ({ chains }) => {
    const names = chains.filter(({ table }) => table === "nat").map(({ name }) => name);
    expect(names, "chains of the nat table").toContain("DOCKER");
  },
);

onRules(
  "NAT-03",
  {
    must: "nat PREROUTING MUST send packets for any of the host's addresses to the chain DOCKER",
    from: [
      cite("iptablesdoc/new-daemon", "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"),
      D1("bridge模式"),
      D1("5.1.1"),
      D3("二.1"),
    ],
  },
  ({ rules }, { facts }) =>
    mustComeTo("what nat PREROUTING does with packets for the host", jumpsToDockerFromPrerouting(rules), rules, {
      table: "nat",
      chain: "PREROUTING",
      packets: { from: passing(facts, "in").from ?? {}, to: { host: true }, protocol: "tcp", state: "NEW" },
    }),
);

onRules(
  "NAT-04",
  {
    must: "nat OUTPUT MUST send the host's own packets for any of its addresses to the chain DOCKER, except 127.0.0.0/8 where docker-proxy serves these",
    from: [
      cite("iptablesdoc/new-daemon", "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"),
      D1("bridge模式"),
      D1("5.1.1"),
      D3("二.1"),
    ],
  },
  ({ rules }, { facts }) =>
    mustComeTo("what nat OUTPUT does with packets for the host", jumpsToDockerFromOutput(facts, rules), rules, {
      table: "nat",
      chain: "OUTPUT",
      packets: { to: { host: true }, protocol: "tcp", state: "NEW" },
    }),
);

const onStanding = chapter({ given: standing, needs: RULES.needs });

onStanding(
  "NAT-05",
  {
    must: "nat POSTROUTING MUST masquerade packets from the default bridge's subnet that leave by another device than the bridge",
    from: [
      cite(
        "docs/port-publishing",
        "Outgoing connections from the container will masquerade, using the Docker host's IP address.",
      ),
      D1("bridge模式"),
      D1("5.1.1"),
      D1("5.3"),
      D3("二.1"),
    ],
    unless: (facts) =>
      noRules(facts) ??
      (facts.configuration["ip-masq"] === false ? "the daemon masquerades nothing (ip-masq: false)" : null),
  },
  ({ rules }, { facts }) => {
    const { device, subnet } = docker0(facts);
    mustComeTo(`masquerading of ${subnet}`, masquerades(rules, subnet, device), rules, {
      table: "nat",
      chain: "POSTROUTING",
      packets: passing(facts, "out"),
      spared: ["MASQUERADE", "SNAT"],
    });
  },
);

/** Whether packets from the default bridge are left to docker-proxy. */
function leavesDefaultBridgeToProxy(facts: Facts): boolean {
  return expectsEarlyReturn(facts, { masquerade: facts.configuration["ip-masq"] ?? true });
}

onStanding(
  "NAT-06",
  {
    must: "The nat chain DOCKER MUST return early for packets that enter from the default bridge, where docker-proxy serves these",
    from: [D1("bridge模式"), D1("5.1.1"), D1("5.3"), D3("二.1")],
    until: "no-nat-early-return",
    unless: (facts) =>
      noRules(facts) ??
      (leavesDefaultBridgeToProxy(facts)
        ? null
        : "with the userland proxy or masquerading off, packets from the bridge are translated too"),
  },
  ({ rules }, { facts }) => mustHold("early return for the default bridge", returnsEarly(rules, docker0(facts).device)),
);

onStanding(
  "NAT-06b",
  {
    must: "The nat chain DOCKER MUST NOT return early for packets from a bridge where these are to be translated",
    from: [engine("moby#49981")],
    unless: (facts) =>
      noRules(facts) ??
      (leavesDefaultBridgeToProxy(facts) ? "this engine leaves packets from its bridges to docker-proxy" : null),
  },
  ({ rules }, { facts }) =>
    mustNotHold("early return for the default bridge", returnsEarly(rules, docker0(facts).device)),
);
