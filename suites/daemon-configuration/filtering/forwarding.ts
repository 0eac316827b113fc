import { expect } from "vitest";
import type { HostInLab } from "../../../helpers/lab/host-in-lab.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import { cite, mustNotReach, mustReach, requirement } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { forwardPolicy, hostItself, type Neighbour, setting } from "../look.ts";
import { FORWARDING, host, needs, routed, scene } from "./site.ts";

/** The host answers, and the machine behind it does not: which is there, for it answers the host. */
async function mustReachNoFurther(from: Vantage, inLab: HostInLab, neighbour: Neighbour): Promise<void> {
  await mustReach(ping(from, neighbour.host));
  await mustNotReach(ping(from, neighbour.address), {
    as: "timed out",
    control: ping(hostItself(inLab), neighbour.address),
  });
}

const unforwarded = host.under(
  { "ip-forward": false },
  scene(async ({ inLab, neighbour, containers: { plain, member } }) => ({
    forwarding: await setting(inLab, FORWARDING),
    policy: await forwardPolicy(inLab),
    plain: await atThisMoment(mustReachNoFurther(plain, inLab, neighbour)),
    member: await atThisMoment(mustReachNoFurther(member, inLab, neighbour)),
  })),
);

requirement(
  "KEY-54",
  {
    must: '`"ip-forward": false` MUST leave forwarding and the policy of FORWARD as the host has them: off and open',
    from: [cite("man/dockerd#--ip-forward", "If your system has IP forwarding disabled, this setting enables it.")],
    needs,
    tags: ["ip-forward:effect"],
  },
  unforwarded,
  ({ forwarding, policy }) => {
    expect([forwarding, policy], "ip_forward and the policy of FORWARD").toEqual(["0", "ACCEPT"]);
  },
);

requirement(
  "KEY-55",
  {
    must: "With forwarding left off containers of every bridge MUST reach the host and nothing beyond it",
    from: [
      cite(
        "docs/firewall-nftables#ip-forwarding",
        "IP forwarding on the Docker host enables Docker functionality including port publishing, communication between bridge networks, and direct routing from outside the host",
      ),
    ],
    needs,
    tags: ["ip-forward:effect", "ip-forward:scope"],
  },
  unforwarded,
  ({ plain, member }) => {
    plain();
    member();
  },
);

requirement(
  "KEY-56",
  {
    must: '`"ip-forward": false` MUST leave a host that forwards already forwarding, its containers reaching beyond it',
    from: [
      cite(
        "man/dockerd#--ip-forward",
        "If your system has IP forwarding enabled, setting this flag to false has no effect.",
      ),
    ],
    needs,
    tags: ["ip-forward:effect"],
  },
  host.under(
    { "ip-forward": false },
    scene(async ({ inLab, neighbour, containers: { plain } }) => ({
      forwarding: await setting(inLab, FORWARDING),
      out: await atThisMoment(mustReach(ping(plain, neighbour.address))),
    })),
    [`echo 1 >${FORWARDING}`],
  ),
  ({ forwarding, out }) => {
    expect(forwarding, "ip_forward").toBe("1");
    out();
  },
);

requirement(
  "KEY-57",
  {
    must: "`ip-forward-no-drop` MUST let dockerd switch forwarding on without closing FORWARD",
    from: [
      cite(
        "man/dockerd#--ip-forward-no-drop",
        "When true, and when IP forwarding is already enabled, Docker does not modify the default policy of the FORWARD chain.",
      ),
    ],
    needs,
    since: "daemon-json-of-28",
    tags: ["ip-forward-no-drop:effect", "ip-forward-no-drop:scope"],
  },
  host.under({ "ip-forward-no-drop": true }, async (inLab) => ({
    forwarding: await setting(inLab, FORWARDING),
    policy: await forwardPolicy(inLab),
  })),
  ({ forwarding, policy }) => {
    expect([forwarding, policy], "ip_forward and the policy of FORWARD").toEqual(["1", "ACCEPT"]);
  },
);

requirement(
  "KEY-58",
  {
    must: "`allow-direct-routing` MUST let a neighbour with a route reach a container's address at a published port",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        'To allow direct access to any published port, on any container, in any Linux bridge network, use daemon option "allow-direct-routing": true',
      ),
    ],
    needs,
    since: "allow-direct-routing",
    tags: ["allow-direct-routing:effect"],
  },
  routed,
  ({ direct }) => void direct(),
);

requirement(
  "KEY-59",
  {
    must: "`allow-direct-routing` MUST NOT open what is not published",
    from: [
      cite(
        "docs/port-publishing#direct-routing-to-containers-in-bridge-networks",
        'To allow direct access to any published port, on any container, in any Linux bridge network, use daemon option "allow-direct-routing": true',
      ),
    ],
    needs,
    since: "allow-direct-routing",
    tags: ["allow-direct-routing:scope"],
  },
  routed,
  ({ unpublished }) => void unpublished(),
);
