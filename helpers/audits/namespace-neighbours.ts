import { sysctlKey } from "../cause/keys.ts";
import { NO_ANSWER } from "../expectations/kernel-values.ts";
import { sameAddress } from "../model/address.ts";
import type { LivingContainer, LivingInside, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, together } from "./deviation.ts";
import { insideOf } from "./namespace-finding.ts";

/** Whether its kernel answers who asks for its hardware address. Who gave the container that value himself meant it. */
export function auditSilence(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { arpIgnore, addresses }: LivingInside,
): Findings {
  const devices = ["all", ...addresses.map(({ name }) => name).filter((name) => name !== "lo")];
  const device = devices.find((name) => (arpIgnore?.[name] ?? 0) >= NO_ANSWER);
  if (device === undefined || !container.endpoints.some(({ address }) => address !== "")) return NOTHING;
  const sysctl = `net.ipv4.conf.${device}.arp_ignore`;
  return insideOf(
    snapshot,
    container,
    {
      key: sysctlKey(sysctl),
      expected: `${sysctl} below ${NO_ANSWER}`,
      observed: `${sysctl} = ${arpIgnore?.[device] ?? ""}`,
      effect: `Nobody reaches ${container.name}, for it answers nobody who asks for its hardware address.`,
      what: `In the network namespace of container ${container.name} ${sysctl} is ${arpIgnore?.[device] ?? ""}: it answers no ARP.`,
      mend: { what: "set the value back", command: `sysctl -w ${sysctl}=0`, check: `sysctl ${sysctl}` },
    },
    Object.keys(container.sysctls ?? {}).some((name) => name.endsWith(".arp_ignore")),
  );
}

/** Hardware addresses of its neighbours that were written by hand, and that are not theirs. */
export function auditNeighbours(
  snapshot: LivingSnapshot,
  container: LivingContainer,
  { neighbours }: LivingInside,
): Findings {
  return together(
    neighbours.map(({ address, mac, device }) => {
      const endpoint = container.endpoints.find(
        (one) =>
          (one.address !== "" && holds(`${one.address}/${one.prefix}`, address)) ||
          (one.address6 !== "" && holds(`${one.address6}/${one.prefix6}`, address)),
      );
      const right = endpoint === undefined ? null : macAt(snapshot, endpoint.networkId, address);
      if (right === null || right === mac) return NOTHING;
      return insideOf(snapshot, container, {
        key: `neighbour ${address}`,
        expected: `${address} at ${right}`,
        observed: `${address} at ${mac}, written by hand`,
        effect: `What ${container.name} sends to or by ${address} arrives nowhere.`,
        what: `In the network namespace of container ${container.name} somebody wrote the hardware address ${mac} for ${address}, which is at ${right}.`,
        mend: { what: "forget the entry", command: `ip neigh del ${address} dev ${device}`, check: "ip neigh" },
      });
    }),
  );
}

/** The hardware address of a network's container, or of its gateway; null where nobody known is there. */
function macAt({ containers, networks, host }: LivingSnapshot, networkId: string, address: string): string | null {
  const found = containers
    .flatMap(({ pid, endpoints }) => (pid > 0 ? endpoints : []))
    .find(
      (one) =>
        one.networkId === networkId &&
        [one.address, one.address6].some((own) => own !== "" && sameAddress(own, address)),
    );
  if (found !== undefined) return found.mac === "" ? null : found.mac.toLowerCase();
  if (!networks.some(({ Id, Driver }) => Id === networkId && Driver === "bridge")) return null;
  const device = host?.addresses.find(({ addresses }) =>
    addresses.some((one) => sameAddress(one.address, address)),
  )?.name;
  return host?.links.find(({ name }) => name === device)?.mac?.toLowerCase() || null;
}
