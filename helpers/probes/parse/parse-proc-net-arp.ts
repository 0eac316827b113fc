/** An entry of the kernel's neighbour table that somebody wrote: it is never asked for again, right or wrong. */
export interface PermanentNeighbour {
  readonly address: string;
  readonly mac: string;
  readonly device: string;
}

/** ATF_PERM */
const PERMANENT = 0x4;

/**
 * Reads the permanent entries of /proc/net/arp (IPv4). Lines: address, hardware type, flags, hardware address, mask,
 * device. What is no such line is left out.
 */
export function parseProcNetArp(text: string): PermanentNeighbour[] {
  return text.split("\n").flatMap((line) => {
    const [address = "", , flags = "", mac = "", , device] = line.trim().split(/\s+/);
    if (device === undefined || !/^0x[0-9a-f]+$/.test(flags) || (Number(flags) & PERMANENT) === 0) return [];
    return [{ address, mac: mac.toLowerCase(), device }];
  });
}
