import { expect } from "vitest";
import { cite } from "../../../helpers/requirement/index.ts";
import { BY_NAME, onRunning, SHARED_ALIAS } from "./site.ts";

onRunning(
  "DNS-23",
  {
    must: "An alias that a container was given on a user-defined network MUST lead there to its address",
    from: [
      BY_NAME,
      cite(
        "docs/network#ip-address-and-hostname",
        "you can use the --alias flag to specify an additional network alias for the container on that network",
      ),
    ],
  },
  ({ alias }) => void alias(),
);

onRunning(
  "DNS-24",
  {
    must: "An alias that a container was given on one of its networks MUST NOT lead to it on another one, where its name does",
    from: [
      cite(
        "docs/network#ip-address-and-hostname",
        "you can use the --alias flag to specify an additional network alias for the container on that network",
      ),
    ],
  },
  ({ apart }) => void apart(),
);

onRunning(
  "DNS-25",
  {
    must: "An alias that several containers of a user-defined network share MUST lead to the addresses of them all",
    from: [
      cite(
        "docs/dns#names-the-embedded-dns-server-resolves-itself",
        "If a name has more than one address, for example a Swarm service with several tasks or several containers sharing an alias, the addresses are returned in a random order on each query",
      ),
    ],
  },
  ({ shared, clientAddress, webAddress }) => {
    const answered = shared().answer.split(/\s+/);
    const missing = [clientAddress, webAddress].filter((address) => !answered.includes(address));
    expect(missing, `addresses that are missing in the answer for ${SHARED_ALIAS}`).toEqual([]);
  },
);
