import { auditBridgeDevices } from "../../audits/bridge-devices.ts";
import type { Audit, Deviation } from "../../audits/deviation.ts";
import { auditEndpoints } from "../../audits/endpoints.ts";
import { auditMarks } from "../../audits/forwarding.ts";
import { auditForwardingTables } from "../../audits/forwarding-tables.ts";
import { auditHost } from "../../audits/host.ts";
import { auditKernelValues } from "../../audits/kernel-values.ts";
import { auditNames } from "../../audits/names.ts";
import { auditNeighbours } from "../../audits/neighbours.ts";
import { auditNetworks } from "../../audits/networks.ts";
import { auditOwnRules } from "../../audits/own-rules.ts";
import { auditPublications } from "../../audits/ports.ts";
import { auditProxies } from "../../audits/proxies.ts";
import { byLists } from "../../snapshot/by-lists.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { checkAnswers } from "./answers.ts";
import { checkAsked } from "./asked.ts";
import { checkBridges } from "./bridges.ts";
import { checkDockerCommand } from "./docker-command.ts";
import { checkDuplicates } from "./duplicates.ts";
import { checkEngine } from "./engine.ts";
import { checkForeignRules } from "./foreign-rules.ts";
import { checkForwardChain } from "./forward-chain.ts";
import { checkFrontPrograms } from "./front-programs.ts";
import { checkInterfaces } from "./interfaces.ts";
import { checkLists } from "./lists.ts";
import { checkLoopback } from "./loopback.ts";
import { checkMacvlan } from "./macvlan.ts";
import { checkNames } from "./names.ts";
import { checkNamespaces } from "./namespaces.ts";
import { checkPairs } from "./pairs.ts";
import { checkPorts } from "./ports.ts";
import { checkRoutes } from "./routes.ts";
import { checkStrayRules } from "./stray-rules.ts";
import { checkVariants } from "./variants.ts";
import { checkWaysToServers } from "./ways-to-servers.ts";

type Check = (snapshot: Snapshot) => readonly Deviation[];

/** What requirements about everybody's containers say, asked of the run's own. */
const CLAIMED: readonly Audit[] = [
  auditBridgeDevices,
  auditHost,
  auditMarks,
  auditKernelValues,
  auditNetworks,
  auditNeighbours,
  auditForwardingTables,
  auditEndpoints,
  auditProxies,
  auditPublications,
  auditNames,
];

/** The host and the containers against the engine's words, in the order in which equally fitting findings are told. */
const OF_THE_HOST: readonly Check[] = [
  ...CLAIMED.map((audit) => (snapshot: Snapshot) => audit(snapshot).deviations),
  checkBridges,
  checkDuplicates,
  checkLoopback,
  checkInterfaces,
  checkPairs,
  checkMacvlan,
  checkRoutes,
  checkForeignRules,
  auditOwnRules,
  checkStrayRules,
  checkForwardChain,
  checkPorts,
  checkNames,
  checkWaysToServers,
  checkNamespaces,
];

/**
 * Every deviation in a snapshot, what most breaks first. Where the engine's lists contradict its inspects, the host is
 * held against those of the two that it fits better: a wrong answer must not be told as a fault of the host.
 * @param failed is told of a check that met what it can't read: it says nothing, and keeps no other from speaking
 */
export function deviations(snapshot: Snapshot, failed: (error: unknown) => void = () => undefined): Deviation[] {
  const by = (checks: readonly Check[], one: Snapshot): Deviation[] => each(checks, one, failed);
  const onHost = by(OF_THE_HOST, snapshot);
  const contradictions = by([checkLists], snapshot);
  const otherwise = contradictions.length === 0 ? onHost : by(OF_THE_HOST, byLists(snapshot));
  const lists = otherwise.length < onHost.length;
  const borneOut = lists ? "list" : otherwise.length > onHost.length ? "inspect" : null;
  const switched = by([checkVariants], snapshot);
  const held = lists ? otherwise : onHost;
  return [
    ...by([checkAsked, (one) => checkLists(one, borneOut)], snapshot),
    ...switched,
    // What the plain command shows are other tables than the engine's.
    ...(switched.length === 0 ? held : held.filter(({ kind }) => kind !== "nat" && kind !== "filter")),
    ...by([checkEngine, checkAnswers, checkDockerCommand, checkFrontPrograms], snapshot),
  ];
}

function each(checks: readonly Check[], snapshot: Snapshot, failed: (error: unknown) => void): Deviation[] {
  return checks.flatMap((check) => {
    try {
      return check(snapshot);
    } catch (error) {
      failed(error);
      return [];
    }
  });
}
