import { MISSING_RULES, sysctlKey } from "../cause/keys.ts";
import { remedyOf } from "../cause/mend.ts";
import { describeFileProblem } from "../configuration/daemon-json.ts";
import { isNetworkKey, NETWORK_KEYS, type NetworkKey } from "../configuration/keys/index.ts";
import {
  type CauseKind,
  type Cause as ConfigurationCause,
  causeOfClaim,
  causeOfEffect,
  mismatches,
} from "../configuration/mismatch.ts";
import { valueDangers } from "../configuration/value-dangers.ts";
import { containersOlderThan } from "../engine/older-containers.ts";
import type { Cause, Remedy } from "../model/cause.ts";
import type { NetworkKeyName } from "../model/configuration-facts.ts";
import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";
import { costFacts } from "../snapshot/costs.ts";
import { ofConfiguration } from "./diagnosed-cause.ts";
import type { Session } from "./session.ts";
import type { ViolationParts } from "./verdicts.ts";

type Asked = Pick<Session, "docker" | "facts">;

/** What a check of the configuration says of its violation: a cause, or where nothing tells, a guess. */
type Why = Pick<ViolationParts, "cause" | "causes">;

/** Why the engine has another value of a key than file and flags ask for, and which requirements say what that does. */
export async function whyClaimFails(key: NetworkKeyName, asked: Asked): Promise<Why> {
  const olderContainers = await containersOlderThan(asked.docker, asked.facts.host?.dockerdStartedAt);
  return await why(causeOfClaim(key, asked.facts, { olderContainers }), asked, witnessesOf(key));
}

/** Why packets, files or devices show another value of a key than is asked for. */
export async function whyEffectFails(key: NetworkKeyName, asked: Asked, rulesMissing = false): Promise<Why> {
  const olderContainers = await containersOlderThan(asked.docker, asked.facts.host?.dockerdStartedAt);
  return await why(causeOfEffect(key, asked.facts, { olderContainers, rulesMissing }), asked);
}

/** Why the file is not what dockerd runs with. */
export async function whyFileFails(stale: ConfigurationCause, asked: Asked): Promise<Why> {
  return await why(stale, asked);
}

async function why(known: ConfigurationCause, asked: Asked, further = ""): Promise<Why> {
  return isGuess(known) ? { cause: `${known.text}${further}` } : { causes: [await asCause(known, asked)] };
}

function isGuess({ kind }: ConfigurationCause): boolean {
  return kind === "unknown" || kind === "changed behind dockerd's back";
}

/** What is so of the whole file or of all of dockerd: whichever keys show it, it is one cause. */
const OF_ALL_KEYS: ReadonlySet<CauseKind> = new Set([
  "file is refused",
  "file is gone",
  "flag beside the file",
  "kept by live-restore",
  "not restarted",
]);

/** What the configuration says, with what mends it and what that costs here. */
async function asCause({ kind, text }: ConfigurationCause, { docker, facts }: Asked): Promise<Cause> {
  const { path = "daemon.json", problems = [], changedAt } = facts.configurationFile ?? {};
  const key =
    kind === "rules missing"
      ? MISSING_RULES
      : kind === "not enforced by the kernel" && facts.host?.bridgeNfCallIptables === false
        ? sysctlKey("net.bridge.bridge-nf-call-iptables")
        : OF_ALL_KEYS.has(kind)
          ? `configuration: ${kind}`
          : `configuration ${text}`;
  const restart = async (): Promise<Remedy[]> => [
    {
      ...remedyOf({ how: "restart the engine" }, await costFacts(docker).catch(() => null)),
      what: "have dockerd start with the file as it is now",
    },
  ];
  const validate = `dockerd --validate --config-file=${path}`;
  return {
    ...ofConfiguration(text),
    key,
    certainty: OF_ALL_KEYS.has(kind) ? "seen" : "concluded",
    evidence:
      kind === "file is refused"
        ? problems.filter(({ refused }) => refused).map((problem) => describeFileProblem(problem, path))
        : kind === "not restarted"
          ? [`${path} changed ${changedAt ?? "at an unknown time"}, dockerd runs since ${facts.host?.dockerdStartedAt}`]
          : [],
    remedies:
      kind === "not restarted" || kind === "rules missing"
        ? await restart()
        : kind === "file is refused" && has(facts, "validates-daemon-json")
          ? [
              {
                what: "see what dockerd says of the file, and mend it there",
                commands: [validate],
                cost: "",
                check: validate,
              },
            ]
          : [],
  };
}

/**
 * Why a requirement that judges a networking key has failed, where the configuration explains it better than the
 * requirement itself can: dockerd was not restarted, live-restore kept the bridge, the kernel does not enforce.
 * @returns null where it explains nothing
 */
export async function causeFromConfiguration(id: string, asked: Asked): Promise<Cause | null> {
  const { docker, facts } = asked;
  const keys = witnessedBy(id);
  const differing = mismatches(facts).find(({ key }) => keys.includes(key))?.key;
  const key = differing ?? keys.find((candidate) => facts.claims?.[candidate] !== undefined);
  if (key === undefined) return null;
  const olderContainers = await containersOlderThan(docker, facts.host?.dockerdStartedAt);
  const known = (differing === undefined ? causeOfEffect : causeOfClaim)(key, facts, { olderContainers });
  return isGuess(known) ? null : await asCause(known, asked);
}

/**
 * The value of a key for which the engine refuses a container.
 * @param said the engine's own words
 */
export function causeOfRefusal(
  said: string,
  { configuration, host }: Pick<Facts, "configuration" | "host">,
): string | null {
  if (!/cannot assign requested address/i.test(said)) return null;
  return valueDangers(configuration, host).find(({ key }) => key === "ip")?.text ?? null;
}

function witnessedBy(id: string): NetworkKeyName[] {
  return Object.keys(NETWORK_KEYS)
    .filter(isNetworkKey)
    .filter((key) => {
      const { observedBy }: NetworkKey = NETWORK_KEYS[key];
      return observedBy.includes(id);
    });
}

function witnessesOf(key: NetworkKeyName): string {
  const { observedBy }: NetworkKey = NETWORK_KEYS[key];
  return observedBy.length === 0 ? "" : ` (what devices and packets show: ${observedBy.join(", ")})`;
}
