import { firewallKey, MISSING_RULES } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { masquerades } from "../expectations/firewall.ts";
import type { Subject } from "../model/subject.ts";
import { managerOf } from "../snapshot/firewall/managers.ts";
import type { Place } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { type Attachment, attachmentsOf, type Bridge } from "./bridges.ts";
import {
  type ClaimId,
  type Deviation,
  deviates,
  type Findings,
  NOTHING,
  notes,
  type Reason,
  together,
} from "./deviation.ts";
import { firewallOf, type JudgedFirewall, missingBasics, reasonOfBasics } from "./engine-rules.ts";
import { ipFamily, type Passage, pass, SOMEBODY } from "./passage.ts";
import { byHand, JUDGE_AGAIN, restartDocker } from "./remedies.ts";
import { insertion } from "./translation.ts";
import { uplinkOf } from "./uplink.ts";

/** A port that nobody publishes, for what must be shut: in none of the ranges that people use. */
const UNPUBLISHED = 65_123;

/** What the packet filter does with what containers of bridge networks send and get, judged by its effect. */
export function auditForwarding(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  const attachments = attachmentsOf(snapshot);
  const networks = [...new Map(attachments.map((one) => [one.bridge.name, one.bridge])).values()];
  return together(
    ([4, 6] as const).flatMap((family) => {
      const firewall = firewallOf(snapshot, host, family);
      if (firewall === null) return [];
      const on = (bridge: Bridge): Attachment[] =>
        attachments.filter((one) => one.bridge.name === bridge.name && addressOf(one, family) !== "");
      return networks.flatMap((bridge) => {
        const [member, second] = on(bridge);
        const link = host.links.find(({ name }) => name === bridge.device);
        // A network whose device is gone or down is told as that.
        if (member === undefined || link?.up !== true) return [];
        const view: View = { snapshot, host, firewall, family, bridge, member };
        const [other] = networks
          .filter((one) => one.name !== bridge.name && host.links.some(({ name, up }) => name === one.device && up))
          .flatMap((one) => on(one).slice(0, 1));
        return [
          auditWayOut(view),
          ...(second === undefined ? [] : [auditWithin(view, second)]),
          auditClosed(view, other),
        ];
      });
    }),
  );
}

interface View {
  readonly snapshot: LivingSnapshot;
  readonly host: LivingHost;
  readonly firewall: JudgedFirewall;
  readonly family: 4 | 6;
  readonly bridge: Bridge;
  readonly member: Attachment;
}

function addressOf({ endpoint }: Attachment, family: 4 | 6): string {
  return family === 4 ? endpoint.address : endpoint.address6;
}

function packetOf({ family }: Pick<View, "family">, parts: Partial<Packet>): Packet {
  return {
    family: ipFamily(family),
    protocol: "tcp",
    sourcePort: 50_000,
    destinationPort: 443,
    state: "new",
    status: [],
    mark: 0,
    tcpFlags: ["syn"],
    sourceType: "unicast",
    destinationType: "unicast",
    ...parts,
  };
}

function about(
  { bridge, family }: View,
  claim: ClaimId,
  parts: Omit<Deviation, "claim" | "subject" | "concerns">,
): Findings {
  const subject: Subject = { kind: "network", name: bridge.name };
  const reason =
    family === 4 || parts.reason.key === MISSING_RULES
      ? parts.reason
      : { ...parts.reason, key: `${parts.reason.key} ipv6` };
  return deviates({ claim, subject, concerns: [bridge.name], ...parts, reason });
}

/** `Containers of network shop (shop-api, shop-web)` */
function whoOn({ snapshot, bridge }: View): string {
  const names = attachmentsOf(snapshot)
    .filter((one) => one.bridge.name === bridge.name)
    .map(({ container }) => container.name);
  return `Containers of network ${bridge.name} (${listed(names.toSorted())})`;
}

function auditWayOut(view: View): Findings {
  const { snapshot, host, firewall, family, bridge, member } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  const uplink = uplinkOf(host, family);
  if (bridge.internal || range === undefined || range.mode === "isolated" || uplink === null) return NOTHING;
  const address = addressOf(member, family);
  const ipv6 = family === 6 ? " by IPv6" : "";
  const out = pass(
    firewall.all,
    packetOf(view, { source: address, destination: SOMEBODY[family], inDevice: bridge.device, outDevice: null }),
    ["prerouting", "forward", "postrouting"],
    () => uplink.device,
  );
  if (out.outcome === "shut") return stopped(view, out.place, `${whoOn(view)} reach nothing beyond this host${ipv6}.`);
  const back = pass(
    firewall.all,
    packetOf(view, {
      source: SOMEBODY[family],
      destination: address,
      sourcePort: 443,
      destinationPort: 50_000,
      state: "established",
      status: ["snat"],
      tcpFlags: ["syn", "ack"],
      inDevice: uplink.device,
      outDevice: null,
    }),
    ["forward"],
    () => bridge.device,
  );
  if (back.outcome === "shut")
    return stopped(view, back.place, `${whoOn(view)} get no answers from beyond this host${ipv6}.`);
  const hidden = out.translatedBy.length > 0;
  if (out.outcome === "unsure" || hidden || !range.masquerade || !out.packet.source) return NOTHING;
  const basics = missingBasics(snapshot, firewall, family);
  const withNat = basics.some(({ what }) => what.includes("nat"));
  const wanted = masquerades([], range.subnet, bridge.device).wanted;
  const byRule =
    firewall.layout === null || family === 6 ? [] : [insertion(firewall, wanted).replaceAll(/-o ! (\S+)/g, "! -o $1")];
  return about(view, "LIVE-08", {
    expected: `what ${range.subnet} sends by ${uplink.device} gets the host's address`,
    observed: `it keeps its own${out.place === null ? "" : ` (${placeText(out.place)})`}`,
    effect: `${whoOn(view)} reach nothing beyond this host${ipv6}: answers to ${address} find no way back.`,
    reason: withNat
      ? reasonOfBasics(snapshot, basics)
      : {
          key: `masquerade-gone ${bridge.name}`,
          what: `Nothing masquerades what network ${bridge.name} (${range.subnet}) sends beyond the host: the engine's rule is gone, or another one comes before it.`,
          act: "a firewall reload or flush",
          certainty: "concluded",
          evidence: [],
          remedies: [
            ...(byRule.length === 0
              ? []
              : [
                  byHand(
                    "put the rule back",
                    byRule,
                    `${firewall.program} -t nat -S POSTROUTING | grep -- '${range.subnet}'`,
                  ),
                ]),
            restartDocker(snapshot),
          ],
        },
  });
}

/** Something that must pass is stopped: by the operator's own chain it is a note. */
function stopped(view: View, place: Place | null, effect: string, claim: ClaimId = "LIVE-07"): Findings {
  const { snapshot, firewall, family, bridge } = view;
  if (place === null) return NOTHING;
  const rule = placeText(place);
  if (place.chain.name === "DOCKER-USER")
    return notes({
      key: `docker-user network ${rule}`,
      what: `A rule in DOCKER-USER stops what networks send or get: \`${rule}\`.`,
      todo: "If that is not meant, delete it there.",
      subjects: [{ kind: "network", name: bridge.name }],
    });
  const basics = missingBasics(snapshot, firewall, family);
  const policyOfEngine = place.rule === null && place.chain.name === "FORWARD";
  const manager = managerOf(place);
  const engines = manager?.name === "the Docker engine";
  const line = removal(place);
  const restart = restartDocker(snapshot);
  let reason: Reason;
  if ((policyOfEngine || engines) && basics.length > 0) reason = reasonOfBasics(snapshot, basics, [rule]);
  else if ((policyOfEngine && !place.table.program.includes("legacy")) || engines)
    reason = {
      key: `forward-rules-gone ${bridge.name}`,
      what: `The engine's rules that let packets of network ${bridge.name} through are gone; they end at \`${rule}\`.`,
      act: "a firewall reload, or a script that restored older rules",
      certainty: "concluded",
      evidence: [rule],
      remedies: [restart],
    };
  else
    reason = {
      key: firewallKey(rule),
      what: `A rule ${manager === null ? "that is not the engine's" : `of ${manager.name}`} stops packets of containers: \`${rule}\`.`,
      act: manager === null ? "a firewall program or a person added it" : null,
      certainty: "seen",
      evidence: [rule],
      remedies: line === null ? [] : [byHand("take the rule away", [line], JUDGE_AGAIN)],
    };
  return about(view, claim, { expected: "the packet passes", observed: `stopped by ${rule}`, effect, reason });
}

function auditWithin(view: View, second: Attachment): Findings {
  const { host, firewall, family, bridge, member } = view;
  // Packets from port to port of one bridge pass the packet filter only where the kernel is told so.
  const filtered = host.sysctls[`bridge/bridge-nf-call-${family === 4 ? "iptables" : "ip6tables"}`] === "1";
  if (!filtered && bridge.icc) return NOTHING;
  const within = pass(
    firewall.all,
    packetOf(view, {
      source: addressOf(member, family),
      destination: addressOf(second, family),
      destinationPort: UNPUBLISHED,
      inDevice: bridge.device,
      outDevice: null,
    }),
    ["prerouting", "forward"],
    () => bridge.device,
  );
  if (bridge.icc) {
    if (within.outcome !== "shut") return NOTHING;
    return stopped(view, within.place, `${whoOn(view)} don't reach each other.`, "LIVE-09");
  }
  if (filtered && within.outcome !== "open") return NOTHING;
  return open(
    view,
    "LIVE-09",
    `${whoOn(view)} reach each other, though the network was made without that (icc).`,
    within,
    {
      key: `icc-open ${bridge.name}`,
      what: filtered
        ? `The rule that keeps the containers of network ${bridge.name} apart is gone.`
        : `${whoOn(view)} are not kept apart: net.bridge.bridge-nf-call-iptables is off, so the packet filter does not see what they send each other.`,
      remedies: filtered
        ? [restartDocker(view.snapshot)]
        : [
            byHand(
              "have the packet filter see it",
              [`sysctl -w net.bridge.bridge-nf-call-${family === 4 ? "iptables" : "ip6tables"}=1`],
              "sysctl net.bridge.bridge-nf-call-iptables",
            ),
          ],
    },
  );
}

/** What must not pass passes. What the operator opened in DOCKER-USER is a note. */
function open(
  view: View,
  claim: ClaimId,
  effect: string,
  passage: Passage,
  { key, what, remedies }: Pick<Reason, "key" | "what" | "remedies">,
): Findings {
  const accepting = acceptedByOperator(view, passage);
  if (accepting !== null)
    return notes({
      key: `opened ${key}`,
      what: `A rule that is not the engine's opens network ${view.bridge.name}: \`${accepting}\`. ${effect}`,
      todo: "If that is not meant, delete it.",
      subjects: [{ kind: "network", name: view.bridge.name }],
    });
  const basics = missingBasics(view.snapshot, view.firewall, view.family);
  return about(view, claim, {
    expected: "the packet is stopped",
    observed: "it passes every rule",
    effect,
    reason:
      basics.length > 0
        ? reasonOfBasics(view.snapshot, basics)
        : {
            key,
            what,
            act: "a firewall reload, or a rule that accepts before the engine's",
            certainty: "concluded",
            evidence: [],
            remedies,
          },
  });
}

/** Whether the engine's own rules would stop it, were it not for others that accept before them; then one of these. */
function acceptedByOperator({ firewall }: View, { packet }: Passage): string | null {
  const others: string[] = [];
  const without = {
    ...firewall.all,
    tables: firewall.all.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.filter((rule) => {
          const accepts = rule.steps.some(({ kind }) => kind === "accept");
          if (!accepts || isEngines({ table, chain, rule })) return true;
          if (matchesFirst(packet, rule)) others.push(placeText({ table, chain, rule }));
          return false;
        }),
      })),
    })),
  };
  const stopped = pass(without, packet, ["forward"]);
  if (stopped.outcome !== "shut" || stopped.place?.rule === null) return null;
  return others[0] ?? null;
}

/** In a chain of the engine's; before 28 its rules for a bridge stand in FORWARD itself. */
function isEngines({ table, chain, rule }: Place): boolean {
  if (/^DOCKER(-(?!USER)|$)/.test(chain.name) || table.name === "docker-bridges") return true;
  return chain.name === "FORWARD" && /-[io] (docker|br-)\S+ .*(! -o|--ctstate)/.test(rule?.text ?? "");
}

function matchesFirst(packet: Packet, { text }: { readonly text: string }): boolean {
  const named = /-o (\S+)/.exec(text)?.[1];
  return named === undefined || named === packet.outDevice || text.includes(`! -o ${named}`);
}

function auditClosed(view: View, other: Attachment | undefined): Findings {
  const { host, firewall, family, bridge, member } = view;
  const range = bridge.ranges.find((one) => one.family === family);
  const mode = range?.mode ?? "nat";
  const uplink = uplinkOf(host, family);
  const asked = packetOf(view, {
    destination: addressOf(member, family),
    destinationPort: UNPUBLISHED,
    outDevice: null,
  });
  const remedies = [restartDocker(view.snapshot)];
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
        {
          key: `isolation-gone ${bridge.name}`,
          what: `Nothing keeps network ${bridge.name} apart from other networks: the engine's isolation rules are gone, or a rule accepts before them.`,
          remedies,
        },
      );
  }
  if (!bridge.internal || uplink === null) return NOTHING;
  const outward = pass(
    firewall.all,
    packetOf(view, {
      source: addressOf(member, family),
      destination: SOMEBODY[family],
      inDevice: bridge.device,
      outDevice: null,
    }),
    ["prerouting", "forward"],
    () => uplink.device,
  );
  if (outward.outcome !== "open") return NOTHING;
  return open(view, "LIVE-10", `Containers of the internal network ${bridge.name} can send to the world.`, outward, {
    key: `internal-open ${bridge.name}`,
    what: `Nothing closes the internal network ${bridge.name}: the engine's rules for it are gone, or a rule accepts before them.`,
    remedies,
  });
}
