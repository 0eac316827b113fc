import { firewallKey, sysctlKey } from "../cause/keys.ts";
import { listed, RESTART_ENGINE } from "../cause/mend.ts";
import type { Place, Rule } from "../snapshot/firewall/model.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import type { LivingHost, LivingSnapshot } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { attachmentsOf, bridgesOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, notes, THE_GONE, together } from "./deviation.ts";
import { byHand } from "./remedies.ts";

/** What all containers hang on, and what is left of those that are gone. */
export function auditHost(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together([
    auditForwardingSwitch(snapshot, host, 4),
    auditForwardingSwitch(snapshot, host, 6),
    auditStaleRules(snapshot, host),
    auditStaleProxies(snapshot, host),
    auditStaleDevices(snapshot, host),
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
      remedies: [byHand("switch it on", [`sysctl -w ${sysctl}=1`], `sysctl ${sysctl}`)],
    },
  });
}

/** Every address that a running container has, by what the engine says. */
function livingAddresses({ containers, beside }: LivingSnapshot): ReadonlySet<string> {
  return new Set([
    ...containers.flatMap(({ pid, endpoints }) =>
      pid > 0 ? endpoints.flatMap(({ address, address6 }) => [address, address6]) : [],
    ),
    ...beside.addresses,
  ]);
}

function isBeside({ beside }: LivingSnapshot, address: string): boolean {
  return beside.subnets.some((subnet) => holds(subnet, address));
}

/** Translations of the engine's to addresses that no container has. */
function auditStaleRules(snapshot: LivingSnapshot, host: LivingHost): Findings {
  const living = livingAddresses(snapshot);
  const subnets = bridgesOf(snapshot).flatMap(({ ranges }) => ranges.map(({ subnet }) => subnet));
  const places: (Place & { readonly rule: Rule; readonly to: string })[] = (host.filters?.tables ?? []).flatMap(
    (table) =>
      table.chains.flatMap((chain) =>
        chain.rules.flatMap((rule) =>
          rule.steps.flatMap((step) =>
            step.kind === "dnat" && step.address !== null ? [{ table, chain, rule, to: step.address }] : [],
          ),
        ),
      ),
  );
  return together(
    places
      .filter(({ to }) => !living.has(to) && !isBeside(snapshot, to))
      .map((place) => {
        const text = placeText(place);
        const line = removal(place);
        // The ingress network's end on this host is no container's.
        if (place.chain.name === "DOCKER-INGRESS") return NOTHING;
        const engines = place.chain.name === "DOCKER" || place.table.name === "docker-bridges";
        if (!engines) {
          // Others' translations are their own business, but for those that name an address of the engine's networks.
          if (!subnets.some((subnet) => holds(subnet, place.to))) return NOTHING;
          return notes({
            key: `foreign-stale ${text}`,
            what: `A rule that is not the engine's translates to ${place.to}, an address that no container has: \`${text}\`.`,
            todo: line === null ? "" : `If nobody needs it: \`${line}\`.`,
            subjects: [{ kind: "host" }],
          });
        }
        return deviates({
          claim: "LIVE-16",
          subject: { kind: "host" },
          concerns: mayHaveLeft(snapshot, portOf(place.rule.text)),
          expected: "translations to addresses of containers",
          observed: text,
          effect: "Who asks for that host port waits in vain, and a container that publishes it later is not reached.",
          reason: {
            key: firewallKey(text),
            what: `A rule of the engine's translates to ${place.to}, an address that no container has: \`${text}\`.`,
            act: "dockerd ended without clearing up, or old rules were restored (iptables-restore)",
            certainty: "seen",
            evidence: [text],
            remedies:
              line === null ? [RESTART_ENGINE] : [byHand("take the rule away", [line], "iptables -t nat -S DOCKER")],
          },
        });
      }),
  );
}

function auditStaleProxies(snapshot: LivingSnapshot, host: LivingHost): Findings {
  const living = livingAddresses(snapshot);
  const stale = host.proxies.filter(
    ({ containerIp, hostPort }) =>
      containerIp !== "" &&
      !living.has(containerIp) &&
      !isBeside(snapshot, containerIp) &&
      !snapshot.beside.hostPorts.includes(hostPort) &&
      // One that is alive and leads elsewhere is told of its port.
      !snapshot.containers.some(({ pid, ports }) => pid > 0 && ports.some((port) => port.hostPort === hostPort)),
  );
  return together(
    stale.map(({ hostIp, hostPort, protocol, containerIp, containerPort }) =>
      deviates({
        claim: "LIVE-16",
        subject: { kind: "host" },
        concerns: mayHaveLeft(snapshot, hostPort),
        expected: "docker-proxies of containers that run",
        observed: `docker-proxy ${hostIp}:${hostPort}/${protocol} → ${containerIp}:${containerPort}`,
        effect: `Host port ${hostPort}/${protocol} is taken: a container that publishes it does not start, and who asks for it gets no answer.`,
        reason: {
          key: `stale-proxy ${hostIp} ${hostPort} ${protocol}`,
          what: `A docker-proxy holds host port ${hostPort}/${protocol} for ${containerIp}, an address that no container has.`,
          act: "its container ended while dockerd did not see it",
          certainty: "seen",
          evidence: [`docker-proxy -host-ip ${hostIp} -host-port ${hostPort} -container-ip ${containerIp}`],
          remedies: [
            byHand(
              "end that docker-proxy",
              [`pkill -f -- '-proto ${protocol} -host-ip ${hostIp} -host-port ${hostPort} '`],
              `ss -lnp 'sport = :${hostPort}'`,
            ),
          ],
        },
      }),
    ),
  );
}

/** The host port that a rule translates; null where it names none. */
function portOf(rule: string): number | null {
  const port = /dport (\d+)/.exec(rule)?.[1];
  return port === undefined ? null : Number(port);
}

/** Whose a rule or a proxy for a host port may be that is just being made or taken away. */
function mayHaveLeft({ containers }: LivingSnapshot, hostPort: number | null): string[] {
  const asking = containers.filter(({ bindings }) =>
    bindings.some((asked) => hostPort === null || !/^\d+$/.test(asked.hostPort) || Number(asked.hostPort) === hostPort),
  );
  return [...asking.map(({ name }) => name), THE_GONE];
}

/** Bridges named as the engine names them, of no network. */
function auditStaleDevices(snapshot: LivingSnapshot, host: LivingHost): Findings {
  const devices = new Set([...bridgesOf(snapshot).map(({ device }) => device), ...snapshot.beside.devices]);
  const stale = host.links.filter(
    ({ name, bridge }) => bridge !== null && /^br-[0-9a-f]{12}$/.test(name) && !devices.has(name),
  );
  return together(
    stale.map(({ name }) =>
      notes({
        key: `stale-bridge ${name}`,
        what: `The bridge ${name} belongs to no network of this engine: a network that is gone left it, or another engine has it.`,
        todo: `If nobody needs it: \`ip link del ${name}\`.`,
        subjects: [{ kind: "host" }],
      }),
    ),
  );
}
