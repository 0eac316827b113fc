import type { DaemonJson } from "../configuration/daemon-json.ts";
import { type HostSituation, type Step, userBridges } from "../configuration/step.ts";
import { askForNetworks } from "../engine/answers.ts";
import { dockerErrorOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import type { LabEngine } from "../lab/engine-versions.ts";
import type { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import type { NetworkConfiguration } from "../model/configuration-facts.ts";
import { quoted } from "../model/shell-words.ts";
import { has } from "../model/version-switches.ts";
import type { RehearsedBridge } from "./effects-on-host.ts";
import { rehearsedText } from "./left-out-keys.ts";
import { addressToKeep, presentFile } from "./present-file.ts";

/** A file as it is to be rehearsed. */
export interface Candidate {
  readonly text: string;
  readonly read: DaemonJson;
}

/** How a disposable engine took the candidate. */
export interface LabOutcome {
  readonly host: LabHost;
  /** Its engine's version; empty when it never ran. */
  readonly version: string;
  /** dockerd's own refusal of the file; empty = it accepts it; null = this version can't be asked. */
  readonly validation: string | null;
  /** dockerd's own line why it does not start; empty = it runs. */
  readonly refusal: string;
  readonly bridge: RehearsedBridge | null;
  /** Networks of the host, made again here, that the restart with the candidate lost. */
  readonly lostNetworks: readonly string[];
  /** What of the host the disposable engine does not have, in words. */
  readonly missing: readonly string[];
}

const CANDIDATE = "/tmp/candidate.json";
const MAX_COPIES = 60;

/**
 * Takes a disposable engine the way that the host would go: from the host's docker0, routes and networks under its
 * present file, by a restart, to the candidate. The host itself is not asked and not touched.
 * @param step what either file comes to with the host's flags
 * @param flags those of the host's dockerd that a disposable one takes too
 */
export async function rehearseInLab(
  lab: Lab,
  engine: LabEngine,
  situation: HostSituation,
  current: Candidate,
  { before, after }: Step,
  candidate: Candidate,
  flags: readonly string[],
): Promise<LabOutcome> {
  const { rehearsal: host } = await lab.start({ rehearsal: { engine, engineRuns: false } });
  const missing = await copyLinks(host, situation, [before.bridge, after.bridge]);
  missing.push(...(await copyAddresses(host, situation, [before, after])));
  let version = "";
  let copied: readonly string[] = [];
  await host.configure(presentFile(rehearsedText(current.text, current.read), addressToKeep(situation, before)));
  try {
    await host.startEngine(flags);
    version = (await host.docker.version()).Version;
    const networks = await copyNetworks(host, situation);
    copied = networks.copied;
    missing.push(...networks.missing);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    missing.push(
      `the host's present file does not start there (${error.seen}): the candidate meets a fresh machine instead of a restart`,
    );
  }
  if (version !== "") await host.stopEngine();
  const validation = await validate(host, version || engine.version, candidate, flags);
  await host.configure(rehearsedText(candidate.text, candidate.read).text);
  const refusal = await host.startEngine(flags).then(
    () => "",
    (error: unknown) => {
      if (error instanceof UserError) return error.seen;
      throw error;
    },
  );
  const base = { host, version, validation, missing };
  if (refusal !== "") return { ...base, refusal, bridge: null, lostNetworks: [] };
  const { networks, bridge } = await lookAt(host);
  return {
    ...base,
    version: version || (await host.docker.version()).Version,
    refusal,
    bridge,
    lostNetworks: copied.filter((name) => !networks.includes(name)),
  };
}

/** dockerd's own check of the whole file: it looks at names and values, never for the things that they name. */
async function validate(
  host: LabHost,
  version: string,
  candidate: Candidate,
  flags: readonly string[],
): Promise<string | null> {
  if (!has({ engine: { version, apiVersion: "1.0" } }, "validates-daemon-json")) return null;
  await host.write(CANDIDATE, candidate.text);
  const words = [...flags, `--config-file=${CANDIDATE}`].map(quoted).join(" ");
  const { exitCode, stderr, stdout } = await host.shell.act(`dockerd --validate ${words}`);
  return exitCode === 0 ? "" : (`${stderr}\n${stdout}`.trim().split("\n").at(-1) ?? "it does not say why");
}

/**
 * Gives the lab host the host's routes, and a bridge that the host's operator made for the default network: present or
 * candidate file may name it. @returns what could not be copied
 */
async function copyLinks(
  host: LabHost,
  { facts, standing, networks }: HostSituation,
  bridges: readonly (string | undefined)[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const device of new Set(bridges)) {
    if (device !== undefined && !["", "none", "docker0"].includes(device))
      missing.push(...(await copyBridge(host, facts, device)));
  }
  const ofNetworks = new Set([facts.defaultBridge?.device, ...networks.map((network) => network.device)]);
  const routes = standing.routes.filter((route) => !ofNetworks.has(route.device) && route.onLink);
  const main = routes.filter(({ table }) => table === "main").slice(0, MAX_COPIES);
  for (const { destination } of main) {
    const { exitCode } = await host.shell.act(`ip route add ${quoted(destination)} dev eth0 scope link`);
    if (exitCode !== 0) missing.push(`the host's route ${destination}`);
  }
  const left = standing.routes.filter((route) => !ofNetworks.has(route.device)).length - main.length;
  if (left > 0)
    missing.push(`${left} routes of the host behind gateways or in other tables (their overlaps are computed)`);
  return missing;
}

/** Keys that name an address which the host is to have. */
function addressesNamed(configuration: NetworkConfiguration): readonly string[] {
  return [configuration.ip, configuration["host-gateway-ip"], ...(configuration["host-gateway-ips"] ?? [])].filter(
    (address) => address !== undefined,
  );
}

/** Gives the lab host those of the host's own addresses that a key names. @returns what could not be copied */
async function copyAddresses(
  host: LabHost,
  { facts, networks }: HostSituation,
  steps: readonly NetworkConfiguration[],
): Promise<string[]> {
  const named = new Set(steps.flatMap(addressesNamed));
  // A bridge of the engine's brings its own when it is made there.
  const ofEngine = new Set([facts.defaultBridge?.device, ...networks.map((network) => network.device)]);
  const missing: string[] = [];
  for (const { address, interface: device } of facts.host?.addresses ?? []) {
    if (!named.has(address) || device === "lo" || ofEngine.has(device)) continue;
    const whole = address.includes(":") ? `${address}/128 nodad` : `${address}/32`;
    // It may be there already: of the host's bridge that was copied, or the disposable host's own.
    const { exitCode } = await host.shell.act(
      `ip -o addr show to ${address} | grep -q . || ip addr add ${whole} dev eth0`,
    );
    if (exitCode !== 0) missing.push(`the host's address ${address}`);
  }
  return missing;
}

async function copyBridge(host: LabHost, facts: HostSituation["facts"], device: string): Promise<string[]> {
  const name = quoted(device);
  const addresses = (facts.host?.addresses ?? []).filter(
    (address) => address.interface === device && !address.address.startsWith("fe80"),
  );
  if (facts.host?.links.every((link) => link.name !== device)) return [];
  const commands = [
    `ip link add ${name} type bridge`,
    ...addresses.map(({ address, prefix }) => `ip addr add ${address}/${prefix} dev ${name}`),
    `ip link set ${name} up`,
  ];
  const { exitCode, stderr } = await host.shell.act(commands.join(" && "));
  return exitCode === 0 ? [] : [`the host's bridge ${device} can't be made there: ${stderr.trim()}`];
}

/** Makes the host's own bridge networks again. @returns the names of those, and what could not be copied */
async function copyNetworks(
  host: LabHost,
  situation: HostSituation,
): Promise<{ readonly copied: readonly string[]; readonly missing: readonly string[] }> {
  const copied: string[] = [];
  const missing = situation.networks
    .filter(({ driver }) => !["bridge", "host", "null"].includes(driver))
    .map(({ name, driver }) => `the ${driver} network ${name}`);
  for (const network of userBridges(situation).slice(0, MAX_COPIES)) {
    try {
      await host.docker.createNetwork({
        Name: network.name,
        Driver: "bridge",
        CheckDuplicate: true,
        Internal: network.internal,
        EnableIPv6: network.ipv6,
        Options: { ...network.options },
        IPAM: {
          Driver: "default",
          Config: network.subnets.map(({ subnet, gateway }) => ({
            Subnet: subnet,
            ...(gateway === "" ? {} : { Gateway: gateway }),
          })),
        },
      });
      copied.push(network.name);
    } catch (error) {
      const said = dockerErrorOf(error)?.message;
      if (said === undefined) throw error;
      missing.push(`the network ${network.name}: ${said}`);
    }
  }
  return { copied, missing };
}

async function lookAt(host: LabHost): Promise<{ networks: readonly string[]; bridge: RehearsedBridge | null }> {
  const networks = await askForNetworks(host.docker);
  const config = networks
    .find(({ Name }) => Name === "bridge")
    ?.IPAM.Config?.find(({ Subnet }) => Subnet?.includes(".") ?? false);
  return {
    networks: networks.map(({ Name }) => Name),
    bridge: config === undefined ? null : { subnet: config.Subnet ?? "", gateway: config.Gateway ?? "" },
  };
}
