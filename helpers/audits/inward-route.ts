import { routeKey } from "../cause/keys.ts";
import type { IpRoute } from "../probes/parse/parse-ip-route.ts";
import { routeWords } from "../probes/route-words.ts";
import type { Findings } from "./deviation.ts";
import { about, type View, whoOn } from "./network-view.ts";

/** The host sends what is for the world to its own containers, where nobody passes it on. */
export function leadsInward(view: View, route: IpRoute): Findings {
  const ip = view.family === 6 ? "ip -6" : "ip";
  const words = routeWords(route);
  const device = route.interface ?? "";
  return about(view, "LIVE-07", {
    expected: "a default route by an interface that leads beyond this host",
    observed: words,
    effect: `${whoOn(view)} reach nothing beyond this host, nor does the host itself.`,
    reason: {
      key: routeKey(words),
      what: `The host's default route leads to its own containers: \`${words}\`. ${device} is the engine's, and nobody there passes it on.`,
      act: "a network manager (systemd-networkd, dhcpcd, NetworkManager) that sets up the engine's interfaces as if they were uplinks",
      certainty: "seen",
      evidence: [words],
      remedies: [
        {
          what: "take the route away",
          commands: [`${ip} route del ${words}`],
          cost: "What made it may put it back: have it leave docker0, br-* and veth* alone.",
          check: `${ip} route`,
        },
      ],
    },
  });
}
