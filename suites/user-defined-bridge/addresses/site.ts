import { labelsOf, nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { bridge, busybox, type Session, topology } from "../../../helpers/requirement/index.ts";
import { mustBeRefused, type Refusal } from "../../../helpers/requirement/refusal.ts";

/** A network in whose subnet the engine chooses all addresses, one whose gateway is its last host, and containers that join in turn. */
export const lan = topology("udn-addresses", {
  networks: {
    plain: bridge(),
    high: bridge({ layout: (subnet) => ({ Gateway: cidr(subnet).lastHost }) }),
  },
  containers: {
    first: busybox({ on: "plain" }),
    second: busybox({ on: "plain", after: ["first"] }),
    low: busybox({ on: "high" }),
    fixed: busybox({ on: "high", ip: (subnet) => cidr(subnet).host(200) }),
  },
});

export const IP_DROPPED =
  "something between here and the engine drops `--ip` from requests (an authorization plugin, a platform's proxy): the engine gave an address of its own choice instead of refusing";

export async function ipv4On(from: Vantage, name: string) {
  return (await addresses(from, name)).filter((address) => address.family === 4);
}

/** Asks for a container with a static address that must be refused, at its creation or at its start; what was made of it is removed. */
export async function refuseStaticAddress(
  session: Session,
  network: string,
  address: string,
  what: string,
): Promise<Refusal & { readonly running: boolean }> {
  const name = nameOf(session.runId, `udn-static-${address}`);
  try {
    const refusal = await mustBeRefused(what, async () => {
      const container = await session.docker.createContainer({
        name,
        Image: session.images.busybox,
        Cmd: ["sleep", "60"],
        Labels: labelsOf(session.runId),
        HostConfig: { NetworkMode: network, CapDrop: ["ALL"] },
        NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
      });
      await container.start();
    });
    // Without `all` the list holds running containers only.
    const running = await session.docker.listContainers({ filters: { name: [name] } });
    return { ...refusal, running: running.length > 0 };
  } finally {
    await removeContainer(session.docker, name);
  }
}
