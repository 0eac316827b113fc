import { type ContainerPart, missingRuleKey, type NetworkPart } from "../cause/keys.ts";
import { type Deed, RESTART_ENGINE } from "../cause/mend.ts";
import type { LivingContainer, LivingSnapshot } from "../snapshot/living.ts";
import type { Does, Layer } from "./bearings.ts";
import type { Reason } from "./deviation.ts";
import { ofContainer } from "./remedies.ts";

/** A kind of rules that the engine writes: what they are, and what their absence does. */
interface Kind {
  readonly layer: Layer;
  readonly does: Does;
  readonly topics: readonly string[];
  readonly gone: (of: string) => string;
  readonly so: string;
  /** What likely did it, where that is another thing than with others. */
  readonly act?: string;
}

/** Since 28.0.2 dockerd makes no rules in the table raw where its environment says so, for kernels that have no such table. */
const NO_RAW =
  "a script that flushes the table raw, or dockerd was told to make no rules there (DOCKER_INSECURE_NO_IPTABLES_RAW=1 in its environment): then a restart brings none back";

const OF_NETWORKS: Readonly<Record<NetworkPart, Kind>> = {
  masquerade: {
    layer: "nat",
    does: "blocks",
    topics: ["masquerade", "nat", "source"],
    gone: (network) => `Docker's rule that masquerades what network ${network} sends beyond this host is gone`,
    so: "it leaves with private addresses, and no answer finds back",
  },
  loopback: {
    layer: "nat",
    does: "blocks",
    topics: ["masquerade", "nat", "source", "127.0.0.1", "hairpin"],
    gone: (network) => `Docker's rule that masquerades what this host itself sends to network ${network} is gone`,
    so: "without docker-proxy 127.0.0.1 leads nowhere",
  },
  "early return": {
    layer: "nat",
    does: "differs",
    topics: ["nat"],
    gone: (network) => `The RETURN of nat chain DOCKER for what comes from network ${network} is gone`,
    so: "its containers' packets to published ports are translated instead of going to docker-proxy",
  },
  replies: {
    layer: "filter",
    does: "blocks",
    topics: ["forward", "established"],
    gone: (network) => `Docker's rule that lets answers (RELATED,ESTABLISHED) in to network ${network} is gone`,
    so: "they send and hear nothing",
  },
  incoming: {
    layer: "filter",
    does: "blocks",
    topics: ["forward", "published"],
    gone: (network) => `Docker's rule that leads what is forwarded to network ${network} into chain DOCKER is gone`,
    so: "its published ports are not let in",
  },
  outgoing: {
    layer: "filter",
    does: "blocks",
    topics: ["forward", "outgoing"],
    gone: (network) => `Docker's rule that accepts what network ${network} sends out is gone`,
    so: "FORWARD does not let it through",
  },
  within: {
    layer: "filter",
    does: "blocks",
    topics: ["forward", "icc"],
    gone: (network) => `Docker's rule that accepts what goes between the containers of network ${network} is gone`,
    so: "FORWARD does not let it through",
  },
  forwarding: {
    layer: "filter",
    does: "blocks",
    topics: ["forward"],
    gone: (network) => `Docker's rules that let packets of network ${network} through are gone`,
    so: "they end elsewhere",
  },
  icc: {
    layer: "filter",
    does: "opens",
    topics: ["icc"],
    gone: (network) => `Docker's DROP between the containers of network ${network} (icc off) is gone`,
    so: "they reach each other",
  },
  isolation: {
    layer: "filter",
    does: "opens",
    topics: ["isolation", "isolated", "networks apart"],
    gone: (network) => `Docker's isolation rules of network ${network} are gone, all or some`,
    so: "other networks reach it, or it them",
  },
  internal: {
    layer: "filter",
    does: "opens",
    topics: ["internal", "isolation"],
    gone: (network) => `Docker's two DROPs that close the internal network ${network} are gone, both or one`,
    so: "it is open to the outside",
  },
  unpublished: {
    layer: "filter",
    does: "opens",
    topics: ["unpublished"],
    gone: (network) => `The DROP in chain DOCKER that shuts the unpublished ports of network ${network} is gone`,
    so: "whoever routes to its containers reaches every port of theirs",
  },
};

const OF_CONTAINERS: Readonly<Record<ContainerPart, Kind>> = {
  translation: {
    layer: "nat",
    does: "blocks",
    topics: ["nat", "dnat", "publish", "port"],
    gone: (container) => `The DNAT rules of the published ports of container ${container} are gone, all or some`,
    so: "docker-proxy alone serves them, if anybody does",
  },
  accept: {
    layer: "filter",
    does: "blocks",
    topics: ["publish", "port", "forward"],
    gone: (container) =>
      `The rules of chain DOCKER that let packets through to the published ports of container ${container} are gone`,
    so: "what is translated for them is dropped",
  },
  hairpin: {
    layer: "nat",
    does: "differs",
    topics: ["masquerade", "nat", "source", "hairpin", "own port", "itself"],
    gone: (container) =>
      `The rules that masquerade what container ${container} sends to its own published ports (hairpin) are gone`,
    so: "it does not reach them at the host's address",
  },
  direct: {
    layer: "filter",
    does: "opens",
    topics: ["direct", "raw", "route to"],
    gone: (container) => `Docker's DROP in the table raw that guards the own address of container ${container} is gone`,
    so: "a machine that routes to it reaches it past its published ports",
    act: NO_RAW,
  },
  "guarded loopback": {
    layer: "filter",
    does: "opens",
    topics: ["127.0.0.1", "loopback", "raw"],
    gone: (container) =>
      `Docker's DROP in the table raw that guards what container ${container} publishes on 127.0.0.1 is gone`,
    so: "a machine beside this host reaches it",
    act: NO_RAW,
  },
};

/** A part with whose it is. */
export type Gone =
  | { readonly part: NetworkPart; readonly network: string }
  | { readonly part: ContainerPart; readonly container: LivingContainer };

export function kindOf(gone: Gone): Kind {
  return "network" in gone ? OF_NETWORKS[gone.part] : OF_CONTAINERS[gone.part];
}

/**
 * Why something deviates: rules of Docker's that are not there, of one network or one container.
 * @param evidence the rules that were looked for, or where the packet ends instead
 * @param back the line that puts them back, where there is one
 * @param certainty `concluded` where only a packet's end says so
 */
export function rulesGone(
  snapshot: LivingSnapshot,
  gone: Gone,
  evidence: readonly string[],
  back: readonly Deed[] = [],
  certainty: "seen" | "concluded" = "seen",
): Reason {
  const kind = kindOf(gone);
  const name = "network" in gone ? gone.network : gone.container.name;
  return {
    key: missingRuleKey(gone.part, name),
    what: `${kind.gone(name)}: ${kind.so}.`,
    act: kind.act ?? "a firewall reload, a script that flushes rules, or a person removed what dockerd had made",
    certainty,
    evidence,
    remedies: [...("network" in gone ? back : ofContainer(snapshot, gone.container, back)), RESTART_ENGINE],
  };
}
