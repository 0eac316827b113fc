import { sysctlKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { type StoppingValue, valuesAgainst, valuesOfHost } from "../expectations/kernel-values.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, together } from "./deviation.ts";
import { setAgain } from "./remedies.ts";

/** The kernel's values that end packets of running containers, or of their answers. */
export function auditKernelValues(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  const attachments = attachmentsOf(snapshot);
  const bridges = [...new Map(attachments.map(({ bridge }) => [bridge.name, bridge])).values()];
  const on = (name: string): string[] =>
    attachments.filter(({ bridge }) => bridge.name === name).map(({ container }) => container.name);
  return together([
    ...(attachments.length === 0
      ? []
      : valuesOfHost(host.sysctls).map((value) =>
          deviating(value, null, [...new Set(attachments.map(({ container }) => container.name))]),
        )),
    ...bridges.flatMap(({ name, device, internal, ranges }) =>
      valuesAgainst(host.sysctls, { name, device, internal, families: ranges.map(({ family }) => family) }).map(
        (value) => deviating(value, name, on(name)),
      ),
    ),
  ]);
}

function deviating(
  { name, seen, right, does, commands, family, topics }: StoppingValue,
  network: string | null,
  members: readonly string[],
): Findings {
  return deviates({
    claim: "LIVE-15",
    family,
    topics,
    subject: network === null ? { kind: "host" } : { kind: "network", name: network },
    concerns: network === null ? [] : [network],
    expected: `${name} = ${right}`,
    observed: `${name} = ${seen}`,
    effect: `IPv${family} of ${listed([...members].toSorted())} is cut, wholly or in part.`,
    reason: {
      key: sysctlKey(name),
      what: `${name} is ${seen}: ${does}.`,
      act: "`sysctl --system`, a file in /etc/sysctl.d that a package brought, a hardening script",
      certainty: "seen",
      evidence: [`${name} = ${seen}`],
      remedies: setAgain(name, right, commands),
    },
  });
}
