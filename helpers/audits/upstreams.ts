import { listed } from "../cause/mend.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { upstreamsOf } from "../snapshot/upstreams.ts";
import { holds } from "./addresses.ts";
import { type Findings, NOTHING, notes, together } from "./deviation.ts";
import { inwardDefault } from "./uplink.ts";

/** So many containers that ask a silent server are named. */
const NAMED = 5;

/**
 * Name servers that containers ask and that don't answer the host. One note for each: nobody but its operator can tell
 * whether the server is down, or knows only some of those who ask.
 */
export function auditUpstreams(snapshot: LivingSnapshot): Findings {
  const { containers, facts, host, upstreams } = snapshot;
  // Who reaches nothing is told why: no server is to be mended then.
  if (host !== null && ([4, 6] as const).some((family) => inwardDefault(host, family) !== null)) return NOTHING;
  // What a VPN's client asks may lie behind its own tunnel.
  const asking = containers
    .filter(({ administersNetwork }) => !administersNetwork)
    .map((container) => ({ name: container.name, servers: upstreamsOf(container, facts) }));
  return together(
    Object.entries(upstreams)
      .filter(([server, { answers }]) => !answers && !hiddenFromHost(snapshot, server))
      .flatMap(([server, { detail }]) => {
        const names = asking.filter(({ servers }) => servers.includes(server)).map(({ name }) => name);
        if (names.length === 0) return [];
        const who = names.length > NAMED ? `${names.length} containers` : listed(names);
        const others = asking.some(({ servers }) => servers.includes(server) && servers.length > 1);
        return notes({
          key: `upstream ${server}`,
          what: `The nameserver ${server}, which ${who} ${names.length === 1 ? "asks" : "ask"} for names beyond this host, gives this host no answer (${detail})${others ? ": each name waits for it, before the next server is asked" : ""}.`,
          todo: "Mend that server, or name another one with `--dns` or with `dns` in daemon.json.",
          subjects: names.map((name) => ({ kind: "container", name })),
        });
      }),
  );
}

/** The host itself can't reach what lies on a macvlan, ipvlan or overlay network. */
function hiddenFromHost({ networks }: LivingSnapshot, server: string): boolean {
  return networks.some(
    ({ Driver, IPAM }) =>
      ["macvlan", "ipvlan", "overlay"].includes(Driver) &&
      (IPAM.Config ?? []).some(({ Subnet = "" }) => holds(Subnet, server)),
  );
}
