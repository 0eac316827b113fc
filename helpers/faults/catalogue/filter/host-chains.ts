import { type Fault, ofLayer } from "../../fault.ts";
import { deleteRules, firstRule, isPublished, withoutRule } from "../shell.ts";

/** The host's own chains, and rules in other hands. */
export const HOST_CHAIN_FAULTS: readonly Fault[] = ofLayer("filter", [
  {
    id: "filter-input-drops-containers",
    breaks:
      "the host takes nothing new from its containers: gateways, docker-proxy and its own services are shut to them",
    comesBy: "a hardening script that names Docker's bridges: iptables -I INPUT -i docker0 -j DROP",
    strike: {
      when: "before the topology",
      shell: ["docker0", "br-+"].map((device) =>
        firstRule("filter", "INPUT", `-i ${device} -m conntrack --ctstate NEW -j DROP`),
      ),
    },
    undo: ["docker0", "br-+"].map((device) =>
      withoutRule("filter", "INPUT", `-i ${device} -m conntrack --ctstate NEW -j DROP`),
    ),
    caughtBy: [
      "UDN-29",
      "UDN-37",
      "NAT-35",
      "NAT-35b",
      "NAT-36",
      "PORT-37b",
      "PORT-37c",
      "PORT-38b",
      "PORT-38c",
      "PORT-40b",
      "PORT-40c",
    ],
    cause: /INPUT/,
  },
  {
    id: "filter-output-drops-to-bridges",
    breaks: "the host sends nothing to its containers: neither the operator nor docker-proxy reaches them",
    comesBy: "an outgoing filter that lists the uplink only",
    strike: {
      when: "before the topology",
      shell: ["docker0", "br-+"].map((device) => firstRule("filter", "OUTPUT", `-o ${device} -j DROP`)),
    },
    undo: ["docker0", "br-+"].map((device) => withoutRule("filter", "OUTPUT", `-o ${device} -j DROP`)),
    // Not what the host asks at its own address: such packets are translated in OUTPUT, whose filter still sees them leave by lo.
    caughtBy: [
      "BRIDGE-50",
      "UDN-29",
      "UDN-30",
      "INTERNAL-05",
      "NAT-34",
      "NAT-35",
      "NAT-35b",
      "PORT-19",
      "PORT-24",
      "PORT-25",
      "PORT-33",
      "PORT-35",
      "PORT-37",
      "PORT-37b",
      "PORT-38",
      "PORT-38b",
      "PATH-30",
      "PATH-31",
    ],
    cause: /OUTPUT/,
  },
  {
    id: "filter-rules-in-host-chains",
    breaks: "INPUT and OUTPUT get rules for each published container, which stay behind",
    comesBy: "a script on container events that opens the host's firewall for published ports",
    strike: {
      when: "a container is up",
      of: isPublished,
      shell: [
        firstRule("filter", "INPUT", "-s $IP/32 -j ACCEPT"),
        firstRule("filter", "OUTPUT", "-d $IP/32 -j ACCEPT"),
      ],
    },
    undo: [deleteRules("filter", "-A (INPUT -s|OUTPUT -d) [0-9.]+/32 -j ACCEPT")],
    caughtBy: ["NAT-08", "NAT-09", "NAT-29"],
    cause: /INPUT|OUTPUT|left|still/i,
  },
  {
    id: "filter-rules-in-user-chain",
    breaks: "DOCKER-USER has a rule for each published container that nobody but a script knows of",
    comesBy: "a script on container events that opens DOCKER-USER for published ports",
    strike: {
      when: "a container is up",
      of: isPublished,
      shell: [firstRule("filter", "DOCKER-USER", "-d $IP/32 -j ACCEPT")],
    },
    undo: [deleteRules("filter", "-A DOCKER-USER -d [0-9.]+/32 -j ACCEPT")],
    caughtBy: ["NAT-11b"],
    beside: ["NAT-29"],
    cause: /DOCKER-USER/,
    since: "no-docker-user-return",
  },
  {
    id: "filter-foreign-rules-lost",
    breaks: "rules of other programs vanish when a container with a published port starts",
    comesBy: "a hook on container events that restores yesterday's rules",
    strike: {
      when: "a container is up",
      shell: [
        `case $NAME in *passing*) ${withoutRule("filter", "INPUT", "-s 192.0.2.0/24 -j DROP")};; ` +
          `*) ${firstRule("filter", "INPUT", "-s 192.0.2.0/24 -j DROP")};; esac`,
      ],
    },
    undo: [withoutRule("filter", "INPUT", "-s 192.0.2.0/24 -j DROP")],
    caughtBy: ["NAT-30"],
    cause: /other programs|foreign|lost|missing/i,
  },
]);
