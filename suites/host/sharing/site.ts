import type { Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { busybox, chapter, nginx, topology } from "../../../helpers/requirement/index.ts";

/** A hostname that no host has. */
export const GIVEN_NAME = "given-in-host-mode";

/** Two containers in host mode, one of which has a hostname of its own, may configure the network and asked for its ports to be published, beside one on the default bridge. */
export const sharing = topology("host", {
  containers: {
    open: busybox({ on: "host" }),
    other: busybox({
      on: "host",
      hostname: GIVEN_NAME,
      capabilities: ["NET_ADMIN"],
      publishAll: true,
      expose: ["80/tcp"],
    }),
    web: nginx(),
  },
});

export const onSharing = chapter({ given: sharing, needs: ["host view"] });

/** Looks at a difference before it counts; each of them takes an overloaded host seconds. */
export const LOOKS = 4;

/** `eth0 192.0.2.2/24` for every address. */
export async function addressLines(from: Vantage): Promise<string[]> {
  return (await addresses(from)).map((one) => `${one.interface} ${one.address}/${one.prefix}`);
}
