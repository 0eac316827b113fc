import type Dockerode from "dockerode";
import { labelsOf } from "../../../helpers/engine/run-identity.ts";
import { configuredInTurn, type HostInLab } from "../../../helpers/lab/host-in-lab.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { webServerPrelude } from "../../../helpers/topology/web-server.ts";
import { rulesOf } from "../look.ts";

/** What becomes of networks, ports and rules when dockerd is restarted, configured anew or killed with containers on it. */
export const host = configuredInTurn("transitions");

export const needs = ["lab"] as const;

export const PORT = 18080;

/**
 * A web server that serves, and lives without this process: a resident shell ends with its standard input, and that is dockerd's
 * to hold.
 */
export async function webServer(
  inLab: HostInLab,
  name: string,
  hostConfig: Dockerode.HostConfig = {},
): Promise<Dockerode.Container> {
  const { docker, images, runId } = await inLab.context();
  const container = await docker.createContainer({
    name,
    Image: images.nginx,
    Labels: labelsOf(runId),
    Entrypoint: ["sh", "-c", [...webServerPrelude(name, [80], []), "exec sleep 86400"].join("\n")],
    Cmd: [],
    // Its first process hears no SIGTERM: dockerd would wait ten seconds for it.
    StopSignal: "SIGKILL",
    ExposedPorts: { "80/tcp": {} },
    HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: String(PORT) }] }, ...hostConfig },
  });
  await container.start();
  await untilServing(inLab, container);
  return container;
}

/** Started is not serving: docker-proxy resets a connection that nobody takes yet. */
export async function untilServing(inLab: HostInLab, container: Dockerode.Container): Promise<void> {
  const { pid } = await stateOf(container);
  const listens = `grep -q ':0050 00000000:0000 0A' /proc/${pid}/net/tcp`;
  await inLab.host.must(`timeout 20 sh -c "until ${listens}; do sleep 0.05; done"`);
}

interface Running {
  readonly pid: number;
  readonly running: boolean;
  readonly address: string;
}

export async function stateOf(container: Dockerode.Container): Promise<Running> {
  const { State, NetworkSettings } = await container.inspect();
  const [settings] = Object.values(NetworkSettings.Networks);
  return { pid: State.Pid, running: State.Running, address: settings?.IPAddress ?? "" };
}

export async function onDocker0({ host: { shell } }: HostInLab): Promise<readonly string[]> {
  return (await addresses(shell, "docker0"))
    .filter(({ family }) => family === 4)
    .map(({ address, prefix }) => `${address}/${prefix}`);
}

/** Rules of dockerd's that stand more than once, and how many translate the port. */
export async function countRules(inLab: HostInLab) {
  const lines = (await rulesOf(inLab)).map(({ table, chain, args }) => `${table} ${chain} ${args.join(" ")}`);
  const own = lines.filter((line) => !line.includes("DOCKER_"));
  return {
    twice: own.filter((line, index) => own.indexOf(line) !== index),
    dnat: own.filter((line) => line.startsWith("nat DOCKER ") && line.includes(`--dport ${PORT} `)).length,
  };
}
