import { type Fault, ofLayer } from "../../fault.ts";
import { agentThat, deleteRules, firstRule, STOP_AGENT, withoutRule } from "../shell.ts";
import { WAY_INTO_CONTAINER } from "./publications.ts";

const PUBLISHED_RANGE = "15000:32767";

/** Who comes before Docker's translation, or keeps packets from it. */
export const WAY_TO_DOCKER_FAULTS: readonly Fault[] = ofLayer("nat", [
  {
    id: "nat-prerouting-jump-removed",
    breaks: "nat PREROUTING no longer jumps to DOCKER: other machines are served by docker-proxy",
    comesBy: "an agent that keeps nat PREROUTING as its own list of port forwardings says",
    strike: { when: "before the engine", shell: [agentThat(deleteRules("nat", "-A PREROUTING .*-j DOCKER$"))] },
    undo: [STOP_AGENT],
    caughtBy: ["NAT-03", "NAT-32", "PORT-22", "PORT-23", ...WAY_INTO_CONTAINER],
    cause: /PREROUTING|jump/i,
    secondHost: true,
  },
  {
    id: "nat-output-jump-removed",
    breaks: "nat OUTPUT no longer jumps to DOCKER: what the host sends to its own address is served by docker-proxy",
    comesBy: "a VPN client or a transparent proxy that keeps nat OUTPUT as it wants it",
    strike: { when: "before the engine", shell: [agentThat(deleteRules("nat", "-A OUTPUT .*-j DOCKER$"))] },
    undo: [STOP_AGENT],
    caughtBy: ["NAT-04", "NAT-27", "NAT-33", "UDN-35", "PORT-37", "PORT-38", "PORT-40"],
    cause: /OUTPUT|jump/i,
  },
  {
    id: "nat-uplink-exempt",
    breaks:
      "nat PREROUTING lets pass what comes by the uplink before it asks the chain DOCKER: docker-proxy alone serves it",
    comesBy: "an exemption of a transparent proxy, which was meant for its own port",
    strike: {
      when: "before the topology",
      shell: [firstRule("nat", "PREROUTING", "-i eth0 -p tcp -j RETURN")],
    },
    undo: [withoutRule("nat", "PREROUTING", "-i eth0 -p tcp -j RETURN")],
    caughtBy: ["OWN-11"],
    cause: /PREROUTING -i eth0 -p tcp -j RETURN/,
  },
  {
    id: "nat-docker-passed-by",
    breaks: "nat PREROUTING and OUTPUT accept what is sent to the host before they ask the chain DOCKER",
    comesBy: "exemptions of a transparent proxy, inserted at the top of both chains",
    strike: {
      when: "before the topology",
      shell: ["PREROUTING", "OUTPUT"].map((chain) => firstRule("nat", chain, "-m addrtype --dst-type LOCAL -j ACCEPT")),
    },
    undo: ["PREROUTING", "OUTPUT"].map((chain) => withoutRule("nat", chain, "-m addrtype --dst-type LOCAL -j ACCEPT")),
    caughtBy: ["OWN-11", "NAT-03", "NAT-04", "NAT-27", "NAT-33"],
    cause: /--dst-type LOCAL -j ACCEPT|before Docker/,
  },
  {
    id: "nat-subnet-exempted",
    breaks: "docker0's subnet is exempted from masquerading: its containers leave with their own addresses",
    comesBy: "an exemption for a VPN's peers that was written for the whole subnet",
    strike: { when: "before the topology", shell: [firstRule("nat", "POSTROUTING", "-s 172.17.0.0/16 -j ACCEPT")] },
    undo: [withoutRule("nat", "POSTROUTING", "-s 172.17.0.0/16 -j ACCEPT")],
    caughtBy: ["NAT-05", "BRIDGE-52"],
    cause: /172\.17\.0\.0\/16 -j ACCEPT|masquerad/,
    secondHost: true,
  },
  {
    id: "nat-foreign-redirect",
    breaks: "a foreign rule takes published TCP ports before Docker's rules do",
    comesBy: "a transparent proxy or a honeypot that redirects a range of ports to itself",
    strike: {
      when: "before the topology",
      shell: ["PREROUTING", "OUTPUT"].map((chain) =>
        firstRule(
          "nat",
          chain,
          `-p tcp -m addrtype --dst-type LOCAL -m tcp --dport ${PUBLISHED_RANGE} -j REDIRECT --to-ports 9`,
        ),
      ),
    },
    undo: ["PREROUTING", "OUTPUT"].map((chain) =>
      withoutRule(
        "nat",
        chain,
        `-p tcp -m addrtype --dst-type LOCAL -m tcp --dport ${PUBLISHED_RANGE} -j REDIRECT --to-ports 9`,
      ),
    ),
    caughtBy: [
      "NAT-27",
      "NAT-32",
      "NAT-33",
      "NAT-34",
      "NAT-35",
      "NAT-35b",
      "NAT-36",
      "PORT-19",
      "PORT-22",
      "PORT-23",
      "PORT-24",
      "PORT-33",
      "PORT-35",
      "PORT-37",
      "PORT-37b",
      "PORT-37c",
      "PORT-40",
      "PORT-40b",
      "PORT-40c",
      "UDN-35",
      "PATH-24",
      "PATH-29",
    ],
    cause: /REDIRECT|foreign|another (rule|program)|before Docker/i,
    secondHost: true,
  },
]);
