import { answerTo } from "../snapshot/firewall/answer.ts";
import type { Firewall } from "../snapshot/firewall/model.ts";
import type { Packet } from "../snapshot/firewall/packet.ts";
import { type Passage, pass } from "./passage.ts";

/** Where an answer passes this host. */
interface AnswersWay {
  /** The device by which it arrives, and the one to which it is routed. */
  readonly enters: string;
  readonly leaves: string;
  /**
   * What it is addressed to as it arrives: what the question was masqueraded to; null where that is not known. Left out
   * where nobody has promised that it arrives: then only what sees it forwarded is asked.
   */
  readonly arrivesFor?: string | null;
  /** Who asked. */
  readonly asker: string;
  /** What is otherwise than with the first answer: a later one has other flags, and a size. */
  readonly parts?: Partial<Packet>;
}

/** What becomes of an answer, and how far it comes where it is shut. */
interface Return extends Passage {
  readonly arrives: boolean;
}

/**
 * The way back of the answer to a packet that this host has forwarded: by the rules that see it as it arrives, and, once
 * it is translated back, by those that see it forwarded.
 * @param sent the packet that was asked by, as it left
 */
export function comesBack(firewall: Firewall, sent: Packet, way: AnswersWay): Return {
  const { enters, leaves, arrivesFor, asker, parts } = way;
  const { destination: _translated, status = [], ...answer } = answerTo(sent);
  const hidden = arrivesFor !== undefined && arrivesFor !== asker;
  const asked: Packet = {
    ...answer,
    ...parts,
    status: hidden && !status.includes("snat") ? [...status, "snat"] : status,
    sourceType: "unicast",
    inDevice: enters,
    outDevice: null,
  };
  const arriving: Packet = {
    ...asked,
    ...(arrivesFor == null ? {} : { destination: arrivesFor }),
    destinationType: hidden ? "local" : "unicast",
  };
  const entered = arrivesFor === undefined ? null : pass(firewall, arriving, ["prerouting"]);
  if (entered?.outcome === "shut") return { ...entered, arrives: false };
  const routed: Packet = { ...(entered?.packet ?? asked), destination: asker, destinationType: "unicast" };
  const onward = pass(firewall, routed, ["forward", "postrouting"], () => leaves);
  return { ...onward, lossy: onward.lossy ?? entered?.lossy ?? null, arrives: true };
}
