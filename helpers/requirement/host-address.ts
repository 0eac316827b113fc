import type { Vantage } from "../model/evidence.ts";
import { addresses } from "../probes/addresses.ts";
import { Violation } from "./verdicts.ts";

/**
 * Judges what must hold at an address of the host. An address that is gone by the time of a violation is none of the
 * host's any more: bridges of others come and go with their networks.
 * @throws what the check throws, but for a violation at an address that the host lost meanwhile
 */
export async function whileHostHas(host: Vantage, address: string, check: () => Promise<unknown>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const now = await addresses(host);
    if (now.some((carried) => carried.address === address)) throw error;
  }
}
