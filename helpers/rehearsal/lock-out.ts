import { isDeepStrictEqual } from "node:util";
import { danger, type Finding } from "./finding.ts";

type Values = Readonly<Record<string, unknown>>;

/** Keys with which dockerd looks for its containers, images and networks somewhere else. */
const STORES = ["data-root", "graph", "storage-driver", "userns-remap"] as const;

/**
 * Keys that are not about networks and all the same cut the operator off, or the host open: no disposable engine shows
 * it, since they are taken out for the rehearsal.
 * @param before the values of the present file
 * @param after those of the candidate
 */
export function lockOut(before: Values, after: Values): Finding[] {
  const differs = (key: string) => !isDeepStrictEqual(before[key] ?? undefined, after[key] ?? undefined);
  const stores = STORES.filter(differs).map((key) =>
    danger(
      [key],
      `${key} is another one: dockerd starts without any container, image and network that this host has, until it is changed back`,
    ),
  );
  return differs("hosts") || differs("tlsverify") ? [...stores, ...sockets(after)] : stores;
}

function sockets(after: Values): Finding[] {
  const hosts = Array.isArray(after.hosts) ? after.hosts.filter((host) => typeof host === "string") : [];
  if (hosts.length === 0) return [];
  // Its loopback is the host's own business; a port elsewhere without verified certificates is root for everybody.
  const open = hosts.filter((host) => host.startsWith("tcp://") && !/^tcp:\/\/(127\.|localhost|\[::1\])/.test(host));
  return [
    ...(open.length > 0 && after.tlsverify !== true
      ? [danger(["hosts"], `${open.join(", ")} without "tlsverify": whoever reaches that port is root on this host`)]
      : []),
    ...(hosts.some((host) => host.startsWith("unix://") || host.startsWith("fd://"))
      ? []
      : [
          danger(
            ["hosts"],
            "hosts names no unix:// or fd:// socket: docker commands on this host reach dockerd no more",
          ),
        ]),
  ];
}
