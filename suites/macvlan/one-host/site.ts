import { askForNetwork } from "../../../helpers/engine/answers.ts";
import { dockerErrorOf } from "../../../helpers/engine/docker-error.ts";
import { macvlanImpossible, macvlanParent, unfitMacvlanParent } from "../../../helpers/expectations/macvlan-parent.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import type { NetworkRecord } from "../../../helpers/model/engine-answers.ts";
import { parentInterface } from "../../../helpers/probes/parent-interface.ts";
import {
  busybox,
  chapter,
  type Given,
  macvlan,
  NotApplicable,
  NotRun,
  nginx,
  type Session,
  stage,
  theEngine,
  topology,
} from "../../../helpers/requirement/index.ts";

const HOSTS_WITH_A_PARENT =
  "hosts with an Ethernet interface that may carry macvlan: DNC_MACVLAN_PARENT, else that of the default route";

/** How the subnet is divided: a range of four addresses of which two are reserved, and a gateway at the far end. */
export function layout(subnet: string) {
  const all = cidr(subnet);
  return {
    IPRange: `${all.host(32)}/30`,
    Gateway: all.host(254),
    AuxiliaryAddresses: { "my-router": all.host(32), "my-printer": all.host(33) },
  };
}

/** A static address that lies outside the range. */
export function outsideRange(subnet: string): string {
  return cidr(subnet).host(100);
}

/**
 * One macvlan network in a subnet that exists nowhere else, its gateway included: two containers that use up its range,
 * and a web server on a static address outside the range. The second container can become the missing gateway.
 */
const declared = topology("macvlan", {
  networks: { lan: macvlan({ layout, options: (facts) => ({ parent: macvlanParent(facts) ?? "" }) }) },
  containers: {
    first: busybox({ on: "lan" }),
    second: busybox({ on: "lan", capabilities: ["NET_ADMIN"] }),
    fixed: nginx({ on: "lan", ip: outsideRange }),
  },
});

/** The parent's name, once it is known to be possible and harmless. */
const parent = stage(theEngine, async ({ facts, host }) => {
  const name = macvlanParent(facts);
  if (name === null) {
    if (facts.host === null) throw new NotRun(facts.hostViewMissing);
    throw new NotApplicable(
      "none of the host's interfaces stands out to make macvlan interfaces of (DNC_MACVLAN_PARENT names one)",
    );
  }
  const chosen = name !== facts.host?.uplink?.interface;
  const unfit = chosen ? null : unfitMacvlanParent(await parentInterface(await host(), name));
  if (unfit !== null) throw new NotApplicable(unfit);
  return name;
});

/** Brings a topology up on the parent. @throws NotApplicable where the parent can't bear it */
export function onParent<T extends object>(declared: Given<T>) {
  return stage(parent, async (name) => {
    try {
      return { ...(await declared.obtain()), parent: name };
    } catch (error) {
      const impossible = macvlanImpossible(dockerErrorOf(error)?.message ?? "");
      if (impossible !== null) throw new NotApplicable(impossible);
      throw error;
    }
  });
}

export const lan = onParent(declared);

export async function inspected({ docker }: Session, id: string): Promise<NetworkRecord> {
  return await askForNetwork(docker, id);
}

/** The part that every row of a running macvlan network has. */
export const here = { appliesTo: HOSTS_WITH_A_PARENT } as const;

export const onLan = chapter({ given: lan, ...here });
