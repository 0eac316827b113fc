import { forgetNeighbours, neighboursKey } from "../cause/keys.ts";
import type { Cause, Remedy } from "../model/cause.ts";
import type { HostView } from "../vantage/host-view.ts";
import type { Place } from "./passages.ts";
import { masterOf, ownInSpace, peerOf, type Space } from "./spaces.ts";
import { enter, spaceText, subjectOf } from "./words.ts";

/** What a device and what it hangs on look like. */
interface LinkLook {
  readonly device: string;
  /** `state 3`, `isolated 0`, `vlan_filtering 0`, … */
  readonly port: ReadonlyMap<string, string>;
  readonly vlans: readonly string[];
  readonly qdiscs: readonly string[];
  readonly filters: readonly string[];
  /** Of `ip link`: XDP programs. */
  readonly xdp: string;
  /** Of `ip neigh` on the device. */
  readonly neighbours: readonly string[];
  readonly flags: readonly string[];
}

/** Looks at one device of a namespace. */
export async function lookAtLink(host: HostView, space: Space, device: string): Promise<LinkLook> {
  const sys = `/sys/class/net/${device}`;
  const text = await ownInSpace(
    host,
    space.pid,
    [
      // What is mounted at /sys shows the host's own devices.
      ...(space.where.kind === "host"
        ? [
            `echo == port`,
            `for f in state isolated hairpin_mode learning unicast_flood; do [ -r ${sys}/brport/$f ] && echo "$f $(cat ${sys}/brport/$f)"; done`,
            `[ -r ${sys}/master/bridge/vlan_filtering ] && echo "vlan_filtering $(cat ${sys}/master/bridge/vlan_filtering)"`,
          ]
        : []),
      "echo == vlans",
      `bridge vlan show dev ${device} 2>/dev/null | tail -n +2`,
      "echo == qdiscs",
      `tc qdisc show dev ${device} 2>/dev/null`,
      "echo == filters",
      `for w in ingress egress root; do tc filter show dev ${device} $w 2>/dev/null | sed "s/^/$w: /"; done`,
      "echo == xdp",
      `ip link show ${device} 2>/dev/null | grep -o "xdp[a-z]*/id:[0-9]*\\|prog/xdp.*"`,
      "echo == neighbours",
      `ip neigh show dev ${device} 2>/dev/null; ip -6 neigh show dev ${device} 2>/dev/null`,
      "echo == flags",
      `ip link show ${device} 2>/dev/null | head -n 1`,
    ].join("; "),
  );
  const parts = new Map(
    text
      .split(/^== /m)
      .slice(1)
      .map((part) => {
        const [name = "", ...lines] = part.split("\n");
        return [name, lines.map((line) => line.trimEnd()).filter((line) => line.trim() !== "")] as const;
      }),
  );
  const of = (name: string): readonly string[] => parts.get(name) ?? [];
  return {
    device,
    port: new Map(of("port").map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""])),
    vlans: of("vlans"),
    qdiscs: of("qdiscs"),
    filters: of("filters"),
    xdp: of("xdp").join(" "),
    neighbours: of("neighbours"),
    flags: (/<([^>]*)>/.exec(of("flags")[0] ?? "")?.[1] ?? "").split(","),
  };
}

const PORT_STATES: Readonly<Record<string, string>> = {
  "0": "disabled",
  "1": "listening",
  "2": "learning",
  "3": "forwarding",
  "4": "blocking",
};

/** The devices to be looked at behind a place: the one it was seen at, what that hangs on, the other end of its cable. */
export function devicesAt(
  place: Place,
  spaces: readonly Space[],
  out: string | null,
): { readonly space: Space; readonly device: string }[] {
  const found: { readonly space: Space; readonly device: string }[] = [];
  const add = (space: Space, device: string | null): void => {
    if (device !== null && !found.some((each) => each.space === space && each.device === device))
      found.push({ space, device });
  };
  add(place.space, place.device);
  if (place.device !== null) {
    add(place.space, masterOf(place.space, place.device));
    const peer = peerOf(spaces, place.space, place.device);
    if (peer !== null && place.direction === "sent") add(peer.space, peer.device);
  }
  add(place.space, out);
  return found;
}

/**
 * What of one device ends a packet.
 * @param length of the IP packet
 * @param role whether the packet came in by it, goes out by it, or is at one end of the cable
 */
export function linkCauses(space: Space, look: LinkLook, length: number | null): Cause[] {
  const { device } = look;
  const where = spaceText(space);
  const pre = enter(space);
  const causes: Cause[] = [];
  const say = (
    key: string,
    what: string,
    evidence: readonly string[],
    remedy: Remedy | null,
    act: string | null = null,
  ): void => {
    causes.push({
      key: `link ${where} ${device} ${key}`,
      what,
      act,
      certainty: "concluded",
      subjects: [subjectOf(space)],
      evidence,
      remedies: remedy === null ? [] : [remedy],
    });
  };
  const check = `${pre}ip -d link show ${device}`;
  if (look.flags.some((flag) => flag !== "") && !look.flags.includes("UP"))
    say("down", `The device ${device} ${where} is down.`, [`ip link: <${look.flags.join(",")}>`], {
      what: "bring it up",
      commands: [`${pre}ip link set ${device} up`],
      cost: "",
      check,
    });
  const state = look.port.get("state");
  if (state !== undefined && state !== "3")
    say(
      "state",
      `The bridge port ${device} ${where} does not forward: its state is ${PORT_STATES[state] ?? state}.`,
      [`/sys/class/net/${device}/brport/state: ${state}`],
      {
        what: "let the port forward",
        commands: [`bridge link set dev ${device} state 3`],
        cost: "",
        check: `bridge -d link show dev ${device}`,
      },
    );
  if (look.port.get("isolated") === "1")
    say(
      "isolated",
      `The bridge port ${device} ${where} is isolated: it exchanges nothing with other isolated ports.`,
      [`/sys/class/net/${device}/brport/isolated: 1`],
      {
        what: "end the isolation",
        commands: [`bridge link set dev ${device} isolated off`],
        cost: "",
        check: `bridge -d link show dev ${device}`,
      },
    );
  if (look.port.get("vlan_filtering") === "1" && !look.vlans.some((line) => /PVID/.test(line)))
    say(
      "vlan",
      `The bridge filters VLANs, and its port ${device} ${where} takes no untagged packet.`,
      ["vlan_filtering: 1", ...look.vlans],
      {
        what: "give the port its VLAN for untagged packets",
        commands: [`bridge vlan add dev ${device} vid 1 pvid untagged`],
        cost: "",
        check: `bridge vlan show dev ${device}`,
      },
    );
  const shaped = look.qdiscs.filter((line) => /\bnetem\b|\btbf\b|\bblackhole\b|\bplug\b/.test(line));
  for (const line of shaped) {
    const kind = /qdisc (\w+)/.exec(line)?.[1] ?? "";
    say(
      `qdisc ${kind}`,
      `A queueing discipline on ${device} ${where} delays or loses packets: \`${line.trim()}\`.`,
      [line.trim()],
      {
        what: "take it away",
        commands: [`${pre}tc qdisc del dev ${device} root`],
        cost: "What it shaped is shaped no more.",
        check: `${pre}tc -s qdisc show dev ${device}`,
      },
    );
  }
  const dropping = look.filters.filter((line) => /\bdrop\b|shot|bpf|police/.test(line));
  if (dropping.length > 0) {
    const [line = ""] = dropping;
    const parent = /^(ingress|egress|root):/.exec(line)?.[1] ?? "ingress";
    say(
      "filter",
      `A traffic control filter on ${device} ${where} (${parent}) may drop the packet.`,
      dropping.slice(0, 4),
      {
        what: "take the filters away",
        commands: [`${pre}tc filter del dev ${device} ${parent}`],
        cost: "All filters of this device in this direction go.",
        check: `${pre}tc filter show dev ${device} ${parent}`,
      },
    );
  }
  if (look.xdp !== "")
    say("xdp", `An XDP program on ${device} ${where} decides on packets before anything else sees them.`, [look.xdp], {
      what: "take the program away",
      commands: [`${pre}ip link set dev ${device} xdp off`],
      cost: "What the program protects is no longer protected; ask its owner first.",
      check,
    });
  const link = space.links.find(({ name }) => name === device);
  if (link !== undefined && length !== null && length > link.mtu)
    say(
      "mtu",
      `The packet of ${length} bytes is longer than ${device} ${where} takes (${link.mtu}).`,
      [`mtu ${link.mtu} of ${device}`],
      null,
    );
  return causes;
}

/** What a neighbour table says of a next hop: nobody answers, or an address that is not the target's. */
export function neighbourCause(
  space: Space,
  look: LinkLook,
  nextHop: string,
  macs: readonly string[],
): { readonly cause: Cause; readonly unanswered: boolean } | null {
  const line = look.neighbours.find((each) => each.split(/\s+/)[0] === nextHop);
  const where = spaceText(space);
  const pre = enter(space);
  const check = `${pre}ip neigh show ${nextHop} dev ${look.device}`;
  const base = {
    key: space.where.kind === "host" ? neighboursKey(look.device) : `neighbour ${where} ${look.device} ${nextHop}`,
    certainty: "concluded" as const,
    subjects: [subjectOf(space)],
  };
  if (line === undefined) return null;
  const [, mac] = / lladdr (\S+)/.exec(line) ?? [];
  if (mac === undefined || /FAILED|INCOMPLETE/.test(line))
    return {
      unanswered: true,
      cause: {
        ...base,
        what: `Nobody answers for ${nextHop} on ${look.device} ${where}: the packet waits for the neighbour's hardware address.`,
        act: null,
        evidence: [`ip neigh: ${line}`],
        remedies: [],
      },
    };
  if (macs.length === 0 || macs.some((each) => each.toLowerCase() === mac.toLowerCase())) return null;
  return {
    unanswered: false,
    cause: {
      ...base,
      what: `The neighbour table ${where} holds the hardware address ${mac} for ${nextHop} on ${look.device}, which is not that machine's (${macs.join(", ")}).`,
      act: /PERMANENT/.test(line)
        ? "Somebody wrote the entry by hand: it is permanent."
        : "Another machine answers for the same address.",
      evidence: [`ip neigh: ${line}`],
      remedies: [
        /PERMANENT/.test(line)
          ? {
              what: "forget what was written by hand of this device",
              commands: [`${pre}${forgetNeighbours(look.device)}`],
              cost: "",
              check,
            }
          : {
              what: "forget the entry",
              commands: [`${pre}ip neigh del ${nextHop} dev ${look.device}`],
              cost: "",
              check,
            },
      ],
    },
  };
}
