import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { Facts } from "../model/facts.ts";
import { has, VERSION_SWITCHES } from "../model/version-switches.ts";
import { sameValue } from "./effective.ts";
import {
  defaultOf,
  isKeptByLiveRestore,
  isNetworkKey,
  NETWORK_KEYS,
  type NetworkKey,
  withoutEffect,
} from "./keys/index.ts";

/** Why what is asked for, what the engine has and what is seen are not the same. */
export type CauseKind =
  | "file is refused"
  | "flag beside the file"
  | "file is gone"
  | "not restarted"
  | "kept by live-restore"
  | "key of another version"
  | "no effect beside other keys"
  | "not enforced by the kernel"
  | "rules missing"
  | "changed behind dockerd's back"
  | "unknown";

/** A cause in the words of the one who has to mend it. */
export interface Cause {
  readonly kind: CauseKind;
  readonly text: string;
}

/** What is known beside the facts when two of the three differ. */
export interface Further {
  /** Containers that run longer than dockerd: only live-restore leaves such. Null when it was not looked for. */
  readonly olderContainers?: readonly string[] | null;
  /** Docker's rules that belong to the key are not there. */
  readonly rulesMissing?: boolean;
}

type ConfigurationFacts = Pick<
  Facts,
  "engine" | "configuration" | "claims" | "effective" | "configurationFile" | "host"
>;

/** A key of which claim and effect differ. */
export interface Mismatch {
  readonly key: NetworkKeyName;
  /** What file and flags ask for; undefined: nothing, hence the default. */
  readonly claimed: unknown;
  /** Null: the engine says that it has none. */
  readonly effective: unknown;
}

/**
 * The keys of which the engine itself tells another value than file and flags ask for, a key that is not set among them
 * where its default is one value. Keys that other keys leave without effect are no mismatch.
 */
export function mismatches(facts: ConfigurationFacts): Mismatch[] {
  const { effective = {}, claims = {} } = facts;
  // Without the host's view or dockerd's process its flags are not known, and what they set would look unasked for.
  if (facts.configurationFile === undefined || facts.host === null || facts.host.dockerdPid === null) return [];
  return Object.keys(NETWORK_KEYS)
    .filter(isNetworkKey)
    .flatMap((key) => {
      const told = effective[key];
      const claimed = claims[key]?.value;
      const wanted = claimed ?? defaultOf(key, facts);
      if (told === undefined || wanted === undefined || withoutEffect(key, facts) !== null) return [];
      return sameValue(key, wanted, told) ? [] : [{ key, claimed, effective: told }];
    });
}

/** The keys of the file that no answer of the engine's shows: whether they are in force only their effects tell. */
export function untoldKeys({ claims = {}, effective = {} }: ConfigurationFacts): NetworkKeyName[] {
  return Object.keys(claims)
    .filter(isNetworkKey)
    .filter((key) => claims[key]?.origin === "file" && effective[key] === undefined);
}

/** Whether the file was changed after dockerd had started: `unknown` within the second that the times are exact to, or without them. */
export function fileChangedAfterStart({
  configurationFile,
  host,
}: Pick<Facts, "configurationFile" | "host">): "yes" | "no" | "unknown" {
  const changed = Date.parse(configurationFile?.changedAt ?? "");
  const started = Date.parse(host?.dockerdStartedAt ?? "");
  if (Number.isNaN(changed) || Number.isNaN(started)) return "unknown";
  // Both are cut to the second, the one by the kernel's boot time, the other by stat.
  if (changed - started >= 1000) return "yes";
  return started - changed >= 1000 ? "no" : "unknown";
}

/** Why claim and effect of a key differ. Decides by evidence: problems of the file, flags, times, containers, versions. */
export function causeOfClaim(key: NetworkKeyName, facts: ConfigurationFacts, further: Further = {}): Cause {
  const { claims = {}, configurationFile } = facts;
  const { since }: NetworkKey = NETWORK_KEYS[key];
  const path = configurationFile?.path ?? "daemon.json";
  const claim = claims[key];
  if (since !== undefined && !has(facts, since))
    return {
      kind: "key of another version",
      text: `"${key}" came with ${VERSION_SWITCHES[since].since}, and this is ${facts.engine.version}: take it out of ${path}`,
    };
  const beside = withoutEffect(key, facts);
  if (beside !== null) return { kind: "no effect beside other keys", text: beside };
  const refused = configurationFile?.problems.find((problem) => problem.refused);
  if (refused !== undefined) return refusedFile(facts, refused.kind);
  if (claim?.alsoInFile !== undefined && claim.origin === "flag")
    return {
      kind: "flag beside the file",
      text: `"${key}" stands in ${path} (${show(claim.alsoInFile)}) and among dockerd's flags (${show(claim.value)}): the running dockerd has the flag's, and the next one will not start; take one of them away`,
    };
  if (fileChangedAfterStart(facts) === "yes") return notRestarted(facts);
  const kept = further.olderContainers ?? [];
  if (kept.length > 0 && isKeptByLiveRestore(key))
    return {
      kind: "kept by live-restore",
      text: `containers run that are older than dockerd (${listed(kept)}): live-restore kept them over its restart, and with them the default bridge as it was; stop them and restart dockerd`,
    };
  if (configurationFile?.present === false)
    return {
      kind: "file is gone",
      text: `there is no ${path}, and no flag sets "${key}": the file was taken away after dockerd had read it, or something changed the network afterwards; put the file back, or restart dockerd`,
    };
  return {
    kind: "unknown",
    text: `${path} is older than dockerd, so dockerd has read it: it took "${key}" otherwise than this project expects, or something changed the network afterwards; its log says more (journalctl -u docker)`,
  };
}

/** Why a key that the engine has taken is not what packets and devices show. */
export function causeOfEffect(key: NetworkKeyName, facts: ConfigurationFacts, further: Further = {}): Cause {
  const { effective = {}, claims = {}, host } = facts;
  const told = effective[key];
  const claimed = claims[key]?.value;
  const taken = told !== undefined && (claimed === undefined || sameValue(key, claimed, told));
  // What the engine does not tell may simply not have been read.
  if (!taken && (told !== undefined || fileChangedAfterStart(facts) === "yes"))
    return causeOfClaim(key, facts, further);
  if (key === "icc" && claimed === false && host !== null && host.bridgeNfCallIptables !== true) {
    const why =
      host.bridgeNfCallIptables === null
        ? "br_netfilter is not loaded there (modprobe br_netfilter, then restart dockerd)"
        : "net.bridge.bridge-nf-call-iptables is 0 (sysctl -w net.bridge.bridge-nf-call-iptables=1)";
    return {
      kind: "not enforced by the kernel",
      text: `dockerd has its DROP rule, and the kernel never asks it about packets between ports of a bridge: ${why}`,
    };
  }
  if (further.rulesMissing)
    return {
      kind: "rules missing",
      text: "the engine has the value and its rules are not there: they were flushed or replaced after dockerd had started (a firewall reload, iptables-restore); restart dockerd",
    };
  return {
    kind: "changed behind dockerd's back",
    text: `the engine says that it has "${key}" as asked for: a device, a rule or a setting of the kernel was changed after dockerd had set it (ip, iptables, sysctl, a network manager); restart dockerd`,
  };
}

/** The first that is to be said of a host whose file is not what dockerd runs with; null when nothing shows that. */
export function staleFile(facts: ConfigurationFacts): Cause | null {
  const { configurationFile } = facts;
  if (configurationFile === undefined || !configurationFile.present) return null;
  const refused = configurationFile.problems.find((problem) => problem.refused);
  if (refused !== undefined) return refusedFile(facts, refused.kind);
  const both = Object.entries(facts.claims ?? {}).filter(([, claim]) => claim.alsoInFile !== undefined);
  if (both.length > 0)
    return {
      kind: "flag beside the file",
      text: `${listed(both.map(([key]) => `"${key}"`))} in ${configurationFile.path} and among dockerd's flags: dockerd runs with the flags, and will not start again like this`,
    };
  const differing = mismatches(facts);
  if (fileChangedAfterStart(facts) !== "yes" || differing.length === 0) return null;
  const { text } = notRestarted(facts);
  return {
    kind: "not restarted",
    text: `${text} (${differing.map(({ key, claimed, effective }) => `${key}: ${claimed === undefined ? "not set" : show(claimed)} in the file, ${show(effective)} in dockerd`).join("; ")})`,
  };
}

function refusedFile(facts: ConfigurationFacts, kind: string): Cause {
  const path = facts.configurationFile?.path ?? "daemon.json";
  const since = fileChangedAfterStart(facts) === "yes" ? `, changed ${lateness(facts)} dockerd's start` : "";
  return {
    kind: "file is refused",
    text: `${path}${since === "" ? "" : `${since},`} is one that this dockerd does not start with (${kind}): the running dockerd has an older one, and the next restart fails; mend the file`,
  };
}

function notRestarted(facts: ConfigurationFacts): Cause {
  const path = facts.configurationFile?.path ?? "daemon.json";
  return {
    kind: "not restarted",
    text: `${path} was changed ${lateness(facts)} dockerd's start, and no networking key is read again without a restart: restart dockerd, or take the change back`,
  };
}

/** `12 min after`. */
function lateness({ configurationFile, host }: Pick<Facts, "configurationFile" | "host">): string {
  const seconds = (Date.parse(configurationFile?.changedAt ?? "") - Date.parse(host?.dockerdStartedAt ?? "")) / 1000;
  if (seconds < 120) return `${Math.round(seconds)} s after`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min after`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h after` : `${Math.round(seconds / 86_400)} days after`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(", ");
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}

function show(value: unknown): string {
  return value === null ? "none" : JSON.stringify(value);
}
