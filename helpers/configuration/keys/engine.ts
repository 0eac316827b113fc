import type { NetworkConfiguration } from "../../model/configuration-facts.ts";
import { has } from "../../model/version-switches.ts";
import { danger, type Finding, namesText, refused } from "../finding.ts";
import { becomes, differs, type HostSituation, type Step, userBridges } from "../step.ts";
import { backend } from "./judge-value.ts";
import type { NetworkKey } from "./key.ts";

/** Keys about the engine itself: its rules, what it forwards, its proxies, how it restarts. */
export const ENGINE_KEYS = {
  "ip-forward": {
    kind: "boolean",
    scope: "engine",
    otherwise: "dockerd switches the host's IPv4 forwarding on",
    effect: "false: forwarding stays as the host has it; off, containers reach nothing beyond the host",
    influences: ["nat", "host"],
    observedBy: ["NAT-31"],
    default: () => true,
    dangers: (step) =>
      whenItBecomes(
        step,
        "ip-forward",
        false,
        "ip-forward off: after the next boot nothing switches forwarding on, unless net.ipv4.ip_forward=1 is set by the host itself; containers then reach nothing",
      ),
  },
  "ip-forward-no-drop": {
    kind: "boolean",
    scope: "engine",
    since: "daemon-json-of-28",
    otherwise: "dockerd closes FORWARD when it has switched forwarding on itself",
    effect: "true: FORWARD stays open then",
    influences: ["nat"],
    observedBy: [],
    default: () => false,
    needs: "rules",
    noEffect: ({ configuration }) =>
      configuration["ip-forward"] === false
        ? '"ip-forward": false: dockerd switches no forwarding on, and closes nothing for it'
        : null,
    dangers: (step) =>
      whenItBecomes(
        step,
        "ip-forward-no-drop",
        true,
        "ip-forward-no-drop: this host forwards for everybody, FORWARD stays open",
      ),
  },
  iptables: {
    kind: "boolean",
    scope: "engine",
    otherwise: "dockerd makes and keeps its IPv4 rules",
    effect: "false: no rule at all; ports by docker-proxy alone, no masquerading, no isolation of bridges",
    influences: ["nat", "published-ports", "user-defined-bridge", "isolation"],
    observedBy: ["CONF-33"],
    default: () => true,
    dangers: (step, situation) => [
      ...portsWithoutWay(step, situation),
      ...whenItBecomes(
        step,
        "iptables",
        false,
        "iptables off: no masquerading (containers reach nothing beyond the host), no isolation between networks, ports by docker-proxy alone; the rules that are there now stay until the next boot and hide it, and where FORWARD is closed new networks are cut off even inside",
      ),
    ],
  },
  ip6tables: {
    kind: "boolean",
    scope: "engine",
    otherwise: "on since 27.0; before, off and experimental",
    effect: "IPv6 rules of dockerd; false: IPv6 ports by docker-proxy alone, IPv6 containers unfiltered",
    influences: ["published-ports", "nat"],
    observedBy: [],
    default: ({ engine }) => has({ engine }, "ip6tables-by-default"),
    idle: ({ configuration, engine }) =>
      configuration.ip6tables === true &&
      !has({ engine }, "ip6tables-by-default") &&
      configuration.experimental !== true
        ? ['ip6tables does nothing before Engine 27.0 without "experimental": true']
        : [],
    dangers: (step, situation) =>
      step.after.ipv6 === true || userBridges(situation).some(({ ipv6 }) => ipv6)
        ? whenItBecomes(
            step,
            "ip6tables",
            false,
            "ip6tables off: containers with IPv6 stand unfiltered, every port of theirs is open to whoever routes to them",
          )
        : [],
  },
  "userland-proxy": {
    kind: "boolean",
    scope: "engine",
    otherwise: "a docker-proxy per published address and port",
    effect: "false: no docker-proxy; the host's loopback reaches ports by DNAT, hairpin on the bridges' ports",
    influences: ["published-ports", "nat"],
    observedBy: ["PORT-28", "NAT-04"],
    default: () => true,
  },
  "allow-direct-routing": {
    kind: "boolean",
    scope: "engine",
    since: "allow-direct-routing",
    otherwise: "packets that others route straight to a container's address are dropped in the raw table",
    effect: "true: no such drops; published container ports can be reached by route",
    influences: ["nat", "default-bridge"],
    observedBy: ["CONF-38"],
    default: () => false,
    needs: "rules",
    dangers: (step) =>
      whenItBecomes(
        step,
        "allow-direct-routing",
        true,
        "allow-direct-routing: whoever routes to this host reaches published container ports past the port mapping, also ports published on 127.0.0.1 only",
      ),
  },
  "live-restore": {
    kind: "boolean",
    scope: "engine",
    otherwise: "containers end with dockerd",
    effect: "true: containers outlive dockerd, and while one runs a restart keeps the default bridge as it was",
    influences: ["configuration"],
    observedBy: [],
    default: () => false,
    told: ({ info }) => info.LiveRestoreEnabled,
    dangers: ({ after }, { facts }) =>
      facts.engine.swarmState === "active" && after["live-restore"] === true
        ? [
            refused(
              ["live-restore"],
              "live-restore is incompatible with swarm mode, and this host is in a swarm: dockerd does not start",
            ),
          ]
        : [],
  },
  "firewall-backend": {
    kind: "text",
    scope: "engine",
    since: "firewall-backend-choice",
    otherwise: "iptables",
    effect: "the program that holds Docker's rules: iptables or nftables",
    influences: ["nat", "published-ports", "isolation"],
    observedBy: [],
    judge: backend,
    told({ info }) {
      const driver = info.FirewallBackend?.Driver ?? "";
      return driver === "" ? undefined : driver.split("+")[0];
    },
    idle: ({ configuration }) =>
      configuration["firewall-backend"] === "iptables"
        ? ['firewall-backend "iptables" is what holds without the key']
        : [],
    dangers: (step, { facts }) => [
      ...(facts.engine.swarmState === "active" && step.after["firewall-backend"] === "nftables"
        ? [refused(["firewall-backend"], "nftables is incompatible with swarm mode, and this host is in a swarm")]
        : []),
      ...whenItBecomes(
        step,
        "firewall-backend",
        "nftables",
        "nftables: rules in DOCKER-USER no longer count, and dockerd no longer switches forwarding on",
      ),
    ],
  },
  experimental: {
    kind: "boolean",
    scope: "engine",
    otherwise: "off",
    effect: "before 27.0 `ip6tables` needs it; no other effect on networks",
    influences: ["configuration"],
    observedBy: [],
    default: () => false,
    idle: ({ configuration, engine }) =>
      configuration.experimental === true && has({ engine }, "ip6tables-by-default")
        ? ["experimental changes nothing about networks since Engine 27.0"]
        : [],
    told: ({ info }) => info.ExperimentalBuild,
  },
} as const satisfies Readonly<Record<string, NetworkKey>>;

function whenItBecomes<K extends keyof NetworkConfiguration>(
  step: Step,
  key: K,
  value: NetworkConfiguration[K],
  text: string,
): Finding[] {
  return becomes(step, key, value) ? [danger([key], text)] : [];
}

function portsWithoutWay(step: Step, { containers }: HostSituation): Finding[] {
  const neither = step.after.iptables === false && step.after["userland-proxy"] === false;
  if (!neither || !(differs(step, "iptables") || differs(step, "userland-proxy"))) return [];
  const published = containers.filter(({ running, ports }) => running && ports.length > 0);
  return [
    danger(
      ["iptables", "userland-proxy"],
      `with iptables off and the userland proxy off nothing brings a packet to a published port (${namesText(published.map(({ name }) => name))})`,
    ),
  ];
}
