import { type Fault, ofLayer, RESTART } from "../../fault.ts";
import { agentThat, deleteRules, firstRule, isPublished, STOP_AGENT, withoutRule } from "../shell.ts";
import { WAY_INTO_CONTAINER } from "./publications.ts";

const WAY_OUT = ["PATH-18", "PATH-19", "PATH-20", "BRIDGE-52"] as const;

/** Sources: what leaves under the host's address. */
export const MASQUERADE_FAULTS: readonly Fault[] = ofLayer("nat", [
  {
    id: "nat-masquerade-removed",
    breaks: "what docker0's containers send to other machines leaves with their own addresses",
    comesBy: "iptables -t nat -F POSTROUTING by a VPN's up script",
    strike: {
      when: "before the topology",
      shell: [deleteRules("nat", "-A POSTROUTING .*! -o .*-j MASQUERADE")],
    },
    undo: [RESTART],
    caughtBy: ["NAT-05", "NAT-20", "PATH-23", ...WAY_OUT],
    beside: ["OVERLAY-02", "OVERLAY-03"],
    cause: /masquerad/i,
    secondHost: true,
  },
  {
    id: "nat-masquerade-of-network-removed",
    breaks: "a user-defined network has no masquerade rule",
    comesBy: "a firewall that is reloaded whenever an interface appears",
    strike: { when: "a network is up", shell: [deleteRules("nat", "-A POSTROUTING -s $SUBNET .*-j MASQUERADE")] },
    undo: [],
    caughtBy: ["OWN-08", "NAT-20"],
    cause: /masquerad/i,
  },
  {
    id: "nat-masquerade-widened",
    breaks:
      "everything is masqueraded, also between containers and what comes in: servers see the host instead of the client",
    comesBy: "iptables -t nat -A POSTROUTING -j MASQUERADE, as many VPN guides say",
    strike: { when: "before the topology", shell: [firstRule("nat", "POSTROUTING", "-j MASQUERADE")] },
    undo: [withoutRule("nat", "POSTROUTING", "-j MASQUERADE")],
    caughtBy: ["NAT-32", "NETNS-92", "PORT-22", "PORT-23", "PATH-06", "PATH-23", "PATH-28", "BRIDGE-48", "BRIDGE-49"],
    cause: /masquerad/i,
    secondHost: true,
  },
  {
    id: "nat-exempt-from-masquerade",
    breaks: "private addresses are exempt from masquerading: Docker's rule is there and never reached",
    comesBy: "a site-to-site VPN that puts an ACCEPT for private networks first in POSTROUTING",
    strike: { when: "before the topology", shell: [firstRule("nat", "POSTROUTING", "-s 172.16.0.0/12 -j ACCEPT")] },
    undo: [withoutRule("nat", "POSTROUTING", "-s 172.16.0.0/12 -j ACCEPT")],
    caughtBy: [...WAY_OUT],
    cause: /masquerad|POSTROUTING/i,
    secondHost: true,
  },
  {
    id: "nat-source-rewritten",
    breaks: "what containers send leaves with a source address that the host does not have",
    comesBy: "an SNAT rule with the host's address of before its lease changed",
    strike: {
      when: "before the topology",
      shell: [firstRule("nat", "POSTROUTING", "-s 172.17.0.0/16 ! -o docker0 -j SNAT --to-source 192.0.2.77")],
    },
    undo: [withoutRule("nat", "POSTROUTING", "-s 172.17.0.0/16 ! -o docker0 -j SNAT --to-source 192.0.2.77")],
    caughtBy: [...WAY_OUT],
    cause: /SNAT|source|masquerad|POSTROUTING/i,
    secondHost: true,
  },
  {
    id: "nat-self-masquerade-missing",
    breaks: "a published port has no masquerade rule from its container to itself",
    comesBy: "iptables -t nat -F POSTROUTING after the containers had started",
    strike: {
      when: "a container is up",
      of: isPublished,
      shell: [deleteRules("nat", "-A POSTROUTING -s $IP/32 -d $IP/32 .*-j MASQUERADE")],
    },
    undo: [],
    caughtBy: ["NAT-26"],
    cause: /masquerad|hairpin/i,
    until: "no-self-masquerade-with-proxy",
  },
  {
    id: "nat-hairpin-missing-without-proxy",
    breaks:
      "without docker-proxy, a container does not reach its own published port: the hairpin's masquerade rule is gone",
    comesBy: "an agent that keeps nat POSTROUTING as its own file says",
    strike: {
      when: "before the engine",
      daemonJson: '{"userland-proxy": false}',
      shell: [agentThat(deleteRules("nat", "-A POSTROUTING -s ([0-9.]+/32) -d .*-j MASQUERADE"))],
    },
    undo: [STOP_AGENT],
    caughtBy: ["NAT-36", "PORT-37b"],
    beside: ["NAT-26", "NAT-26b"],
    cause: /hairpin|masquerad/i,
  },
  {
    id: "nat-loopback-masquerade-missing-without-proxy",
    breaks:
      "without docker-proxy, published ports are dead at 127.0.0.1: what the host sends to its bridges is not masqueraded",
    comesBy: "an agent that keeps nat POSTROUTING as its own file says",
    strike: {
      when: "before the engine",
      daemonJson: '{"userland-proxy": false}',
      shell: [agentThat(deleteRules("nat", "-A POSTROUTING -o .*--src-type LOCAL -j MASQUERADE"))],
    },
    undo: [STOP_AGENT],
    caughtBy: ["NAT-34", "PORT-19", "PORT-24", "PORT-33", "PORT-35", "PORT-37"],
    cause: /masquerad|loopback|127\.0\.0\.1/i,
  },
  {
    id: "nat-untracked",
    breaks: "the connections of the uplink are not tracked, so nothing on it is translated",
    comesBy: "NOTRACK rules of a busy web server's tuning guide",
    strike: { when: "before the topology", shell: [firstRule("raw", "PREROUTING", "-i eth0 -j CT --notrack")] },
    undo: [withoutRule("raw", "PREROUTING", "-i eth0 -j CT --notrack")],
    caughtBy: ["NAT-32", "PORT-22", "PORT-23", "BRIDGE-52", "PATH-20", ...WAY_INTO_CONTAINER],
    cause: /track|raw/i,
    secondHost: true,
  },
]);
