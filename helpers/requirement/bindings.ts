import { type ExpectedBindings, expectedBindings, type Publication, sameBinding } from "../expectations/ports.ts";
import { isUnspecified } from "../model/address.ts";
import type { Facts } from "../model/facts.ts";
import { isIpv6 } from "../model/ipv6.ts";
import { has } from "../model/version-switches.ts";
import { Violation } from "./verdicts.ts";

/** A host binding as `NetworkSettings.Ports` gives it. */
export interface HostBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** The host ports of one publication. */
export interface PublishedOn {
  readonly ipv4: number;
  /** Null where it is not published for IPv6 as well. Before Engine 27.0 it may differ from the other. */
  readonly ipv6: number | null;
}

/**
 * Asserts that one container port has exactly the host bindings that its publications ask for: the IPv4 ones, and the
 * one for `::` where the host's facts and the configuration call for it.
 * @param what the subject of a failure: `bindings of 80/tcp`
 * @param publications all of this container port
 * @param network where the container is: its default host address
 * @returns the host ports of each publication, in their order
 */
export function mustHaveBindings(
  what: string,
  facts: Facts,
  observed: readonly HostBinding[],
  publications: readonly Publication[],
  network: { readonly hostBindingIp?: string; readonly ipv6?: boolean } = {},
): PublishedOn[] {
  const expected = publications.map((publication) => expectedBindings(facts, publication, network));
  const rest = [...observed];
  const fail = (): never => {
    throw new Violation(what, {
      expected: expected.map((one) => describe(one, facts)).join(", "),
      observed:
        observed.length === 0 ? "none" : observed.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`).join(", "),
    });
  };
  const take = (matches: (binding: HostBinding) => boolean): number | null => {
    const index = rest.findIndex(matches);
    return index === -1 ? null : Number(rest.splice(index, 1)[0]?.HostPort);
  };
  const everyIpv6 = ({ HostIp }: HostBinding): boolean => isIpv6(HostIp) && isUnspecified(HostIp);
  const found = new Map<ExpectedBindings, PublishedOn>();
  // A publication with a port of its own must not lose it to one that takes any.
  for (const one of expected.toSorted((a, b) => Number(isChosen(a)) - Number(isChosen(b)))) {
    const ipv4 = take((binding) => sameBinding(binding, one.binding)) ?? fail();
    const other = isChosen(one) && !has(facts, "one-chosen-port-for-both-families");
    const ipv6 =
      take((binding) => everyIpv6(binding) && Number(binding.HostPort) === ipv4) ??
      (other && one.ipv6Entry.known && one.ipv6Entry.value ? take(everyIpv6) : null);
    if (one.ipv6Entry.known && one.ipv6Entry.value !== (ipv6 !== null)) fail();
    found.set(one, { ipv4, ipv6 });
  }
  if (rest.length > 0) fail();
  return expected.map((one) => found.get(one) ?? fail());
}

function isChosen({ binding }: ExpectedBindings): boolean {
  return binding.hostPort === null;
}

function describe({ binding: { hostIp, hostPort }, ipv6Entry }: ExpectedBindings, facts: Facts): string {
  const ipv4 = `${hostIp}:${hostPort ?? "<a free port>"}`;
  if (!ipv6Entry.known) return `${ipv4} (perhaps also on ::)`;
  if (!ipv6Entry.value) return ipv4;
  return hostPort === null && !has(facts, "one-chosen-port-for-both-families")
    ? `${ipv4} and one on ::`
    : `${ipv4} and the same on ::`;
}
