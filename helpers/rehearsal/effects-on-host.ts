import { change, danger, type Finding, namesText } from "../configuration/finding.ts";
import { isKeptByLiveRestore, keyRecords, NETWORK_KEYS } from "../configuration/keys/index.ts";
import {
  type HostContainer,
  type HostSituation,
  onDefaultBridge,
  type Step,
  userBridges,
} from "../configuration/step.ts";
import { addressPools, poolSubnets } from "../model/address-pools.ts";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import { countOf } from "../report/plain-text.ts";
import { givenSubnetOf } from "./overlaps.ts";

/** The default bridge as the rehearsed engine has it, after the step from the host's own docker0. */
export interface RehearsedBridge {
  readonly subnet: string;
  readonly gateway: string;
}

/** What a restart with a file that dockerd refuses would do: nothing that the file asks for. */
export function effectsOfRefusal({ containers, liveRestore }: HostSituation): Finding[] {
  const running = containers.filter((container) => container.running);
  const left = "dockerd would not come back after the restart";
  if (running.length === 0) return [change([], left)];
  const what = `${countOf(running.length, "running container")} (${namesText(byProject(running))})`;
  return [
    change(
      [],
      liveRestore
        ? `${left}; live-restore leaves ${what} without anybody who serves their names and proxied ports`
        : `${left}, and neither would ${what}`,
    ),
  ];
}

/**
 * What the restart that the candidate needs changes on this host.
 * @param changed networking keys with another value
 * @param rehearsed null where no engine was rehearsed
 */
export function effectsOnHost(
  situation: HostSituation,
  step: Step,
  changed: readonly NetworkKeyName[],
  rehearsed: RehearsedBridge | null,
): Finding[] {
  if (changed.length === 0) return [];
  if (changed.every((key) => key === "live-restore"))
    return [
      change(changed, "a reload is enough (SIGHUP, systemctl reload docker): no container stops, nothing else changes"),
    ];
  return [
    ...theRestart(situation, step, changed),
    ...theDefaultBridge(situation, step, changed, rehearsed),
    ...keyRecords().flatMap(([, record]) => record.changes?.(step, situation) ?? []),
    ...outOfScope(situation, step, changed),
    ...newContainers(step, changed),
  ];
}

/** What a restart of dockerd for another version of it stops, and what does not come back. */
export function effectsOfUpgrade(situation: HostSituation): Finding[] {
  const running = situation.containers.filter((container) => container.running);
  if (running.length === 0) return [change([], "no container of others runs on this host")];
  return situation.liveRestore
    ? [
        change(
          ["live-restore"],
          "live-restore keeps containers over a patch of the same version; Docker promises it for no other upgrade, so they may stop",
        ),
      ]
    : stopped(running, "the upgrade restarts dockerd, which");
}

/** @param what stops them, as the subject of a sentence */
function stopped(running: readonly HostContainer[], what: string): Finding[] {
  const gone = running.filter(({ restart }) => restart === "no" || restart === "");
  const maybe = running.filter(({ restart }) => restart === "on-failure");
  return [
    change([], `${what} stops ${countOf(running.length, "running container")}: ${namesText(byProject(running))}`),
    ...(gone.length === 0
      ? []
      : [change([], `without a restart policy, so they stay stopped: ${namesText(names(gone))}`)]),
    ...(maybe.length === 0
      ? []
      : [change([], `back only if the stop counts as a failure (on-failure): ${namesText(names(maybe))}`)]),
  ];
}

function theRestart(situation: HostSituation, { after }: Step, changed: readonly NetworkKeyName[]): Finding[] {
  const running = situation.containers.filter((container) => container.running);
  const findings = [
    change(
      [],
      `a restart of dockerd is needed: a reload (SIGHUP) takes none of ${changed.filter((key) => key !== "live-restore").join(", ")} over`,
    ),
  ];
  if (running.length === 0) return [...findings, change([], "no container of others runs on this host")];
  if (situation.liveRestore) {
    findings.push(
      change(
        ["live-restore"],
        `live-restore is on: no container stops (${countOf(running.length, "running container")}); ports served by docker-proxy pause until dockerd is back`,
      ),
    );
    const frozen = changed.filter(isKeptByLiveRestore);
    if (frozen.length > 0)
      findings.push(
        danger(
          frozen,
          `live-restore keeps the default bridge as it is while a container runs: ${frozen.join(", ")} would have no effect at this restart (${namesText(names(running))}); the file and the host would disagree from then on`,
        ),
      );
    return findings;
  }
  findings.push(...stopped(running, "the restart"));
  if (after["live-restore"] === true)
    findings.push(
      change(
        ["live-restore"],
        "live-restore counts from the next restart on; a reload (systemctl reload docker) before this one makes it count already",
      ),
    );
  return findings;
}

function theDefaultBridge(
  situation: HostSituation,
  step: Step,
  changed: readonly NetworkKeyName[],
  rehearsed: RehearsedBridge | null,
): Finding[] {
  const { facts } = situation;
  const now = facts.defaultBridge?.subnet ?? "";
  const on = onDefaultBridge(situation);
  const moves = (subnet: string, keys: readonly NetworkKeyName[]) =>
    subnet === now || now === ""
      ? []
      : [
          change(
            keys,
            `the default bridge moves from ${now} to ${subnet}: ${on.length === 0 ? "no container is on it" : `new addresses for ${countOf(on.length, "container")} on it (${namesText(names(on))})`}`,
          ),
        ];
  const given = givenSubnetOf(step);
  if (given !== null && changed.includes(given.key as NetworkKeyName))
    return moves(rehearsed?.subnet || String(given.subnet), [given.key as NetworkKeyName]);
  const findings: Finding[] = [];
  const pools = step.after["default-address-pools"];
  if (given === null && pools !== undefined && step.after.bridge === undefined) {
    const first =
      rehearsed?.subnet ||
      String(poolSubnets(addressPools({ ...facts, configuration: step.after })).next().value ?? "");
    findings.push(...moves(first, ["default-address-pools"]));
    findings.push(
      change(
        ["default-address-pools"],
        "with pools set, docker0 is deleted and made again at each start of dockerd, in the first free subnet: give it a bip to keep it",
      ),
    );
  } else if (given === null && step.before.bip !== undefined && step.after.bridge === undefined) {
    findings.push(
      change(
        ["bip"],
        `without bip docker0 keeps the address that it has (${facts.defaultBridge?.gateway || now}): dockerd has stored it, and makes docker0 with it again even where the device was deleted; to move it, give bip the address that you want`,
      ),
    );
  }
  return findings;
}

/** User-defined networks that a changed key looks as if it meant, and does not. */
function outOfScope(situation: HostSituation, step: Step, changed: readonly NetworkKeyName[]): Finding[] {
  const networks = userBridges(situation);
  if (networks.length === 0) return [];
  const shown = namesText(networks.map(({ name, project }) => (project === "" ? name : `${name} (${project})`)));
  const onlyDefault = changed.filter((key) => NETWORK_KEYS[key].scope === "default bridge");
  const onlyNew = changed.filter((key) => NETWORK_KEYS[key].scope === "new networks" && step.after[key] !== undefined);
  return [
    ...(onlyDefault.length === 0
      ? []
      : [
          change(
            onlyDefault,
            `${onlyDefault.join(", ")}: the default bridge only, unchanged for ${countOf(networks.length, "user-defined network")}: ${shown}`,
          ),
        ]),
    ...(onlyNew.length === 0
      ? []
      : [
          change(
            onlyNew,
            `${onlyNew.join(", ")}: new networks only; until it is made again nothing changes for ${countOf(networks.length, "network")} that the host has: ${shown}`,
          ),
        ]),
  ];
}

function newContainers(step: Step, changed: readonly NetworkKeyName[]): Finding[] {
  const keys = changed.filter((key) => NETWORK_KEYS[key].scope === "every network");
  if (keys.length === 0) return [];
  return [
    change(
      keys,
      `${keys.map((key) => `${key} ${JSON.stringify(step.after[key] ?? "not set")}`).join(", ")}: containers get it when they start, in every network`,
    ),
  ];
}

function names(containers: readonly HostContainer[]): string[] {
  return containers.map(({ name }) => name);
}

/** Containers of one compose project under its name. */
function byProject(containers: readonly HostContainer[]): string[] {
  const projects = new Map<string, number>();
  const alone: string[] = [];
  for (const { name, project } of containers) {
    if (project === "") alone.push(name);
    else projects.set(project, (projects.get(project) ?? 0) + 1);
  }
  return [...[...projects].map(([project, count]) => `compose project ${project} (${count})`), ...alone];
}
