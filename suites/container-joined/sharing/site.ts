import type { Vantage } from "../../../helpers/model/evidence.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { bridge, busybox, chapter, cite, nginx, topology } from "../../../helpers/requirement/index.ts";

export const STACK_OF = cite(
  "docs/network#container-networks",
  "you can attach a container to another container's networking stack directly, using the --network container:<name|id> flag format",
);

export const JOINED_PORT = 8081;

export const JOINED_PAGE = "served by the joined container";

/**
 * A web server and two containers that share its network, one named to the engine by id, one by name and with a web
 * server of its own; a neighbour with a network stack of its own that is attached last; a container on the host's
 * network and one that joins it.
 */
export const shared = topology("joined", {
  // Open whatever the daemon's defaults for new networks: here it only carries the questions.
  networks: { net: bridge({ options: { "com.docker.network.bridge.enable_icc": "true" } }) },
  containers: {
    owner: nginx({ on: "net" }),
    byId: busybox({ joins: "owner", joinsBy: "id" }),
    byName: busybox({
      joins: "owner",
      joinsBy: "name",
      prelude: [
        `mkdir -p /dev/shm/www && echo "${JOINED_PAGE}" >/dev/shm/www/index.html && httpd -p ${JOINED_PORT} -h /dev/shm/www`,
      ],
    }),
    neighbour: busybox({ on: "net", after: ["owner", "byId", "byName"] }),
  },
});

export async function netNamespace(of: Vantage): Promise<string> {
  return (await namespaces(of)).net;
}

export const onShared = chapter({ given: shared });
