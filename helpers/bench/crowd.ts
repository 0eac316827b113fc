import type Dockerode from "dockerode";
import pLimit from "p-limit";

/** How much runs on a crowded host. */
export interface Crowd {
  readonly networks: number;
  readonly containers: number;
  readonly publishedPorts: number;
}

/** Started at once: an engine on few processors does not start more of them any faster. */
const AT_ONCE = 6;

const FIRST_PORT = 20_000;

/**
 * Fills a disposable host: containers of a compose-like project per network, each with a web server that costs a megabyte
 * and with a port or two that are published on every address. They go with the host.
 * @param image a BusyBox image that the engine has
 */
export async function fill(docker: Dockerode, image: string, crowd: Crowd): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const each = async (count: number, make: (index: number) => Promise<unknown>): Promise<void> => {
    await Promise.all(Array.from({ length: count }, (_, index) => limit(make, index)));
  };
  await each(crowd.networks, async (index) => {
    await docker.createNetwork({
      Name: networkName(index),
      Driver: "bridge",
      IPAM: { Driver: "default", Config: [{ Subnet: subnetOf(index) }] },
    });
  });
  await each(crowd.containers, async (index) => {
    const container = await docker.createContainer({
      name: `crowd-${index}`,
      Image: image,
      Cmd: ["httpd", "-f", "-p", "80"],
      Labels: { "com.docker.compose.project": `project-${index % crowd.networks}` },
      ExposedPorts: { "80/tcp": {} },
      HostConfig: {
        NetworkMode: networkName(index % crowd.networks),
        PortBindings: { "80/tcp": portsOf(crowd, index).map((port) => ({ HostPort: String(port) })) },
        Memory: 64 * 1024 * 1024,
      },
    });
    await container.start();
  });
}

function networkName(index: number): string {
  return `crowd-net-${index}`;
}

/** A /28 of 10.200.0.0/16 each. */
function subnetOf(index: number): string {
  return `10.200.${index >> 4}.${(index & 15) * 16}/28`;
}

/** Every port in turn: container 0 has port 0, and again what is left over once each container has one. */
function portsOf({ containers, publishedPorts }: Crowd, index: number): number[] {
  const ports: number[] = [];
  for (let port = index; port < publishedPorts; port += containers) ports.push(FIRST_PORT + port);
  return ports;
}

/**
 * What `iptables-restore --noflush` reads to add the rules of so many networks more, as the engine would have made them
 * for bridges that are not there. They let nothing pass, and translate to nobody.
 * @param chains names of the filter table's chains that the engine has a rule for each network in
 */
export function rulesOfNetworks(count: number, chains: readonly string[]): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const bridge = `br-${(0xc0ffee000000 + index).toString(16)}`;
    return { bridge, subnet: `10.${100 + (index >> 12)}.${(index >> 4) & 255}.${(index & 15) * 16}/28` };
  });
  return [
    "*nat",
    ...lines.map(({ bridge, subnet }) => `-A POSTROUTING -s ${subnet} ! -o ${bridge} -j MASQUERADE`),
    ...lines.map(({ bridge }) => `-A DOCKER -i ${bridge} -j RETURN`),
    "COMMIT",
    "*filter",
    ...chains.flatMap((chain) => lines.map(({ bridge }) => `-A ${chain} ! -i ${bridge} -o ${bridge} -j DROP`)),
    "COMMIT",
    "",
  ].join("\n");
}
