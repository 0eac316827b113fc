import { isIP } from "node:net";
import type { Words } from "./words.ts";

export type Family = 4 | 6;

/** 4 or 6 for an address without prefix; null for anything else. */
export function familyOf(text: string): Family | null {
  const family = isIP(text);
  return family === 4 || family === 6 ? family : null;
}

/** Six colon-separated bytes. */
export function isMac(text: string): boolean {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text);
}

/** Reads an address or fails the line. */
export function addressIn(words: Words, text: string): { readonly address: string; readonly family: Family } {
  const family = familyOf(text);
  return family === null ? words.fail(`${JSON.stringify(text)} is no address`) : { address: text, family };
}

/** Reads `address/prefix`; without a prefix it is one host: 32 or 128. */
export function prefixedAddressIn(
  words: Words,
  text: string,
): { readonly address: string; readonly family: Family; readonly prefix: number } {
  const [before = "", after, ...more] = text.split("/");
  const { address, family } = addressIn(words, before);
  const widest = family === 4 ? 32 : 128;
  const prefix = after === undefined ? widest : words.toInteger(after, "prefix length");
  if (more.length > 0 || prefix > widest) words.fail(`${JSON.stringify(text)} is no address with prefix`);
  return { address, family, prefix };
}
