import { firewallKey } from "../cause/keys.ts";
import { type Deed, listed } from "../cause/mend.ts";
import { isEngines, managerOf, refusesAll } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import { isOfIptables, placeText, quotedName } from "../snapshot/firewall/place-text.ts";
import { type LivingHost, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { deviates, type Findings, NOTHING, notes, together } from "./deviation.ts";
import { anyFirewallOf, type JudgedFirewall } from "./engine-rules.ts";
import { DATAGRAM, packetOf } from "./network-view.ts";
import { pass } from "./passage.ts";
import { byHand, byOpening } from "./remedies.ts";
import { uplinkOf } from "./uplink.ts";

/** A port by which the nodes of a swarm reach each other. */
interface NodePort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** Of overlay networks: frames by VXLAN, and who has which address (Docker's documentation of swarm mode's ports). */
const NODE_PORTS: readonly NodePort[] = [
  { protocol: "udp", port: 4789 },
  { protocol: "tcp", port: 7946 },
  { protocol: "udp", port: 7946 },
];

/**
 * Whether this host's packet filter lets other nodes reach the overlay networks that run here. Where it lets some senders
 * in, those may be the nodes. On a node that is alone nothing is broken yet.
 */
export function auditSwarmWays(snapshot: LivingSnapshot): Findings {
  const { host, networks, containers, facts } = snapshot;
  const overlays = networks.filter(({ Driver }) => Driver === "overlay");
  const members = containers.filter(
    (one) => runs(one) && one.endpoints.some(({ networkId }) => overlays.some(({ Id }) => Id === networkId)),
  );
  const firewall = host === null ? null : anyFirewallOf(snapshot, host, 4);
  if (host === null || firewall === null || members.length === 0) return NOTHING;
  const shut = NODE_PORTS.flatMap((asked) => {
    const place = endOf(host, firewall, asked);
    return place === null ? [] : [{ asked, place }];
  });
  const used = overlays.filter(({ Id }) =>
    members.some(({ endpoints }) => endpoints.some((one) => one.networkId === Id)),
  );
  const names = used.map(({ Name }) => Name);
  return together(
    [...Map.groupBy(shut, ({ place }) => placeText(place))].map(([rule, group]) => {
      const ports = listed(group.map(({ asked: { protocol, port } }) => `${port}/${protocol}`));
      const key = firewallKey(rule);
      const what = `This host's packet filter shuts ${ports}, by which the other nodes of a swarm reach overlay networks here: \`${rule}\`.`;
      const subjects = names.map((name) => ({ kind: "network" as const, name }));
      const remedies = group.flatMap(({ asked, place }) => lettingIn(place, asked));
      if (!facts.engine.swarmOthers)
        return notes({
          key,
          what: `${what} This node is alone in its swarm, so nothing is cut yet.`,
          todo: "Let these ports in before another node joins.",
          subjects,
        });
      return together(
        used.map(({ Name }) =>
          deviates({
            claim: "LIVE-19",
            subject: { kind: "network", name: Name },
            concerns: [Name],
            expected: `${ports} is let in`,
            observed: `stopped by ${rule}`,
            effect: `Containers of network ${Name} on this host and on other nodes don't reach each other.`,
            reason: {
              key,
              what,
              act: "a firewall that was set up without the ports of swarm mode",
              certainty: "seen",
              evidence: [rule],
              remedies,
            },
          }),
        ),
      );
    }),
  );
}

/** What ends what any other machine sends to a port of this host's; null where nothing does, or it depends on the sender. */
function endOf(host: LivingHost, { all }: JudgedFirewall, { protocol, port }: NodePort): Place | null {
  const uplink = uplinkOf(host, 4);
  // With a data path port of its own, a swarm uses another one.
  const isUsed = host.sockets.some((socket) => socket.protocol === protocol && socket.local.port === port);
  if (uplink === null || !isUsed) return null;
  const sent = packetOf(
    { family: 4 },
    {
      ...(protocol === "udp" ? DATAGRAM : {}),
      destination: uplink.address,
      destinationPort: port,
      destinationType: "local",
      inDevice: uplink.device,
      outDevice: null,
    },
  );
  const passage = pass(all, sent, ["prerouting", "input"]);
  return passage.outcome === "shut" ? passage.place : null;
}

/** What lets a port in past a chain that denies by default, or takes the rule away that is about it. */
function lettingIn(place: Place, { protocol, port }: NodePort): readonly Deed[] {
  const { table, chain, rule } = place;
  const manager = managerOf(place);
  const isKept = manager !== null && !manager.byHand && !isEngines(place);
  if (isKept || (rule !== null && !refusesAll(rule))) return byOpening(place);
  const line = isOfIptables(table)
    ? `${table.program} -t ${table.name} -I ${chain.name} -p ${protocol} --dport ${port} -j ACCEPT`
    : `nft insert rule ${table.family} ${quotedName(table.name)} ${quotedName(chain.name)} ${protocol} dport ${port} accept`;
  return [byHand("let the nodes' packets in", [line], "docker node ls")];
}
