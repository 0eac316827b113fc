import type { Deviation } from "../../audits/deviation.ts";
import { byHand, byOpening } from "../../audits/remedies.ts";
import { endedQuestions } from "../../audits/ways-to-servers.ts";
import { firewallKey } from "../../cause/keys.ts";
import { isOfIptables, placeText } from "../../snapshot/firewall/place-text.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** Name servers that this host's packet filter keeps the run's containers from asking. */
export function checkWaysToServers(snapshot: Snapshot): Deviation[] {
  return endedQuestions(snapshot).map(({ asking, server, place }) => {
    const rule = placeText(place);
    const { program } = place.table;
    const opening = (protocol: string): string =>
      `${program} -I INPUT -i ${asking.bridge.name === "bridge" ? asking.bridge.device : "br-+"} -d ${server} -p ${protocol} --dport 53 -j ACCEPT`;
    return finding(
      "names",
      "blocks",
      [asking.container.name],
      ["name", "dns", "lookup", "look up", "resolve", "nameserver"],
      `This host's packet filter keeps ${asking.container.name} from asking the name server ${server}: \`${rule}\`.`,
      {
        group: firewallKey(rule),
        evidence: [rule],
        act: "a firewall that does not know Docker's networks",
        mends:
          place.chain.name === "INPUT" && isOfIptables(place.table)
            ? [byHand("let containers ask it", [opening("udp"), opening("tcp")], `${program} -S INPUT`)]
            : byOpening(place),
        family: server.includes(":") ? 6 : 4,
      },
    );
  });
}
