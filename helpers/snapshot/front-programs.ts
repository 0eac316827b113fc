import { HOST_PROGRAMS_RUN_IN } from "../vantage/host-view.ts";

/** Programs of the host's that its network is made and looked at with. */
const PROGRAMS = "ip bridge iptables ifconfig sysctl sh";

/** Longest piece of a script that is told. */
const TOLD = 300;

/** A program that the host's PATH finds first, where there is something to say about it. */
export interface FrontProgram {
  /** `ip` */
  readonly name: string;
  readonly path: string;
  readonly setuid: boolean;
  /** What a script does, on one line; null where it is none. */
  readonly script: string | null;
  /** Another program of this name, further back on the PATH; null where there is none. */
  readonly behind: string | null;
}

/**
 * Prints `name path setuid|- script|- behind|- text` for each program whose first one is a script or setuid: with the
 * shell's own words where it can, for there is a process to each that it can't.
 */
export const FRONT_PROGRAMS_COMMAND = [
  `for p in ${PROGRAMS}; do first=; behind=-; IFS=:`,
  'for d in $PATH; do f=$d/$p; [ -f "$f" ] && [ -x "$f" ] || continue; if [ -z "$first" ]; then first=$f; elif [ ! "$f" -ef "$first" ]; then behind=$f; break; fi; done',
  'IFS=" "; [ -n "$first" ] || continue; u=-; s=-; t=; [ -u "$first" ] && u=setuid',
  // A program's own bytes are no text for a shell to complain of.
  '{ read -r l <"$first"; } 2>/dev/null; case "$l" in "#!"*) s=script; t=$(sed 1d "$first" | tr "\\n\\t" "; " | head -c 600);; esac',
  '[ "$u$s" = -- ] || echo "$p $first $u $s $behind $t"; done; true',
].join("; ");

/** Reads what {@link FRONT_PROGRAMS_COMMAND} printed. */
export function readFrontPrograms(text: string): FrontProgram[] {
  return text.split("\n").flatMap((line) => {
    const [name, path, setuid, script, behind, ...words] = line.split(" ");
    if (name === undefined || path === undefined || behind === undefined) return [];
    const does = words.join(" ").trim();
    return [
      {
        name,
        path,
        setuid: setuid === "setuid",
        script: script === "script" ? (does.length > TOLD ? `${does.slice(0, TOLD)}…` : does) : null,
        behind: behind === "-" ? null : behind,
      },
    ];
  });
}

/** Whether a command of a probe's runs a program of the host's by its name, as the host's PATH finds it. */
export function callsHostProgram(command: string, name: string): boolean {
  return HOST_PROGRAMS_RUN_IN.test(command) && new RegExp(`(^|[\\s;&|({'"])${name}\\s`).test(command);
}
