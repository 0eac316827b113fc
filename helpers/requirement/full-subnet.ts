import { LABEL } from "../engine/run-identity.ts";
import { fullSubnet } from "../expectations/refusals.ts";
import { cidr, isIpv4Cidr } from "../model/cidr.ts";
import type { NetworkRecord } from "../model/engine-answers.ts";
import { inspectNetwork } from "../topology/network-record.ts";
import { wordsOf } from "./full-pools.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import type { Session } from "./session.ts";
import { NotRun } from "./verdicts.ts";

/** Addresses of the default bridge that a run takes at most at one time: its suites run side by side. */
const AT_ONCE = 40;

/**
 * What it means for a requirement that the engine started no container for want of an address: an operator may give the
 * default bridge a small subnet (`"bip": "10.209.255.1/29"`), or may have filled it. With room for a run's containers it
 * is the engine that gives none away, and no reason to leave anything out.
 * @returns null where something else was thrown, or there is room
 */
export async function subnetAnswer(
  thrown: unknown,
  { needs = [] }: Pick<RequirementSpec, "needs">,
  session: () => Promise<Session>,
): Promise<NotRun | null> {
  if (needs.includes("lab")) return null;
  // A test network has the subnet that its suite chose.
  if (fullSubnet(wordsOf(thrown)) !== "bridge") return null;
  const { docker } = await session();
  const [bridge, containers] = await Promise.all([inspectNetwork(docker, "bridge"), docker.listContainers()]);
  const range = rangeOf(bridge);
  if (range === null) return null;
  const others = containers.filter(
    ({ Labels, NetworkSettings }) =>
      Labels[LABEL.project] === undefined && NetworkSettings?.Networks?.bridge !== undefined,
  ).length;
  // One of them is the gateway's.
  if (range.hostCount - 1 - others >= AT_ONCE) return null;
  return new NotRun(
    `the default bridge's addresses, ${range}, are too few for the containers that ran on it at that moment`,
  );
}

function rangeOf({ IPAM }: NetworkRecord) {
  const [ipv4] = (IPAM.Config ?? []).filter(({ Subnet = "" }) => isIpv4Cidr(Subnet));
  const text = ipv4?.IPRange || ipv4?.Subnet;
  return text === undefined ? null : cidr(text);
}
