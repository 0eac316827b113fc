import { firewallKey } from "../cause/keys.ts";
import { RESTART_ENGINE } from "../cause/mend.ts";
import type { Place, Rule } from "../snapshot/firewall/model.ts";
import { placeText, removal } from "../snapshot/firewall/place-text.ts";
import { type LivingHost, type LivingSnapshot, runs } from "../snapshot/living.ts";
import { holds } from "./addresses.ts";
import { bridgesOf } from "./bridges.ts";
import { deviates, type Findings, NOTHING, notes, THE_GONE, together } from "./deviation.ts";
import { byHand } from "./remedies.ts";

/** What is left of containers and networks that are gone. */
export function auditLeftovers(snapshot: LivingSnapshot): Findings {
  const { host } = snapshot;
  if (host === null) return NOTHING;
  return together([
    auditStaleRules(snapshot, host),
    auditStaleProxies(snapshot, host),
    // Of what belongs to nobody here, another engine may have it.
    host.engines.length > 1 ? NOTHING : auditLeftDevices(snapshot, host),
  ]);
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
            key: firewallKey(text),
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
              line === null
                ? [RESTART_ENGINE]
                : [byHand("take the rule away", [line], `${place.table.program} -t nat -S DOCKER`)],
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

/** Swarm's way out, where the ingress network has a port as well. */
const SWARMS = "docker_gwbridge";

/** What is named as the engine names it and belongs to nobody; and bridges that were told to sort by VLAN. */
function auditLeftDevices(snapshot: LivingSnapshot, host: LivingHost): Findings {
  const bridges = bridgesOf(snapshot);
  const devices = new Set([...bridges.map(({ device }) => device), ...snapshot.beside.devices]);
  const ends = new Set(
    snapshot.containers.flatMap(({ inside }) => (inside?.addresses ?? []).flatMap(({ peerIndex }) => peerIndex ?? [])),
  );
  // A container of which nothing is known, or one of this project's that is being removed, may have them.
  const allKnown =
    snapshot.whose === "everybody" &&
    snapshot.beside.addresses.length === 0 &&
    snapshot.containers.every((one) => !runs(one) || one.inside !== null || one.networkMode === "host");
  const ports = host.links.filter(
    ({ name, master, index }) =>
      allKnown && /^veth[0-9a-f]{7}$/.test(name) && devices.has(master ?? "") && master !== SWARMS && !ends.has(index),
  );
  return together([
    ...host.links
      .filter(({ name, bridge }) => bridge !== null && /^br-[0-9a-f]{12}$/.test(name) && !devices.has(name))
      .map(({ name }) => left("bridge", name, "network", `ip link del ${name}`, "another engine has it")),
    ...ports.map(({ name, master }) =>
      left(`${master ?? ""} port`, name, "container", `ip link del ${name}`, "another program made it"),
    ),
    ...(allKnown ? host.emptyNamespaces : []).map((name) =>
      left(
        "network namespace",
        name,
        "container",
        `umount /run/docker/netns/${name} && rm /run/docker/netns/${name}`,
        "a container is on its way",
      ),
    ),
    ...bridges
      .filter(({ device }) => host.vlanFiltering.includes(device))
      .map(({ name, device }) =>
        notes({
          key: `vlan-filtering ${device}`,
          what: `The bridge ${device} of network ${name} sorts by VLAN, which the engine does not ask for: who of its ports may exchange what is not judged.`,
          todo: `If nobody needs it: \`ip link set ${device} type bridge vlan_filtering 0\`.`,
          subjects: [{ kind: "network", name }],
        }),
      ),
  ]);
}

function left(what: string, name: string, of: string, command: string, or: string): Findings {
  return notes({
    key: `left ${what} ${name}`,
    what: `The ${what} ${name} belongs to no ${of} of this engine: one that is gone left it, or ${or}.`,
    todo: `If nobody needs it: \`${command}\`.`,
    subjects: [{ kind: "host" }],
    concerns: [THE_GONE],
  });
}
