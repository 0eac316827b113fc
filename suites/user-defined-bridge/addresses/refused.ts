import { expect } from "vitest";
import { addressOutsideSubnet, staticAddressNeedsUserNetwork } from "../../../helpers/expectations/refusals.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { chapter, cite, D2, engine, requirement, stage, theEngine } from "../../../helpers/requirement/index.ts";
import { mustSay } from "../../../helpers/requirement/refusal.ts";
import { IP_DROPPED, lan, refuseStaticAddress } from "./site.ts";

/** What the engine says to a static address that no subnet of the network holds. */
const outside = stage(lan, async ({ networks: { high } }, session) => {
  const address = cidr(session.subnets.choose(24)).host(10);
  return {
    address,
    refusal: await refuseStaticAddress(
      session,
      high.name,
      address,
      `--ip ${address} on a network with the subnet ${high.subnet}`,
    ),
  };
});

const onOutside = chapter({ given: outside });

onOutside(
  "UDN-20",
  {
    must: "`--ip` with an address outside every subnet of the network MUST be refused, and no container run",
    from: [D2("四")],
    cause: IP_DROPPED,
  },
  ({ refusal }) => {
    // The status is 500 at start on 20.10, 400 later: only the refusal is required.
    expect(refusal.running, "the container runs after the refusal").toBe(false);
  },
);

const mustNameTheAddress: Parameters<typeof onOutside>[2] = ({ address, refusal }, { facts }) => {
  mustSay(`--ip ${address} outside the network`, refusal, addressOutsideSubnet(facts, address));
};

onOutside(
  "UDN-21",
  {
    must: "The refusal of a static address outside the network MUST name the address and say that it does not belong to any of the network's subnets",
    from: [D2("四")],
    until: "message-names-configured-subnet",
  },
  mustNameTheAddress,
);

onOutside(
  "UDN-21b",
  {
    must: "The refusal of a static address outside the network MUST name the address and say that no configured subnet contains it",
    from: [engine("moby v25.0.0")],
    since: "message-names-configured-subnet",
    cause: IP_DROPPED,
  },
  mustNameTheAddress,
);

requirement(
  "UDN-23",
  {
    must: "`--ip` on the default bridge MUST be refused: static addresses are for user-defined networks",
    from: [
      cite(
        "cli/container_run#network",
        "You can also choose the IP addresses for the container with --ip and --ip6 flags when you start the container on a user-defined network.",
      ),
      D2("四"),
    ],
    needs: ["default bridge"],
  },
  theEngine,
  async (session) => {
    const address = cidr(session.facts.defaultBridge?.subnet ?? "").lastHost;
    const what = `--ip ${address} on the default bridge`;
    mustSay(what, await refuseStaticAddress(session, "bridge", address, what), staticAddressNeedsUserNetwork());
  },
);
