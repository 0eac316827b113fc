/** What stands before the flags in a link's line: `eth0`, `eth0@if11`, `pair1@pair0`, `sit0@NONE`. */
export interface LinkName {
  readonly name: string;
  /** Of `@if11`: the other end's index in another network namespace. */
  readonly peerIndex?: number;
  /**
   * Of `@pair0`: the other end (veth) or the parent (macvlan, VLAN) in the same network namespace.
   *
   * Not to be trusted from BusyBox `ip`: it looks the peer's index up in its own namespace, without asking in which
   * namespace the peer lives, and so names an unrelated link that happens to have that index (measured: `wan0@br-cap`
   * where iproute2's `ip` says `wan0@if2`).
   */
  readonly peerName?: string;
}

/** Splits the name of a link from what it is tied to. */
export function splitLinkName(text: string): LinkName {
  const at = text.lastIndexOf("@");
  if (at <= 0) return { name: text };
  const [name, peer] = [text.slice(0, at), text.slice(at + 1)];
  if (peer === "NONE") return { name };
  return /^if\d+$/.test(peer) ? { name, peerIndex: Number(peer.slice(2)) } : { name, peerName: peer };
}
