import type { Deviation } from "../../audits/deviation.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** The programs that the host's network is made with: whether something stands in front of them. */
export function checkFrontPrograms({ host }: Snapshot): Deviation[] {
  return (host?.frontPrograms ?? []).flatMap(({ name, path, setuid, script, behind }) => {
    const say = (what: string): Deviation[] => [
      { ...finding("engine", "any", [], [`\`${name} `, name], what), program: name },
    ];
    if (setuid)
      return say(
        `${path} is setuid root: whoever calls \`${name}\` on this host does it as root. Take the bit away (chmod u-s).`,
      );
    // A script alone is how a distribution may deliver it; what matters is one that hides a program behind it.
    if (script === null || behind === null) return [];
    return say(
      `\`${name}\` on this host is not ${behind} but a script in front of it, ${path}: what the command does or shows is what the script makes of it (${script}). Call ${behind} by its path, and take the script away.`,
    );
  });
}
