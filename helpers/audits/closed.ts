import { sysctlKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { filtersBridged } from "../expectations/kernel-values.ts";
import { SOMEBODY } from "../model/somebody.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText } from "../snapshot/firewall/place-text.ts";
import type { Attachment } from "./bridges.ts";
import type { ClaimId } from "./claims.ts";
import { type Findings, NOTHING, notes, type Reason, together } from "./deviation.ts";
import { missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { about, addressOf, DATAGRAM, packetOf, senderOf, UNPUBLISHED, type View, whoOn } from "./network-view.ts";
import { type Passage, pass } from "./passage.ts";
import { byHand } from "./remedies.ts";
import { reasonOfRuleBefore } from "./rule-before.ts";
import { rulesGone } from "./rules-gone.ts";
import { stopped } from "./stopped.ts";
import { type Pair, pairsOf } from "./told-apart.ts";
import { wayOutOf } from "./uplink.ts";
import { missingOf } from "./written-rules.ts";

/** Whether the containers of one network reach each other, as the network was made. */
export function auditWithin(view: View, groups: readonly Attachment[][]): Findings {
  const { host, family, bridge } = view;
  // Packets from port to port of one bridge pass the packet filter only where the kernel is told so.
  const filtered = filtersBridged(host.sysctls, family);
  const pairs = pairsOf(groups);
  if (!bridge.icc) return auditApart(view, pairs, filtered);
  if (!filtered) return NOTHING;
  for (const [parts, what] of [
    [{}, ""],
    [DATAGRAM, " by UDP"],
  ] as const) {
    const passages = pairs.map((pair) => ({ pair, passage: passageWithin(view, pair, parts) }));
    const shut = passages.filter(({ passage }) => passage.outcome === "shut");
    if (shut.length > 0) return together(shutWithin(view, shut, shut.length === passages.length, what));
    const lossy = passages.find(({ passage }) => passage.lossy !== null)?.passage;
    if (lossy !== undefined)
      return stopped(
        view,
        { ...lossy, place: lossy.lossy },
        `${whoOn(view)} lose a part of what they send each other${what}.`,
        "LIVE-09",
      );
  }
  return NOTHING;
}

function passageWithin({ firewall, family, bridge }: View, { from, to }: Pair, parts: Partial<Packet> = {}): Passage {
  const [sender, receiver] = [from[0], to[0]];
  const sent = packetOf(
    { family },
    {
      source: sender === undefined ? "" : addressOf(sender, family),
      ...(sender === undefined ? {} : senderOf(sender)),
      destination: receiver === undefined ? "" : addressOf(receiver, family),
      destinationPort: UNPUBLISHED,
      inDevice: bridge.device,
      outDevice: null,
      bridged: true,
      ...parts,
    },
  );
  return pass(firewall.all, sent, ["prerouting", "forward", "postrouting"], () => bridge.device);
}

/** @param all whether nobody reaches anybody */
function shutWithin(
  view: View,
  shut: readonly { readonly pair: Pair; readonly passage: Passage }[],
  all: boolean,
  what: string,
): Findings[] {
  const byPlace = Map.groupBy(shut, ({ passage: { place } }) => (place === null ? "" : placeText(place)));
  return [...byPlace.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    if (all && byPlace.size === 1)
      return stopped(view, first.passage, `${whoOn(view)} don't reach each other${what}.`, "LIVE-09");
    return alike.map(({ pair: { from, to }, passage }) =>
      stopped(
        { ...view, concerned: from },
        passage,
        `${namesOf(from)} ${from.length === 1 ? "doesn't" : "don't"} reach ${namesOf(to)} on network ${view.bridge.name}${what}.`,
        "LIVE-09",
      ),
    );
  });
}

function namesOf(members: readonly Attachment[]): string {
  return listed(members.map(({ container }) => container.name).toSorted());
}

/** Where a network was made without a way from container to container (icc). */
function auditApart(view: View, [pair]: readonly Pair[], filtered: boolean): Findings {
  const { firewall, family } = view;
  if (pair === undefined) return NOTHING;
  const within = passageWithin(view, pair);
  if (firewall.ruled !== "by the engine" || (filtered && within.outcome !== "open")) return NOTHING;
  const passing = `net.bridge.bridge-nf-call-${family === 4 ? "iptables" : "ip6tables"}`;
  return open(
    view,
    "LIVE-09",
    `${whoOn(view)} reach each other, though the network was made without that (icc).`,
    within,
    filtered
      ? unguarded(view, "icc", within)
      : {
          key: sysctlKey(passing),
          what: `${whoOn(view)} are not kept apart: ${passing} is 0, so the packet filter does not see what they send each other.`,
          act: "sysctl --system with a file that says so, or a program that switched it off",
          certainty: "concluded",
          evidence: [],
          remedies: [byHand("have the packet filter see it", [`sysctl -w ${passing}=1`], `sysctl ${passing}`)],
        },
  );
}

/** Whether a network is closed to the containers of others, and an internal one to the world. */
export function auditClosed(view: View, other: Attachment | undefined): Findings {
  const { host, firewall, family, bridge, member } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  const mode = range?.mode ?? "nat";
  const way = wayOutOf(host, family);
  const asked = packetOf(view, {
    destination: addressOf(member, family),
    destinationPort: UNPUBLISHED,
    outDevice: null,
  });
  if (other !== undefined && (mode === "nat" || bridge.internal)) {
    const otherRange = other.bridge.ranges.find((one) => one.family === family);
    const passage = pass(
      firewall.all,
      { ...asked, source: addressOf(other, family), inDevice: other.bridge.device },
      ["prerouting", "forward"],
      () => bridge.device,
    );
    if (passage.outcome === "open" && (otherRange?.mode === "nat" || bridge.internal))
      return open(
        view,
        "LIVE-10",
        `Containers of network ${other.bridge.name} reach every port of those on network ${bridge.name}.`,
        passage,
        unguarded(view, bridge.internal ? "internal" : "isolation", passage),
      );
  }
  if (!bridge.internal || way === null) return NOTHING;
  const outward = pass(
    firewall.all,
    packetOf(view, {
      source: addressOf(member, family),
      ...senderOf(member),
      destination: SOMEBODY[family],
      inDevice: bridge.device,
      outDevice: null,
    }),
    ["prerouting", "forward"],
    () => way,
  );
  if (outward.outcome !== "open") return NOTHING;
  return open(
    view,
    "LIVE-10",
    `Containers of the internal network ${bridge.name} can send to the world.`,
    outward,
    unguarded(view, "internal", outward),
  );
}

/** Why a network's own rules don't stop what they must: they are gone, or another one accepts before them. */
function unguarded(
  { snapshot, firewall, family, bridge }: View,
  part: "icc" | "internal" | "isolation",
  passage: Passage,
): Reason {
  const gone = { part, network: bridge.name } as const;
  const missing = missingOf(snapshot, family, gone);
  const reason = rulesGone(
    snapshot,
    gone,
    (missing ?? []).map((rule) => `missing: ${firewall.program} ${rule}`),
    [],
    missing !== null && missing.length > 0 ? "seen" : "concluded",
  );
  if (missing === null || missing.length > 0) return reason;
  return (
    reasonOfRuleBefore(snapshot, passage, `packets of network ${bridge.name}`) ?? {
      ...reason,
      key: `passed by ${reason.key}`,
      what: `Packets of network ${bridge.name} pass, though Docker's rules that must stop them are there.`,
      act: "a rule that is not Docker's lets them pass before",
    }
  );
}

/** What must not pass passes. What the operator opened in DOCKER-USER is a note. */
function open(view: View, claim: ClaimId, effect: string, passage: Passage, reason: Reason): Findings {
  const accepting = acceptedByOperator(view, passage);
  if (accepting !== null)
    return notes({
      key: `opened ${reason.key}`,
      what: `A rule that is not the engine's opens network ${view.bridge.name}: \`${accepting}\`. ${effect}`,
      todo: "If that is not meant, delete it.",
      subjects: [{ kind: "network", name: view.bridge.name }],
    });
  const basics = missingBasics(view.snapshot, view.firewall, view.family);
  return about(view, claim, {
    expected: "the packet is stopped",
    observed: "it passes every rule",
    effect,
    reason: basics.length > 0 ? reasonOfBasics(basics) : reason,
  });
}

/** Whether the engine's own rules would stop it, were it not for others that accept before them; then one of these. */
function acceptedByOperator({ firewall }: View, { packet, accepts }: Passage): string | null {
  const [accepting] = accepts.filter((place) => !isEngines(place));
  if (accepting === undefined) return null;
  const without = {
    ...firewall.all,
    tables: firewall.all.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.filter(
          (rule) => !rule.steps.some(({ kind }) => kind === "accept") || isEngines({ table, chain, rule }),
        ),
      })),
    })),
  };
  const stopped = pass(without, packet, ["forward"]);
  if (stopped.outcome !== "shut" || stopped.place?.rule === null) return null;
  return placeText(accepting);
}

/** In a chain of the engine's; before 28 its rules for a bridge stand in FORWARD itself. */
function isEngines({ table, chain, rule }: Place): boolean {
  if (/^DOCKER(-(?!USER)|$)/.test(chain.name) || table.name === "docker-bridges") return true;
  return chain.name === "FORWARD" && /-[io] (docker|br-)\S+ .*(! -o|--ctstate)/.test(rule?.text ?? "");
}
