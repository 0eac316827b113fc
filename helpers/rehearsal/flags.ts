import { type Finding, refused } from "../configuration/finding.ts";
import { NETWORK_KEYS, type NetworkKey } from "../configuration/keys/index.ts";
import { FLAG_NAMES_WITHOUT_EFFECT } from "../configuration/other-keys.ts";

/** One flag with what belongs to it, as it stood on the command line. */
interface Flag {
  readonly name: string;
  readonly words: readonly string[];
}

/** dockerd's short flags by the long name. */
const SHORT: Readonly<Record<string, string>> = {
  b: "bridge",
  D: "debug",
  g: "data-root",
  G: "group",
  H: "host",
  l: "log-level",
  p: "pidfile",
  s: "storage-driver",
};

/** The key of the file that a flag stands for. */
const KEY_OF_FLAG: ReadonlyMap<string, string> = new Map([
  ...Object.entries(NETWORK_KEYS).map(([key, row]: [string, NetworkKey]) => [row.flag ?? key, key] as const),
  ...Object.entries(FLAG_NAMES_WITHOUT_EFFECT).filter(([, key]) => key !== ""),
]);

function keyOfFlag(name: string): string {
  return KEY_OF_FLAG.get(name) ?? name;
}

/** The flags of a command line: `--mtu=1400`, `--mtu 1400`, `--ipv6`, `-H fd://`. */
function flagsOf(words: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  for (const word of words) {
    const name = /^--([A-Za-z][A-Za-z0-9-]*)(?:=.*)?$/s.exec(word)?.[1] ?? SHORT[/^-([A-Za-z])/.exec(word)?.[1] ?? ""];
    const last = flags.at(-1);
    if (name === undefined) {
      // What does not look like a flag is the value of the one before it.
      if (last !== undefined) flags[flags.length - 1] = { ...last, words: [...last.words, word] };
      continue;
    }
    flags.push({ name, words: [word] });
  }
  return flags;
}

/** How a rehearsal treats the flags of the host's running dockerd. */
export interface CarriedFlags {
  /** Given to the rehearsed dockerd too: those of networking keys. */
  readonly carried: readonly string[];
  /** Names of the flags that belong to the host: sockets, certificates, storage. */
  readonly leftOut: readonly string[];
}

/** Splits the flags of the host's dockerd. @param words its arguments without the program's name */
export function carriedFlags(words: readonly string[]): CarriedFlags {
  const flags = flagsOf(words);
  const carries = ({ name }: Flag) => Object.hasOwn(NETWORK_KEYS, keyOfFlag(name)) && keyOfFlag(name) !== "bridge";
  return {
    carried: flags.filter(carries).flatMap((flag) => flag.words),
    leftOut: [...new Set(flags.filter((flag) => !carries(flag)).map(({ name }) => `--${name}`))],
  };
}

/**
 * Options that stand in the file and as a flag: dockerd starts with neither, whatever their values
 * (moby `findConfigurationConflicts`; `runtimes` alone may stand in both).
 */
export function twiceSet(values: Readonly<Record<string, unknown>>, words: readonly string[]): Finding[] {
  const names = [...new Set(flagsOf(words).map(({ name }) => name))];
  return Object.keys(values).flatMap((key) => {
    const flag = names.find((name) => keyOfFlag(name) === key);
    if (flag === undefined || key === "runtimes") return [];
    return [
      refused(
        [key],
        `"${key}" stands in the file, and the running dockerd has the flag --${flag}: dockerd refuses to start ("specified both as a flag and in the configuration file"); take it out of the file or out of dockerd's command line`,
      ),
    ];
  });
}
