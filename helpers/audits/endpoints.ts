import {
  type LivingContainer,
  type LivingInside,
  type LivingSnapshot,
  runs,
  sharesNetwork,
} from "../snapshot/living.ts";
import { attachmentsOf } from "./bridges.ts";
import { auditDefaults } from "./default-routes.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { auditHostEnd } from "./host-ends.ts";
import { auditInterface } from "./interfaces.ts";
import { auditLoopback, auditTwins } from "./loopback-and-twins.ts";
import { auditNamespace } from "./namespace.ts";
import { auditNetworkRoutes } from "./network-routes.ts";
import { auditSharing } from "./sharing.ts";

/** Drivers whose endpoints are interfaces in the container's namespace. */
const WITH_INTERFACE: ReadonlySet<string> = new Set(["bridge", "macvlan", "ipvlan", "overlay"]);

/** What each running container has in its network namespace and at the host's end of its veth pairs. */
export function auditEndpoints(snapshot: LivingSnapshot): Findings {
  const drivers = new Map(snapshot.networks.map(({ Id, Driver }) => [Id, Driver]));
  return together([
    ...snapshot.containers.filter(runs).map((container) => {
      const { inside } = container;
      if (sharesNetwork(container)) return auditSharing(snapshot, container);
      if (inside === null || container.ownStack) return NOTHING;
      return together([
        ...container.endpoints
          .filter(({ networkId }) => WITH_INTERFACE.has(drivers.get(networkId) ?? ""))
          .map((endpoint) => auditInterface(snapshot, container, inside, endpoint)),
        auditLoopback(snapshot, container, inside),
        ...container.endpoints.map((endpoint) => auditTwins(snapshot, container, endpoint)),
        ...container.endpoints.map((endpoint) => auditNetworkRoutes(snapshot, container, inside, endpoint)),
        auditDefaults(snapshot, container, inside),
        auditNamespace(snapshot, container, inside),
        auditWiredByOthers(container, inside),
      ]);
    }),
    ...attachmentsOf(snapshot).map((attachment) => auditHostEnd(snapshot, attachment)),
  ]);
}

/** Interfaces that the engine did not make: a CNI plugin's, pipework's, a VPN client's. */
function auditWiredByOthers(container: LivingContainer, inside: LivingInside): Findings {
  if (container.networkMode !== "none") return NOTHING;
  const wired = inside.addresses.filter(
    ({ name, addresses }) => name !== "lo" && addresses.some(({ scope }) => scope === "global"),
  );
  if (wired.length === 0) return NOTHING;
  return notes({
    key: `wired-by-others ${container.name}`,
    what: `Container ${container.name} was started without a network and has ${wired.map(({ name }) => name).join(", ")}: another program wired it, and what that made is not judged.`,
    todo: "",
    subjects: [{ kind: "container", name: container.name }],
  });
}
