import { askForNetworks } from "../../../helpers/engine/answers.ts";
import type { PublishedPort } from "../../../helpers/expectations/firewall.ts";
import { bridgeDeviceName } from "../../../helpers/expectations/user-network.ts";
import type { Facts } from "../../../helpers/model/facts.ts";
import { briefly } from "../../../helpers/requirement/briefly.ts";
import {
  bridge,
  busybox,
  chapter,
  NotRun,
  nginx,
  type Session,
  stage,
  topology,
} from "../../../helpers/requirement/index.ts";
import { listRules } from "../../../helpers/snapshot/firewall/rule-list.ts";
import type { Endpoint } from "../../../helpers/topology/endpoint.ts";
import { docker0, RULES } from "../rules.ts";

/** Published and unpublished containers on the default bridge. */
export const onDefault = topology("nat", {
  containers: {
    web: nginx({ publish: (facts) => ["0.0.0.0:free:80", "0.0.0.0:free:81", `${oneAddress(facts)}:free:82`] }),
    plain: busybox(),
  },
});

/** A published container on a bridge network of our own. */
export const onOwn = topology("nat-own", {
  networks: { own: bridge() },
  containers: { app: nginx({ on: "own", publish: ["0.0.0.0:free:80"] }) },
});

/** The address that one publication names: the host's own, or its loopback where it has no default route. */
function oneAddress({ host }: Pick<Facts, "host">): string {
  return host?.uplink?.address ?? "127.0.0.1";
}

/** The rules while the containers run. */
export const standing = stage(onDefault, async (containers, session) => ({
  ...containers,
  ...(await listRules(await session.host())),
}));

/** The publications that a container was created with, as the firewall has to know them, by container port. */
function publicationsOf(server: Endpoint, network: string, device: string): PublishedPort[] {
  const asked = server.inspected.HostConfig.PortBindings as Record<string, { HostIp: string; HostPort: string }[]>;
  return Object.keys(asked)
    .toSorted()
    .flatMap((key) =>
      (asked[key] ?? []).map(({ HostIp, HostPort }) => ({
        hostIp: HostIp,
        hostPort: Number(HostPort),
        protocol: "tcp",
        to: { address: server.addressOn(network), port: Number.parseInt(key, 10) },
        device,
      })),
    );
}

/** The three publications of `web`: on every address, on every address for counting, on one address. */
export function publicationsOfWeb(
  web: Endpoint,
  facts: Facts,
): { everywhere: PublishedPort; counted: PublishedPort; one: PublishedPort } {
  const [everywhere, counted, one] = publicationsOf(web, "bridge", docker0(facts).device);
  if (everywhere === undefined || counted === undefined || one === undefined)
    throw new NotRun("the engine forgot a publication");
  return { everywhere, counted, one };
}

/** A published container that comes and goes on a network of our own, and the firewall before, while and after it is there. */
export const comingAndGoing = stage(onOwn, async ({ networks: { own } }, session) => {
  // A reading of the rules that somebody else has under way would be shared, and be older than the container.
  await Promise.allSettled([standing.obtain()]);
  const host = await session.host();
  const known = await dockerDevices(session);
  const before = await listRules(host);
  const devices = new Set([...known, ...(await dockerDevices(session))]);
  const guest = nginx<string>({ on: own.name, publish: ["0.0.0.0:free:80"] });
  const there = await briefly(session, "nat-passing", { containers: { guest } }, async ({ containers }) => {
    const [port] = publicationsOf(containers.guest, own.name, own.device);
    if (port === undefined) throw new NotRun("the engine forgot the publication");
    return { port, during: await listRules(host) };
  });
  return { ...there, before, devices, runId: session.runId, after: await listRules(host) };
});

/** Names of all devices that Docker's bridge networks have on the host. */
async function dockerDevices({ docker }: Session): Promise<string[]> {
  const networks = await askForNetworks(docker, "bridge");
  return networks.map(({ Id, Options }) => bridgeDeviceName(Id, Options ?? {}));
}

export const onRules = chapter({ given: standing, ...RULES });
