import { quoted } from "../../../model/shell-words.ts";
import type { BeforeTopology, Fault } from "../../fault.ts";

/** Where every PATH of a host looks first, and what an administrator or an installer puts there. */
export const FRONT = "/usr/local/sbin";

/** Programs of the host's that somebody may stand in front of. */
type Program = "ip" | "iptables" | "ifconfig" | "sysctl" | "sh";

/**
 * A script in front of one of the host's programs, which knows that one as `$R` and calls it in the end.
 * @param lines of shell, of which one may end with `exit`
 */
export function before(program: Program, ...lines: readonly string[]): BeforeTopology {
  const script = [
    "#!/bin/sh",
    `R=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v ${program})`,
    ...lines,
    'exec $R "$@"',
  ];
  const path = `${FRONT}/${program}`;
  return {
    when: "before the topology",
    shell: [`printf '%s\\n' ${script.map(quoted).join(" ")} >${path} && chmod 755 ${path}`],
  };
}

/** Where the words of a command match a pattern of `case`, this is done instead. */
export function instead(pattern: string, does: string): string {
  return `case "$*" in ${pattern}) ${does}; exit;; esac`;
}

/** Where they match, the command is done, and then something else, which may fail. */
export function afterwards(pattern: string, does: string): string {
  return `case "$*" in ${pattern}) $R "$@" || exit; { ${does}; } >/dev/null 2>&1 </dev/null; exit 0;; esac`;
}

/** Whether a command runs in another network namespace than the host's. */
export const INSIDE = '[ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/1/ns/net)" ]';

/** In the host's own network namespace. */
export const ON_HOST = "nsenter -t 1 -n";

export function away(program: Program): string[] {
  return [`rm ${FRONT}/${program}`];
}

/** A fault whose broken thing is a program in front of one of the host's own. */
export function wrapped(
  program: Program,
  lines: readonly string[],
): Pick<Fault, "layer" | "strike" | "undo" | "cause"> {
  return {
    layer: "namespaces",
    strike: before(program, ...lines),
    undo: away(program),
    cause: new RegExp(`/usr/local/sbin/${program}\\b`),
  };
}
