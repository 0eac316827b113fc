import { sysctlKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { type StoppingValue, valuesAgainst, valuesOfHost } from "../expectations/kernel-values.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
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
    auditConnections(host, [...new Set(attachments.map(({ container }) => container.name))]),
    ...(attachments.length === 0
      ? []
      : valuesOfHost(host.sysctls)
          .filter(({ ofHostAlone }) => !ofHostAlone)
          .map((value) => deviating(value, null, [...new Set(attachments.map(({ container }) => container.name))]))),
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

/** Where the kernel's table of connections is full, new ones are dropped: everybody's. */
function auditConnections({ sysctls }: LivingHost, members: readonly string[]): Findings {
  const [count = 0, most = 0] = ["netfilter/nf_conntrack_count", "netfilter/nf_conntrack_max"].map((path) =>
    Number(sysctls[path] ?? 0),
  );
  if (most === 0 || count < most || members.length === 0) return NOTHING;
  const name = "net.netfilter.nf_conntrack_max";
  return deviates({
    claim: "LIVE-15",
    subject: { kind: "host" },
    concerns: [],
    expected: `fewer than ${most} connections`,
    observed: `${count} connections`,
    effect: `New connections of ${listed([...members].toSorted())}, and to them, are dropped.`,
    reason: {
      key: sysctlKey(name),
      what: `This host's connection table is full (nf_conntrack_count ${count} of ${most}): new connections are dropped.`,
      act: "more connections were open at once than the table holds",
      certainty: "seen",
      evidence: [`${name} = ${most}`, `net.netfilter.nf_conntrack_count = ${count}`],
      remedies: setAgain(name, String(most * 2)),
    },
  });
}
