import { execa } from "execa";
import type { Facts } from "../engine/facts.ts";
import { usesNftables } from "../expectations/firewall.ts";
import { dockerEnvironment } from "../vantage/docker-cli.ts";

/**
 * What a check may need beyond an engine that starts containers. Each answers why it is missing here, or null when it
 * is there. The names stand in the catalogue.
 */
export const NEEDS = {
  "host view": (facts) =>
    facts.host === null ? `the host's own view is not available: ${facts.hostViewMissing}` : null,
  "dockerd's process": (facts) => {
    if (facts.host === null) return `the host's own view is not available: ${facts.hostViewMissing}`;
    return facts.host.dockerdPid === null
      ? "no process named dockerd is found on the host, so neither its flags nor its file are known"
      : null;
  },
  "host iptables": (facts) => {
    if (facts.host === null) return `the host's own view is not available: ${facts.hostViewMissing}`;
    if (facts.configuration.iptables === false) return 'dockerd makes no rules: "iptables": false';
    if (usesNftables(facts)) return "the firewall backend is nftables, this reads iptables rules";
    return facts.host.tools.iptablesSave ? null : "iptables-save is not installed where dockerd runs";
  },
  "host iproute2": (facts) => {
    if (facts.host === null) return `the host's own view is not available: ${facts.hostViewMissing}`;
    return facts.host.tools.iproute2 ? null : "iproute2 (`ip`) is not installed on the host";
  },
  ipv6: (facts) => (facts.host === null || facts.host.ipv6Enabled ? null : "IPv6 is disabled in the host's kernel"),
  "default bridge": (facts) =>
    facts.defaultBridge === null ? 'this engine has no default bridge: "bridge": "none"' : null,
  "docker CLI": async () =>
    (await dockerCli()) ? null : "the docker command is not installed on the machine that runs the tests",
  "second host": (facts) =>
    facts.secondHost === undefined
      ? "needs a second Docker host on the same network: `npm run test:lab` brings one, DNC_SECOND_HOST names one"
      : null,
  "disposable host": (facts) =>
    facts.disposable === true
      ? null
      : "changes the host itself, which a run on a working host never does: `npm run test:lab`",
  lab: (facts) =>
    facts.lab === undefined
      ? "needs engines that are configured, restarted and killed for the purpose: `npm run test:lab`"
      : null,
  "packet capture": (facts) => {
    if (facts.host === null) return `the host's own view is not available: ${facts.hostViewMissing}`;
    return facts.host.tools.tcpdump ? null : "tcpdump is not installed on the host";
  },
} as const satisfies Record<string, (facts: Facts) => string | null | Promise<string | null>>;

export type Need = keyof typeof NEEDS;

let cli: Promise<boolean> | undefined;

async function dockerCli(): Promise<boolean> {
  cli ??= execa("docker", ["--version"], { reject: false, env: dockerEnvironment(), extendEnv: false }).then(
    (result) => result.exitCode === 0,
  );
  return await cli;
}

/** The first need that is missing, in words; null when all are there. */
export async function missingNeed(needs: readonly Need[], facts: Facts): Promise<string | null> {
  for (const need of needs) {
    const missing = await NEEDS[need](facts);
    if (missing !== null) return missing;
  }
  return null;
}
