import { isDeepStrictEqual } from "node:util";
import { danger, type Finding } from "../configuration/finding.ts";
import type { Store } from "../configuration/step.ts";

type Values = Readonly<Record<string, unknown>>;

/** Keys with which dockerd looks for its containers, images and networks somewhere else. */
const STORES = ["data-root", "graph", "storage-driver", "userns-remap"] as const;

const DEFAULT_ROOT = "/var/lib/docker";

/** Whether dockerd looks somewhere else under the candidate. */
function moves(key: (typeof STORES)[number], before: unknown, after: unknown, { root, driver }: Store): boolean {
  // Without the key it stays with the driver that it finds in its folder.
  if (key === "storage-driver") return (after ?? before ?? driver) !== (before ?? driver);
  if (key === "userns-remap") return (after ?? "") !== (before ?? "");
  if (before === undefined && after === undefined) return false;
  return folder(after ?? DEFAULT_ROOT) !== folder(before ?? root);
}

/** Under user namespaces dockerd tells the folder of the user's range inside of its own. */
function folder(path: unknown): string {
  return String(path)
    .replace(/\/\d+\.\d+$/, "")
    .replace(/\/+$/, "");
}

/**
 * Keys that are not about networks and all the same cut the operator off, or the host open: no disposable engine shows
 * it, since they are taken out for the rehearsal.
 * @param before the values of the present file
 * @param after those of the candidate
 * @param store that of the running dockerd: a file that names it changes nothing
 */
export function lockOut(before: Values, after: Values, store: Store): Finding[] {
  const differs = (key: string) => !isDeepStrictEqual(before[key] ?? undefined, after[key] ?? undefined);
  const stores = STORES.filter((key) => moves(key, before[key], after[key], store)).map((key) =>
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
