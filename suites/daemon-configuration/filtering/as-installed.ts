import { expect } from "vitest";
import { ownAddress } from "../../../helpers/probes/addresses.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { chapter, cite, differs, mustNotReach, mustReach } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { forwardPolicy, rulesOf, seenByNeighbour, setting } from "../look.ts";
import { FORWARDING, host, needs, ofDocker, scene } from "./site.ts";

const asInstalled = host.under(
  {},
  scene(async ({ inLab, neighbour, containers: { plain, peer, member }, port }) => ({
    within: await atThisMoment(mustReach(http(plain, peer.address))),
    plainSeenAs: await seenByNeighbour(inLab, plain, [neighbour.host, await ownAddress(plain)]),
    memberSeenAs: await seenByNeighbour(inLab, member, [neighbour.host, await ownAddress(member)]),
    wire: neighbour.host,
    rules: ofDocker(await rulesOf(inLab)),
    forwarding: await setting(inLab, FORWARDING),
    policy: await forwardPolicy(inLab),
    direct: await atThisMoment(
      mustNotReach(http(neighbour, peer.address), { as: "timed out", control: http(neighbour, neighbour.host, port) }),
    ),
  })),
);

const onAsInstalled = chapter({ given: asInstalled });

onAsInstalled(
  "KEY-40",
  {
    must: "Without `icc` containers on the default bridge MUST reach each other",
    from: [
      cite(
        "docs/network#user-defined-networks",
        "containers attached to the default bridge network have unrestricted network access to each other using container IP addresses",
      ),
    ],
    needs,
    tags: ["icc:default"],
  },
  ({ within }) => void within(),
);

onAsInstalled(
  "KEY-41",
  {
    must: "Without `ip-masq` what containers send to elsewhere MUST leave under the host's address",
    from: [
      cite(
        "docs/port-publishing",
        "Outgoing connections from the container will masquerade, using the Docker host's IP address.",
      ),
    ],
    needs,
    tags: ["ip-masq:default"],
  },
  ({ plainSeenAs, memberSeenAs, wire }) => {
    expect([plainSeenAs, memberSeenAs], "as whom a neighbour saw containers of both kinds of network").toEqual([
      [wire],
      [wire],
    ]);
  },
);

onAsInstalled(
  "KEY-42",
  {
    must: "Without `iptables` dockerd MUST make its rules",
    from: [cite("man/dockerd#--iptables", "Enable Docker's addition of iptables rules. Default is true.")],
    needs,
    tags: ["iptables:default"],
  },
  ({ rules }) => {
    for (const table of ["filter", "nat"])
      expect(rules.filter((rule) => rule.startsWith(table)).length, `dockerd's rules in ${table}`).toBeGreaterThan(2);
  },
);

onAsInstalled(
  "KEY-43",
  {
    must: "Without `ip-forward` and `ip-forward-no-drop` a dockerd that makes iptables rules MUST switch forwarding on and close FORWARD",
    from: [
      cite(
        "man/dockerd#--ip-forward-no-drop",
        "if Docker enables IP forwarding itself (see --ip-forward), and --iptables or --ip6tables are enabled, it also sets the default policy for the FORWARD chain",
      ),
    ],
    needs,
    tags: ["ip-forward:default", "ip-forward-no-drop:default"],
  },
  ({ forwarding, policy }) => {
    expect([forwarding, policy], "ip_forward, which was 0, and the policy of FORWARD").toEqual(["1", "DROP"]);
  },
);

onAsInstalled(
  "KEY-44",
  {
    must: "Without `allow-direct-routing` a neighbour with a route MUST NOT reach a container's address, not even at a published port",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        "By default, remote hosts are not allowed direct access to container IP addresses in Docker's Linux bridge networks.",
      ),
    ],
    differs: [
      differs(
        "docs/port-publishing#gateway-modes",
        "Other published container ports in routed and nat networks are always accessible from remote hosts using direct routing",
        "Since Engine 28.0 a machine with a route reaches no published port of a nat network at the container's address, unless allow-direct-routing is set; the same page says so further up.",
        ["28.5"],
      ),
    ],
    needs,
    since: "raw-drop-for-published",
    tags: ["allow-direct-routing:default"],
  },
  ({ direct }) => void direct(),
);
