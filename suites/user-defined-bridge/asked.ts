import type { IpamRange } from "../../helpers/topology/spec.ts";

/** What a network was created with; a topology's networks with a subnet of their own always have it. */
export function askedOf({ key, asked }: { readonly key: string; readonly asked: IpamRange | null }): IpamRange {
  if (asked === null) throw new Error(`the network ${key} was created without a range`);
  return asked;
}
