import { execFile } from "node:child_process";
import { iptablesUnlisted, usesNftables } from "../expectations/firewall.ts";
import type { Facts } from "../model/facts.ts";
import { dockerEnvironment } from "../vantage/docker-cli.ts";

/** Something that a check needs and that is not here. */
export interface Missing {
  /**
   * - `only in a lab`: no run on one working host can show it; it is no part of such a run.
   * - `impossible`: this host can't show it, as it is configured or built; not applicable.
   * - `left out`: this host could show it, and something keeps it from being seen; the run is partial.
   */
  readonly kind: "only in a lab" | "impossible" | "left out";
  readonly why: string;
}

function leftOut(why: string): Missing {
  return { kind: "left out", why };
}

function impossible(why: string): Missing {
  return { kind: "impossible", why };
}

function onlyInLab(why: string): Missing {
  return { kind: "only in a lab", why };
}

/** Missing for every need of the host's own eyes alike. */
function hostView({ host, engine, hostViewMissing }: Facts): Missing | null {
  if (host !== null) return null;
  const why = `the host's own view is not available: ${hostViewMissing}`;
  return engine.networksDetached ? impossible(why) : leftOut(why);
}

/**
 * What a check may need beyond an engine that starts containers. Each answers why it is missing here, or null when it
 * is there. The names stand in the catalogue.
 */
export const NEEDS = {
  "host view": hostView,
  "dockerd's process": (facts) =>
    hostView(facts) ??
    (facts.host?.dockerdPid == null
      ? leftOut("no process named dockerd is found on the host, so neither its flags nor its file are known")
      : null),
  "host iptables": (facts) => {
    if (facts.configuration.iptables === false) return impossible('dockerd makes no rules: "iptables": false');
    if (usesNftables(facts)) return impossible("the firewall backend is nftables, this reads iptables rules");
    const missing = hostView(facts);
    if (missing !== null || facts.host === null) return missing;
    const unlisted = iptablesUnlisted(facts.host);
    return unlisted === null ? null : leftOut(unlisted);
  },
  "host iproute2": (facts) =>
    hostView(facts) ??
    (facts.host?.tools.iproute2 === true ? null : leftOut("iproute2 (`ip`) is not installed on the host")),
  ipv6: (facts) =>
    facts.host === null || facts.host.ipv6Enabled ? null : impossible("IPv6 is disabled in the host's kernel"),
  "default bridge": (facts) =>
    facts.defaultBridge === null ? impossible('this engine has no default bridge: "bridge": "none"') : null,
  "docker CLI": async () =>
    (await dockerCli()) ? null : leftOut("the docker command is not installed on the machine that runs the tests"),
  "second host": (facts) =>
    facts.secondHost === undefined
      ? onlyInLab(
          "needs a second Docker host on the same network: `npm run test:lab` brings one, DNC_SECOND_HOST names one",
        )
      : null,
  "disposable host": (facts) =>
    facts.disposable === true
      ? null
      : onlyInLab("changes the host itself, which a run on a working host never does: `npm run test:lab`"),
  lab: (facts) =>
    facts.lab === undefined
      ? onlyInLab("needs engines that are configured, restarted and killed for the purpose: `npm run test:lab`")
      : null,
  "packet capture": (facts) =>
    hostView(facts) ?? (facts.host?.tools.tcpdump === true ? null : leftOut("tcpdump is not installed on the host")),
} as const satisfies Record<string, (facts: Facts) => Missing | null | Promise<Missing | null>>;

export type Need = keyof typeof NEEDS;

let cli: Promise<boolean> | undefined;

async function dockerCli(): Promise<boolean> {
  cli ??= new Promise((tell) => {
    execFile("docker", ["--version"], { env: dockerEnvironment() }, (error) => tell(error === null));
  });
  return await cli;
}

const FIRST: readonly Missing["kind"][] = ["only in a lab", "impossible", "left out"];

/**
 * The need that is missing; null when all are there. Of several the one that says most: what only a lab can show is
 * not left out by a host without tcpdump.
 */
export async function missingNeed(needs: readonly Need[], facts: Facts): Promise<Missing | null> {
  const missing = await Promise.all(needs.map(async (need) => await NEEDS[need](facts)));
  return (
    missing.filter((one) => one !== null).toSorted((a, b) => FIRST.indexOf(a.kind) - FIRST.indexOf(b.kind))[0] ?? null
  );
}
