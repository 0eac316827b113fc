import { asHost, type HostView } from "../vantage/host-view.ts";
import type { LivingOverlay, OverlayLink } from "./living.ts";

/** Deadline of the look. */
const SECONDS = 20;

/** The engine names a network's namespace by a counter and the beginning of the network's id (libnetwork `osl.GenerateKey`). */
const ID_DIGITS = 10;

/**
 * Reads the namespaces of overlay networks, in which the engine keeps their bridge and VXLAN device.
 * @param networkIds only networks with running containers: the engine makes a namespace for the first of them
 * @returns one for each network whose namespace could be read, or is certainly not there
 */
export async function lookIntoOverlays(host: HostView, networkIds: readonly string[]): Promise<LivingOverlay[]> {
  if (networkIds.length === 0) return [];
  const short = networkIds.map((id) => id.slice(0, ID_DIGITS));
  const { stdout } = await host.ask(asHost((await host.dockerdPid()) ?? 1, overlaysScript(short)), {
    seconds: SECONDS,
  });
  return readOverlays(networkIds, stdout);
}

/** Each block is closed, so that a part that was cut short or could not be read is told from an empty one. */
function overlaysScript(short: readonly string[]): string {
  return `cd /var/run/docker/netns 2>/dev/null || exit 0; for i in ${short.join(" ")}; do echo "=== $i"; set -- *-$i; if [ -e "$1" ]; then nsenter --net=$1 ip -d -j link 2>/dev/null && echo "== end"; else echo "== none"; fi; done`;
}

/** Reads what the script printed. */
export function readOverlays(networkIds: readonly string[], printed: string): LivingOverlay[] {
  const blocks = new Map(
    printed
      .split(/^=== /m)
      .slice(1)
      .map((block) => [block.slice(0, ID_DIGITS), block.slice(ID_DIGITS + 1)]),
  );
  return networkIds.flatMap((networkId): LivingOverlay[] => {
    const block = blocks.get(networkId.slice(0, ID_DIGITS)) ?? "";
    if (/^== none$/m.test(block)) return [{ networkId, links: null }];
    const end = block.search(/^== end$/m);
    if (end < 0) return [];
    const links = linksOf(block.slice(0, end));
    return links === null ? [] : [{ networkId, links }];
  });
}

/** A link as `ip -d -j link` tells it. */
interface Told {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly id?: number } };
}

function linksOf(text: string): OverlayLink[] | null {
  try {
    return (JSON.parse(text) as readonly Told[]).map(({ ifindex, ifname, flags, master, linkinfo }) => ({
      name: ifname,
      index: ifindex,
      up: flags?.includes("UP") === true,
      master: master ?? null,
      kind: linkinfo?.info_kind ?? "",
      vni: linkinfo?.info_kind === "vxlan" ? (linkinfo.info_data?.id ?? null) : null,
    }));
  } catch {
    return null;
  }
}
