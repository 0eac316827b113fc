import { quoted } from "../model/shell-words.ts";
import { asHost, type HostView } from "../vantage/host-view.ts";
import { compareFingerprints, type Fingerprint } from "./fingerprint.ts";

/** What an engine leaves of a network that it refused: its bridge, and the rules that name it. */
export interface LeftByRefusal {
  readonly device: string;
  /** As `iptables-save` or `ip6tables-save` prints them, with the program in front. */
  readonly rules: readonly string[];
}

const BRIDGE = /^(br-([0-9a-f]{12})) /;
const RULE = /^(ip6?tables)-save -A (.+)$/;
const TABLES = "nat filter raw mangle";

/**
 * Bridges, named by a network's id, that came since the start and belong to no network: where dockerd fails at a network's
 * rules, it answers that there is none, and leaves what it had made of it (measured: 26.1). Nobody else can ask for its
 * removal. Pure.
 */
export function leftByRefusals(before: Fingerprint, after: Fingerprint): LeftByRefusal[] {
  const appeared = compareFingerprints(before, after).filter(({ change }) => change === "appeared");
  const known = new Set(after.networks.map((network) => network.split(" ").at(-1)));
  return appeared.flatMap(({ aspect, what }) => {
    const [, device, id] = (aspect === "links" ? BRIDGE.exec(what) : null) ?? [];
    if (device === undefined || known.has(id)) return [];
    const rules = appeared.filter((one) => one.aspect === "firewall rules" && one.what.split(/\s+/).includes(device));
    return [{ device, rules: rules.map((one) => one.what).filter((rule) => RULE.test(rule)) }];
  });
}

/** Removes it, and nothing else. Never throws for what is gone already. */
export async function removeLeft(view: HostView, left: readonly LeftByRefusal[]): Promise<void> {
  const pid = (await view.dockerdPid()) ?? 1;
  for (const { device, rules } of left) {
    for (const rule of rules) {
      const [, program = "", words = ""] = RULE.exec(rule) ?? [];
      const line = words.split(/\s+/).map(quoted).join(" ");
      await view.act(
        asHost(pid, `for t in ${TABLES}; do ${program} -w -t $t -D ${line} 2>/dev/null && break; done; true`),
      );
    }
    await view.act(`ip link del ${device}`);
  }
}
