import { sysctlKey } from "../cause/keys.ts";
import { listed } from "../cause/mend.ts";
import { isLoopback, isUnspecified } from "../model/address.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { attachmentsOf, bridgesOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, notes, together } from "./deviation.ts";
import { publishedPorts, subjectOf } from "./published.ts";
import { setAgain } from "./remedies.ts";
import { uplinkOf } from "./uplink.ts";

/** What all containers hang on: the kernel's switches for forwarding, and its neighbour table. */
export function auditHost(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together([
    auditForwardingSwitch(snapshot, host, 4),
    auditForwardingSwitch(snapshot, host, 6),
    auditUplink(snapshot, host),
    auditFurtherDevices(snapshot, host),
  ]);
}

function auditForwardingSwitch(snapshot: LivingSnapshot, host: LivingHost, family: 4 | 6): Findings {
  const switched = family === 4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";
  if (host.sysctls[switched] !== "0" || snapshot.facts.configuration["ip-forward"] === false) return NOTHING;
  const cut = attachmentsOf(snapshot).filter(
    ({ bridge, endpoint }) => !bridge.internal && (family === 4 ? endpoint.address : endpoint.address6) !== "",
  );
  const names = [...new Set(cut.map(({ container }) => container.name))];
  if (names.length === 0) return NOTHING;
  const sysctl = `net.${switched.replaceAll("/", ".")}`;
  return deviates({
    claim: "LIVE-15",
    family,
    subject: { kind: "host" },
    concerns: [],
    expected: `${sysctl} = 1`,
    observed: `${sysctl} = 0`,
    effect: `${listed(names)} reach nothing beyond this host by IPv${family}, and their published ports are reached by docker-proxy alone.`,
    reason: {
      key: sysctlKey(sysctl),
      what: `The kernel does not forward IPv${family} packets: ${sysctl} is 0.`,
      act: "sysctl --system with a file that says so, or a network manager",
      certainty: "seen",
      evidence: [`${sysctl} = 0`],
      remedies: setAgain(sysctl, "1"),
    },
  });
}

/** Machines on a further network of the host's come in by a device of their own, whose switch somebody turned. */
function auditFurtherDevices(snapshot: LivingSnapshot, host: LivingHost): Findings {
  if (host.sysctls["ipv4/ip_forward"] !== "1") return NOTHING;
  const published = publishedPorts(snapshot).filter(({ family, ends }) => family === 4 && ends.length > 0);
  const engines = new Set(bridgesOf(snapshot).map(({ device }) => device));
  const uplink = uplinkOf(host, 4)?.device;
  return together(
    host.addresses.flatMap(({ name, addresses }) => {
      const own = addresses.filter(({ family, address }) => family === 4 && !isLoopback(address));
      const isTold = name === uplink || engines.has(name) || host.sysctls[`ipv4/conf/${name}/forwarding`] !== "0";
      const there = published.filter(
        ({ port }) => isUnspecified(port.hostAddress) || own.some(({ address }) => address === port.hostAddress),
      );
      if (isTold || own.length === 0 || there.length === 0) return [];
      const sysctl = `net.ipv4.conf.${name.replaceAll(".", "/")}.forwarding`;
      return [
        notes({
          key: sysctlKey(sysctl),
          what: `The kernel does not forward what comes in by ${name}: ${sysctl} is 0. Machines there reach no published port.`,
          todo: `If they are to: \`sysctl -w ${sysctl}=1\`.`,
          subjects: there.map(({ container, port }) => subjectOf(container, port)),
        }),
      ];
    }),
  );
}

/** The kernel has the same switch for each device that packets come in by (IPv4); those of bridges are judged with others. */
function auditUplink(snapshot: LivingSnapshot, host: LivingHost): Findings {
  if (host.sysctls["ipv4/ip_forward"] !== "1" || snapshot.facts.configuration["ip-forward"] === false) return NOTHING;
  const open = attachmentsOf(snapshot).filter(({ bridge, endpoint }) => !bridge.internal && endpoint.address !== "");
  const device = open.length === 0 ? undefined : uplinkOf(host, 4)?.device;
  if (device === undefined || host.sysctls[`ipv4/conf/${device}/forwarding`] !== "0") return NOTHING;
  const names = listed([...new Set(open.map(({ container }) => container.name))]);
  const sysctl = `net.ipv4.conf.${device.replaceAll(".", "/")}.forwarding`;
  return deviates({
    claim: "LIVE-15",
    family: 4,
    subject: { kind: "host" },
    concerns: [],
    expected: `${sysctl} = 1`,
    observed: `${sysctl} = 0`,
    effect: `${names} get nothing from beyond this host, neither questions nor answers.`,
    reason: {
      key: sysctlKey(sysctl),
      what: `The kernel does not forward what comes in by ${device}: ${sysctl} is 0.`,
      act: "sysctl --system with a file that says so, or a network manager",
      certainty: "seen",
      evidence: [`${sysctl} = 0`],
      remedies: setAgain(sysctl, "1"),
    },
  });
}
