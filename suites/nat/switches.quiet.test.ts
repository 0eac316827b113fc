import { expect } from "vitest";
import { needsBridgeNetfilter } from "../../helpers/expectations/engine-switches.ts";
import { D3, D4, engine, NotApplicable, requirement, theEngine } from "../../helpers/requirement/index.ts";
import { listNetworks } from "../../helpers/topology/network-record.ts";

/*
 * Switches of the kernel as they stood before the run made a network: dockerd turns them on with the next network that
 * needs them, so that a host whose containers were cut off before would look whole.
 */

const BRIDGE_NETFILTER = "net/bridge/bridge-nf-call-iptables";

requirement(
  "NAT-39",
  {
    must: "Bridged packets MUST pass the host's iptables rules (net.bridge.bridge-nf-call-iptables = 1) where dockerd's rules have to see them: without docker-proxy, and where a bridge keeps its containers apart",
    from: [engine("moby setup_bridgenetfiltering.go"), engine("moby#48664")],
    needs: ["host view"],
    tags: ["quiet"],
    appliesTo:
      'with "userland-proxy": false, "icc": false or a network with enable_icc=false, unless "iptables": false',
    because: () =>
      "net.bridge.bridge-nf-call-iptables was switched off after dockerd had switched it on (a sysctl file for virtual machines). dockerd switches it on again with the next network of the kind that is made, with this run's own as well; until then: sysctl -w net.bridge.bridge-nf-call-iptables=1",
  },
  theEngine,
  async ({ docker, facts }) => {
    const closed = (await listNetworks(docker)).find(
      ({ Driver, Options }) => Driver === "bridge" && Options?.["com.docker.network.bridge.enable_icc"] === "false",
    );
    const byNetwork =
      closed === undefined || facts.configuration.iptables === false
        ? null
        : `the network ${closed.Name} keeps its containers apart (enable_icc=false)`;
    const why = needsBridgeNetfilter(facts) ?? byNetwork;
    if (why === null) throw new NotApplicable("no rule of dockerd's has to see bridged packets here");
    expect(
      facts.host?.switches?.[BRIDGE_NETFILTER] ?? "missing: the module br_netfilter is not loaded",
      `net.bridge.bridge-nf-call-iptables before this run (${why})`,
    ).toBe("1");
  },
);

requirement(
  "NAT-38",
  {
    must: "IPv6 forwarding MUST be on (net.ipv6.conf.all.forwarding = 1) where the engine has a bridge network with IPv6, unless `ip-forward` is off",
    from: [D3("一.1.2"), D4("Linux bridge"), engine("moby setup_ip_forwarding.go")],
    needs: ["host view", "ipv6"],
    tags: ["quiet"],
    unless: ({ configuration }) =>
      configuration["ip-forward"] === false ? "dockerd leaves forwarding alone (ip-forward: false)" : null,
    appliesTo: "engines with a bridge network that has IPv6",
    because: () =>
      "net.ipv6.conf.all.forwarding was switched off after dockerd had switched it on (a sysctl file, another program): no container's IPv6 passes the host. Mend it: sysctl -w net.ipv6.conf.all.forwarding=1; a host that takes its default route from router advertisements needs net.ipv6.conf.<uplink>.accept_ra=2 with it",
  },
  theEngine,
  async ({ docker, facts }) => {
    const network = (await listNetworks(docker)).find(({ Driver, EnableIPv6 }) => Driver === "bridge" && EnableIPv6);
    if (network === undefined) throw new NotApplicable("no bridge network of this engine has IPv6");
    expect(
      facts.host?.switches?.["net/ipv6/conf/all/forwarding"],
      `net.ipv6.conf.all.forwarding before this run (network ${network.Name} has IPv6)`,
    ).toBe("1");
  },
);
