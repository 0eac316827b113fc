import { addressNumber, addressValue } from "./firewall/values.ts";

/**
 * Whether a range that `ip` prints (`10.9.0.0/16`, `fd00::/64`, an address alone) holds an address of its family.
 * @param address undefined: one that is not known is in none
 */
export function covers(range: string, address: string | undefined): boolean {
  const value = addressValue(range);
  const number = address === undefined ? null : addressNumber(address);
  return (
    value !== null &&
    number !== null &&
    value.family === number.family &&
    "from" in value.value &&
    value.value.from <= number.value &&
    number.value <= value.value.to
  );
}
