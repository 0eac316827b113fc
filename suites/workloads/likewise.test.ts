import { bridge, busybox, nginx, topology } from "../../helpers/requirement/index.ts";
import { judgeLikewise, likewiseRequirement } from "../../helpers/requirement/living.ts";
import { APART, FORWARDED, LET_IN, MASQUERADED, TRANSLATED, WITHIN } from "./sources.ts";

/**
 * What is said of everybody's containers, asked of containers of this run: what other machines send them one host can't try,
 * but what its packet filters do with it can be read, whatever else runs here.
 */
const judged = judgeLikewise(
  topology("likewise", {
    networks: { own: bridge(), inner: bridge({ internal: true }) },
    containers: {
      web: nginx({ publish: ["80", "53/udp"] }),
      peer: busybox(),
      app: nginx({ on: "own", publish: ["80"] }),
      neighbour: busybox({ on: "own" }),
      shut: busybox({ on: "inner" }),
    },
  }),
);

likewiseRequirement("OWN-07", "LIVE-07", FORWARDED, judged);
likewiseRequirement("OWN-08", "LIVE-08", MASQUERADED, judged);
likewiseRequirement("OWN-09", "LIVE-09", WITHIN, judged);
likewiseRequirement("OWN-10", "LIVE-10", APART, judged);
likewiseRequirement("OWN-11", "LIVE-11", TRANSLATED, judged);
likewiseRequirement("OWN-12", "LIVE-12", LET_IN, judged);
