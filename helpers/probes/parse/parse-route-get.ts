/** The kernel's answer to `ip route get`: the way that a packet of the host's own takes. */
export interface Way {
  readonly interface: string;
  /** Next hop; null where the destination is taken to be on the link itself. */
  readonly gateway: string | null;
  /** Source address that the packet gets; empty where the kernel tells none. */
  readonly source: string;
}

const NO_WAY = /^(?:unreachable|blackhole|prohibit|throw|local|broadcast|multicast)\s/;

/**
 * Reads `ip route get ADDRESS` of BusyBox and iproute2, of either family.
 * @returns null where there is no way (an error, a route that rejects) or where the address is the host's own
 */
export function parseRouteGet(text: string): Way | null {
  const [line = ""] = text.trim().split("\n");
  const device = /\sdev (\S+)/.exec(line)?.[1];
  if (device === undefined || NO_WAY.test(line) || !/^[\da-fA-F.:]+\s/.test(line)) return null;
  return {
    interface: device,
    gateway: /\svia (?:inet6? )?(\S+)/.exec(line)?.[1] ?? null,
    // Asked for the way from an address, the kernel tells no other one. `from ::` is none.
    source: (/\ssrc (\S+)/.exec(line) ?? /\sfrom (?!:: )(\S+)/.exec(line))?.[1] ?? "",
  };
}
