import { sysctlKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { type StoppingValue, valuesAgainst, valuesOfHost } from "../expectations/kernel-values.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf, type Bridge } from "./bridges.ts";
import { deviates, type Findings, NOTHING, type Reason, together } from "./deviation.ts";
import { addressBack, lostAddresses } from "./lost-addresses.ts";
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
          .map((value) =>
            deviating(value, reasonOfValue(value), null, [
              ...new Set(attachments.map(({ container }) => container.name)),
            ]),
          )),
    ...bridges.flatMap((bridge) =>
      valuesOf(host, bridge).map((value) =>
        deviating(value, reasonOfValue(value, host, bridge), bridge.name, on(bridge.name)),
      ),
    ),
  ]);
}

/** The values that end packets of one network. */
function valuesOf({ sysctls }: LivingHost, { name, device, internal, ranges }: Bridge): StoppingValue[] {
  return valuesAgainst(sysctls, { name, device, internal, families: ranges.map(({ family }) => family) });
}

/** The value by which a bridge has lost all addresses that it lacks, as the reason of that; null where there is none. */
export function reasonOfLostAddresses(host: LivingHost, bridge: Bridge): Reason | null {
  const lost = lostAddresses(bridge, host);
  const value = valuesOf(host, bridge).find(({ takesAddresses }) => takesAddresses);
  const isWhy = value !== undefined && lost.length > 0 && lost.every(({ family }) => family === value.family);
  return isWhy ? reasonOfValue(value, host, bridge) : null;
}

function reasonOfValue(
  { name, seen, right, does, commands, takesAddresses }: StoppingValue,
  host?: LivingHost,
  bridge?: Bridge,
): Reason {
  const back =
    takesAddresses && host !== undefined && bridge !== undefined
      ? lostAddresses(bridge, host).flatMap((range) => addressBack(bridge, range))
      : [];
  return {
    key: sysctlKey(name),
    what: `${name} is ${seen}: ${does}.`,
    act: "`sysctl --system`, a file in /etc/sysctl.d that a package brought, a hardening script",
    certainty: "seen",
    evidence: [`${name} = ${seen}`],
    remedies: setAgain(name, right, commands, back),
  };
}

function deviating(
  { name, seen, right, family, topics }: StoppingValue,
  reason: Reason,
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
    reason,
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
