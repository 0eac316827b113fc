import { RESTART_ENGINE, remedyOf } from "../cause/mend.ts";
import type { Cause } from "../model/cause.ts";
import { cidr } from "../model/cidr.ts";
import { isIpv4 } from "../model/ipv4.ts";
import { evaluate } from "../snapshot/firewall/index.ts";
import { spacesOf } from "./ends.ts";
import type { Examination } from "./examination.ts";
import { placeBehind } from "./passages.ts";
import { spaceText, subjectOf } from "./words.ts";

/** It leaves the host with an address that nobody beyond knows the way to: no rule masquerades it. */
export function untranslated({ walk, ends, firewall, opening }: Examination): Cause[] {
  const device = walk.there.hops.at(-1)?.device;
  if (walk.there.end.kind !== "left" || device === undefined || ends.from === ends.host || walk.back !== null)
    return [];
  const { changes } = evaluate(firewall, { ...opening, inDevice: null, outDevice: device }, "postrouting");
  if (changes.some(({ action }) => action.kind === "masquerade" || action.kind === "snat")) return [];
  const owner = ends.host.links.find(({ addresses }) =>
    addresses.some(({ family, address, prefix }) => family === 4 && sameNetwork(address, ends.source, prefix)),
  );
  const address = owner?.addresses.find(
    ({ family, address: own, prefix }) => family === 4 && sameNetwork(own, ends.source, prefix),
  );
  if (owner === undefined || address === undefined) return [];
  return [
    {
      key: `untranslated of this host ${owner.name}`,
      what: `Packets of ${ends.source} leave this host by ${device} with the container's own address: no rule masquerades them, so an answer comes only where the machines beyond have a route back.`,
      act: "The nat table was flushed, as a firewall's reload does, or masquerading is switched off for this network on purpose.",
      certainty: "concluded",
      subjects: [subjectOf(ends.host)],
      evidence: [
        `no rule of POSTROUTING translates ${ends.source} on ${device}`,
        "the packet left, and no answer came in",
      ],
      remedies: [remedyOf(RESTART_ENGINE, null, "iptables -t nat -S POSTROUTING")],
    },
  ];
}

function sameNetwork(one: string, other: string, prefix: number): boolean {
  return isIpv4(one) && isIpv4(other) && cidr(`${one}/${prefix}`).contains(other);
}

/** The other machine itself says no. */
export function refusedBeyond({ walk, ends, probe }: Examination): Cause {
  const came = walk.back?.end.kind === "arrived";
  return {
    key: `refused beyond ${ends.destination} ${probe.port}`,
    what: `${ends.destination} refuses ${probe.protocol.toUpperCase()} port ${probe.port}: ${came ? "the refusal came in from another machine" : "the packet left this host, and a refusal came"}.`,
    act: "Nobody listens there, or a firewall there rejects it.",
    certainty: came ? "seen" : "concluded",
    subjects: [],
    evidence: [`outcome of the probe: ${walk.outcome}`],
    remedies: [],
  };
}

/** Nothing that was looked at explains it: the place alone, as the kernel told it. */
export function unnamed({ walk, ends }: Examination): Cause[] {
  const back = walk.there.end.kind === "arrived" || walk.there.end.kind === "left";
  const leg = back ? walk.back : walk.there;
  if (walk.followed === "concluded" || leg === null) return [];
  const { space, device } = placeBehind(leg, spacesOf(ends), back ? (ends.to ?? ends.host) : ends.from);
  const at =
    device === null ? `${spaceText(space)}, before it came to a device` : `behind ${device} ${spaceText(space)}`;
  const { end } = leg;
  if (end.kind === "dropped")
    return [
      {
        key: `dropped ${spaceText(space)} ${end.at} ${end.reason ?? ""}`,
        what: `The kernel drops the ${back ? "answer" : "packet"} ${at}, in ${end.at === "" ? "a function that this kernel does not name" : end.at}${end.reason === null ? "" : ` (${end.reason})`}.`,
        act: null,
        certainty: "seen",
        subjects: [subjectOf(space)],
        evidence: [
          `kfree_skb at ${end.at}, reason ${end.reason ?? "not told"}`,
          ...walk.unread.map((thing) => `not read: ${thing}`),
        ],
        remedies: [],
      },
    ];
  if (end.kind !== "vanished") return [];
  return [
    {
      key: `vanished ${spaceText(space)} ${device ?? ""}`,
      what: `The ${back ? "answer" : "packet"} is last seen ${at}; the kernel drops it nowhere: it waits there, or a program took it.`,
      act: null,
      // That nothing drops it is seen; what became of it is not.
      certainty: "guessed",
      subjects: [subjectOf(space)],
      evidence: walk.unread.map((thing) => `not read: ${thing}`),
      remedies: [],
    },
  ];
}
